from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

from ...engine.segmentation import MAX_BINS, MIN_BINS
from ..base.bounds import (
    MAX_AMOUNT,
    MAX_COUNT,
    MAX_DAYS,
    MAX_MONTHS,
    Bounds,
    day_bounds,
)

MAX_FACTOR = 100
# What the company earns and pays: for its salespeople, and for whoever has to set it.
STAFF_FIGURES = "sales_team.group_sale_salesman,base.group_system"


class ResCompany(models.Model):
    """A company's settings for the analysis of its portfolio."""

    _inherit = "res.company"

    # Purchases and scores
    relationship_source = fields.Selection(
        selection=[
            ("order", "Confirmed sales orders"),
            ("invoice", "Posted invoices, less refunds"),
        ],
        string="Portfolio Source",
        default="order",
        groups="base.group_user",
        help="Documents that count as purchases; all figures follow from them.",
    )
    relationship_window_months = fields.Integer(
        string="Analysis Window",
        default=24,
        groups="base.group_user",
        help="Scores, revenue and margin count the purchases of this many past months."
        " The stage and the usual interval count all purchases.",
    )
    relationship_excluded_tag_ids = fields.Many2many(
        comodel_name="crm.tag",
        relation="relationship_excluded_tag_rel",
        string="Excluded Tags",
        groups="base.group_user",
        help="Sales orders with one of these tags do not count as purchases, nor do"
        " lines of invoices that such orders led to.",
    )
    relationship_excluded_team_ids = fields.Many2many(
        comodel_name="crm.team",
        relation="relationship_excluded_team_rel",
        # of old sales, also what is archived by now
        context={"active_test": False},
        string="Excluded Sales Teams",
        groups="base.group_user",
        help="Sales of these teams do not count as purchases.",
    )
    relationship_excluded_product_ids = fields.Many2many(
        comodel_name="product.product",
        relation="relationship_excluded_product_rel",
        # of old sales, also what is archived by now
        context={"active_test": False},
        string="Excluded Products",
        groups="base.group_user",
        help="Lines with these products are taken off the amounts. A document that has"
        " no other lines does not count as a purchase.",
    )
    relationship_bins = fields.Integer(
        string="Classes of a Score",
        default=5,
        groups="base.group_user",
        help="Scores go from 1 to this number. 5 ranks the customers by fifths;"
        " customers who are equal get the same score.",
    )
    relationship_monetary = fields.Selection(
        selection=[("revenue", "Revenue"), ("margin", "Margin of the orders")],
        string="Monetary Score By",
        default="revenue",
        groups="base.group_user",
        help="What the monetary score ranks customers by. The margin needs the costs"
        " that the app “Margins in Sales Orders” keeps on the order lines.",
    )

    # Life cycle
    relationship_at_risk_factor = fields.Float(
        string="Times the Usual Interval",
        digits=(4, 1),
        default=3.0,
        groups="base.group_user",
        help="A customer is at risk after a silence of this many times the usual"
        " interval between two purchases: the customer's own, or else that of the"
        " segment, or else that of all customers.",
    )
    relationship_at_risk_days = fields.Integer(
        string="At Risk After",
        default=180,
        groups="base.group_user",
        help="Days without a purchase after which a customer is at risk, as long as"
        " nothing is known of the usual interval between purchases.",
    )
    relationship_lost_days = fields.Integer(
        string="Lost After",
        default=365,
        groups="base.group_user",
        help="Days without a purchase after which a customer counts as lost. "
        "A purchase after such a silence makes a recovered customer.",
    )
    relationship_loyal_orders = fields.Integer(
        string="Loyal From",
        default=5,
        groups="base.group_user",
        help="Number of purchases, of all time, from which a customer counts as loyal.",
    )

    # Value
    relationship_margin_rate = fields.Float(
        string="Margin",
        digits=(5, 4),
        default=0.3,
        groups=STAFF_FIGURES,
        help="Share of the revenue that remains after the cost of what was sold. Used"
        " where the margin is not taken from the orders.",
    )
    relationship_discount_rate = fields.Float(
        string="Discount Rate",
        digits=(5, 4),
        default=0.1,
        groups=STAFF_FIGURES,
        help="Yearly interest rate at which future money is worth less than money"
        " today.",
    )
    relationship_hourly_cost = fields.Monetary(
        string="Cost of an Hour",
        groups=STAFF_FIGURES,
        help="What an hour of working time spent on interactions costs.",
    )
    relationship_contact_share = fields.Float(
        string="Time for Interactions",
        digits=(5, 4),
        default=0.5,
        groups=STAFF_FIGURES,
        help="Share of their working time that dedicated salespeople have for"
        " interactions with customers.",
    )
    relationship_winback_cost = fields.Monetary(
        string="Cost of Winning Back",
        groups=STAFF_FIGURES,
        help="What an attempt to win one customer back costs. Only customers whose"
        " value when won back is higher count as worth winning back; nobody does as"
        " long as it is 0.",
    )
    relationship_fewer_lost = fields.Float(
        string="Reduction in Losses",
        digits=(5, 4),
        default=0.05,
        groups=STAFF_FIGURES,
        help="The report “Value of Segments” shows what would be gained if this many"
        " percent fewer customers were lost in a year.",
    )

    # Cost and effect
    relationship_attribution = fields.Selection(
        selection=[
            ("last", "The last interaction before"),
            ("shared", "All interactions before, in equal parts"),
        ],
        string="Purchases Count For",
        default="last",
        groups="base.group_user",
        help="What the report “Cost and Effect” puts a purchase down to.",
    )
    relationship_attribution_days = fields.Integer(
        string="Days before a Purchase",
        default=30,
        groups="base.group_user",
        help="The report “Cost and Effect” puts a purchase down to interactions of this"
        " many days before it.",
    )

    relationship_currency_date = fields.Date(
        string="Currency Changed On",
        readonly=True,
        copy=False,
        groups=STAFF_FIGURES,
        help="Amounts of purchases before this day are in another currency.",
    )

    relationship_failure = fields.Char(
        string="Failure of the Last Update",
        readonly=True,
        copy=False,
        groups=STAFF_FIGURES,
        help="Why the last update of the portfolio failed. Empty when it succeeded.",
    )

    _relationship_portfolio_positive = models.Constraint(
        "CHECK(relationship_window_months > 0 AND relationship_at_risk_days > 0"
        " AND relationship_lost_days > 0 AND relationship_loyal_orders > 1)",
        "The analysis window and the days of “at risk” and “lost” must be positive"
        " numbers; a loyal customer has bought at least twice.",
    )
    _relationship_at_risk_before_lost = models.Constraint(
        "CHECK(relationship_at_risk_days < relationship_lost_days)",
        "A customer must be at risk before being lost: choose fewer days for “at risk”"
        " than for “lost”.",
    )
    _relationship_periods_in_range = models.Constraint(
        f"CHECK(relationship_window_months <= {MAX_MONTHS}"
        f" AND relationship_lost_days <= {MAX_DAYS}"
        f" AND relationship_at_risk_factor <= {MAX_FACTOR})",
        "Choose an analysis window of at most 1,200 months, at most 36,500 days for"
        " “lost”, and at most 100 times the usual interval.",
    )
    _relationship_attribution_in_bounds = Bounds(
        "relationship_attribution_days", low=1, high=366
    )
    _relationship_currency_in_bounds = day_bounds("relationship_currency_date")
    _relationship_loyal_in_bounds = Bounds("relationship_loyal_orders", high=MAX_COUNT)
    _relationship_hourly_in_bounds = Bounds("relationship_hourly_cost", high=MAX_AMOUNT)
    _relationship_winback_in_bounds = Bounds(
        "relationship_winback_cost", high=MAX_AMOUNT
    )
    _relationship_bins_in_range = models.Constraint(
        f"CHECK(relationship_bins BETWEEN {MIN_BINS} AND {MAX_BINS})",
        "Scores need 3 to 10 classes.",
    )
    _relationship_factor_in_range = models.Constraint(
        "CHECK(relationship_at_risk_factor >= 1)",
        "A customer cannot be at risk before the usual interval is over: choose 1 or"
        " more times the usual interval.",
    )
    _relationship_rates_in_range = models.Constraint(
        "CHECK(relationship_margin_rate BETWEEN 0 AND 1"
        " AND relationship_fewer_lost BETWEEN 0 AND 1"
        " AND relationship_contact_share > 0 AND relationship_contact_share <= 1)",
        "The margin, the time for interactions and the reduction in losses are shares:"
        " choose values between 0% and 100%.",
    )
    _relationship_discount_positive = models.Constraint(
        "CHECK(relationship_discount_rate > 0 AND relationship_discount_rate <= 1)",
        "The discount rate must be above 0% and at most 100% a year.",
    )
    _relationship_costs_not_negative = models.Constraint(
        "CHECK(COALESCE(relationship_hourly_cost, 0) >= 0"
        " AND COALESCE(relationship_winback_cost, 0) >= 0)",
        "Costs cannot be negative.",
    )

    @api.constrains("relationship_monetary", "relationship_source")
    def _check_relationship_monetary(self):
        for company in self.filtered(lambda c: c.relationship_monetary == "margin"):
            if "margin" not in self.env["sale.order"]._fields:
                raise ValidationError(
                    self.env._(
                        "The margin of orders is not known here: install the app"
                        " “Margins in Sales Orders”, or choose the revenue."
                    )
                )
            if company.relationship_source != "order":
                raise ValidationError(
                    self.env._(
                        "Margins are known of sales orders only: choose confirmed sales"
                        " orders as the source, or the revenue for the monetary score."
                    )
                )

    def write(self, vals):
        """Note when the currency changes: amounts before and after are not alike.

        ``sudo``: it is noted by the system, whoever changes it.
        """
        former = {company: company.currency_id for company in self}
        result = super().write(vals)
        if "currency_id" in vals:
            for company in self:
                if former[company] != company.currency_id:
                    today = company._relationship_today()
                    company.sudo().relationship_currency_date = today
        return result

    def _convert_own_amounts(self, currency):
        self.write(
            {
                name: self._convert_cost(self[name], currency)
                for name in ("relationship_hourly_cost", "relationship_winback_cost")
            }
        )
        return super()._convert_own_amounts(currency)

    def _relationship_has_margin(self):
        """Tell whether margins are taken from the orders (`sale_margin` has them)."""
        self.ensure_one()
        return (
            self.relationship_monetary == "margin"
            and self.relationship_source == "order"
            and "margin" in self.env["sale.order"]._fields
        )

    def _get_return_chances(self, days=365):
        """Return which share of lost customers came back within so many days.

        :return: ``{company: share}`` of those that have seen enough; rooms that know
            who was lost override this
        """
        return {}

    def _get_working_cost(self, minutes):
        """Return what so many minutes of work cost: minutes ÷ 60 × cost of an hour."""
        self.ensure_one()
        return minutes / 60 * self.relationship_hourly_cost

    @api.model
    def _working_cost_sql(self, company, minutes):
        """Return SQL for :meth:`_get_working_cost`.

        :param SQL company: a row of ``res_company``
        :param SQL minutes: possibly empty
        """
        return SQL(
            "COALESCE(%s, 0) / 60.0 * COALESCE(%s.relationship_hourly_cost, 0)",
            minutes,
            company,
        )
