from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..models.base.asked import check_one
from ..models.base.known import KnownFloat, KnownMonetary
from ..models.portfolio.purchases import Purchases

PERIODS = [
    ("month", "This month"),
    ("last_month", "Last month"),
    ("quarter", "This quarter"),
]
# Ids of users and places for periods within an id, which a client keeps.
USERS, PLACES = 2**20, 4
# What came of a talk; whoever did not want anything just now was reached, no more.
TALKS = ("reached", "ordered", "not_now", "complaint", "solved")
RESPONSES = ("reached", "ordered", "solved")


class CrmRecognition(models.Model):
    """What each salesperson has done for customers, from several sides.

    A row a person and period. There is no sum of the sides and no place in a ranking:
    people are in the order of their names, and revenue cannot be sorted by. A share
    of nothing is not known, which is not zero.

    A query, because figures of a few thousand interactions need no table, and what is
    corrected today counts today. Salespeople read their own rows: see the record rules.
    """

    _name = "crm.recognition"
    _inherit = ["crm.record.mixin", "crm.spreadsheet.mixin"]
    _description = "Recognition"
    _auto = False
    _order = "name, user_id, company_id, rank"
    _rec_name = "name"
    _spreadsheet = (
        "name",
        "period",
        "customer_count",
        "coverage%",
        "planned_count",
        "on_time%",
        "attempt_count",
        "reached%",
        "talk_count",
        "response%",
        "mood_count",
        "mood%",
        "solved_count",
        "answer_count",
        "answered%",
        "kept_base",
        "kept%",
        "revenue",
    )

    company_id = fields.Many2one(comodel_name="res.company", readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Salesperson",
        readonly=True,
    )
    name = fields.Char(readonly=True)
    period = fields.Selection(selection=PERIODS, readonly=True)
    rank = fields.Integer(
        string="Order of Periods",
        aggregator=None,
        readonly=True,
        help="Place of the period: this month before the one that is over.",
    )
    customer_count = fields.Integer(
        string="Customers",
        readonly=True,
        help="Active customers whom this person serves today.",
    )
    coverage = KnownFloat(
        aggregator="avg",
        readonly=True,
        help="Share of the customers who were not at fault, on average of the nights of"
        " the period.",
    )
    planned_count = fields.Integer(
        string="Planned Interactions",
        readonly=True,
        help="What plans and programs asked of this person and was done in the period,"
        " or is overdue in the queue since then. Messages that the system sends are not"
        " counted.",
    )
    on_time = KnownFloat(
        aggregator="avg",
        readonly=True,
        help="Share of the planned interactions that were done by the day they were"
        " planned for, or moved to.",
    )
    attempt_count = fields.Integer(
        string="Tried",
        readonly=True,
        help="Customers reached, and interactions closed as missed after all attempts.",
    )
    reached = KnownFloat(
        aggregator="avg",
        readonly=True,
        help="Share of those tried who were reached.",
    )
    talk_count = fields.Integer(
        string="Talks",
        readonly=True,
        help="Interactions in which the customer was reached by this person.",
    )
    response = KnownFloat(
        aggregator="avg",
        readonly=True,
        help="Share of the talks that were welcome: neither “Not now” nor a complaint.",
    )
    mood_count = fields.Integer(
        string="Moods Noted",
        readonly=True,
        help="Talks of which it is noted how the customer seemed.",
    )
    mood = KnownFloat(
        string="Happy Customers",
        aggregator="avg",
        readonly=True,
        help="Share of the talks with a happy customer, of those with a mood noted.",
    )
    solved_count = fields.Integer(
        string="Complaints Solved",
        readonly=True,
        help="Complaints that this person has solved in a talk.",
    )
    answer_count = fields.Integer(
        string="Complaints to Answer",
        readonly=True,
        help="Complaints that this person has answered, or should have by now.",
    )
    answered = KnownFloat(
        string="Answered in Time",
        aggregator="avg",
        readonly=True,
        help="Share of these complaints that were answered within the working hours of"
        " the settings.",
    )
    kept_base = fields.Integer(
        string="Customers before",
        readonly=True,
        help="Customers of today who had bought before the period and were not lost.",
    )
    kept = KnownFloat(
        string="Customers Kept",
        aggregator="avg",
        readonly=True,
        help="Share of them who were not lost in the period, or are back.",
    )
    revenue = KnownMonetary(
        string="Revenue of Own Customers",
        aggregator=None,
        readonly=True,
        help="Purchases of the customers whom this person serves today, whoever sold;"
        " counted as in the portfolio.",
    )

    @api.model
    def fields_get(self, allfields=None, attributes=None):
        """Offer no ranking by selling."""
        described = super().fields_get(allfields, attributes)
        if "sortable" in described.get("revenue", {}):
            described["revenue"]["sortable"] = False
        return described

    # ------------------------------------------------------------------
    # Query
    # ------------------------------------------------------------------

    def _get_spans(self, company):
        """Return the periods: ``{code: (first day, day after the last)}``."""
        today = company._relationship_today()
        month = today.replace(day=1)
        quarter = month.replace(month=3 * ((month.month - 1) // 3) + 1)
        return {
            "month": (month, month + relativedelta(months=1)),
            "last_month": (month - relativedelta(months=1), month),
            "quarter": (quarter, quarter + relativedelta(months=3)),
        }

    def _get_periods(self, company):
        """Yield rows of periods: company, rank, code, days, moments, and today's."""
        company = company.sudo()  # sudo: the clock of the company
        today = company._relationship_time(company._relationship_today(), hour=0)
        spans = self._get_spans(company)
        for rank, (code, _label) in enumerate(PERIODS):
            first, end = spans[code]
            yield SQL(
                "(%s, %s, %s, %s::date, %s::date, %s::timestamp, %s::timestamp,"
                " %s::timestamp, %s)",
                company.id,
                rank,
                code,
                first,
                end,
                company._relationship_time(first, hour=0),
                company._relationship_time(end, hour=0),
                today,
                company._relationship_tz(),
            )

    @property
    def _table_query(self):
        """SQL: sums over the ledger and the base, of the companies at work.

        Of all companies for the superuser, with whom Odoo compares a row and its rules.
        """
        companies = self.env.companies
        if self.env.su:
            companies = companies.search([])
        return SQL(
            """
            WITH period (company_id, rank, code, first_day, end_day, first, until,
                         today, tz) AS (VALUES %(periods)s),
                 served AS (%(served)s),
                 care AS (%(care)s),
                 planned AS (%(planned)s),
                 talked AS (%(talked)s),
                 answered AS (%(answered)s),
                 kept AS (%(kept)s),
                 bought AS (%(bought)s)
            SELECT (company_id * %(users)s + user_id) * %(places)s + rank AS id,
                   company_id, user_id, s.name, s.code AS period, rank,
                   COALESCE(served.customers, 0) AS customer_count,
                   care.cared::float / NULLIF(care.total, 0) AS coverage,
                   COALESCE(planned.total, 0) AS planned_count,
                   planned.on_time::float / NULLIF(planned.total, 0) AS on_time,
                   COALESCE(talked.tried, 0) AS attempt_count,
                   talked.talks::float / NULLIF(talked.tried, 0) AS reached,
                   COALESCE(talked.talks, 0) AS talk_count,
                   talked.responses::float / NULLIF(talked.talks, 0) AS response,
                   COALESCE(talked.moods, 0) AS mood_count,
                   talked.happy::float / NULLIF(talked.moods, 0) AS mood,
                   COALESCE(talked.solved, 0) AS solved_count,
                   COALESCE(answered.total, 0) AS answer_count,
                   answered.in_time::float / NULLIF(answered.total, 0) AS answered,
                   COALESCE(kept.base, 0) AS kept_base,
                   kept.kept::float / NULLIF(kept.base, 0) AS kept,
                   CASE WHEN served.customers > 0
                        THEN COALESCE(bought.revenue, 0) END AS revenue
              FROM (SELECT staff.company_id, staff.user_id, person.name, period.rank,
                           period.code
                      FROM (%(staff)s) staff
                      JOIN res_users u ON u.id = staff.user_id
                      JOIN res_partner person ON person.id = u.partner_id
                      JOIN period ON period.company_id = staff.company_id) s
         LEFT JOIN served USING (company_id, user_id)
         LEFT JOIN care USING (company_id, user_id, rank)
         LEFT JOIN planned USING (company_id, user_id, rank)
         LEFT JOIN talked USING (company_id, user_id, rank)
         LEFT JOIN answered USING (company_id, user_id, rank)
         LEFT JOIN kept USING (company_id, user_id, rank)
         LEFT JOIN bought USING (company_id, user_id, rank)
             WHERE served.user_id IS NOT NULL OR EXISTS (
                    SELECT FROM talked t
                     WHERE t.company_id = s.company_id AND t.user_id = s.user_id)
            """,
            periods=SQL(", ").join(
                row for company in companies for row in self._get_periods(company)
            ),
            served=SQL(
                """
                SELECT company_id, user_id, count(*) AS customers
                  FROM crm_relationship
                 WHERE active AND user_id IS NOT NULL AND company_id = ANY(%s)
              GROUP BY company_id, user_id
                """,
                companies.ids,
            ),
            care=self._care_sql(),
            planned=self._planned_sql(),
            talked=self._talked_sql(),
            answered=self._answered_sql(),
            kept=self._kept_sql(),
            bought=self._bought_sql(companies),
            staff=self.env["res.users"]._staff_sql(),
            users=USERS,
            places=PLACES,
        )

    def _care_sql(self):
        return SQL(
            """
            SELECT d.company_id, d.user_id, p.rank, sum(d.customer_count) AS total,
                   COALESCE(sum(d.customer_count)
                            FILTER (WHERE d.care_state <> 'fault'), 0) AS cared
              FROM crm_care_day d
              JOIN period p ON p.company_id = d.company_id
               AND d.date >= p.first_day AND d.date < p.end_day
             WHERE d.user_id IS NOT NULL
          GROUP BY d.company_id, d.user_id, p.rank
            """
        )

    def _planned_sql(self):
        """Of what was done, the day it was done counts; it is found by that."""
        return SQL(
            """
            SELECT company_id, user_id, rank, count(*) AS total,
                   count(*) FILTER (WHERE is_on_time) AS on_time
              FROM (
                SELECT i.company_id, i.user_id, i.touchpoint_id, p.rank,
                       (i.date_done AT TIME ZONE 'UTC' AT TIME ZONE p.tz)::date
                       <= (i.date_planned AT TIME ZONE 'UTC' AT TIME ZONE p.tz)::date
                           AS is_on_time
                  FROM crm_interaction i
                  JOIN period p ON p.company_id = i.company_id
                   AND i.date_done >= p.first AND i.date_done < p.until
                 WHERE i.state = 'done'
                   AND (i.plan_line_id IS NOT NULL OR i.program_step_id IS NOT NULL)
             UNION ALL
                SELECT i.company_id, i.user_id, i.touchpoint_id, p.rank, FALSE
                  FROM crm_interaction i
                  JOIN period p ON p.company_id = i.company_id
                   AND i.date_planned >= p.first AND i.date_planned < p.until
                   AND i.date_planned < p.today
                 WHERE i.state = 'open'
                   AND (i.plan_line_id IS NOT NULL OR i.program_step_id IS NOT NULL)
              ) asked
              JOIN crm_touchpoint t ON t.id = asked.touchpoint_id
               AND t.mode = 'personal'
          GROUP BY company_id, user_id, rank
            """
        )

    def _talked_sql(self):
        """What was done along with another one is the same talk."""
        return SQL(
            """
            SELECT company_id, user_id, rank, count(*) AS tried,
                   count(*) FILTER (WHERE is_talk) AS talks,
                   count(*) FILTER (WHERE is_talk AND outcome IN %(responses)s)
                       AS responses,
                   count(sentiment) FILTER (WHERE is_talk) AS moods,
                   count(*) FILTER (WHERE is_talk AND sentiment = 'positive') AS happy,
                   count(*) FILTER (WHERE is_talk AND is_complaint
                                      AND outcome = 'solved') AS solved
              FROM (
                SELECT i.company_id, i.user_id, p.rank, TRUE AS is_talk, i.outcome,
                       i.sentiment, i.is_complaint
                  FROM crm_interaction i
                  JOIN period p ON p.company_id = i.company_id
                   AND i.date_done >= p.first AND i.date_done < p.until
                 WHERE i.state = 'done' AND i.outcome IN %(talks)s
                   AND i.along_id IS NULL
             UNION ALL
                SELECT i.company_id, i.user_id, p.rank, FALSE, NULL, NULL, FALSE
                  FROM crm_interaction i
                  JOIN period p ON p.company_id = i.company_id
                   AND i.date_attempt >= p.first AND i.date_attempt < p.until
                 WHERE i.state = 'missed' AND i.along_id IS NULL
              ) tried
          GROUP BY company_id, user_id, rank
            """,
            talks=TALKS,
            responses=RESPONSES,
        )

    def _answered_sql(self):
        return SQL(
            """
            SELECT company_id, user_id, rank, count(*) AS total,
                   count(*) FILTER (WHERE answered_in_time = 'yes') AS in_time
              FROM (
                SELECT i.company_id, i.user_id, p.rank, i.answered_in_time
                  FROM crm_interaction i
                  JOIN period p ON p.company_id = i.company_id
                   AND i.date_answered >= p.first AND i.date_answered < p.until
                 WHERE i.answered_in_time IS NOT NULL
             UNION ALL
                SELECT i.company_id, i.user_id, p.rank, 'no'
                  FROM crm_interaction i
                  JOIN period p ON p.company_id = i.company_id
                   AND i.answer_due >= p.first AND i.answer_due < p.until
                 WHERE i.is_complaint_open AND i.date_answered IS NULL
                   AND i.answer_due < %s
              ) complaint
          GROUP BY company_id, user_id, rank
            """,
            fields.Datetime.now(),
        )

    def _kept_sql(self):
        return SQL(
            """
            SELECT r.company_id, r.user_id, p.rank, count(*) AS base,
                   count(*) FILTER (WHERE NOT EXISTS (
                       SELECT FROM crm_defection d
                        WHERE d.relationship_id = r.id AND d.date >= p.first_day
                          AND d.date < p.end_day AND d.date_returned IS NULL)) AS kept
              FROM crm_relationship r
              JOIN period p ON p.company_id = r.company_id
               AND r.first_order_date < p.first_day
             WHERE r.active AND r.user_id IS NOT NULL AND NOT EXISTS (
                    SELECT FROM crm_defection d
                     WHERE d.relationship_id = r.id AND d.date < p.first_day
                       AND COALESCE(d.date_returned >= p.first_day, TRUE))
          GROUP BY r.company_id, r.user_id, p.rank
            """
        )

    def _bought_sql(self, companies):
        """``sudo``: which documents count is a setting of the company."""
        documents = SQL(" UNION ALL ").join(
            SQL(
                "SELECT %s AS company_id, partner_id, day, amount FROM (%s) document",
                company.id,
                Purchases(
                    company,
                    company._relationship_today(),
                    min(first for first, _end in self._get_spans(company).values()),
                ).documents(),
            )
            for company in companies.sudo()
        )
        return SQL(
            """
            SELECT r.company_id, r.user_id, p.rank, sum(d.amount) AS revenue
              FROM (%s) d
              JOIN period p ON p.company_id = d.company_id
               AND d.day >= p.first_day AND d.day < p.end_day
              JOIN crm_relationship r ON r.partner_id = d.partner_id
               AND r.company_id = d.company_id
             WHERE r.active AND r.user_id IS NOT NULL
          GROUP BY r.company_id, r.user_id, p.rank
            """,
            documents,
        )

    # ------------------------------------------------------------------
    # The list behind each number
    # ------------------------------------------------------------------

    def _look(self):
        """Return the days and the moments of the period, after checking rights."""
        check_one(self)
        self.check_access("read")
        company = self.company_id.sudo()  # sudo: the clock of the company
        first, end = self._get_spans(company)[self.period]
        return (
            (first, end),
            (
                company._relationship_time(first, hour=0),
                company._relationship_time(end, hour=0),
            ),
        )

    def _open(self, name, xml_id, domain, **context):
        """Return an action on the records that a figure counts, as its reader may."""
        if "." not in xml_id:
            xml_id = f"crm_relationship.{xml_id}"
        action = self.env["ir.actions.act_window"]._for_xml_id(xml_id)
        title = self._fields[name]._description_string(self.env)
        return {
            **action,
            "name": f"{title}: {self.name}",
            "display_name": f"{title}: {self.name}",
            "domain": list(Domain("company_id", "=", self.company_id.id) & domain),
            "context": context,
        }

    def _open_interactions(self, name, domain):
        domain &= Domain("user_id", "=", self.user_id.id)
        return self._open(name, "crm_interaction_action", domain)

    def action_view_customers(self):
        self._look()
        own = Domain("user_id", "=", self.user_id.id)
        return self._open("customer_count", "crm_relationship_action_care", own)

    def action_view_coverage(self):
        """Open the customers by their care, as of today."""
        self._look()
        own = Domain("user_id", "=", self.user_id.id)
        return self._open(
            "coverage", "crm_relationship_action_care", own, group_by="care_state"
        )

    def action_view_on_time(self):
        _days, (first, until) = self._look()
        company = self.company_id.sudo()  # sudo: as in `_look`
        today = company._relationship_time(company._relationship_today(), hour=0)
        done = (
            Domain("state", "=", "done")
            & Domain("date_done", ">=", first)
            & Domain("date_done", "<", until)
        )
        overdue = (
            Domain("state", "=", "open")
            & Domain("date_planned", ">=", first)
            & Domain("date_planned", "<", min(until, today))
        )
        return self._open_interactions(
            "on_time",
            Domain("touchpoint_id.mode", "=", "personal")
            & (
                Domain("plan_line_id", "!=", False)
                | Domain("program_step_id", "!=", False)
            )
            & (done | overdue),
        )

    def _get_talks(self):
        _days, (first, until) = self._look()
        return (
            Domain("along_id", "=", False)
            & Domain("state", "=", "done")
            & Domain("outcome", "in", TALKS)
            & Domain("date_done", ">=", first)
            & Domain("date_done", "<", until)
        )

    def action_view_reached(self):
        _days, (first, until) = self._look()
        missed = (
            Domain("along_id", "=", False)
            & Domain("state", "=", "missed")
            & Domain("date_attempt", ">=", first)
            & Domain("date_attempt", "<", until)
        )
        return self._open_interactions("reached", self._get_talks() | missed)

    def action_view_response(self):
        return self._open_interactions("response", self._get_talks())

    def action_view_mood(self):
        noted = Domain("sentiment", "!=", False)
        return self._open_interactions("mood", self._get_talks() & noted)

    def action_view_solved(self):
        solved = Domain("is_complaint", "=", True) & Domain("outcome", "=", "solved")
        return self._open_interactions("solved_count", self._get_talks() & solved)

    def action_view_answered(self):
        _days, (first, until) = self._look()
        now = fields.Datetime.now()
        answered = (
            Domain("answered_in_time", "!=", False)
            & Domain("date_answered", ">=", first)
            & Domain("date_answered", "<", until)
        )
        late = (
            Domain("is_complaint_open", "=", True)
            & Domain("date_answered", "=", False)
            & Domain("answer_due", ">=", first)
            & Domain("answer_due", "<", min(until, now))
        )
        domain = (answered | late) & Domain("user_id", "=", self.user_id.id)
        return self._open("answered", "crm_interaction_action_complaints", domain)

    def action_view_kept(self):
        (first, _end), _moments = self._look()
        gone = Domain("date", "<", first) & (
            Domain("date_returned", "=", False) | Domain("date_returned", ">=", first)
        )
        return self._open(
            "kept",
            "crm_relationship_action_care",
            Domain("user_id", "=", self.user_id.id)
            & Domain("first_order_date", "<", first)
            & ~Domain("defection_ids", "any", gone),
            group_by="lifecycle_stage",
        )

    def action_view_revenue(self):
        """Open the orders, or invoices, of those customers who bought in the period."""
        (first, end), (start, until) = self._look()
        company = self.company_id.sudo()  # sudo: which documents count
        buyers = self._find_buyers(company, first, end)
        documents = (
            Domain("state", "=", "sale")
            & Domain("date_order", ">=", start)
            & Domain("date_order", "<", until)
        )
        xml_id = "sale.action_orders"
        if company.relationship_source == "invoice":
            documents = (
                Domain("state", "=", "posted")
                & Domain("move_type", "in", ("out_invoice", "out_refund"))
                & Domain("invoice_date", ">=", first)
                & Domain("invoice_date", "<", end)
            )
            xml_id = "account.action_move_out_invoice_type"
        bought = Domain("partner_id.commercial_partner_id", "in", buyers)
        return self._open("revenue", xml_id, documents & bought, create=False)

    def _find_buyers(self, company, first, end):
        """Return the ids of the customers of this person who bought in the period."""
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT r.partner_id
                  FROM (%s) d
                  JOIN crm_relationship r ON r.partner_id = d.partner_id
                   AND r.company_id = %s AND r.active AND r.user_id = %s
                 WHERE d.day >= %s AND d.day < %s
                """,
                Purchases(company, company._relationship_today(), first).documents(),
                company.id,
                self.user_id.id,
                first,
                end,
            )
        )
        return [partner_id for [partner_id] in rows]
