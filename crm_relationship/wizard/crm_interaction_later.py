from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ..models.base.asked import check_one
from ..models.people.undo import Watch

# How far ahead each tap puts an interaction off.
STEPS = {
    "tomorrow": relativedelta(days=1),
    "week": relativedelta(weeks=1),
    "month": relativedelta(months=1),
}
# Months that are named: "In January".
MONTHS = 3


class CrmInteractionLater(models.TransientModel):
    """When to try again: one tap for the usual answers, or a day."""

    _name = "crm.interaction.later"
    _inherit = ["crm.record.mixin"]
    _description = "Put an Interaction Off"

    interaction_id = fields.Many2one(
        comodel_name="crm.interaction",
        required=True,
        ondelete="cascade",
    )
    month_1 = fields.Char(compute="_compute_months")
    month_2 = fields.Char(compute="_compute_months")
    month_3 = fields.Char(compute="_compute_months")
    day = fields.Date(string="On Another Day")

    @api.depends("interaction_id")
    @api.depends_context("lang")
    def _compute_months(self):
        for later in self:
            for number in range(1, MONTHS + 1):
                later[f"month_{number}"] = self.env._(
                    "In %s",
                    format_date(self.env, later._get_month(number), date_format="LLLL"),
                )

    def _get_today(self):
        company = self.interaction_id.company_id or self.env.company
        return company._relationship_today()

    def _get_month(self, number):
        """Return the first Monday of a month to come: nobody calls on New Year's Day.

        :param int number: of months from now, counted from the month that follows
        """
        self.ensure_one()
        # the month that comes next is in reach of "in a month"
        first = self._get_today() + relativedelta(months=number, day=1)
        return first + relativedelta(days=1, weekday=0)

    def action_put_off(self):
        """Put the interaction off as the context key ``until`` says, else to the day.

        :raises UserError: when there is no day, or it does not lie ahead
        """
        check_one(self)
        day = self._get_day(self.env.context.get("until"))
        if not day or day <= self._get_today():
            raise UserError(self.env._("Choose a day after today."))
        interaction = self.interaction_id
        interaction.check_access("read")
        watch = Watch(interaction)
        interaction._postpone(day)
        return watch.offer(
            {"type": "ir.actions.client", "tag": "soft_reload"},
            interaction._tell_return(),
        )

    def _get_day(self, until):
        self.ensure_one()
        if isinstance(until, str) and until in STEPS:
            return self._get_today() + STEPS[until]
        if until in range(1, MONTHS + 1):
            return self._get_month(until)
        return self.day
