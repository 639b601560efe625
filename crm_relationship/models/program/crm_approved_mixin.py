from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from . import approval


class CrmApprovedMixin(models.AbstractModel):
    """What customers get from an approved program stays as it was approved.

    A program names messages and benefits that others may change, and that other
    programs may name as well. Where a company wants four eyes, what its customers get
    from programs is not changed in place: whoever wants it otherwise names another one
    in the program, which keeps the former for those who go through it, and asks for
    approval. What the system corrects (``env.su``) is no change of anybody's.
    """

    _name = "crm.approved.mixin"
    _description = "What Programs Give"

    _step_field = None
    """Which field of a program's step names these records."""
    _unnoticed = frozenset()
    """Fields that customers notice nothing of."""

    def write(self, vals):
        """Refuse a change; what is written as it was, by an import say, is none."""
        names = [n for n in vals if n in self._fields and self._is_noticed(n)]
        programs = self._find_approved() if names else None
        before = programs and self.read(names)
        result = super().write(vals)
        if programs and self.read(names) != before:
            self._refuse_change(programs)
        return result

    def _update_field_translations(
        self, field_name, translations, digest=None, source_lang=""
    ):
        """A translated text is changed past ``write``."""
        if self._is_noticed(field_name) and (programs := self._find_approved()):
            self._refuse_change(programs)
        return super()._update_field_translations(
            field_name, translations, digest=digest, source_lang=source_lang
        )

    def _is_noticed(self, name):
        """Tell whether customers notice what a field says."""
        return name not in self._unnoticed

    def _refuse_change(self, programs):
        # programs are not everybody's business, least of all another company's
        seen = programs.with_env(self.env)._filtered_access("read")
        raise UserError(
            self.env._(
                "“%(record)s” was approved along with what gives it to customers:"
                " %(programs)s. Duplicate it, change the duplicate, and choose that in"
                " the program: another sales manager approves it there.",
                record=self[:1].display_name,
                programs=", ".join(seen.mapped("name"))
                or self.env._("a program that you may not see"),
            )
        )

    def _find_approved(self):
        """Return the programs, as superuser, that were approved with these.

        By the steps of today where they run or wait for approval, and by those of
        before as long as anybody follows them.
        """
        # sudo: whoever may change a message need not see what sends it
        steps = self.env["crm.program.step"].sudo()
        if not self.env.su:
            steps = steps.search(Domain(self._step_field, "in", self.ids))
        steps = steps.filtered(lambda s: approval.is_wanted(s.program_id.company_id))
        followed = steps and _read_followed(steps.program_id)
        return steps.filtered(
            lambda step: (step.program_id.id, step.version) in followed
            or not (step.version or not step.program_id.active)
            and step.program_id.state in (approval.TO_APPROVE, approval.RUNNING)
        ).program_id


def _read_followed(programs):
    """Return which versions of programs somebody follows: ``{(id, version)}``."""
    programs.env["crm.program.enrollment"].flush_model(["state", "version"])
    return set(
        programs.env.execute_query(
            SQL(
                """
                SELECT DISTINCT program_id, COALESCE(version, 0)
                  FROM crm_program_enrollment
                 WHERE program_id = ANY(%s) AND state = 'running'
                """,
                programs.ids,
            )
        )
    )
