from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    relationship_tz = fields.Selection(
        related="company_id.partner_id.tz",
        string="Time Zone of the Company",
        readonly=False,
        groups="base.group_user",
    )
    relationship_hour = fields.Integer(
        related="company_id.relationship_hour",
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
    relationship_answer_hours = fields.Integer(
        related="company_id.relationship_answer_hours",
        readonly=False,
    )
    relationship_has_hours = fields.Boolean(
        related="company_id.relationship_has_hours",
    )
    relationship_complaint_days = fields.Integer(
        related="company_id.relationship_complaint_days",
        readonly=False,
    )
