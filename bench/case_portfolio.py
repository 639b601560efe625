"""Portfolio refresh, held against the bare aggregate and ranks it cannot do without."""

import statistics

from bench.generate import analyze, without_triggers
from bench.measure import Figure, alternate, ratio, seconds

LIMIT = 3
REPEATS = 3

# Aggregate per customer of the orders in the window, and three ranks over it.
BARE = """
SELECT count(*), sum(r + f + m) FROM (
    SELECT rank() OVER (ORDER BY last) AS r,
           rank() OVER (ORDER BY count) AS f,
           rank() OVER (ORDER BY amount) AS m
      FROM (
        SELECT p.commercial_partner_id, max(o.date_order)::date AS last,
               count(*) AS count, sum(o.amount_untaxed / o.currency_rate) AS amount
          FROM sale_order o JOIN res_partner p ON p.id = o.partner_id
         WHERE o.state = 'sale' AND o.company_id = %(company)s
           AND o.date_order >= (now() AT TIME ZONE 'UTC')
               - make_interval(months => %(months)s)
      GROUP BY p.commercial_partner_id
      ) customer
) ranked
"""

# An ordinary day: this many customers in a hundred bought something.
DAY_SHARE = 1
DAY = """
UPDATE sale_order SET date_order = (now() AT TIME ZONE 'UTC') - interval '1 minute'
 WHERE id IN (SELECT max(id) FROM sale_order WHERE state = 'sale'
               GROUP BY partner_id
               HAVING (partner_id + %(turn)s) %% 100 < %(share)s)
"""
WRITTEN = """
SELECT count(*) FROM crm_relationship
 WHERE xmin = pg_current_xact_id()::xid
"""


def portfolio(env):
    """Return the figures; leaves a fresh portfolio committed."""
    bare_query(env)  # reads the tables from the disk
    before = alternate(REPEATS, bare=lambda: bare_query(env))["bare"]
    first = seconds(lambda: _refresh(env))
    analyze(env)
    env.cr.execute(DAY, {"share": DAY_SHARE, "turn": 0})
    env.cr.commit()
    nightly, bare = _nightly(env)
    _refresh(env)
    analyze(env)
    unchanged = seconds(lambda: _refresh(env))
    env.cr.execute(WRITTEN)
    [written] = env.cr.fetchone()
    env.cr.commit()
    return [
        ratio(
            "portfolio_refresh",
            LIMIT,
            nightly,
            bare,
            f"{DAY_SHARE} % of customers bought",
        ),
        ratio("portfolio_first", None, first, before, "inserts all customers"),
        Figure(
            "portfolio_refresh_unchanged",
            written,
            0,
            note=f"rows written; {unchanged:.2f} s",
        ),
    ]


def leave_portfolio(env):
    """Leave a fresh portfolio committed."""
    with without_triggers(env):
        _refresh(env)
    analyze(env)


def bare_query(env):
    company = env.company
    env.cr.execute(
        BARE, {"company": company.id, "months": company.relationship_window_months}
    )


def _refresh(env):
    env["crm.relationship"]._refresh_portfolio(env.company)


def _nightly(env):
    """Return median seconds of a refresh, undone each time, and of the bare query."""
    refresh, bare = [], []
    for _turn in range(REPEATS):
        bare.append(seconds(lambda: bare_query(env)))
        with env.cr.savepoint() as savepoint:
            refresh.append(seconds(lambda: _refresh(env)))
            savepoint.rollback()
        env.invalidate_all()
    return statistics.median(refresh), statistics.median(bare)
