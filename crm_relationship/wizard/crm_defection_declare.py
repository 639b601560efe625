from odoo import fields, models

from ..models.base.asked import check_one
from ..models.base.jobs import start_job


class CrmDefectionDeclare(models.TransientModel):
    """What salespeople record when a customer says goodbye."""

    _name = "crm.defection.declare"
    _inherit = ["crm.customers.dialog.mixin"]
    _description = "Customer Said Goodbye"

    date = fields.Date(
        required=True,
        default=lambda self: self.env.company._relationship_today(),
        help="Day on which the customer said so. The customer counts as lost from now"
        " on, until the next purchase.",
    )
    reason_id = fields.Many2one(
        comodel_name="crm.defection.reason",
        string="Lost Reason",
        ondelete="cascade",
        help="Left empty: not known yet.",
    )
    note = fields.Text(string="What the Customer Said")
    plan_interview = fields.Boolean(
        string="Plan an Exit Interview",
        help="An interaction in which the customer is asked why. It sells nothing, and"
        " takes place only if the customer's preferences allow it.",
    )
    interview_date = fields.Datetime(
        string="When",
        required=True,
        default=lambda self: self._default_interview_date(),
    )
    interview_user_id = fields.Many2one(
        comodel_name="res.users",
        string="Who",
        domain="[('share', '=', False)]",
        ondelete="cascade",
        help="Left empty, the customer's dedicated salesperson asks. The same for"
        " customers of companies in which this person does not work.",
    )
    interview_touchpoint_id = fields.Many2one(
        comodel_name="crm.touchpoint",
        string="Through Which Channel",
        ondelete="cascade",
        help="Left empty, the customer's preferences decide.",
    )

    def _default_interview_date(self):
        """Return tomorrow at nine in the morning, company time."""
        company = self.env.company
        tomorrow = fields.Date.add(company._relationship_today(), days=1)
        return company._relationship_time(tomorrow)

    def action_declare(self):
        """Record the losses, plan the interviews, and close the dialog.

        ``sudo``: whoever serves a customer may record that the customer said goodbye,
        without being allowed to change stages and segments at will.
        """
        check_one(self)
        self.relationship_ids.check_access("read")
        self.env["crm.defection"].check_access("write")
        defections = self.relationship_ids.sudo()._declare_defection(
            self.date, self.reason_id, self.note
        )
        close = {"type": "ir.actions.act_window_close"}
        if not self.plan_interview:
            return close
        asked = defections.filtered(lambda d: d._needs_interview())
        refusing = asked._filter_refusing()
        interviews = (asked - refusing)._plan_interviews(self._get_interview_values)
        interviews._check_planned_by_hand({"date_planned"})
        defections._ask_once()
        if len(interviews) == 1 and len(defections) == 1:
            return interviews.action_plan()
        start_job(self.env, "release")
        return defections._notify_planned(
            len(interviews), len(refusing), len(defections) - len(asked)
        )

    def _get_interview_values(self, defection):
        self.ensure_one()
        values = {
            "date_planned": self.interview_date,
            "date_due": fields.Date.context_today(
                self.with_context(tz=defection.company_id._relationship_tz()),
                self.interview_date,
            ),
            "touchpoint_id": self.interview_touchpoint_id.id,
        }
        if staff := self.interview_user_id._filter_staff_of(defection.company_id):
            values["user_id"] = staff.id
        return values
