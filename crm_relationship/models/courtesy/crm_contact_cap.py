from odoo import api, fields, models

from ..base.bounds import MAX_COUNT, MAX_PERIOD, Bounds


class CrmContactCap(models.Model):
    """The most interactions allowed within a number of days, over all channels."""

    _name = "crm.contact.cap"
    _inherit = ["crm.record.mixin"]
    _description = "Interaction Limit"
    _order = "days, id"

    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
        ondelete="cascade",
    )
    count = fields.Integer(string="Interactions", required=True, default=5)
    days = fields.Integer(string="In Days", required=True, default=7)

    _count_in_bounds = Bounds("count", high=MAX_COUNT)
    _days_in_bounds = Bounds("days", high=MAX_PERIOD)
    _positive = models.Constraint(
        "CHECK(count >= 1 AND days >= 1)",
        "A limit allows at least 1 interaction in at least 1 day. To allow any number,"
        " delete the limit.",
    )
    _days_unique = models.Constraint(
        "UNIQUE(company_id, days)",
        "There is a limit for this number of days already. Change that one.",
    )

    @api.depends("count", "days")
    def _compute_display_name(self):
        for cap in self:
            cap.display_name = cap._describe(count=cap.count, days=cap.days)

    def _describe(self, **figures):
        """Return the words of a limit, of one and of many."""
        is_one, is_daily = self.count == 1, self.days == 1
        if is_one and is_daily:
            return self.env._("%(count)s interaction a day", **figures)
        if is_one:
            return self.env._("%(count)s interaction in %(days)s days", **figures)
        if is_daily:
            return self.env._("%(count)s interactions a day", **figures)
        return self.env._("%(count)s interactions in %(days)s days", **figures)
