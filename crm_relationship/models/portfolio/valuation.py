"""What each customer is expected to bring within a year, stored: the forecast's figure.

Stored, because lists sort by it and reports sum it up. It is counted from the first of
the forecast's month, or from the last purchase where that is later: so a night rewrites
only those who have bought, and a month everybody once.
"""

from datetime import timedelta

from odoo.tools import SQL

from .forecast import Forecast

CHUNK = 100_000


class Valuation:
    """The values of all customers of one company, by the model of a forecast."""

    def __init__(self, company, month, parameters):
        """Prepare them.

        :param month: ``date``, first day of the forecast; False where there is none
        :param dict parameters: of its model; without one nothing is known
        """
        self.company = company
        self.env = company.env
        self.month = month
        self.parameters = parameters

    def store(self):
        """Write the values that differ; of whom nothing is known, none."""
        self._collect(self._expect())
        relationships = self.env["crm.relationship"]
        self.env.cr.execute(self._update_sql())
        relationships.invalidate_model(["value_12m", "active_value"])

    def _expect(self):
        """Return ``{relationship id: (revenue, revenue if still a customer)}``."""
        if not self.parameters:
            return {}
        yesterday = self.company._relationship_today() - timedelta(days=1)
        forecast = Forecast(self.company, yesterday, self.parameters)
        return forecast.expect_within_year(
            min(self.month - timedelta(days=1), yesterday)
        )

    def _collect(self, expected):
        """Put the values into a temporary table, as text, which is read the fastest."""
        self.env.flush_all()
        self.env.cr.execute("DROP TABLE IF EXISTS pg_temp.portfolio_value")
        self.env.cr.execute(
            "CREATE TEMP TABLE portfolio_value"
            " (id integer, amount float8, active_amount float8) ON COMMIT DROP"
        )
        rows = list(expected.items())
        for start in range(0, len(rows), CHUNK):
            part = rows[start : start + CHUNK]
            columns = (
                [id_ for id_, _amounts in part],
                [amounts[0] for _id, amounts in part],
                [amounts[1] for _id, amounts in part],
            )
            ids, amounts, active = (
                f"{{{','.join(map(repr, column))}}}" for column in columns
            )
            self.env.cr.execute(
                SQL(
                    "INSERT INTO portfolio_value"
                    " SELECT * FROM unnest(%s::int[], %s::float8[], %s::float8[])",
                    ids,
                    amounts,
                    active,
                )
            )
        self.env.cr.execute("ANALYZE portfolio_value")

    def _update_sql(self):
        """Return the statement that writes what differs.

        SQL because the base may hold a million customers.
        """
        digits = self.company.currency_id.decimal_places
        return SQL(
            """
            UPDATE crm_relationship r
               SET value_12m = found.value, active_value = found.active_value,
                   write_uid = %(uid)s, write_date = %(now)s
              FROM (
                SELECT r.id,
                       round((amount * share.own)::numeric, %(digits)s) AS value,
                       round((active_amount * share.own)::numeric, %(digits)s)
                           AS active_value
                  FROM crm_relationship r
             LEFT JOIN portfolio_value v ON v.id = r.id
            CROSS JOIN LATERAL (SELECT %(share)s AS own) share
                 WHERE r.company_id = %(company)s
              ) found
             WHERE found.id = r.id
               AND (r.value_12m, r.active_value)
                   IS DISTINCT FROM (found.value, found.active_value)
            """,
            uid=self.env.uid,
            now=self.env.cr.now(),
            digits=digits,
            share=self._share_sql(),
            company=self.company.id,
        )

    def _share_sql(self):
        """Return SQL for the margin's share of the revenue of ``r``.

        Where the margin is that of the orders, the customer's own share within the
        window, from −1 to 1; without revenue there, that of all customers.
        """
        rate = SQL("%s::numeric", f"{self.company.relationship_margin_rate:.4f}")
        if not self.company._relationship_has_margin():
            return rate
        everybodys = SQL(
            "(SELECT sum(margin) / NULLIF(sum(revenue), 0) FROM crm_relationship"
            " WHERE company_id = %s)",
            self.company.id,
        )
        return SQL(
            "GREATEST(-1, LEAST(1, COALESCE("
            "r.margin / CASE WHEN r.revenue > 0 THEN r.revenue END, %s, %s)))",
            everybodys,
            rate,
        )
