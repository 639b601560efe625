from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    consent_policy_relationship = fields.Selection(
        related="company_id.consent_policy_relationship",
        readonly=False,
        required=True,
    )
    consent_policy_selling = fields.Selection(
        related="company_id.consent_policy_selling",
        readonly=False,
        required=True,
    )
    selling_calendar_id = fields.Many2one(
        related="company_id.selling_calendar_id",
        readonly=False,
    )
    quiet_hour_from = fields.Integer(
        related="company_id.quiet_hour_from",
        readonly=False,
    )
    quiet_hour_to = fields.Integer(
        related="company_id.quiet_hour_to",
        readonly=False,
    )
    relationship_first_count = fields.Integer(
        related="company_id.relationship_first_count",
        readonly=False,
    )
    relationship_first_days = fields.Integer(
        related="company_id.relationship_first_days",
        readonly=False,
    )
    contact_cap_ids = fields.One2many(
        related="company_id.contact_cap_ids",
        readonly=False,
    )
