from odoo import fields, models


class CrmInteraction(models.Model):
    _inherit = "crm.interaction"

    customer_value = fields.Monetary(
        related="relationship_id.value_12m",
        string="Value, 12 Months",
    )
