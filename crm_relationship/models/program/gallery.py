"""The ready-made programs, and what becomes of one that is used.

A ready-made program is an archived one, so it does nothing. Whoever uses it gets a
copy: a draft to be read and changed, until it is published. What is expected of it as a
figure is what came in the past, as far as that tells.
"""

from odoo.exceptions import UserError

from . import expectation
from .approval import DRAFT

MULTI_COMPANY = "base.group_multi_company"


def use(program):
    """Return a draft made from a ready-made program, in every language it speaks.

    :raises UserError: where it is none
    """
    env = program.env
    if not program.is_ready_made:
        raise UserError(
            env._(
                "“%(program)s” is not a ready-made program. Duplicate it instead.",
                program=program.name,
            )
        )
    is_shared = not env.user.has_group(MULTI_COMPANY)
    draft = program.copy(
        {
            "name": program.name,
            "active": True,
            "state": DRAFT,
            "trigger": program.trigger,
            "made_from_id": program.id,
            "user_id": env.user.id,
            "company_id": program.company_id.id if is_shared else env.company.id,
        }
    )
    for code, _name in env["res.lang"].get_installed():
        draft.with_context(lang=code).name = program.with_context(lang=code).name
    values, words = expectation.propose(draft, draft.company_id or env.company)
    draft.write(values)
    draft._message_log(body=words)
    return draft
