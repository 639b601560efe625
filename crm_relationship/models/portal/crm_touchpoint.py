from odoo import fields, models


class CrmTouchpoint(models.Model):
    """Customers choose among the channels that the company offers them."""

    _inherit = "crm.touchpoint"

    is_offered = fields.Boolean(
        string="Offered to Customers",
        help="Customers see the channel among their preferences and may choose it."
        " Those who prefer or refuse it already see it in any case.",
    )
