from datetime import datetime, time

from pytz import timezone, utc

from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    relationship_source = fields.Selection(
        selection=[
            ("order", "Confirmed sales orders"),
            ("invoice", "Posted invoices, less refunds"),
        ],
        string="Portfolio Source",
        default="order",
        required=True,
        help="Documents from which recency, frequency and revenue are computed.",
    )
    relationship_window_months = fields.Integer(
        string="Analysis Window",
        default=24,
        help="Only purchases of the last so many months count for the scores.",
    )
    relationship_at_risk_days = fields.Integer(
        string="At Risk After",
        default=180,
        help="Days without a purchase after which a customer is at risk.",
    )
    relationship_lost_days = fields.Integer(
        string="Lost After",
        default=365,
        help="Days without a purchase after which a customer counts as lost. "
        "A purchase after such a silence makes a recovered customer.",
    )
    relationship_loyal_orders = fields.Integer(
        string="Loyal From",
        default=5,
        help="Number of purchases from which a customer counts as loyal.",
    )
    relationship_horizon_days = fields.Integer(
        string="Queue Horizon",
        default=7,
        help="Planned contacts enter the activity queue so many days before they are due.",
    )
    relationship_retry_days = fields.Integer(
        string="Retry After",
        default=2,
        help="Days until the next attempt when a customer could not be reached.",
    )
    relationship_max_attempts = fields.Integer(
        string="Attempts",
        default=3,
        help="Attempts after which a contact is closed as missed.",
    )

    _relationship_settings_positive = models.Constraint(
        "CHECK(relationship_window_months > 0 AND relationship_at_risk_days > 0"
        " AND relationship_lost_days > 0 AND relationship_loyal_orders > 1"
        " AND relationship_horizon_days >= 0 AND relationship_retry_days > 0"
        " AND relationship_max_attempts > 0)",
        "Relationship settings must be positive numbers; a loyal customer has bought at"
        " least twice.",
    )
    _relationship_at_risk_before_lost = models.Constraint(
        "CHECK(relationship_at_risk_days < relationship_lost_days)",
        "A customer must be at risk before being lost: choose fewer days for “at risk”"
        " than for “lost”.",
    )

    def _relationship_tz(self):
        """Return the name of the time zone in which this company's days begin."""
        self.ensure_one()
        return self.partner_id.tz or "UTC"

    def _relationship_today(self):
        """Return today's date in this company's time zone."""
        self.ensure_one()
        return fields.Date.context_today(self.with_context(tz=self._relationship_tz()))

    def _relationship_time(self, day, hour=9, tz=None):
        """Return the UTC time stamp of an hour of ``day``.

        :param str tz: name of a time zone; this company's by default.
        """
        self.ensure_one()
        local = timezone(tz or self._relationship_tz()).localize(
            datetime.combine(day, time(hour))
        )
        return local.astimezone(utc).replace(tzinfo=None)
