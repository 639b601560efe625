from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.misc import format_date

from ..engine.survival import get_simple_multiple
from ..models.base.asked import check_one
from ..models.base.figures import format_count, format_number
from ..models.base.known import KnownFloat, KnownInteger, KnownMonetary
from ..models.base.opened import open_records
from ..models.base.spreadsheet import Formula
from ..models.portfolio.crm_segment_figure import MIN_BASE


class CrmSegmentReport(models.Model):
    """What the customers of each segment are worth, and what serving them costs."""

    _name = "crm.segment.report"
    _inherit = ["crm.record.mixin", "crm.spreadsheet.mixin"]
    _description = "Value of Segments"
    _auto = False
    _order = "lifetime_value desc nulls last, id"
    _rec_name = "segment_id"
    _spreadsheet = (
        "segment_id",
        "customer_count+",
        "active_count+",
        "revenue+",
        ("revenue_share%", Formula("%", "revenue")),
        "yearly_margin+",
        "active_margin+",
        "rate_used%",
        "value_12m+",
        "lifetime_value+",
        "simple_multiple",
        "survival_multiple",
        ("survival_value+", Formula("*", "active_margin", "survival_multiple")),
        "fewer_lost_value+",
        "cost_to_serve+",
    )

    company_id = fields.Many2one(comodel_name="res.company", readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    segment_id = fields.Many2one(comodel_name="crm.segment", readonly=True)
    customer_count = fields.Integer(
        string="Customers",
        readonly=True,
        help="Customers of the segment today, without archived ones.",
    )
    active_count = fields.Integer(
        string="Active",
        readonly=True,
        help="Those of them who have bought and are not lost.",
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
    yearly_margin = fields.Monetary(
        string="Margin a Year",
        readonly=True,
        help="Sum over these customers of: margin within the analysis window × 12 ÷"
        " months counted (the months since the first purchase, at least 12, at most"
        " those of the window).",
    )
    purchase_interval = KnownFloat(
        string="Usual Interval (days)",
        digits=(8, 1),
        aggregator=None,
        readonly=True,
        help="Median of the usual intervals between purchases of the customers whose"
        " scores alone, without conditions on the stage, lead to the segment.",
    )
    base_count = KnownInteger(
        string="Customers a Year Ago",
        readonly=True,
        help="Customers on whom the retention is based: those of the segment 12 months"
        " before the last month ended, or at the beginning of the records.",
    )
    rate_used = KnownFloat(
        string="Retention",
        aggregator=None,
        readonly=True,
        help="Share of the customers of the segment a year ago who were active when the"
        " last month ended. Of fewer than 30 customers: the share of all active"
        " customers; of lost ones nothing is expected then. Of a segment in which"
        " nobody has bought yet, nothing is known.",
    )
    value_12m = KnownMonetary(
        string="Value, 12 Months",
        readonly=True,
        help="Margin expected of these customers within the next 12 months, by the"
        " forecast: expected purchases × expected amount of a purchase × margin, summed"
        " up over them.",
    )
    lifetime_value = KnownMonetary(
        readonly=True,
        help="Margin expected for as long as the customers stay, in today's money:"
        " margin a year × retention ÷ (1 + discount rate − retention), summed up over"
        " these customers.",
    )
    active_margin = fields.Monetary(
        string="Margin a Year, Not Lost",
        readonly=True,
        help="Margin a year of those of these customers who are not lost.",
    )
    simple_multiple = KnownFloat(
        string="Years of Margin, Simple",
        digits=(8, 2),
        compute="_compute_survival",
        help="Retention ÷ (1 + discount rate − retention): what a customer stands for"
        " if each year the same share is lost.",
    )
    survival_multiple = KnownFloat(
        string="Years of Margin, by Survival",
        digits=(8, 2),
        compute="_compute_survival",
        help="Sum over the years of: share who are still customers ÷ (1 + discount"
        " rate)^years, by the segment's own curve of survival, or that of all customers"
        " if it had fewer than 30 (shifted beta-geometric; Fader and Hardie 2007). Who"
        " has stayed long is the likelier to stay.",
    )
    survival_value = KnownMonetary(
        string="Lifetime Value, by Survival",
        compute="_compute_survival",
        help="Margin a year of the customers who are not lost × years of margin by"
        " survival.",
    )
    fewer_lost_value = KnownMonetary(
        string="Gain from Fewer Losses",
        readonly=True,
        help="By how much the lifetime values would rise if fewer customers were lost"
        " in a year, by the percentage in the settings (5% unless changed): retention"
        " becomes 1 − (1 − retention) × (1 − 5%).",
    )
    cost_to_serve = fields.Monetary(
        string="Cost to Serve",
        readonly=True,
        help="Of the interactions done with these customers within the last 12 months:"
        " cost + minutes ÷ 60 × cost of an hour (settings).",
    )

    basis = fields.Char(
        string="Based On",
        compute="_compute_basis",
        help="Whose retention is used, and how many customers of a year ago it is"
        " counted on; or from when it is known.",
    )

    @api.depends("base_count", "rate_used")
    @api.depends_context("lang")
    def _compute_basis(self):
        """Tell what the retention rests on; ``sudo``: figures of all customers."""
        figures = self.env["crm.segment.figure"].sudo()
        totals = {company: figures._get_total(company) for company in self.company_id}
        unknown = {
            company: self._describe_known_from(company)
            for company, rows in self.grouped("company_id").items()
            if any(row.rate_used is False for row in rows)
        }
        for row in self:
            whole = totals[row.company_id]
            if row.rate_used is False and totals[row.company_id].rate_used is False:
                row.basis = unknown[row.company_id]
            elif row.rate_used is False:
                row.basis = self.env._("Nobody has bought yet")
            elif row.base_count >= MIN_BASE:
                row.basis = self.env._(
                    "Own customers: %(count)s",
                    count=format_count(self.env, row.base_count),
                )
            else:
                row.basis = row._describe_whole(whole.base_count or 0)

    def _describe_whole(self, count):
        """Return what a retention rests on that is not the segment's own."""
        shown = format_count(self.env, count)
        if not self.rate_used:
            return self.env._("Too few lost ones to know who comes back")
        if count < MIN_BASE:
            return self.env._("Very few customers: %(count)s", count=shown)
        return self.env._("All customers: %(count)s", count=shown)

    @api.depends("segment_id", "active_margin", "rate_used")
    def _compute_survival(self):
        """Compute both multiples; ``sudo``: figures of all customers."""
        figures = self.env["crm.segment.figure"].sudo()
        multiples = {
            company: figures._get_multiples(company) for company in self.company_id
        }
        for row in self:
            known = multiples.get(row.company_id, {})
            multiple = known.get(row.segment_id.id, known.get(False, False))
            row.survival_multiple = multiple
            row.survival_value = multiple is not False and row.active_margin * multiple
            row.simple_multiple = row.rate_used is not False and get_simple_multiple(
                row.rate_used, row.company_id.relationship_discount_rate
            )

    @api.model
    def _describe_known_from(self, company):
        """Return in a few words from when the retention is known.

        ``sudo``: as in the compute.
        """
        day = self.env["crm.segment.figure"].sudo()._get_known_from(company)
        if not day:
            return self.env._("After the first purchase")
        if day <= company._relationship_today():
            return self.env._("With the next nightly update")
        day = format_date(self.env, day, date_format="medium")
        return self.env._("Known from %(day)s", day=day)

    @api.model
    def _get_spreadsheet_notes(self):
        return [*super()._get_spreadsheet_notes(), *self.get_notices()]

    @api.model
    def get_notices(self):
        """Return what the reader is told before the values: a forecast that was off."""
        self.check_access("read")
        forecasts = self.env["crm.forecast"]
        misses = {
            company: forecasts._describe_miss(company) for company in self.env.companies
        }
        if len(misses) > 1:
            misses = {
                company: miss and f"{company.name}: {miss}"
                for company, miss in misses.items()
            }
        return [miss for miss in misses.values() if miss]

    @api.model
    def fields_get(self, allfields=None, attributes=None):
        """Put the percentage into the label, if it is the same for all companies."""
        described = super().fields_get(allfields, attributes)
        worth = described.get("fewer_lost_value", {})
        if "string" in worth:
            # sudo: the share stands in the label, for those to whom it is shown
            companies = self.env.companies.sudo()
            shares = set(companies.mapped("relationship_fewer_lost"))
            if len(shares) == 1:
                [share] = shares
                worth["string"] = self.env._(
                    "Gain from %(share)s%% Fewer Losses",
                    share=format_number(self.env, 100 * share),
                )
        return described

    @property
    def _table_query(self):
        """SQL: sums over the whole base, with figures of segment and company."""
        since = fields.Datetime.now() - relativedelta(months=12)
        return SQL(
            """
            SELECT *, CASE WHEN buyer_count = 0 THEN NULL
                           ELSE margin_to_come END AS lifetime_value,
                      CASE WHEN buyer_count = 0 THEN NULL ELSE
                      active_margin * (kept_more / (1 + discount - kept_more)
                                - kept / (1 + discount - kept))
                      + CASE WHEN base_count >= %(min_base)s THEN
                             lost_margin * (kept_more / (1 + discount - total_more)
                                            - kept / (1 + discount - total))
                             ELSE 0 END
                      END AS fewer_lost_value
              FROM (
                SELECT customers.*, f.purchase_interval, f.base_count,
                       CASE WHEN of_all.rate_used IS NULL OR buyer_count = 0 THEN NULL
                            WHEN customers.active_count > 0
                              OR f.base_count >= %(min_base)s THEN kept
                            ELSE 0 END AS rate_used, kept, total, discount,
                       1 - (1 - kept) * (1 - fewer) AS kept_more,
                       1 - (1 - total) * (1 - fewer) AS total_more,
                       revenue / NULLIF(sum(revenue)
                           OVER (PARTITION BY customers.company_id), 0)
                           AS revenue_share,
                       COALESCE(served.cost, 0) AS cost_to_serve
                  FROM (%(customers)s) customers
                  JOIN res_company c ON c.id = customers.company_id
             LEFT JOIN crm_segment_figure f
                    ON f.company_id = c.id AND f.segment_id = customers.segment_id
             LEFT JOIN crm_segment_figure of_all
                    ON of_all.company_id = c.id AND of_all.segment_id IS NULL
            CROSS JOIN LATERAL (
                    SELECT COALESCE(f.rate_used, of_all.rate_used) AS kept,
                           of_all.rate_used AS total,
                           c.relationship_discount_rate AS discount,
                           c.relationship_fewer_lost AS fewer
                  ) rate
             LEFT JOIN (%(served)s) served
                    ON served.company_id = customers.company_id
                   AND served.segment_id IS NOT DISTINCT FROM customers.segment_id
              ) segment
            """,
            min_base=MIN_BASE,
            customers=self._customers_sql(),
            served=self._served_sql(since),
        )

    def _customers_sql(self):
        return SQL(
            """
            SELECT min(id) AS id, company_id, segment_id, count(*) AS customer_count,
                   count(*) FILTER (WHERE lifecycle_stage NOT IN ('prospect', 'lost'))
                       AS active_count,
                   count(*) FILTER (WHERE lifecycle_stage <> 'prospect')
                       AS buyer_count,
                   COALESCE(sum(revenue), 0) AS revenue,
                   COALESCE(sum(yearly_margin), 0) AS yearly_margin,
                   COALESCE(sum(yearly_margin)
                       FILTER (WHERE lifecycle_stage <> 'lost'), 0) AS active_margin,
                   COALESCE(sum(yearly_margin)
                       FILTER (WHERE lifecycle_stage = 'lost'), 0) AS lost_margin,
                   sum(value_12m) AS value_12m,
                   sum(lifetime_value) AS margin_to_come
              FROM crm_relationship
             WHERE active
          GROUP BY company_id, segment_id
            """
        )

    def _served_sql(self, since):
        return SQL(
            """
            SELECT r.company_id, r.segment_id,
                   sum(COALESCE(i.cost, 0) + %(working_cost)s) AS cost
              FROM crm_interaction i
              JOIN crm_relationship r ON r.id = i.relationship_id AND r.active
              JOIN res_company c ON c.id = r.company_id
             WHERE i.state = 'done' AND i.date_done >= %(since)s
          GROUP BY r.company_id, r.segment_id
            """,
            since=since,
            working_cost=self.env["res.company"]._working_cost_sql(
                SQL("c"), SQL("i.duration")
            ),
        )

    def action_view_customers(self):
        """Open the customers of the segment."""
        check_one(self)
        if not self.segment_id:
            return open_records(self.company_id, "crm_relationship_action_unassigned")
        action = self.segment_id.action_view_relationships()
        of_company = Domain("company_id", "=", self.company_id.id)
        return {**action, "domain": list(Domain(action["domain"]) & of_company)}
