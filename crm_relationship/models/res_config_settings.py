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
