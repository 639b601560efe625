from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.base.asked import check_one
from ..models.base.bounds import day_bounds
from ..models.base.told import tell, tell_days


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
    present = fields.Char(
        string="Entered So Far",
        compute="_compute_present",
        help="The present or next absence.",
    )
    stand_in_note = fields.Char(
        string="Stand-in",
        compute="_compute_stand_in_note",
        help="Who does meanwhile what is due on these days.",
    )

    _from_in_bounds = day_bounds("date_from")
    _to_in_bounds = day_bounds("date_to")

    @api.depends("user_id")
    def _compute_present(self):
        for dialog in self:
            user = dialog.user_id
            dialog.present = (
                user.absent_from
                and user._is_kept_by_oneself_or_keeper()
                and tell_days(self.env, user.absent_from, user.absent_to)
            )

    @api.depends("user_id", "company_id", "date_from")
    @api.depends_context("lang")
    def _compute_stand_in_note(self):
        """``sudo``: who stands in, for whoever enters the absence."""
        for dialog in self:
            user, company = dialog.user_id._origin.sudo(), dialog.company_id._origin
            if not (user and company):
                dialog.stand_in_note = False
                continue
            stand_in = user._find_stand_in(company, dialog.date_from)
            dialog.stand_in_note = (
                self.env._(
                    "%s, apart from customers who have a stand-in of their own.",
                    stand_in.name,
                )
                if stand_in
                else self.env._(
                    "Nobody. What is due waits for the first day back, apart from"
                    " customers who have a stand-in of their own. Sales administrators"
                    " name a stand-in in the profile."
                )
            )

    def _check(self):
        check_one(self)
        self.user_id._check_keeper(may_be_oneself=True)
        if self.company_id not in self.env.companies:
            raise UserError(self.env._("Choose one of the companies you work in."))

    def action_end(self):
        """End the present absence, or take back the next one."""
        self._check()
        self.user_id._end_absence()
        return tell(
            self.env._("%s is not absent any more.", self.user_id.name),
            {"type": "ir.actions.client", "tag": "soft_reload"},
        )

    def action_save(self):
        """Enter the absence, and let what is planned for these days be looked at."""
        self._check()
        if self.date_to and self.date_to < self.company_id._relationship_today():
            raise UserError(
                self.env._(
                    "These days are over, and what was due on them is done or moved."
                    " Enter days from today on."
                )
            )
        if self.date_to < self.date_from:
            raise UserError(
                self.env._("The last day lies before the first. Correct one of them.")
            )
        leave = self.user_id._note_absence(
            self.date_from, self.date_to, self.reason, self.company_id
        )
        days = tell_days(self.env, self.date_from, self.date_to)
        return tell(
            self.env._(
                "%(name)s is absent: %(days)s.", name=self.user_id.name, days=days
            )
            if leave
            else self.env._(
                "Nothing was entered: %(name)s is absent on these days already"
                " (%(days)s).",
                name=self.user_id.name,
                days=days,
            ),
            {"type": "ir.actions.client", "tag": "soft_reload"},
            "success" if leave else "info",
        )
