from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    program_four_eyes = fields.Boolean(
        related="company_id.program_four_eyes",
        readonly=False,
    )
    relationship_selling_share = fields.Integer(
        related="company_id.relationship_selling_share",
        readonly=False,
    )
    relationship_holdout_share = fields.Integer(
        related="company_id.relationship_holdout_share",
        readonly=False,
    )
    relationship_holdout_months = fields.Integer(
        related="company_id.relationship_holdout_months",
        readonly=False,
    )
    relationship_holdout_days = fields.Integer(
        related="company_id.relationship_holdout_days",
        readonly=False,
    )
