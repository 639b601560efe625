from odoo import fields, models

from ..base.bounds import MAX_PERIOD, Bounds


class ProductTemplate(models.Model):
    """How long a product lasts, so that nobody runs out of it unnoticed."""

    _inherit = ["product.template", "crm.bounds.mixin"]

    relationship_lasting_days = fields.Integer(
        string="One Unit Lasts (Days)",
        groups="base.group_user",
        help="The number of days after which a customer has used up one unit. Programs"
        " that start before a product runs out count from the last sales order; for"
        " customers who have bought it three times or more, by their own pace. 0 if it"
        " is not used up.",
    )

    _lasting_days_in_bounds = Bounds("relationship_lasting_days", 0, MAX_PERIOD)
