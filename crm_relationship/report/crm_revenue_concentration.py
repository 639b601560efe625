from odoo import fields, models
from odoo.tools import SQL

from ..models.base.spreadsheet import Formula


class CrmRevenueConcentration(models.Model):
    """How much of the revenue comes from how few customers.

    Customers with a purchase in the analysis window, sorted by revenue, in tenths:
    1 + ⌊10 × customers with more revenue ÷ customers⌋.
    """

    _name = "crm.revenue.concentration"
    _inherit = ["crm.record.mixin", "crm.spreadsheet.mixin"]
    _description = "Revenue Concentration"
    _auto = False
    _order = "company_id, tenth"
    _rec_name = "tenth"
    _spreadsheet = (
        "tenth",
        "customer_count+",
        "revenue+",
        ("revenue_share%", Formula("%", "revenue")),
        "cumulated_share%",
    )

    company_id = fields.Many2one(comodel_name="res.company", readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    tenth = fields.Integer(
        string="Tenth of Customers",
        aggregator=None,
        readonly=True,
        help="1: the tenth of customers with the highest revenue. 1 + 10 × customers"
        " with more revenue ÷ customers, rounded down, of those with a purchase in the"
        " analysis window; customers with equal revenue are in the same tenth.",
    )
    customer_count = fields.Integer(
        string="Customers",
        readonly=True,
        help="Customers of this tenth, without archived ones.",
    )
    revenue = fields.Monetary(
        readonly=True,
        help="Revenue of these customers within the analysis window.",
    )
    revenue_share = fields.Float(
        string="Share of Revenue",
        readonly=True,
        help="Revenue of these customers ÷ revenue of all customers of the company.",
    )
    cumulated_share = fields.Float(
        string="Cumulative Share",
        aggregator="max",
        readonly=True,
        help="Revenue of this tenth and of those with more revenue ÷ revenue of all"
        " customers of the company.",
    )

    @property
    def _table_query(self):
        """SQL: ranks the whole base."""
        return SQL(
            """
            SELECT min(id) AS id, company_id, tenth, count(*) AS customer_count,
                   sum(revenue) AS revenue,
                   sum(revenue) / NULLIF(sum(sum(revenue)) OVER (
                       PARTITION BY company_id), 0) AS revenue_share,
                   sum(sum(revenue)) OVER (PARTITION BY company_id ORDER BY tenth)
                       / NULLIF(sum(sum(revenue)) OVER (PARTITION BY company_id), 0)
                       AS cumulated_share
              FROM (
                SELECT id, company_id, revenue,
                       1 + 10 * (rank() OVER (
                           PARTITION BY company_id ORDER BY revenue DESC) - 1)
                       / count(*) OVER (PARTITION BY company_id) AS tenth
                  FROM crm_relationship
                 WHERE active AND order_count > 0
              ) ranked
          GROUP BY company_id, tenth
            """
        )
