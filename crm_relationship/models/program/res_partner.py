from odoo import fields, models

from ..ledger.messages import SENDING


class ResPartner(models.Model):
    _inherit = "res.partner"

    follow_up_orders = fields.Char(
        string="Orders Followed Up",
        compute="_compute_follow_up_orders",
        groups="base.group_user",
        help="For the templates of messages: the sales orders that the message is"
        " about, with what the customer has kept of them. Empty anywhere else.",
    )

    def _compute_follow_up_orders(self):
        interactions = self.env["crm.interaction"].browse(SENDING.get())
        by_partner = interactions.grouped("partner_id")
        for partner in self:
            own = by_partner.get(partner._origin, interactions.browse())
            partner.follow_up_orders = "; ".join(filter(None, own.mapped("about")))
