from odoo import fields, models


class SaleOrder(models.Model):
    """Who is credited with an order that came of an interaction."""

    _inherit = "sale.order"

    credited_user_id = fields.Many2one(
        comodel_name="res.users",
        string="Credited To",
        ondelete="set null",
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="The dedicated salesperson of the customer, also where a stand-in sold it."
        " Who did it stands as the salesperson, and on the interaction it came of.",
    )
