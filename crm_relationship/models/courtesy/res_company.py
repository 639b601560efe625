from odoo import Command, api, fields, models

from ...engine.windows import outside
from ..base.bounds import MAX_COUNT, MAX_PERIOD, Bounds
from ..base.res_company import FIRST_HOUR, LAST_HOUR

CONSENT_POLICIES = [
    ("opt_out", "Allowed until refused"),
    ("opt_in", "Only with consent"),
]
DEFAULT_CAPS = ((5, 7), (12, 30))
"""Number of contacts, and in how many days."""


class ResCompany(models.Model):
    """The company's settings for what the gate asks before every interaction."""

    _inherit = "res.company"

    consent_policy_relationship = fields.Selection(
        selection=CONSENT_POLICIES,
        string="Relationship Consent",
        default="opt_out",
        groups="base.group_user",
        help="Whether customers must agree before they get greetings, tips and visits.",
    )
    consent_policy_selling = fields.Selection(
        selection=CONSENT_POLICIES,
        string="Selling Consent",
        default="opt_out",
        groups="base.group_user",
        help="Whether customers must agree before they get offers and promotions.",
    )
    selling_calendar_id = fields.Many2one(
        comodel_name="resource.calendar",
        string="Selling Hours",
        ondelete="restrict",
        groups="base.group_user",
        help="Selling interactions take place within these hours only, in the"
        " customer's time zone. Left empty: at any time.",
    )
    quiet_hour_from = fields.Integer(
        string="Quiet Hours From",
        default=21,
        groups="base.group_user",
        help="From this hour of the customer's day nobody is contacted, by a person or"
        " automatically, for whatever reason.",
    )
    quiet_hour_to = fields.Integer(
        string="Quiet Hours To",
        default=7,
        groups="base.group_user",
        help="Until this hour of the customer's day nobody is contacted. The same hour"
        " twice: there are no quiet hours.",
    )
    relationship_first_count = fields.Integer(
        string="Relationship Interactions before Selling",
        default=2,
        groups="base.group_user",
        help="This many relationship interactions must have been done since the last"
        " selling interaction. 0 turns the rule off.",
    )
    relationship_first_days = fields.Integer(
        string="Days before Selling",
        default=0,
        groups="base.group_user",
        help="This many days must have passed since the first follow-up of the last"
        " purchase.",
    )
    contact_cap_ids = fields.One2many(
        comodel_name="crm.contact.cap",
        inverse_name="company_id",
        string="Interaction Limits",
        groups="base.group_user",
        help="Interactions beyond this limit wait, whoever carries them out and"
        " through whichever channel. Service interactions are not limited.",
    )

    _quiet_from_in_bounds = Bounds("quiet_hour_from", FIRST_HOUR, LAST_HOUR)
    _quiet_to_in_bounds = Bounds("quiet_hour_to", FIRST_HOUR, LAST_HOUR)
    _relationship_first_count_in_bounds = Bounds(
        "relationship_first_count", high=MAX_COUNT
    )
    _relationship_first_days_in_bounds = Bounds(
        "relationship_first_days", high=MAX_PERIOD
    )
    _relationship_first_not_negative = models.Constraint(
        "CHECK(relationship_first_count >= 0 AND relationship_first_days >= 0)",
        "The number of relationship interactions and of days before selling cannot be"
        " negative.",
    )

    @api.constrains("selling_calendar_id")
    def _check_selling_calendar(self):
        self.selling_calendar_id._check_has_opening()

    def _get_waking_hours(self):
        """Return the hours of each day outside the quiet ones; None: there are none."""
        self.ensure_one()
        quiet = (self.quiet_hour_from, self.quiet_hour_to)
        return outside(*(60 * min(max(hour, FIRST_HOUR), LAST_HOUR) for hour in quiet))

    def _get_days_to_work(self):
        """Return how many days it is to the next working day, for each weekday.

        By the working hours of the company; without any, every day is one.

        :return: seven numbers, Monday first
        """
        self.ensure_one()
        worked = self.resource_calendar_id._get_worked_shares()
        if not any(worked):
            return [0] * 7
        return [
            next(shift for shift in range(7) if worked[(day + shift) % 7])
            for day in range(7)
        ]

    @api.model_create_multi
    def create(self, vals_list):
        companies = super().create(vals_list)
        companies._add_default_caps()
        return companies

    @api.model
    def _add_missing_caps(self):
        """Give the companies that existed before this addon the usual limits."""
        self.search([])._add_default_caps()

    def _add_default_caps(self):
        without = self.filtered(lambda company: not company.contact_cap_ids)
        # sudo: whoever may make a company need not be a sales administrator
        without.sudo().contact_cap_ids = [
            Command.create({"count": count, "days": days})
            for count, days in DEFAULT_CAPS
        ]
