from odoo import fields, models

from ..base.bounds import Bounds


class ResCompany(models.Model):
    """How much of what customers get may sell."""

    _inherit = "res.company"

    relationship_selling_share = fields.Integer(
        string="Share of Selling at Most (%)",
        default=50,
        groups="base.group_user",
        help="Of a hundred interactions that care for the relationship or sell, at most"
        " this many should sell. A program that would exceed it warns; nothing is held"
        " back. 0 turns the warning off.",
    )

    _relationship_selling_share_in_bounds = Bounds(
        "relationship_selling_share", high=100
    )
