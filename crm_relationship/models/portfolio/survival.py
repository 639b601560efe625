"""How many customers of a month long ago were still customers each month since.

Somebody who bought on a day or later was a customer on that day. Of the last days, as
many as make a customer lost, that cannot be told: who has not bought may buy tomorrow.
So the counts end before them, and nobody is taken for a survivor only because there was
no time yet to be lost.
"""

from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo.tools import SQL

MIN_BASE = 30
"""So many customers, and a segment has a retention, and a curve, of its own."""
SHORTEST, LONGEST = 6, 60
"""Months that customers are followed, at the least and at the most: what a few months
say of the years to come is no forecast.
"""


def follow_customers(company):
    """Return customers left, at first and after each month, by segment and of all.

    :return: ``{segment id: [customers, left after a month, …]}``; ``None`` is the key
        of all; empty where no month with enough customers is long enough ago
    """
    company.env.flush_all()
    until = company._relationship_today() - timedelta(
        days=company.relationship_lost_days
    )
    start = _find_start(company, until)
    if not start:
        return {}
    passed = relativedelta(until, start)
    months = min(12 * passed.years + passed.months, LONGEST)
    left = {}
    for segment_id, is_total, month, count in company.env.execute_query(
        _left_sql(company, start, months)
    ):
        if is_total or segment_id:
            key = None if is_total else segment_id
            left.setdefault(key, [0] * (months + 1))[month] = count
    return left


def _find_start(company, until):
    """Return the oldest month on record with enough active customers, if any."""
    [(start,)] = company.env.execute_query(
        SQL(
            """
            SELECT min(date)
              FROM (
                SELECT date
                  FROM crm_relationship_snapshot
                 WHERE company_id = %(company)s AND is_active = 1
                   AND date >= %(first)s AND date <= %(last)s
              GROUP BY date
                HAVING count(*) >= %(min_base)s
              ) month
            """,
            company=company.id,
            first=until - relativedelta(months=LONGEST),
            last=until - relativedelta(months=SHORTEST),
            min_base=MIN_BASE,
        )
    )
    return start


def _left_sql(company, start, months):
    """Return SQL rows (segment, is_total, month, customers left); of the whole base."""
    return SQL(
        """
        SELECT s.segment_id, GROUPING(s.segment_id) = 1, month,
               count(*) FILTER (
                   WHERE month = 0
                      OR r.last_order_date >= %(start)s::date
                                              + make_interval(months => month))
          FROM crm_relationship_snapshot s
          JOIN crm_relationship r ON r.id = s.relationship_id
    CROSS JOIN generate_series(0, %(months)s) AS month
         WHERE s.company_id = %(company)s AND s.date = %(start)s AND s.is_active = 1
      GROUP BY GROUPING SETS ((s.segment_id, month), (month))
        """,
        company=company.id,
        start=start,
        months=months,
    )
