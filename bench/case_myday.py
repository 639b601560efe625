"""Opening *My Day* with a large ledger, held against a small one.

A salesperson with fifty interactions today opens it, as the screen asks for it: once
with 10,000 interactions in the ledger, those of 200 customers, and once with fifty for
each customer, a million by default. The customers of today are among the 200, so that
the cards tell the same each time. The two cannot take turns in one table, so the
fastest of many openings counts: whatever else the machine does slows some, but not all.
Rolled back at the end.
"""

from odoo import api

from bench.generate import analyze
from bench.measure import Figure, seconds

SMALL, A_CUSTOMER = 10_000, 50
TODAY = 50
LIMIT, QUERIES = 1.3, 12
REPEATS = 60

# The nth interaction of the past: fifty for one customer, a week between two, then the
# next; first the customers of the salesperson.
PAST = """
INSERT INTO crm_interaction (
    name, relationship_id, partner_id, company_id, touchpoint_id, user_id, kind, state,
    outcome, feedback, cost, duration, date_due, date_planned, date_done
)
SELECT 'Bench', r.id, r.partner_id, r.company_id, %(call)s, r.user_id, 'relationship',
       'done', 'reached', 'All is well, and the guitar sounds as it should.', 0.5, 10,
       day::date, day, day
  FROM generate_series(%(first)s::bigint, %(last)s::bigint) n
  JOIN (SELECT *, row_number() OVER (ORDER BY user_id <> %(user)s, id) - 1 AS number
          FROM crm_relationship WHERE company_id = %(company)s) r
    ON r.number = n / %(each)s
 CROSS JOIN LATERAL (
     SELECT (now() AT TIME ZONE 'UTC')
            - make_interval(days => 2 + 7 * (n %% %(each)s)::int) AS day) moment
"""
OPEN = """
INSERT INTO crm_interaction (
    name, relationship_id, partner_id, company_id, touchpoint_id, user_id, kind, state,
    date_due, date_planned
)
SELECT 'Bench today', id, partner_id, company_id, %(call)s, user_id,
       CASE WHEN id %% 3 = 0 THEN 'selling' ELSE 'relationship' END, 'open',
       current_date, (now() AT TIME ZONE 'UTC') - interval '1 hour'
  FROM crm_relationship
 WHERE company_id = %(company)s AND user_id = %(user)s
 ORDER BY id LIMIT %(today)s
"""
SERVED = """
UPDATE crm_relationship r SET user_id = p.user_id
  FROM res_partner p WHERE p.id = r.partner_id
"""


def myday(env):
    """Return the figures; nothing stays in the database."""
    try:
        return _measure(env)
    finally:
        env.cr.rollback()
        env.invalidate_all()
        analyze(env)


def _measure(env):
    customers = env["res.partner"].search([("ref", "like", "BENCH-")])
    env["crm.relationship"]._ensure(customers, env.company)
    env.flush_all()
    env.cr.execute(SERVED)
    user = env["res.users"].search([("login", "=", "bench0")])
    values = {
        "call": env["crm.touchpoint"].search([("kind", "=", "call")], limit=1).id,
        "company": env.company.id,
        "each": A_CUSTOMER,
        "user": user.id,
        "today": TODAY,
    }
    env.cr.execute(OPEN, values)
    context = {"lang": "en_US", "tz": "UTC", "allowed_company_ids": env.company.ids}
    mine = api.Environment(env.cr, user.id, context)
    large = max(A_CUSTOMER * len(customers), 2 * SMALL)
    taken, before = {}, 0
    for size in (SMALL, large):
        env.cr.execute(PAST, {**values, "first": before, "last": size - 1})
        before = size
        env.invalidate_all()
        env.cr.execute("ANALYZE crm_interaction, crm_relationship")
        queries = _open(mine)
        taken[size] = min(seconds(lambda: _open(mine)) for _turn in range(REPEATS))
    note = ", ".join(f"{size:,}: {1000 * t:,.0f} ms" for size, t in taken.items())
    return [
        Figure("myday_of_small_ledger", taken[large] / taken[SMALL], LIMIT, note=note),
        Figure("myday_queries", queries, QUERIES, note=f"{TODAY} cards"),
    ]


def _open(env):
    """Open the day as a request does; return the number of queries."""
    env.invalidate_all()
    # a request knows who asks before it begins
    env.user.share  # noqa: B018
    before = env.cr.sql_log_count
    day = env["crm.my.day"].get_day()
    if len(day["cards"]) != TODAY:
        raise SystemExit(f"{len(day['cards'])} cards instead of {TODAY}.")
    return env.cr.sql_log_count - before
