from odoo import api, fields, models
from odoo.tools import SQL

from ..models.program.referral import LONGEST

# Levels within an id, which a client keeps.
LEVELS = 64


class CrmReferral(models.Model):
    """Who brought whom, and what those who were brought have bought.

    A row for each customer who was brought, in each company that they deal with (one
    without a company, if none does yet), and for each one above: who brought them
    directly (level 1), who brought that one (level 2), and so on. So the rows of one
    customer are a tree, and the rows of level 1 count the revenue of everybody once.

    A query, because what is noted or confirmed now counts now. Whoever may see a
    customer sees the rows in which that customer was brought: see the record rules.
    """

    _name = "crm.referral"
    _inherit = ["crm.record.mixin"]
    _description = "Referral"
    _auto = False
    _order = "ancestor_id, path, id"
    _rec_name = "partner_id"

    company_id = fields.Many2one(comodel_name="res.company", readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    ancestor_id = fields.Many2one(
        comodel_name="res.partner",
        string="Who Brought Them",
        readonly=True,
        help="The customer who brought this one, directly or by way of others.",
    )
    referrer_id = fields.Many2one(
        comodel_name="res.partner",
        string="Brought By",
        readonly=True,
        help="The customer who brought this one directly.",
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner", string="Customer", readonly=True
    )
    relationship_id = fields.Many2one(comodel_name="crm.relationship", readonly=True)
    level = fields.Integer(
        aggregator=None,
        readonly=True,
        help="1: brought directly. 2: brought by somebody who was brought. And so on.",
    )
    path = fields.Char(readonly=True, help="From who brought them down to this one.")
    tree_name = fields.Char(
        string="Who Was Brought",
        compute="_compute_tree_name",
        help="The customer, further in the more there are in between.",
    )
    referral_date = fields.Date(string="Brought On", readonly=True)
    first_order_date = fields.Date(string="First Purchase", readonly=True)
    customer_count = fields.Integer(
        string="Customers",
        readonly=True,
        help="Customers who were brought: one in each row.",
    )
    buyer_count = fields.Integer(
        string="Have Bought",
        readonly=True,
        help="Customers with a confirmed sales order.",
    )
    order_count = fields.Integer(
        string="Sales Orders",
        readonly=True,
        help="Confirmed sales orders of this customer, and of all people of a firm.",
    )
    revenue = fields.Monetary(
        string="Revenue Brought",
        readonly=True,
        help="Confirmed sales orders of this customer, without taxes, in the currency"
        " of the company.",
    )

    @api.depends("partner_id", "level")
    def _compute_tree_name(self):
        for referral in self:
            name = referral.partner_id.display_name or ""
            referral.tree_name = f"{'　' * (referral.level - 1)}{name}"

    @property
    def _table_query(self):
        """SQL: a tree, and the sums of orders of everybody who was brought."""
        return SQL(
            """
            WITH RECURSIVE direct AS (
                SELECT DISTINCT ON (c.id) c.id AS partner_id,
                       by.commercial_partner_id AS referrer_id, p.referral_date
                  FROM res_partner p
                  JOIN res_partner by ON by.id = p.referred_by_id
                  JOIN res_partner c ON c.id = p.commercial_partner_id
                 WHERE by.commercial_partner_id <> c.id
              ORDER BY c.id, p.id <> c.id, p.referral_date, p.id
            ), tree AS (
                SELECT partner_id, referrer_id, referral_date,
                       referrer_id AS ancestor_id, 1 AS level,
                       ARRAY[partner_id] AS path
                  FROM direct
             UNION ALL
                SELECT d.partner_id, d.referrer_id, d.referral_date,
                       tree.ancestor_id, tree.level + 1, tree.path || d.partner_id
                  FROM tree
                  JOIN direct d ON d.referrer_id = tree.partner_id
                 WHERE tree.level < %(longest)s
                   AND d.partner_id <> tree.ancestor_id
                   AND d.partner_id <> ALL(tree.path)
            ), sold AS (
                SELECT p.commercial_partner_id AS partner_id, o.company_id,
                       count(*) AS order_count,
                       sum(o.amount_untaxed / COALESCE(NULLIF(o.currency_rate, 0), 1))
                           AS revenue
                  FROM sale_order o
                  JOIN res_partner p ON p.id = o.partner_id
                 WHERE o.state = 'sale'
                   AND p.commercial_partner_id IN (SELECT partner_id FROM direct)
              GROUP BY 1, 2
            )
            SELECT COALESCE(r.id * %(levels)s + tree.level,
                            -(tree.partner_id * %(levels)s + tree.level)) AS id,
                   tree.ancestor_id, tree.referrer_id, tree.partner_id, tree.level,
                   tree.referral_date, array_to_string(tree.path, '/') AS path,
                   r.company_id, r.id AS relationship_id, r.first_order_date,
                   1 AS customer_count,
                   CASE WHEN sold.order_count > 0 THEN 1 ELSE 0 END AS buyer_count,
                   COALESCE(sold.order_count, 0) AS order_count,
                   COALESCE(sold.revenue, 0) AS revenue
              FROM tree
         LEFT JOIN crm_relationship r ON r.partner_id = tree.partner_id
         LEFT JOIN sold
                ON sold.partner_id = tree.partner_id AND sold.company_id = r.company_id
            """,
            longest=LONGEST,
            levels=LEVELS,
        )
