from odoo import fields, models
from odoo.fields import Domain

from ..base.asked import check_one
from ..base.opened import open_records
from . import sense


class CrmProgram(models.Model):
    """For whom a program is meant as long as it lasts, and what came too late."""

    _inherit = "crm.program"

    expired_count = fields.Integer(
        string="Too Late",
        compute="_compute_expired_count",
        help="Interactions that waited until they made no sense any more. They were"
        " closed instead of being made late.",
    )

    def _compute_expired_count(self):
        counts = dict(
            self.env["crm.interaction"]._read_group(
                [
                    ("enrollment_id.program_id", "in", self.ids),
                    ("reason_code", "=", sense.EXPIRED),
                ],
                ["program_id"],
                ["__count"],
            )
        )
        for program in self:
            program.expired_count = counts.get(program, 0)

    def action_view_expired(self):
        check_one(self)
        return open_records(self, "crm_interaction_action_program_expired")

    def _get_lasting_domain(self):
        """Return the domain of the relationships that the steps are meant for."""
        self.ensure_one()
        domain = Domain.TRUE
        if self.segment_ids:
            domain &= Domain("segment_id", "in", self.segment_ids.ids)
        if self.trigger == "lifecycle":
            domain &= Domain("lifecycle_stage", "=", self.lifecycle_stage)
        partner_filter = self._get_filter("partner_domain")
        if not partner_filter.takes_all:
            domain &= Domain("partner_id", "any", partner_filter.domain)
        return domain

    def _get_order_domain(self):
        """Return the domain of the orders that the steps are meant for."""
        self.ensure_one()
        if self.trigger != "sale_confirmed":
            return Domain.TRUE
        return self._get_filter("order_domain").domain


class CrmProgramEnrollment(models.Model):
    _inherit = "crm.program.enrollment"

    by_target = fields.Boolean(
        string="Matched the Target",
        readonly=True,
        copy=False,
        help="The customer was among those the program is for when entering, and gets"
        " its steps as long as that is so. Others were chosen by hand, and get them"
        " anyway.",
    )

    def _keep_aside(self, programs):
        """Note as well who is among those the programs are for: all enter here."""
        self.filtered(lambda e: not e.by_target)._note_target()
        return super()._keep_aside(programs)

    def _note_target(self):
        """Note who is among those the program is for."""
        for program, entered in self.grouped("program_id").items():
            outside = sense.get_outside_domain(program)
            if outside.is_false():
                continue
            left = entered.search(Domain("id", "in", entered.ids) & outside)
            (entered - left).by_target = True
