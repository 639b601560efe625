from contextvars import ContextVar

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..base.asked import check_one
from ..base.bounds import day_bounds
from ..base.opened import open_records
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

    referred_by_id = fields.Many2one(
        comodel_name="res.partner",
        string="Brought By",
        index="btree_not_null",
        groups="base.group_user",
        help="The customer who brought this one.",
    )
    referral_date = fields.Date(
        string="Brought On",
        compute="_compute_referral_date",
        store=True,
        groups="base.group_user",
        help="The day on which it was noted who brought this customer.",
    )
    referral_ids = fields.One2many(
        comodel_name="res.partner",
        inverse_name="referred_by_id",
        string="Brought",
        groups="base.group_user",
        help="The customers whom this one brought.",
    )

    referral_count = fields.Integer(
        string="Number Brought",
        compute="_compute_referral_count",
        groups="sales_team.group_sale_salesman",
        help="How many customers this one brought directly.",
    )

    _referral_date_in_bounds = day_bounds("referral_date")

    @api.depends("referred_by_id")
    def _compute_referral_date(self):
        today = self.env.company._relationship_today()
        for partner in self:
            partner.referral_date = partner.referred_by_id and today

    @api.constrains("referred_by_id")
    def _check_referred_by(self):
        if self._has_cycle("referred_by_id"):
            raise ValidationError(
                self.env._(
                    "Nobody brings himself, or one of those who brought him. Choose"
                    " another customer under “Brought By”."
                )
            )

    @api.depends("referral_ids")
    def _compute_referral_count(self):
        """Count as the list does: what the user may see of each."""
        counts = dict(
            self.env["crm.referral"]._read_group(
                [
                    ("ancestor_id", "in", self.commercial_partner_id.ids),
                    ("level", "=", 1),
                ],
                ["ancestor_id"],
                ["partner_id:count_distinct"],
            )
        )
        for partner in self:
            partner.referral_count = counts.get(partner.commercial_partner_id, 0)

    def action_view_referrals(self):
        """Open whom this customer brought, and whom those brought in turn."""
        check_one(self)
        return open_records(self.commercial_partner_id, "crm_referral_action_tree")

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
