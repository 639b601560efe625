from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..models.base.known import KnownFloat, KnownInteger
from ..models.base.spreadsheet import Column, Formula
from ..models.portfolio.purchases import Purchases

# Days within which a refusal is put down to the interaction before it.
REFUSAL_DAYS = 7
# What the page, and the spreadsheet, look at interactions by.
SIDES = (
    ("touchpoint_id",),
    ("segment_id", "touchpoint_id"),
    ("plan_line_id",),
    ("program_id",),
    ("program_id", "program_step_id"),
    ("mail_template_id",),
    ("sms_template_id",),
    ("user_id",),
)
# What has none of these was not planned, or not written, by one: it has no place there.
PLANNED = (
    "plan_line_id",
    "program_id",
    "program_step_id",
    "mail_template_id",
    "sms_template_id",
)
AGGREGATES = (
    "__count",
    "reached:avg",
    "response:avg",
    "purchase_count:sum",
    "minutes:sum",
    "cost:sum",
    "margin:sum",
    "complaint_count:sum",
    "refusal_count:sum",
)
# What a person hears in a talk. What the system sends is answered by nobody.
ANSWERS = ("reached", "ordered", "not_now", "complaint", "solved")
WELCOME = ("reached", "ordered", "solved")


class CrmEffectReport(models.Model):
    """What interactions cost, and what came after them: a row an interaction tried.

    A purchase is put down to the interactions with the customer in the days before it,
    as the company says: to the last one, or to all of them in equal parts. A follow-up
    of an order is not what brought that order: on its own day it counts for nothing.

    That a purchase came after an interaction does not prove that it came because of it:
    the hold-out of a program does (:class:`ProgramResult`).

    A query, because what is corrected today counts today. It reads back as far as the
    analysis window of the portfolio.
    """

    _name = "crm.effect.report"
    _inherit = ["crm.interaction.row.mixin", "crm.spreadsheet.mixin"]
    _description = "Cost and Effect"
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "touchpoint_id"

    currency_id = fields.Many2one(related="company_id.currency_id")
    plan_line_id = fields.Many2one(
        comodel_name="crm.contact.plan.line",
        readonly=True,
    )
    program_step_id = fields.Many2one(
        comodel_name="crm.program.step",
        string="Step",
        readonly=True,
    )
    mail_template_id = fields.Many2one(
        comodel_name="mail.template",
        string="Email Template",
        readonly=True,
    )
    sms_template_id = fields.Many2one(
        comodel_name="sms.template",
        string="SMS Template",
        readonly=True,
    )
    date = fields.Date(
        help="Day on which it was done, or last tried, on the company's clock.",
    )
    reached_count = fields.Integer(
        string="Reached",
        readonly=True,
        help="Interactions that reached the customer; messages that were sent.",
    )
    reached = fields.Float(
        string="Share Reached",
        aggregator="avg",
        readonly=True,
        help="Reached ÷ tried. Tried are also those closed as missed after all"
        " attempts.",
    )
    response = KnownFloat(
        aggregator="avg",
        readonly=True,
        help="Share of the talks that were welcome: neither “Not now” nor a complaint."
        " Not known of messages that the system sends.",
    )
    purchase_count = fields.Float(
        string="Purchases",
        digits=(16, 2),
        readonly=True,
        help="Purchases put down to the interaction: to the last one before, or to all"
        " in equal parts, within the days of the settings. Coming after is no proof of"
        " coming because of it; customers whom a program keeps aside prove it.",
    )
    revenue = fields.Monetary(
        string="Sales",
        readonly=True,
        help="Amount of these purchases, counted as in the portfolio, less refunds in"
        " the same days.",
    )
    margin = fields.Monetary(
        readonly=True,
        help="Margin of these purchases: that of the orders, or sales × margin of the"
        " settings.",
    )
    minutes = fields.Integer(
        readonly=True,
        aggregator="sum",
        help="Working time of the interaction.",
    )
    cost = fields.Monetary(
        readonly=True,
        help="Cost of the interaction + minutes ÷ 60 × cost of an hour (settings).",
    )
    profit = fields.Monetary(
        readonly=True,
        help="Margin − cost.",
    )
    complaint_count = fields.Integer(
        string="Complaints",
        readonly=True,
        help="Interactions in which the customer complained.",
    )
    refusal_count = KnownInteger(
        string="Refusals",
        readonly=True,
        help="Interactions after which the customer refused something within 7 days,"
        " with no other interaction between.",
    )

    @api.model
    def get_frame(self):
        """Return what the page says about its figures, and which interactions it shows.

        Those of the last days are not among them: what comes after them is not over.

        :return: dict of ``days``, ``attribution``, ``currency_id``, ``domain``,
            ``planned`` (the fields without which a row has no place in a side),
            ``nones`` (the words for a row without such a field), and ``helps`` that say
            how each figure is counted
        """
        self.check_access("read")
        # sudo: how the company counts purchases is a setting
        company = self.env.company.sudo()
        days = company.relationship_attribution_days
        until = company._relationship_today() - timedelta(days=days)
        return {
            "days": days,
            "attribution": company.relationship_attribution,
            "currency_id": company.currency_id.id,
            "domain": [
                ("company_id", "=", company.id),
                ("date", "<", fields.Date.to_string(until)),
            ],
            "planned": PLANNED,
            "nones": self._get_nones(),
            "helps": self._get_helps(),
        }

    def _get_nones(self):
        """Return how a row is called that has none of what it is grouped by."""
        return {
            "touchpoint_id": self.env._("No channel"),
            "segment_id": self.env._("In no segment"),
            "user_id": self.env._("Nobody"),
        }

    def _get_helps(self):
        names = [aggregate.partition(":")[0] for aggregate in AGGREGATES[1:]]
        return {
            "count": self.env._("Interactions that were done, or tried in vain."),
            **{
                name: self._fields[name]._description_help(self.env)
                for name in (*names, "profit")
            },
        }

    # ------------------------------------------------------------------
    # Spreadsheet
    # ------------------------------------------------------------------

    @api.model
    def _get_sheets(self, domain):
        """Return a sheet a side: of a million interactions, nobody reads each.

        By default of the interactions that the page shows.
        """
        domain = domain if not domain.is_true() else Domain(self.get_frame()["domain"])
        return [self._make_side(side, domain) for side in SIDES]

    def _make_side(self, side, domain):
        """Return the sheet of what interactions are grouped by."""
        for name in side:
            if name in PLANNED:
                domain &= Domain(name, "!=", False)
        heads = [self._make_column(name) for name in side]
        keys = ("count", *(name.partition(":")[0] for name in AGGREGATES[1:]))
        rows, nones = [], self._get_nones()
        for group in self._read_group(domain, side, AGGREGATES):
            row = {
                name: value.display_name or nones[name]
                for name, value in zip(side, group, strict=False)
            }
            rows.append(row | dict(zip(keys, group[len(side) :], strict=True)))
        rows.sort(key=lambda row: -row["count"])
        title = " × ".join(column.head for column in heads)
        return self._make_sheet([*heads, *self._make_figures()], rows, title)

    def _make_figures(self):
        """Return the columns of figures: sums, and what follows from them."""
        env = self.env
        return [
            Column("count", env._("Tried"), "integer", is_summed=True),
            self._make_column("reached%"),
            self._make_column("response%"),
            self._make_column("purchase_count+"),
            self._make_column("minutes+"),
            self._make_column("cost+"),
            self._make_column("margin+"),
            Column(
                "each",
                env._("Cost of an Interaction"),
                "money",
                Formula("/", "cost", "count"),
            ),
            Column(
                "brought",
                env._("Margin of an Interaction"),
                "money",
                Formula("/", "margin", "count"),
            ),
            Column(
                "profit",
                self._fields["profit"]._description_string(env),
                "money",
                Formula("-", "margin", "cost"),
                is_summed=True,
            ),
            Column(
                "return",
                env._("Margin per Cost"),
                "number",
                Formula("/", "margin", "cost"),
            ),
            self._make_column("complaint_count+"),
            self._make_column("refusal_count+"),
        ]

    def _company_sql(self, company):
        today = company._relationship_today()
        since = today - relativedelta(months=company.relationship_window_months)
        return SQL(
            """
            (WITH tried AS (%(tried)s),
                  touched AS (SELECT * FROM tried WHERE is_reached),
                  credited AS (%(credited)s),
                  refused AS (%(refused)s)
            SELECT tried.id, %(company)s AS company_id, tried.partner_id,
                   tried.segment_id, tried.touchpoint_id, tried.user_id,
                   tried.plan_line_id, tried.program_id, tried.program_step_id,
                   tried.mail_template_id, tried.sms_template_id,
                   tried.objective, tried.kind, tried.day AS date,
                   is_reached::int AS reached_count, is_reached::int AS reached,
                   CASE WHEN tried.outcome IN %(answers)s
                        THEN (tried.outcome IN %(welcome)s)::int END AS response,
                   COALESCE(credited.purchases, 0) AS purchase_count,
                   COALESCE(credited.revenue, 0) AS revenue,
                   COALESCE(credited.margin, 0) AS margin,
                   tried.duration AS minutes, spent.cost,
                   COALESCE(credited.margin, 0) - spent.cost AS profit,
                   (tried.outcome = 'complaint' AND is_reached)::int AS complaint_count,
                   (refused.id IS NOT NULL)::int AS refusal_count
              FROM tried
              JOIN res_company c ON c.id = %(company)s
        CROSS JOIN LATERAL (
                SELECT COALESCE(tried.cost, 0) + %(working_cost)s AS cost
              ) spent
         LEFT JOIN credited ON credited.id = tried.id
         LEFT JOIN refused ON refused.id = tried.id)
            """,
            tried=self._tried_sql(company, since),
            credited=self._credited_sql(company, today, since),
            refused=self._refused_sql(company, since),
            company=company.id,
            answers=ANSWERS,
            welcome=WELCOME,
            working_cost=self.env["res.company"]._working_cost_sql(
                SQL("c"), SQL("tried.duration")
            ),
        )

    def _tried_sql(self, company, since):
        """What was done along with another one is the same interaction."""
        return SQL(
            """
            SELECT i.id, r.partner_id, r.segment_id, i.touchpoint_id, i.user_id,
                   i.plan_line_id, e.program_id,
                   COALESCE(step.root_id, step.id) AS program_step_id,
                   i.mail_template_id, i.sms_template_id,
                   i.objective, i.kind,
                   i.outcome, i.cost, i.duration, moment,
                   (moment AT TIME ZONE 'UTC' AT TIME ZONE %(tz)s)::date AS day,
                   i.state = 'done' AS is_reached,
                   e.sale_order_id IS NOT NULL AS follows_order
              FROM crm_interaction i
              JOIN crm_relationship r ON r.id = i.relationship_id
         LEFT JOIN crm_program_enrollment e ON e.id = i.enrollment_id
         LEFT JOIN crm_program_step step ON step.id = i.program_step_id
        CROSS JOIN LATERAL (
                SELECT CASE i.state WHEN 'done' THEN i.date_done
                                    ELSE i.date_attempt END AS moment
              ) tried
             WHERE i.company_id = %(company)s AND i.along_id IS NULL
               AND (i.state = 'done' AND i.date_done >= %(since)s
                    OR i.state = 'missed' AND i.date_attempt >= %(since)s)
            """,
            tz=company._relationship_tz(),
            company=company.id,
            since=company._relationship_time(since, hour=0),
        )

    def _credited_sql(self, company, today, since):
        """Put each purchase down to what came before it."""
        purchases = Purchases(company, today, since)
        margin = SQL("amount * %s::numeric", f"{company.relationship_margin_rate:.4f}")
        share = SQL(
            "(row_number() OVER (document_by ORDER BY moment DESC, t.id DESC) = 1)::int"
        )
        if company.relationship_attribution == "shared":
            share = SQL("1.0 / count(*) OVER (document_by)")
        return SQL(
            """
            SELECT id, sum(share) FILTER (WHERE is_purchase) AS purchases,
                   sum(share * amount) AS revenue, sum(share * %(margin)s) AS margin
              FROM (
                SELECT t.id, d.amount, d.margin, d.is_purchase, %(share)s AS share
                  FROM (SELECT row_number() OVER () AS number, document.*
                          FROM (%(documents)s) document) d
                  JOIN touched t ON t.partner_id = d.partner_id
                   AND t.day BETWEEN d.day - %(days)s AND d.day
                   AND (t.day < d.day OR NOT t.follows_order)
                WINDOW document_by AS (PARTITION BY d.number)
              ) credit
          GROUP BY id
            """,
            margin=SQL("margin") if purchases.has_margin else margin,
            share=share,
            documents=purchases.documents(),
            days=company.relationship_attribution_days,
        )

    def _refused_sql(self, company, since):
        """Find what came last before each refusal of the customer's own."""
        return SQL(
            """
            SELECT DISTINCT id
              FROM (
                SELECT DISTINCT ON (change.id) t.id
                  FROM crm_preference_change change
                  JOIN res_partner p ON p.id = change.partner_id
                  JOIN touched t ON t.partner_id = p.commercial_partner_id
                   AND t.moment <= change.date
                   AND t.moment >= change.date - %(days)s * interval '1 day'
                 WHERE change.is_refusal AND change.by_customer
                   AND change.date >= %(since)s
              ORDER BY change.id, t.moment DESC, t.id DESC
              ) last
            """,
            since=company._relationship_time(since, hour=0),
            days=REFUSAL_DAYS,
        )
