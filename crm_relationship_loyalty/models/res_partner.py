from odoo import fields, models

from odoo.addons.crm_relationship.models.ledger.messages import SENDING

PLACEHOLDERS = ["loyalty_code", "loyalty_given"]


class ResPartner(models.Model):
    _inherit = "res.partner"

    loyalty_code = fields.Char(
        compute="_compute_loyalty_code",
        groups="base.group_user",
        help="For the templates of messages: the code of the coupon that the customer"
        " gets with the message. Empty anywhere else.",
    )
    loyalty_given = fields.Char(
        string="Coupon or Points Given",
        compute="_compute_loyalty_code",
        groups="base.group_user",
        help="For the templates of messages: what of a loyalty program the customer"
        " gets with the message. Empty anywhere else.",
    )

    def _compute_loyalty_code(self):
        # sudo: the message says it, whoever sends it
        sending = self.env["crm.interaction"].sudo().browse(SENDING.get())
        given = sending.filtered(lambda i: i.loyalty_state == "given")
        by_partner = given.grouped("partner_id")
        for partner in self:
            own = by_partner.get(partner._origin, given.browse())[:1]
            partner.loyalty_code = own.loyalty_card_id.code
            partner.loyalty_given = own._describe_loyalty() if own else False

    def _erase_in_apps(self):
        """Let the cards of these people give nothing any more.

        What they bought with them stays with the orders.
        """
        cards = self.env["loyalty.card"].search([("partner_id", "in", self.ids)])
        cards.with_context(loyalty_no_mail=True).write({"points": 0, "active": False})
        cards.history_ids.write({"description": self.env._("Personal data erased")})
        kept = super()._erase_in_apps()
        if cards:
            kept.append(
                self.env._(
                    "Loyalty cards and coupons, without points: sales orders name them."
                )
            )
        return kept
