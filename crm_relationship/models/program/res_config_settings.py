from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    program_four_eyes = fields.Boolean(
        related="company_id.program_four_eyes",
        readonly=False,
    )
