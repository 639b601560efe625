from odoo import fields, models
from odoo.exceptions import UserError

from ..models.base.asked import check_one
from ..models.base.bounds import day_bounds


class CrmStaffAbsence(models.TransientModel):
    """Absent from … to …: for databases without the app Time Off, in two taps."""

    _name = "crm.staff.absence"
    _inherit = ["crm.record.mixin"]
    _description = "Absent from … to …"

    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Salesperson",
        required=True,
        domain="[('share', '=', False)]",
        default=lambda self: self.env.user,
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        default=lambda self: self.env.company,
    )
    date_from = fields.Date(
        string="First Day",
        required=True,
        default=fields.Date.context_today,
    )
    date_to = fields.Date(
        string="Last Day",
        required=True,
        default=fields.Date.context_today,
    )
    reason = fields.Char()

    _from_in_bounds = day_bounds("date_from")
    _to_in_bounds = day_bounds("date_to")

    def action_save(self):
        """Enter the absence, and let what is planned for these days be looked at."""
        check_one(self)
        self.user_id._check_keeper(may_be_oneself=True)
        if self.company_id not in self.env.companies:
            raise UserError(self.env._("Choose one of the companies you work in."))
        if self.date_to < self.date_from:
            raise UserError(
                self.env._("The last day lies before the first. Correct one of them.")
            )
        self.user_id._note_absence(
            self.date_from, self.date_to, self.reason, self.company_id
        )
        return {"type": "ir.actions.client", "tag": "soft_reload"}
