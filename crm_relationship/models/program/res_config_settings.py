from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    relationship_selling_share = fields.Integer(
        related="company_id.relationship_selling_share",
        readonly=False,
    )
