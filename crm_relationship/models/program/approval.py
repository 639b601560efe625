"""Publishing with four eyes: who may let a program begin, and what takes that back.

The rule holds in the model: people change the state by these functions alone, and
whoever changes what customers get has to have it approved anew. What the system
corrects (``env.su``) is no change of anybody's.
"""

from markupsafe import Markup

from odoo import fields
from odoo.exceptions import UserError

from ..base.crm_bounds_mixin import is_ours
from . import entry, faults

MANAGERS = "sales_team.group_sale_manager"
DRAFT, TO_APPROVE, RUNNING, ENDED = "draft", "to_approve", "running", "ended"
STATES = [
    (DRAFT, "Draft"),
    (TO_APPROVE, "To Approve"),
    (RUNNING, "Running"),
    (ENDED, "Ended"),
]
GUARDED = (
    "state",
    "edited_by_id",
    "approved_by_id",
    "date_approved",
    "date_published",
    "conditions_since",
    "approval_activity_id",
)
EXPECTED = ("expected_result", "expected_metric", "expected_value")
# What may be changed in an approved program: no customer notices it.
HARMLESS = frozenset(
    (*GUARDED, "name", "sequence", "user_id", "benefit", *EXPECTED)
) | {"step_ids", "enrollment_ids"}


def is_wanted(company):
    """Tell whether a company that a program is for wants four eyes.

    ``sudo``: of any company, where it is for all of them.

    :param company: ``res.company``; empty means all
    """
    company = company._origin.sudo()
    if company:
        return company.program_four_eyes
    return bool(company.search_count([("program_four_eyes", "=", True)], limit=1))


# ------------------------------------------------------------------
# What people write
# ------------------------------------------------------------------


def begin(env, vals):
    """Let a program that is made begin as it may: nobody has approved it."""
    company = env["res.company"].browse(
        vals.get("company_id") or env.context.get("default_company_id") or ()
    )
    wanted = is_wanted(company)
    state = vals.get("state") or env.context.get("default_state")
    if not state:
        state = DRAFT if wanted else RUNNING
    if not env.su:
        if state != DRAFT and (wanted or state != RUNNING):
            raise UserError(_word_state(env))
        vals |= {**dict.fromkeys(GUARDED, False), "edited_by_id": env.uid}
    vals["state"] = state


def check_written(programs, vals):
    """Refuse what only the buttons set, and return the rest.

    Forms send nothing that was not changed, imports all they have.
    """
    for name in GUARDED:
        if name not in vals:
            continue
        field = programs._fields[name]
        for program in programs:
            now = field.convert_to_write(program[name], program)
            if (vals[name] or False) != (now or False):
                raise UserError(_word_state(programs.env))
    return {name: value for name, value in vals.items() if name not in GUARDED}


def _word_state(env):
    return env._(
        "Whether a program runs, and who has approved it, is set by its buttons:"
        " Publish, Approve, Back to Draft and End."
    )


def is_edit(program_model, vals):
    """Tell whether values change what customers get, or whether they get it.

    Archiving does not: then nobody gets anything.
    """
    return any(
        is_ours(program_model._fields[name])
        for name, value in vals.items()
        if name in program_model._fields
        and name not in HARMLESS
        and (name != "active" or value)
    )


def note_edit(programs):
    """Note who changed programs last; where it is wanted, that ends their approval.

    Whoever publishes at the same moment waits, or makes this one wait: else a draft
    would begin with a change of a step that its editor made in between.
    """
    user = programs.env.user
    # sudo: who changed it and that its approval is over follows from the change
    for program in programs.sudo():
        if is_wanted(program.company_id):
            entry.queue_up(program)
        if program.edited_by_id != user:
            program.edited_by_id = user
        if program.state in (TO_APPROVE, RUNNING) and is_wanted(program.company_id):
            was_running = program.state == RUNNING
            _set_state(program, DRAFT)
            program._message_log(
                body=program.env._(
                    "Changed by %(user)s: nobody enters until it is approved again.",
                    user=user.name,
                )
                if was_running
                else program.env._(
                    "Changed by %(user)s while it waited for approval.", user=user.name
                ),
                author_id=user.partner_id.id,
            )


# ------------------------------------------------------------------
# The buttons
# ------------------------------------------------------------------


def publish(program):
    """Let a program begin; where four eyes are wanted, ask another manager to."""
    if program.state == RUNNING:
        return
    _check_faults(program)
    own = program.edited_by_id in (program.env.user, program.env["res.users"])
    if is_wanted(program.company_id) and own:
        _ask(program)
    else:
        _run(program)


def approve(program):
    """Let a program begin that another one has changed last."""
    env = program.env
    if program.state != TO_APPROVE:
        raise UserError(
            env._(
                "“%(program)s” does not wait for approval any more. Reload the page.",
                program=program.name,
            )
        )
    if program.edited_by_id == env.user:
        raise UserError(
            env._(
                "You have changed “%(program)s” last, so another sales manager has to"
                " approve it.",
                program=program.name,
            )
        )
    _check_faults(program)
    _run(program)


def take_back(program):
    """Let nobody enter any more until the program is published again."""
    if program.state != DRAFT:
        # sudo: whoever presses the button has been asked
        _set_state(program.sudo(), DRAFT)


def end(programs):
    """Let nobody enter any more; who goes through them, goes on."""
    for program in programs:
        # sudo: whoever may write it has been asked; at night, the system
        _set_state(program.sudo(), ENDED)


def _check_faults(program):
    found = faults.find(program)
    if found:
        raise UserError(
            program.env._(
                "“%(program)s” cannot be published yet:\n%(faults)s",
                program=program.name,
                faults="\n".join(found),
            )
        )


def _ask(program):
    approver = _find_approver(program)
    if not approver:
        raise UserError(
            program.env._(
                "“%(program)s” has to be approved by another sales manager than the"
                " one who changed it last, and there is none. Make somebody a sales"
                " manager, or switch off the approval of programs in the settings.",
                program=program.name,
            )
        )
    # sudo: the activity is another one's
    asked = program.sudo()
    _set_state(asked, TO_APPROVE)
    worded = asked.with_context(lang=approver.lang)
    asked.approval_activity_id = worded.activity_schedule(
        act_type_xmlid="mail.mail_activity_data_todo",
        summary=worded.env._("Approve this program"),
        note=worded.env._(
            "%(user)s wants to publish it. Look at its preview first.",
            user=program.env.user.name,
        ),
        user_id=approver.id,
    )


def _find_approver(program):
    """Return who is asked to approve: whoever is responsible, else another manager."""
    # sudo: which users there are, for one who may not list them
    users = program.env["res.users"].sudo()
    companies = program.company_id or program.env.company
    managers = users.search(
        [
            ("all_group_ids", "in", program.env.ref(MANAGERS).ids),
            ("company_ids", "in", companies.ids),
            ("share", "=", False),
            ("id", "!=", program.edited_by_id.id or program.env.uid),
        ]
    )
    responsible = managers & program.user_id
    return (responsible or managers)[:1]


def _run(program):
    env, now = program.env, fields.Datetime.now()
    editor = program.edited_by_id
    # sudo: what the buttons set, after asking who presses them
    allowed = program.sudo()
    _set_state(allowed, RUNNING)
    allowed.write(
        {
            "approved_by_id": env.uid,
            "date_approved": now,
            "date_published": allowed.date_published or now,
        }
    )
    body = env._("Published by %s.", env.user.name)
    if editor and editor != env.user:
        body = env._(
            "Approved by %(approver)s. Last changed by %(editor)s.",
            approver=env.user.name,
            editor=editor.name,
        )
    program._message_log(body=Markup("%s") % body, author_id=env.user.partner_id.id)


def _set_state(program, state):
    """Set the state, as superuser; whoever was asked to approve need not any more."""
    activity = program.approval_activity_id
    program.write(
        {
            "state": state,
            "approval_activity_id": False,
            **(
                {"approved_by_id": False, "date_approved": False}
                if state == DRAFT
                else {}
            ),
        }
    )
    if activity.active:
        activity.action_feedback() if state == RUNNING else activity.unlink()
