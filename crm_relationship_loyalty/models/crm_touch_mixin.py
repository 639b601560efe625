from odoo import fields, models


class CrmTouchMixin(models.AbstractModel):
    _inherit = "crm.touch.mixin"

    loyalty_summary = fields.Char(related="benefit_id.loyalty_summary")
