from odoo import fields, models


class ResCompany(models.Model):
    """What a company settles about its queues."""

    _inherit = "res.company"

    relationship_horizon_days = fields.Integer(
        string="Queue Horizon",
        default=7,
        help="Planned interactions enter the activity queue this many days before they"
        " are due.",
    )
    relationship_retry_days = fields.Integer(
        string="Retry After",
        default=2,
        help="Days until the next attempt when a customer could not be reached.",
    )
    relationship_max_attempts = fields.Integer(
        string="Attempts",
        default=3,
        help="Attempts after which an interaction is closed as missed.",
    )

    _relationship_settings_positive = models.Constraint(
        "CHECK(relationship_horizon_days >= 0 AND relationship_retry_days > 0"
        " AND relationship_max_attempts > 0)",
        "Queue horizon, days until the next attempt and number of attempts must be"
        " positive numbers.",
    )
