from odoo import api, fields, models

from .entering import read_books
from .foresight import StaffForesight
from .promises import Need, sum_up


class CrmProgram(models.Model):
    """A program that people have no time for is told before it is saved."""

    _inherit = "crm.program"

    feasibility_warning = fields.Char(
        compute="_compute_feasibility_warning",
        help="What the change asks for, and what people have time for.",
    )

    @api.depends(
        "active",
        "trigger",
        "date_end",
        "segment_ids",
        "lifecycle_stage",
        "occasion_id",
        "step_ids.touchpoint_ids",
        "step_ids.mail_template_id",
        "step_ids.sms_template_id",
        "step_ids.user_id",
    )
    @api.depends_context("company")
    def _compute_feasibility_warning(self):
        for program in self:
            # a saved program asks for nothing that is not asked for already
            program.feasibility_warning = program._origin != program and self.env[
                "crm.feasibility"
            ]._warn(program._get_more)

    def _get_more(self, promises):
        """Return the ``Need`` a week of the edited program beyond the saved one's."""
        return self._get_need(promises) - self._origin._get_need(promises)

    def _get_need(self, promises):
        """Return what the program needs a week; nothing where it enrolls nobody."""
        is_over = self.date_end and self.date_end < promises.today
        companies = (promises.company, self.env["res.company"])
        if not self or not self.active or is_over or self.company_id not in companies:
            return Need()
        if promises.get_entering(self):
            return sum_up(promises.get_program_needs(self))
        return promises.estimate(self)

    def _foresee(self, company):
        return StaffForesight(self, company)

    @api.model
    def _get_books(self, users, company, first):
        return super()._get_books(users, company, first) | read_books(
            users, company, first
        )
