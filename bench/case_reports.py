"""Reports and pictures, held against the bare aggregate over the rows they show.

*Balance* reads fifty interactions a customer, *Flow between Segments* the snapshots of
half a year. *How Am I Doing?* is held against core's sales pivot as *This Morning* is;
the pivot of the same salesperson, a tenth of it, is told beside it. A customer with a
thousand interactions in the year is held against one with ten: the picture of the year
by itself, and the form with all that it shows. Rolled back at the end.
"""

from lxml import etree

from odoo import api

from bench.case_effect import fill
from bench.case_open import OURS, SALES, get_manager
from bench.generate import analyze
from bench.measure import Figure, alternate, ratio
from bench.webclient import Opening, specification

OWN_LIMIT, FLOW_LIMIT, BALANCE_LIMIT, LONG_LIMIT = 1.5, 2, 3, 2
QUERIES, MORE_QUERIES = 25, 2
REPEATS = 7
SHORT, LONG = 10, 1000
BALANCE = "crm_relationship.crm_balance_report_action"

BARE_BALANCE = """
SELECT r.segment_id, i.state, count(*), sum((i.kind = 'selling')::int),
       sum((i.kind = 'relationship')::int)
  FROM crm_interaction i
  JOIN crm_relationship r ON r.id = i.relationship_id
 WHERE i.company_id = %(company)s AND i.kind IN ('relationship', 'selling')
   AND i.state IN ('scheduled', 'open', 'done')
GROUP BY GROUPING SETS ((), (2), (1), (1, 2))
"""
BARE_FLOW = """
SELECT date, previous_segment_id, previous_stage, segment_id, count(*)
  FROM crm_relationship_snapshot
 WHERE company_id = %(company)s AND date > current_date - interval '6 months'
GROUP BY 1, 2, 3, 4
"""
YEAR = """
INSERT INTO crm_interaction (
    name, relationship_id, partner_id, company_id, touchpoint_id, user_id, kind, state,
    outcome, sentiment, feedback, cost, duration, date_due, date_planned, date_done
)
SELECT 'Bench', r.id, r.partner_id, r.company_id, %(call)s, r.user_id, 'relationship',
       'done', 'reached', 'positive', 'All is well.', 0.5, 10, day::date, day, day
  FROM crm_relationship r
 CROSS JOIN generate_series(1, %(count)s) n
 CROSS JOIN LATERAL (
     SELECT (now() AT TIME ZONE 'UTC') - make_interval(hours => 8 * n) AS day) moment
 WHERE r.id = %(customer)s
"""


def reports(env):
    """Return the figures; nothing stays in the database."""
    manager = get_manager(env)
    seller = env["res.users"].search([("login", "=", "bench0")])
    analyze(env)
    try:
        return [
            *_measure_own(_as(env, seller), _as(env, manager)),
            _measure_flow(_as(env, manager)),
            *_measure_customer(env, _as(env, manager)),
            _measure_balance(env, _as(env, manager)),
        ]
    finally:
        env.cr.rollback()
        env.invalidate_all()
        analyze(env)


def _as(env, user):
    context = {"lang": "en_US", "tz": "UTC", "allowed_company_ids": env.company.ids}
    return api.Environment(env.cr, user.id, context)


def _measure_own(mine, managers):
    sales, own_sales = (Opening(env, SALES, "pivot") for env in (managers, mine))

    def own():
        mine.invalidate_all()
        return mine["crm.morning"].get_own_page()

    if not (own()["sections"] and sales() and own_sales()):
        raise SystemExit("There is nothing to tell, or nothing sold.")
    times = alternate(REPEATS, addon=own, core=sales, own=own_sales)
    queries = mine.cr.sql_log_count
    own()
    queries = mine.cr.sql_log_count - queries
    note = "sales pivot instead of bare"
    return [
        ratio("own_page", OWN_LIMIT, times["addon"], times["core"], note),
        ratio("own_page_of_own_sales", None, times["addon"], times["own"], note),
        Figure("own_page_queries", queries, QUERIES, note="whatever the customers"),
    ]


def _measure_flow(mine):
    flow = mine["crm.segment.flow"]
    counted = sum(step["count"] for step in flow.get_flow()["flows"])
    if not counted:
        raise SystemExit("Nobody went anywhere: nothing was measured.")
    times = alternate(
        REPEATS,
        addon=lambda: (mine.invalidate_all(), flow.get_flow()),
        bare=lambda: _bare(mine, BARE_FLOW),
    )
    note = f"{counted:,} steps of customers"
    return ratio("segment_flow", FLOW_LIMIT, times["addon"], times["bare"], note)


def _measure_balance(env, mine):
    number = fill(env)
    pivot = Opening(mine, BALANCE, "pivot")
    if not pivot():
        raise SystemExit("There is nothing to balance.")
    times = alternate(REPEATS, addon=pivot, bare=lambda: _bare(mine, BARE_BALANCE))
    note = f"{number:,} interactions"
    return ratio("balance_pivot", BALANCE_LIMIT, times["addon"], times["bare"], note)


def _bare(env, query):
    env.cr.execute(query, {"company": env.company.id})
    env.cr.fetchall()


def _measure_customer(env, mine):
    """Hold a customer of whom much is known against one of whom little is."""
    customers = env["crm.relationship"].search([("user_id", "!=", False)], limit=2)
    call = env["crm.touchpoint"].search([("kind", "=", "call")], limit=1)
    for customer, count in zip(customers, (SHORT, LONG), strict=True):
        values = {"call": call.id, "count": count, "customer": customer.id}
        env.cr.execute(YEAR, values)
    env.cr.execute("ANALYZE crm_interaction")
    short, long = customers.with_env(mine)
    form = Opening(mine, OURS, "form")
    views = form.model.get_views(form.views, form.options)
    arch = etree.fromstring(views["views"]["form"]["arch"])
    shown = specification(arch, form.model._name, views["models"])

    def read(customer, fields):
        mine.invalidate_all()
        return customer.web_read(fields)

    figures = []
    for name, fields in (("picture", {"picture": {}}), ("form", shown)):
        queries = [
            _count_queries(mine, lambda c=c, f=fields: read(c, f))
            for c in (short, long, short, long)  # the first two fill caches
        ]
        times = alternate(
            REPEATS,
            short=lambda f=fields: read(short, f),
            long=lambda f=fields: read(long, f),
        )
        note = f"{LONG} interactions, instead of {SHORT}"
        figures += [
            ratio(f"customer_{name}", LONG_LIMIT, times["long"], times["short"], note),
            Figure(
                f"customer_{name}_queries",
                queries[3] - queries[2],
                MORE_QUERIES,
                note=f"more than the {queries[2]} with {SHORT} interactions",
            ),
        ]
    return figures


def _count_queries(env, work):
    before = env.cr.sql_log_count
    work()
    return env.cr.sql_log_count - before
