from odoo import models


class LoyaltyReward(models.Model):
    _name = "loyalty.reward"
    _inherit = ["loyalty.reward", "crm.approved.part.mixin"]

    _whole_field = "program_id"
    _unnoticed = frozenset(("discount_line_product_id", "active"))
