from odoo import Command, api, fields, models

CONSENT_POLICIES = [
    ("opt_out", "Allowed until refused"),
    ("opt_in", "Only with consent"),
]
DEFAULT_CAPS = ((5, 7), (12, 30))
"""Number of contacts, and in how many days."""


class ResCompany(models.Model):
    """What the gate asks before every contact, as the company settles it."""

    _inherit = "res.company"

    consent_policy_relationship = fields.Selection(
        selection=CONSENT_POLICIES,
        string="Consent to Relationship Contacts",
        default="opt_out",
        help="Whether customers must agree before they get greetings, tips and visits.",
    )
    consent_policy_selling = fields.Selection(
        selection=CONSENT_POLICIES,
        string="Consent to Selling Contacts",
        default="opt_out",
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
