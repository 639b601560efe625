from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    relationship_source = fields.Selection(
        related="company_id.relationship_source",
        readonly=False,
        required=True,
    )
    relationship_window_months = fields.Integer(
        related="company_id.relationship_window_months",
        readonly=False,
    )
    relationship_at_risk_days = fields.Integer(
        related="company_id.relationship_at_risk_days",
        readonly=False,
    )
    relationship_lost_days = fields.Integer(
        related="company_id.relationship_lost_days",
        readonly=False,
    )
    relationship_loyal_orders = fields.Integer(
        related="company_id.relationship_loyal_orders",
        readonly=False,
    )
    relationship_horizon_days = fields.Integer(
        related="company_id.relationship_horizon_days",
        readonly=False,
    )
    relationship_retry_days = fields.Integer(
        related="company_id.relationship_retry_days",
        readonly=False,
    )
    relationship_max_attempts = fields.Integer(
        related="company_id.relationship_max_attempts",
        readonly=False,
    )
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
