"""*State of Our Relationships*: a month on one page, for whoever leads the company."""

from dateutil.relativedelta import relativedelta

from odoo import api, models
from odoo.exceptions import AccessError
from odoo.tools import SQL
from odoo.tools.misc import format_date

from ..models.base.figures import format_amount, format_number
from ..models.portfolio.comparison import tell_verdict
from ..models.portfolio.purchases import Purchases
from ..models.program.result import ProgramResult

READER = "sales_team.group_sale_manager"
CHANNELS, SEGMENTS, PROGRAMS = 5, 8, 3
LONGEST_NAME = 50
"""Longer names are cut: each has a line, so that all of it stays on one page."""


class CrmRelationshipState(models.AbstractModel):
    """What the page says of the month before this one, of each company at work.

    Everything on it stands in a report of its own, and is read from there with the
    rights of whoever prints.
    """

    _name = "report.crm_relationship.state_of_relationships"
    _description = "State of Our Relationships"

    @api.model
    def _get_report_values(self, _docids, data=None):
        if not (self.env.su or self.env.user.has_group(READER)):
            raise AccessError(
                self.env._("Only a sales administrator prints the state of all.")
            )
        companies = self.env.companies
        return {
            "docs": companies,
            "pages": {company: self._make_page(company) for company in companies},
        }

    def _make_page(self, company):
        first = company._relationship_today().replace(day=1) - relativedelta(months=1)
        self.env.flush_all()
        forecasts = self.env["crm.forecast"]
        newest = forecasts.search(
            [("company_id", "=", company.id), ("is_total", "=", True)],
            order="month desc",
            limit=1,
        )
        return {
            "month": format_date(self.env, first, date_format="MMMM y"),
            "figures": [
                *self._get_sales(company, first),
                *self._get_customers(company, first),
                *self._get_care(company),
            ],
            "forecast": newest.verdict if newest else False,
            "channels": self._get_channels(company, first),
            "segments": self._get_segments(company),
            "verdicts": self._get_verdicts(company),
        }

    # ------------------------------------------------------------------
    # Figures: (what, this month, the month before)
    # ------------------------------------------------------------------

    def _get_sales(self, company, first):
        """Return revenue and buyers, of the month and of the one before."""
        before = first - relativedelta(months=1)
        end = first + relativedelta(months=1) - relativedelta(days=1)
        # sudo: how the company counts purchases is a setting
        purchases = Purchases(company.sudo(), end, since=before)
        found = {
            month: (revenue, buyers)
            for month, revenue, buyers in self.env.execute_query(
                SQL(
                    """
                    SELECT date_trunc('month', day)::date, sum(amount)::float,
                           count(DISTINCT partner_id) FILTER (WHERE is_purchase)
                      FROM (%s) document GROUP BY 1
                    """,
                    purchases.documents(),
                )
            )
        }
        pairs = [found.get(month, (0, 0)) for month in (first, before)]
        return [
            (
                self.env._("Revenue"),
                *(format_amount(self.env, p[0], company.currency_id) for p in pairs),
            ),
            (self.env._("Customers who bought"), *(self._count(p[1]) for p in pairs)),
        ]

    def _get_customers(self, company, first):
        """Return who was active when the months ended, and who stayed."""
        rows = []
        for end in (first + relativedelta(months=1), first):
            [(active, retained)] = self.env["crm.relationship.snapshot"]._read_group(
                [("company_id", "=", company.id), ("date", "=", end)],
                aggregates=["is_active:sum", "retained:avg"],
            )
            rows.append((active or 0, retained))
        return [
            (self.env._("Active customers"), *(self._count(row[0]) for row in rows)),
            (
                self.env._("Of those active a month before, still active"),
                *(self._share(row[1]) for row in rows),
            ),
        ]

    def _get_care(self, company):
        """Return whether anybody is forgotten, as of today."""
        rows = self.env["crm.care.report"].search([("company_id", "=", company.id)])
        figures = [
            (self.env._("In good hands, today"), self._share(row.share), "")
            for row in rows.filtered(lambda row: row.care_state == "total")
        ]
        return figures + [
            (
                self.env._("Forgotten today: %(why)s", why=row._get_title()),
                self._count(row.customer_count),
                "",
            )
            for row in rows.filtered(lambda row: row.care_state == "fault")
        ]

    # ------------------------------------------------------------------
    # Tables
    # ------------------------------------------------------------------

    def _get_channels(self, company, first):
        """Return what was tried through each channel in the month."""
        last = first + relativedelta(months=1)
        groups = self.env["crm.effect.report"]._read_group(
            [
                ("company_id", "=", company.id),
                ("date", ">=", first),
                ("date", "<", last),
            ],
            ["touchpoint_id"],
            [
                "__count",
                "reached:avg",
                "response:avg",
                "cost:sum",
                "complaint_count:sum",
                "refusal_count:sum",
            ],
        )
        groups.sort(key=lambda group: -group[1])
        return [
            {
                "name": self._cut(channel) or self.env._("No channel"),
                "count": self._count(count),
                "reached": self._share(reached),
                "welcome": self._share(response),
                "cost": format_amount(self.env, cost or 0, company.currency_id),
                "complaints": self._count(complaints),
                "refusals": self._count(refusals),
            }
            for channel, count, reached, response, cost, complaints, refusals in groups[
                :CHANNELS
            ]
        ]

    def _get_segments(self, company):
        """Return what the segments are worth, the most valuable first."""

        def amount(value):
            if value is False:
                return self.env._("Not known yet")
            return format_amount(self.env, value, company.currency_id)

        rows = self.env["crm.segment.report"].search(
            [("company_id", "=", company.id), ("customer_count", ">", 0)]
        )
        rows = rows.sorted(lambda row: (-(row.value_12m or 0), row.id))
        return [
            {
                "name": self._cut(row.segment_id) or self.env._("In no segment"),
                "count": self._count(row.customer_count),
                "share": self._share(row.revenue_share),
                "value": amount(row.value_12m),
                "cost": amount(row.cost_to_serve),
            }
            for row in rows[:SEGMENTS]
        ]

    def _get_verdicts(self, company):
        """Return what is known of programs that were measured: (program, verdict)."""
        programs = self.env["crm.program"].search(
            [
                ("holdout_from", "!=", False),
                ("company_id", "in", (company.id, False)),
            ],
            order="holdout_until desc, id",
        )
        results = [ProgramResult(program, company) for program in programs]
        # the newest that are decided, before those that say nothing yet
        results.sort(key=lambda result: not result.is_over)
        verdicts = []
        for result in results[:PROGRAMS]:
            program, values = result.record, result.get_values()
            found = [tell_verdict(self.env, v) for v in values["verdicts"][:1]]
            found = found or [self.env._("Not decided yet.")]
            verdicts += [(self._cut(program), text) for text in found]
        return verdicts

    def _cut(self, record):
        name = record.name or ""
        is_long = len(name) > LONGEST_NAME
        return f"{name[: LONGEST_NAME - 1].rstrip()}…" if is_long else name

    def _count(self, number):
        return format_number(self.env, number or 0, 0)

    def _share(self, share):
        if share is None or share is False:
            return self.env._("Not known")
        return f"{format_number(self.env, 100 * share, 0)}%"
