from datetime import timedelta

from markupsafe import Markup

from odoo import fields, models

from ..base.bounds import Bounds, day_bounds
from ..base.figures import format_count

MAX_DAY = 24 * 60
TOLD_AGAIN_AFTER = timedelta(days=7)
BOARD = "/odoo/nobody-forgotten"


class ResCompany(models.Model):
    """How much of a working day is for customer contacts; who is told of customers at
    fault, once a week as long as there are any.
    """

    _inherit = "res.company"

    relationship_minutes_day = fields.Integer(
        string="Minutes a Day",
        default=240,
        groups="base.group_user",
        help="Minutes for interactions on a whole working day of a salesperson."
        " Each can have others in the profile.",
    )
    relationship_care_user_id = fields.Many2one(
        comodel_name="res.users",
        string="Told of Customers at Fault",
        domain="[('share', '=', False)]",
        ondelete="set null",
        groups="base.group_user",
        help="Gets a weekly activity as long as customers are at fault. Left empty: the"
        " sales administrator who has been here longest.",
    )
    relationship_care_activity_id = fields.Many2one(
        comodel_name="mail.activity",
        string="Customers at Fault",
        ondelete="set null",
        readonly=True,
        copy=False,
        groups="base.group_user",
    )
    relationship_care_told = fields.Date(
        string="Last Told of Customers at Fault On",
        readonly=True,
        copy=False,
        groups="base.group_user",
    )
    relationship_care_failure = fields.Char(
        string="Why the Customers Were Not Counted",
        readonly=True,
        copy=False,
        groups="base.group_user",
    )

    _relationship_minutes_in_bounds = Bounds("relationship_minutes_day", 1, MAX_DAY)
    _care_told_in_bounds = day_bounds("relationship_care_told")

    def write(self, vals):
        """Ask who follows those to whom the company is closed, as their form does.

        :raises RedirectWarning: where it takes a seller's access away
        """
        if "user_ids" not in vals:
            return super().write(vals)
        with self.user_ids._check_access_taken():
            return super().write(vals)

    def _tell_of_faults(self):
        """Keep one activity about customers at fault, renewed once a week.

        While it is open it follows the number; without a fault it ends. Nothing is
        told of a company in Preview: nobody is contacted there yet.
        """
        self.ensure_one()
        open_activity = self.relationship_care_activity_id.filtered("active")
        count = self.env["crm.relationship"].search_count(
            [("company_id", "=", self.id), ("care_state", "=", "fault")]
        )
        if not count or self.relationship_state != "live":
            open_activity.unlink()
            return
        user = self._get_care_user()
        values = self._get_fault_values(count, user)
        today = self._relationship_today()
        told = self.relationship_care_told
        if open_activity:
            if open_activity.summary != values["summary"]:
                open_activity.write(values)
        elif user and (not told or told <= today - TOLD_AGAIN_AFTER):
            activity = self.partner_id.with_context(
                mail_activity_quick_update=True
            ).activity_schedule(
                act_type_xmlid="mail.mail_activity_data_todo",
                date_deadline=today,
                user_id=user.id,
                **values,
            )
            self.write(
                {
                    "relationship_care_activity_id": activity.id,
                    "relationship_care_told": today,
                }
            )

    def _get_care_user(self):
        """Return who is told: whom the company names, else its first administrator."""
        named = self.relationship_care_user_id._filter_staff_of(self)
        if named:
            return named
        managers = self.env.ref("sales_team.group_sale_manager").all_user_ids
        root = self.env.ref("base.user_root")
        return (managers - root)._filter_staff_of(self).sorted("id")[:1]

    def _get_fault_values(self, count, user):
        """Return what the activity says, in the language of who reads it."""
        env = self.with_context(lang=user.lang).env
        return {
            "summary": env._(
                "Customers at fault: %(count)s", count=format_count(env, count)
            ),
            "note": Markup('<p>%s</p><p><a href="%s">%s</a></p>')
            % (
                env._(
                    "Something has to be put right, or these customers of %s are"
                    " forgotten.",
                    self.name,
                ),
                BOARD,
                env._("Who, why, and what helps"),
            ),
        }
