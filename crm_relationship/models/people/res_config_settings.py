from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    relationship_care_user_id = fields.Many2one(
        related="company_id.relationship_care_user_id",
        readonly=False,
    )
    relationship_salesperson = fields.Selection(
        related="company_id.relationship_salesperson",
    )
    relationship_minutes_day = fields.Integer(
        related="company_id.relationship_minutes_day",
        readonly=False,
    )
