from contextlib import contextmanager
from datetime import timedelta

from odoo import fields, models

from ..base.bounds import MAX_COUNT, MAX_HORIZON, MAX_PERIOD, Bounds


class ResCompany(models.Model):
    """What a company settles about its queues."""

    _inherit = "res.company"

    relationship_horizon_days = fields.Integer(
        string="Queue Horizon",
        default=7,
        groups="base.group_user",
        help="Planned interactions enter the activity queue this many days before they"
        " are due.",
    )
    relationship_retry_days = fields.Integer(
        string="Retry After",
        default=2,
        groups="base.group_user",
        help="Days until the next attempt when a customer could not be reached.",
    )
    relationship_max_attempts = fields.Integer(
        string="Attempts",
        default=3,
        groups="base.group_user",
        help="Attempts after which an interaction is closed as missed.",
    )

    _relationship_horizon_in_bounds = Bounds(
        "relationship_horizon_days", high=MAX_HORIZON
    )
    _relationship_retry_in_bounds = Bounds("relationship_retry_days", high=MAX_PERIOD)
    _relationship_attempts_in_bounds = Bounds(
        "relationship_max_attempts", high=MAX_COUNT
    )
    _relationship_settings_positive = models.Constraint(
        "CHECK(relationship_horizon_days >= 0 AND relationship_retry_days > 0"
        " AND relationship_max_attempts > 0)",
        "Queue horizon, days until the next attempt and number of attempts must be"
        " positive numbers.",
    )

    def write(self, vals):
        moving = self if "relationship_hour" in vals else self.browse()
        with moving._moving_plans():
            return super().write(vals)

    @contextmanager
    def _moving_plans(self):
        """Let what is planned follow the clock and the hour of these companies.

        ``sudo``: they go for all interactions, whoever sets them.
        """
        before = {
            company: (company._relationship_tz(), company._get_planned_hour())
            for company in self.sudo()
        }
        yield
        for company, former in before.items():
            self.env["crm.interaction"].sudo()._follow_clock(company, *former)

    def _get_queue_horizon(self):
        """Return how long before they are planned interactions enter a queue."""
        self.ensure_one()
        return timedelta(days=min(self.relationship_horizon_days, MAX_HORIZON))
