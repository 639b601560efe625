from contextvars import ContextVar

from odoo import fields, models

from ..ledger.messages import SENDING

# The ids of the orders that a preview is about.
PREVIEWED = ContextVar("crm_relationship.previewed", default=())


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
        previewed = self.env["sale.order"].sudo().browse(PREVIEWED.get())
        for partner in self:
            if previewed:
                # sudo: as in a message, for whoever may preview it
                told = [order._describe_kept(partner.lang) for order in previewed]
                partner.follow_up_orders = "; ".join(told)
                continue
            own = by_partner.get(partner._origin, interactions.browse())
            partner.follow_up_orders = "; ".join(filter(None, own.mapped("about")))
