import logging
from datetime import timedelta

import psycopg2
from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.misc import format_date

from ..base.apart import first_line, log_failure, run_apart
from ..base.bounds import day_bounds
from ..base.figures import format_amount, format_count, format_number
from ..base.jobs import start_job
from ..base.known import KnownFloat, KnownMonetary
from ..base.statistics import refresh_statistics
from ..customer.lifecycle import LIFECYCLE_STAGES
from ..ledger.page import Card, Line
from .crm_relationship_snapshot import ANALYZE_FROM
from .forecast import Forecast
from .picture import Picture
from .query import PortfolioQuery
from .valuation import Valuation
from .winback import WINBACK_STAGES, Winback

_logger = logging.getLogger(__name__)

MANAGER_GROUP = "sales_team.group_sale_manager"
# From this many customers on, the button leaves the work to the scheduled jobs.
REFRESH_AT_ONCE = 50_000
# If the last refresh is older than this, the relationships do not tell how the month
# ended.
SNAPSHOT_GRACE_DAYS = 3


class CrmRelationship(models.Model):
    """The value and behavior of every customer, and what follows from them."""

    _inherit = "crm.relationship"

    # Written by `_cron_refresh_portfolio`
    lifecycle_stage = fields.Selection(
        string="Life Cycle Stage",
        selection=LIFECYCLE_STAGES,
        default="prospect",
        required=True,
        help="Follows from the number of purchases and from the silence since the last"
        " one; the limits are in the settings.",
    )
    lifecycle_date = fields.Date(
        string="Stage Since",
        help="Day on which the customer entered the present stage; empty when the"
        " customer was already in it when the records began.",
    )
    rfm_recency = fields.Integer(
        string="Recency",
        aggregator="avg",
        help="The higher, the more recent the last purchase: 1 + classes × customers"
        " whose last purchase is older ÷ customers, rounded down, of those with a"
        " purchase in the analysis window; 5 classes unless changed in the settings."
        " 0: no purchase in the window.",
    )
    rfm_frequency = fields.Integer(
        string="Frequency",
        aggregator="avg",
        help="The higher, the more purchases: 1 + classes × customers with fewer"
        " purchases ÷ customers, rounded down, of those with a purchase in the analysis"
        " window. 0: no purchase in the window.",
    )
    rfm_monetary = fields.Integer(
        string="Monetary",
        aggregator="avg",
        help="The higher, the more revenue (or margin, by the settings): 1 + classes ×"
        " customers with less ÷ customers, rounded down, of those with a purchase in"
        " the analysis window. 0: no purchase in the window.",
    )
    rfm_code = fields.Char(
        string="RFM",
        default="000",
        help="Recency, frequency and monetary score, in this order. With 5 classes 555"
        " is the best; 000: no purchase in the analysis window.",
    )
    order_count = fields.Integer(
        string="Purchases",
        help="Confirmed sales orders, or posted invoices, within the analysis window,"
        " without those that the settings leave out.",
    )
    revenue = fields.Monetary(
        help="Untaxed amount of the purchases within the analysis window (of invoices:"
        " less refunds), in company currency at the rate of each document.",
    )
    first_order_date = fields.Date(
        string="First Purchase",
        help="Day of the first purchase ever, in the company's time zone.",
    )
    last_order_date = fields.Date(
        string="Last Purchase",
        help="Day of the last purchase, in the company's time zone.",
    )
    margin = fields.Monetary(
        help="Margin of the purchases within the analysis window: that of the orders"
        " where the monetary score is by margin, else revenue × margin (settings).",
    )
    yearly_margin = fields.Monetary(
        string="Margin a Year",
        help="Margin within the analysis window × 12 ÷ months counted: the months"
        " since the first purchase, at least 12, at most those of the window.",
    )
    purchase_interval = KnownFloat(
        string="Usual Interval (days)",
        digits=(8, 1),
        aggregator="avg",
        help="Median of the days between successive days of purchase, known from the"
        " third day of purchase on; empty: not known yet.",
    )
    value_12m = KnownMonetary(
        string="Value, 12 Months",
        help="Margin expected within the next 12 months, counted from the first of the"
        " month or the last purchase: expected purchases (Pareto/NBD) × expected amount"
        " of a purchase (gamma-gamma) × margin. Known for customers who have bought, as"
        " soon as 30 of them have bought again.",
    )
    active_value = KnownMonetary(
        string="Value If a Customer",
        help="The same of somebody who is a customer still for sure: value, 12 months,"
        " ÷ the likelihood of that (Pareto/NBD).",
    )
    lifetime_value = KnownMonetary(
        help="Margin expected for as long as the customer stays, in today's money:"
        " margin a year × retention ÷ (1 + discount rate − retention). Of lost"
        " customers, the divisor takes the retention of all customers. Source: Gupta"
        " and Lehmann, Customers as Assets, 2003.",
    )
    survival_value = KnownMonetary(
        string="Lifetime Value, by Survival",
        compute="_compute_survival_value",
        help="Margin a year × years of margin, by how long customers of the segment"
        " stay: who has stayed long is the likelier to stay (shifted beta-geometric;"
        " Fader and Hardie 2007). Nothing of a lost customer. The lifetime value beside"
        " it takes the same retention each year.",
    )
    # Decided by salespeople
    defection_date = fields.Date(
        string="Said Goodbye On",
        tracking=True,
        help="Day on which the customer said goodbye. The customer counts as lost until"
        " the next purchase.",
    )
    # Computed when they are read
    cost_to_serve = fields.Monetary(
        string="Cost to Serve",
        compute="_compute_cost_to_serve",
        help="Of the interactions done within the last 12 months: cost + minutes ÷ 60"
        " × cost of an hour (settings).",
    )
    is_costly = fields.Boolean(
        string="Cost above Value",
        compute="_compute_is_costly",
        search="_search_is_costly",
        help="The cost to serve of the last 12 months is higher than the value of the"
        " next 12.",
    )

    picture = fields.Html(
        compute="_compute_picture",
        sanitize=False,
        help="Interactions with the mood, sales orders and scores of the last 12"
        " months.",
    )

    _defection_in_bounds = day_bounds("defection_date")

    @api.depends("company_id", "lifecycle_stage", "segment_id", "yearly_margin")
    def _compute_survival_value(self):
        """Compute the value; ``sudo``: figures of segments, not of customers."""
        figures = self.env["crm.segment.figure"].sudo()
        multiples = {
            company: figures._get_multiples(company.sudo())
            for company in self.company_id
        }
        for relationship in self:
            known = multiples.get(relationship.company_id, {})
            own = known.get(relationship.segment_id.id, known.get(False, False))
            if relationship.lifecycle_stage == "lost" and own is not False:
                own = 0
            relationship.survival_value = (
                own is not False and relationship.yearly_margin * own
            )

    # ------------------------------------------------------------------
    # At a glance
    # ------------------------------------------------------------------

    @api.depends_context("lang", "uid")
    def _compute_picture(self):
        for relationship in self:
            known = relationship._origin
            relationship.picture = known and Picture(known).render()

    # ------------------------------------------------------------------
    # Cost to serve
    # ------------------------------------------------------------------

    @api.depends_context("uid")
    def _compute_cost_to_serve(self):
        sums = {
            relationship: (cost, minutes)
            for relationship, cost, minutes in self.env["crm.interaction"]._read_group(
                [
                    ("relationship_id", "in", self.ids),
                    ("state", "=", "done"),
                    ("date_done", ">=", self._get_served_since()),
                ],
                ["relationship_id"],
                ["cost:sum", "duration:sum"],
            )
        }
        for relationship in self:
            cost, minutes = sums.get(relationship, (0, 0))
            working_cost = relationship.company_id._get_working_cost(minutes)
            relationship.cost_to_serve = cost + working_cost

    @api.depends("cost_to_serve", "value_12m")
    def _compute_is_costly(self):
        for relationship in self:
            value = relationship.value_12m
            relationship.is_costly = (
                value is not False and relationship.cost_to_serve > value
            )

    @api.model
    def _search_is_costly(self, operator, value):
        """Return the domain of costly customers, or of all when both are asked for.

        SQL: sums the interactions of a year over the whole base.
        """
        if operator != "in":
            return NotImplemented
        if False in value:
            return Domain.TRUE
        self.env["crm.interaction"].flush_model()
        self.flush_model(["value_12m"])
        costly = SQL(
            """(
            SELECT r.id
              FROM crm_interaction i
              JOIN crm_relationship r ON r.id = i.relationship_id
              JOIN res_company c ON c.id = r.company_id
             WHERE i.state = 'done' AND i.date_done >= %(since)s
          GROUP BY r.id
            HAVING sum(COALESCE(i.cost, 0) + %(working_cost)s)
                   > r.value_12m
            )""",
            since=self._get_served_since(),
            working_cost=self.env["res.company"]._working_cost_sql(
                SQL("c"), SQL("i.duration")
            ),
        )
        return Domain("id", "in", costly)

    @api.model
    def _get_served_since(self):
        return fields.Datetime.now() - relativedelta(months=12)

    def _get_expected_revenue(self, days):
        """Return what customers are expected to buy within so many days from today.

        Of these customers, or when asked of none, of all customers of the companies at
        work. By the model that was fitted last (``crm.forecast``), to what each one has
        bought until yesterday.

        :param int days: above 0
        :return: ``{relationship id: amount in the company's currency}``; whoever never
            bought is not in it, nor is anybody where too few came again to tell
        """
        if days <= 0:
            raise ValueError("A forecast reaches at least one day ahead")
        expected = {}
        for company in self.company_id or self.env.companies:
            yesterday = company._relationship_today() - timedelta(days=1)
            model = self.env["crm.forecast"]._get_model(company)
            expected |= Forecast(company, yesterday, model).expect(days)
        wanted = set(self.ids)
        return {
            id_: amount
            for id_, amount in expected.items()
            if not wanted or id_ in wanted
        }

    # ------------------------------------------------------------------
    # The customer's page
    # ------------------------------------------------------------------

    def _get_cards(self):
        return [
            *super()._get_cards(),
            self._make_orders_card(),
            self._make_value_card(),
        ]

    def _make_orders_card(self):
        """Return the card of what the customer bought, and has been offered."""
        env = self.env
        months = self.company_id.relationship_window_months
        lines = [
            Line(
                env._(
                    "Purchases in %(months)s months: %(count)s for %(amount)s",
                    count=format_count(env, self.order_count),
                    months=months,
                    amount=self._format_amount(self.revenue),
                ),
                style="fw-bold",
            )
        ]
        if self.last_order_date:
            day = format_date(env, self.last_order_date, date_format="medium")
            lines.append(Line(env._("Last purchase: %(day)s", day=day)))
        if self.purchase_interval:
            usual = env._(
                "Usually every %(days)s days",
                days=format_number(env, self.purchase_interval),
            )
        else:
            usual = env._("Usual interval: not known before the third day of purchase")
        lines.append(Line(usual, style="text-muted"))
        [(count, amount)] = env["sale.order"]._read_group(
            [
                ("partner_id.commercial_partner_id", "=", self.partner_id.id),
                ("company_id", "=", self.company_id.id),
                ("state", "in", ("draft", "sent")),
            ],
            aggregates=["__count", "amount_untaxed:sum"],
        )
        if count:
            offered = env._(
                "Open quotations: %(count)s, %(amount)s",
                count=format_count(env, count),
                amount=self._format_amount(amount or 0),
            )
            lines.append(Line(offered, icon="fa-file-text-o"))
        return Card(30, env._("Orders"), "fa-shopping-cart", lines)

    def _make_value_card(self):
        """Return the card of what the customer is worth, and costs."""
        miss = self.env["crm.forecast"]._describe_miss(self.company_id)
        lines = [Line(miss, style="text-warning-emphasis")] if miss else []
        lines += [
            Line(f"{self._label(name)}: {self._format_known(self[name])}")
            for name in ("value_12m", "lifetime_value", "cost_to_serve")
        ]
        # sudo: what a try costs, for salespeople who may not see the setting
        cost = self.company_id.sudo().relationship_winback_cost
        if cost and self.lifecycle_stage in WINBACK_STAGES:
            worth = Winback(self.company_id).tell(self, cost)
            lines.append(Line(worth, style="text-muted", icon="fa-reply"))
        return Card(40, self.env._("Value"), "fa-line-chart", lines)

    def _label(self, name):
        return self._fields[name]._description_string(self.env)

    def _format_known(self, amount):
        if amount is False:
            return self.env._("Not known yet")
        return self._format_amount(amount)

    def _format_amount(self, amount):
        return format_amount(self.env, amount, self.currency_id)

    # ------------------------------------------------------------------
    # Refresh
    # ------------------------------------------------------------------

    def action_refresh(self):
        """Bring segments and planned interactions up to date; the manager's button.

        For all customers, whatever records are selected.

        Putting interactions into the queues can take a long time, so the scheduled job
        does it, started at once; for a large base, scheduled jobs do the rest as well.
        """
        if not (self.env.su or self.env.user.has_group(MANAGER_GROUP)):
            raise AccessError(
                self.env._("Only a sales administrator updates the portfolio.")
            )
        # sudo: for all customers of the companies that the user works in
        relationships = self.sudo()
        companies = self.env.companies
        if relationships.search_count([], limit=REFRESH_AT_ONCE) == REFRESH_AT_ONCE:
            return self._refresh_in_background()
        moved = 0
        for company in companies.sudo():
            counts = {}
            error = run_apart(
                self.env,
                lambda company=company, counts=counts: counts.update(
                    relationships._refresh_with_values(company)
                ),
            )
            self._note_refresh(company, error)
            moved += counts.get("moved", 0)
        if failed := companies.sudo().filtered("relationship_failure"):
            return self._notify(
                self.env._("The portfolio could not be updated"),
                self.env._(
                    "%(company)s: %(failure)s. Nothing was changed there; the"
                    " administrator finds more in the log.",
                    company=failed[0].name,
                    failure=failed[0].relationship_failure.rstrip("."),
                ),
                kind="danger",
            )
        planned = sum(
            self.env["crm.interaction"].sudo()._schedule(company)
            for company in companies
        )
        start_job(self.env, "release")
        return self._notify(
            self.env._("Portfolio up to date"),
            self.env._(
                "Customers who changed segment: %(moved)s. Interactions planned:"
                " %(planned)s. %(then)s",
                moved=moved,
                planned=planned,
                then=companies._get_release_note(),
            ),
        )

    @api.model
    def _refresh_in_background(self):
        for job in ("refresh", "schedule", "release"):
            start_job(self.env, job)
        return self._notify(
            self.env._("Portfolio is being updated"),
            self.env._("This takes some minutes. You can go on working meanwhile."),
        )

    @api.model
    def _notify(self, title, message, kind="success"):
        """Return the client action that shows a message and reloads the view."""
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": kind,
                "title": title,
                "message": message,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    @api.model
    def _cron_refresh_portfolio(self):
        """Refresh the portfolio of every company; commit after each step.

        A company whose refresh fails (for example because a filter names a field that
        has been removed) is logged and does not hold up the others.

        ``sudo``: the job works for all companies, whichever its user works in.
        """
        companies = self.env["res.company"].sudo().search([])
        companies._fill_missing_settings()
        refresh_statistics(self.env)
        self.env["ir.cron"]._commit_progress(remaining=len(companies))
        for company in companies:
            has_time = True
            error = run_apart(self.env, self._refresh_portfolio, company)
            try:
                has_time = self._refresh_history(company)
                with self.env.cr.savepoint():
                    self._refresh_values(company)
            except psycopg2.OperationalError:
                raise
            except Exception as failed:
                error = error or failed
            self._note_refresh(company, error)
            if not has_time or not self.env["ir.cron"]._commit_progress(1):
                break

    @api.model
    def _note_refresh(self, company, error):
        """Log that the refresh of a company failed, and show it above its segments."""
        if error:
            log_failure(error, "The portfolio of %s was not refreshed", company.name)
        failure = first_line(error) if error else False
        if company.relationship_failure != failure:
            company.relationship_failure = failure

    @api.model
    def _refresh_history(self, company):
        """Reconstruct the months that are missing, and compute the values from them.

        Commits after each month: on the first night there are up to 25.

        :return: whether there is time left for more
        """
        snapshots = self.env["crm.relationship.snapshot"]
        figures = self.env["crm.segment.figure"]
        snapshots._drop_future(company)
        missing = snapshots._get_missing(company)
        for month in missing:
            with self.env.cr.savepoint():
                snapshots._reconstruct(company, month)
            if not self.env["ir.cron"]._commit_progress():
                return False
        if missing or figures._is_outdated(company):
            refresh_statistics(self.env)
            with self.env.cr.savepoint():
                figures._refresh_figures(company)
                self._refresh_portfolio(company)
        return True

    @api.model
    def _refresh_with_values(self, company):
        """Do both; return what the refresh counted."""
        counts = self._refresh_portfolio(company)
        self._refresh_values(company)
        return counts

    @api.model
    def _refresh_values(self, company):
        """Store what each customer of a company is expected to bring within a year."""
        forecast = self.env["crm.forecast"]._get_newest(company)
        Valuation(company, forecast.month, forecast.parameters).store()

    @api.model
    def _refresh_portfolio(self, company):
        """Refresh the portfolio of one company.

        The first refresh of a month records how the previous month ended.

        :return: ``{"created": n, "changed": n, "moved": n}``: relationships created,
            relationships rewritten, and those among both whose segment changed.
        """
        today = company._relationship_today()
        self._close_month(company, today)
        query = PortfolioQuery(self.env, company, today)
        query.collect()
        created, changed, moved = query.store(self._get_refresh_steps(query))
        if created >= ANALYZE_FROM:
            self.env.cr.execute("ANALYZE crm_relationship")
        if created:
            self._assign_staff(query)
        self.env.invalidate_all()
        if created or changed:
            _logger.info(
                "Portfolio of %s: %s new customers, %s changed, %s changed segment",
                company.name,
                created,
                changed,
                moved,
            )
        self._follow_refresh(company)
        return {"created": created, "changed": changed, "moved": moved}

    @api.model
    def _get_refresh_steps(self, query):
        """Return what else is written with a refresh: ``{name: SQL}``.

        Rooms add what follows from ``query.changed`` and ``query.rhythm``.
        """
        return {"paced": self.env["crm.segment.figure"]._pace_sql(query)}

    @api.model
    def _follow_refresh(self, company):
        """Do what follows from a refresh of a company; rooms add theirs."""

    @api.model
    def _close_month(self, company, today):
        """Record how the last month ended, unless the last refresh was too long ago.

        In that case the nightly job reconstructs it from the documents.
        """
        figures = self.env["crm.segment.figure"]
        month = today.replace(day=1)
        last = figures._get_total(company).refresh_date
        if last and month - timedelta(days=SNAPSHOT_GRACE_DAYS) <= last < month:
            self.env["crm.relationship.snapshot"]._copy_relationships(company, month)
            figures._refresh_figures(company)

    @api.model
    def _assign_staff(self, query):
        """Give new relationships the contact's or else the last sale's salesperson.

        SQL for the first refresh of a large base, which creates them all. They were
        written a moment ago: PostgreSQL expects very few of them and would go through
        all documents again for each, so nested loops are switched off.
        """
        self.env.cr.execute("SET LOCAL enable_nestloop = off")
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_relationship r
                   SET user_id = staff.user_id
                  FROM (
                    SELECT made.id, COALESCE(
                               min(own.user_id),
                               (array_agg(seller.user_id ORDER BY document.day DESC)
                                FILTER (WHERE seller.user_id IS NOT NULL))[1]
                           ) AS user_id
                      FROM crm_relationship made
                      JOIN res_partner p ON p.id = made.partner_id
                 LEFT JOIN (%(staff)s) own
                        ON own.user_id = p.user_id AND own.company_id = made.company_id
                 LEFT JOIN (%(documents)s) document
                        ON document.partner_id = made.partner_id
                       AND own.user_id IS NULL
                 LEFT JOIN (%(staff)s) seller
                        ON seller.user_id = document.user_id
                       AND seller.company_id = made.company_id
                     WHERE made.company_id = %(company)s AND made.create_date = %(now)s
                       AND made.user_id IS NULL
                  GROUP BY made.id
                  ) staff
                 WHERE staff.id = r.id AND staff.user_id IS NOT NULL
                """,
                documents=query.purchases.documents(),
                staff=self.env["res.users"]._staff_sql(),
                company=query.company.id,
                now=self.env.cr.now(),
            )
        )
        self.env.cr.execute("SET LOCAL enable_nestloop TO DEFAULT")

    @api.model
    def _get_first_values(self):
        numbers = ("rfm_recency", "rfm_frequency", "rfm_monetary", "order_count")
        return {
            **super()._get_first_values(),
            "lifecycle_stage": "prospect",
            "rfm_code": "000",
            **dict.fromkeys((*numbers, "revenue"), 0),
        }

    def _hand_over_to(self, target):
        super()._hand_over_to(target)
        self.env["crm.relationship.snapshot"]._move_to(self, target)
