from datetime import datetime, time

from pytz import timezone, utc

from odoo import Command, api, fields, models

CONSENT_POLICIES = [
    ("opt_out", "Allowed until refused"),
    ("opt_in", "Only with consent"),
]
DEFAULT_CAPS = ((5, 7), (12, 30))
"""Number of contacts, and in how many days."""


class ResCompany(models.Model):
    _inherit = "res.company"

    relationship_horizon_days = fields.Integer(
        string="Queue Horizon",
        default=7,
        help="Planned contacts enter the activity queue so many days before they are"
        " due.",
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

    # Courtesy: what the gate asks before every contact
    consent_policy_relationship = fields.Selection(
        selection=CONSENT_POLICIES,
        string="Consent to Relationship Contacts",
        default="opt_out",
        required=True,
        help="Whether customers must agree before they get greetings, tips and visits.",
    )
    consent_policy_selling = fields.Selection(
        selection=CONSENT_POLICIES,
        string="Consent to Selling Contacts",
        default="opt_out",
        required=True,
        help="Whether customers must agree before they get offers and promotions.",
    )
    selling_calendar_id = fields.Many2one(
        comodel_name="resource.calendar",
        string="Selling Hours",
        ondelete="restrict",
        help="Selling contacts are made within these hours only, in the customer's time"
        " zone. Left empty: at any time.",
    )
    relationship_first_count = fields.Integer(
        string="Relationship Contacts before Selling",
        default=2,
        help="So many relationship contacts must have been made since the last selling"
        " contact. 0 sets the rule aside.",
    )
    relationship_first_days = fields.Integer(
        string="Days before Selling",
        default=0,
        help="So many days must have passed since the first follow-up of the last"
        " purchase.",
    )
    contact_cap_ids = fields.One2many(
        comodel_name="crm.contact.cap",
        inverse_name="company_id",
        string="At Most",
        help="More contacts than this wait, whoever makes them and however. Service"
        " contacts are not limited.",
    )

    _relationship_settings_positive = models.Constraint(
        "CHECK(relationship_horizon_days >= 0 AND relationship_retry_days > 0"
        " AND relationship_max_attempts > 0)",
        "Queue horizon, days until the next attempt and number of attempts must be"
        " positive numbers.",
    )
    _relationship_first_not_negative = models.Constraint(
        "CHECK(relationship_first_count >= 0 AND relationship_first_days >= 0)",
        "The number of relationship contacts and of days before selling cannot be"
        " negative.",
    )

    @api.constrains("selling_calendar_id")
    def _check_selling_calendar(self):
        self.selling_calendar_id._check_has_opening()

    @api.model_create_multi
    def create(self, vals_list):
        companies = super().create(vals_list)
        companies._add_default_caps()
        return companies

    @api.model
    def _add_missing_caps(self):
        """Give the companies that were there before this addon the usual limits."""
        self.search([])._add_default_caps()

    def _add_default_caps(self):
        without = self.filtered(lambda company: not company.contact_cap_ids)
        without.sudo().contact_cap_ids = [
            Command.create({"count": count, "days": days})
            for count, days in DEFAULT_CAPS
        ]

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
