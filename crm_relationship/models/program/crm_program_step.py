from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.fields import Domain

from ..base.bounds import MAX_PERIOD, Bounds, sequence_bounds
from ..ledger.messages import recall


class CrmProgramStep(models.Model):
    _name = "crm.program.step"
    _inherit = ["crm.touch.mixin"]
    _description = "Program Step"
    _order = "program_id, sequence, id"

    program_id = fields.Many2one(
        comodel_name="crm.program",
        required=True,
        index=True,
        ondelete="cascade",
    )
    sequence = fields.Integer(default=10)
    channel_ids = fields.One2many(
        comodel_name="crm.touch.channel",
        string="Channel Order",
        inverse_name="program_step_id",
        copy=True,
    )
    delay = fields.Integer(
        default=0,
        help="How long after the customer enters the program; 0 is at once.",
    )
    delay_unit = fields.Selection(
        selection=[("days", "days"), ("weeks", "weeks"), ("months", "months")],
        required=True,
        default="days",
    )

    _sequence_in_bounds = sequence_bounds()
    _delay_in_bounds = Bounds("delay", high=MAX_PERIOD)
    _delay_not_negative = models.Constraint(
        "CHECK(delay >= 0)",
        "A step cannot come before the customer enters the program: enter a delay of 0"
        " or more.",
    )

    @api.depends("program_id.segment_ids", "program_id.company_id")
    def _compute_benefit_warning(self):
        return super()._compute_benefit_warning()

    def unlink(self):
        """Cancel what these steps scheduled, and recall their messages that still wait:
        nobody would know why they were there.

        Whether the program has steps left is checked at the end of the transaction: the
        form deletes the old ones before it adds the new ones.

        ``sudo``: a step has customers in every company; whether the user may delete it
        is checked in the same transaction.
        """
        ledger = self.env["crm.interaction"].sudo()
        own = Domain("program_step_id", "in", self.ids)
        ledger.search(own & Domain("state", "=", "scheduled")).write(
            {"state": "cancelled", "reason_code": "plan_changed"}
        )
        sent = own & Domain("state", "=", "done") & Domain("outcome", "=", "sent")
        recall(ledger.search(sent), "plan_changed")
        programs = self.program_id
        result = super().unlink()
        self.env.cr.precommit.add(lambda: programs.exists()._check_steps())
        return result

    def _get_day(self, start):
        """Return the day of this step for somebody who entered on ``start``."""
        self.ensure_one()
        delay = min(max(self.delay, 0), MAX_PERIOD)
        return start + relativedelta(**{self.delay_unit: delay})

    def _get_reached_segments(self):
        return self.program_id._get_reached_segments()

    def _get_company(self):
        return self.program_id.company_id
