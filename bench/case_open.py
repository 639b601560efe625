"""Opening the customers and the matrix, held against what core opens on the same data.

List and kanban against core's contacts, the pivot and the matrix against core's sales
pivot, which reads the orders of the last 365 days. A manager opens them: the rules of
access are a part of what is measured.
"""

from odoo import api
from odoo.fields import Command

from bench.generate import analyze
from bench.measure import Figure, alternate
from bench.webclient import Opening

LIMIT = 1.5
REPEATS = 7
OURS = "crm_relationship.crm_relationship_action"
CONTACTS = "contacts.action_contacts"
SALES = "sale.action_order_report_all"

# A year of interactions: three a customer, so that the matrix has something to count.
DONE = """
INSERT INTO crm_interaction (
    name, relationship_id, partner_id, company_id, touchpoint_id, user_id, kind, state,
    cost, duration, date_due, date_planned, date_done
)
SELECT 'Bench', r.id, r.partner_id, r.company_id,
       (%(touchpoints)s::int[])[1 + (r.id + turn) %% cardinality(%(touchpoints)s)],
       r.user_id, 'relationship', 'done', 0.5, 5, day::date, day, day
  FROM crm_relationship r
 CROSS JOIN generate_series(1, 3) turn
 CROSS JOIN LATERAL (
     SELECT (now() AT TIME ZONE 'UTC')
            - make_interval(days => turn * 110 - r.id %% 100) AS day) moment
 WHERE r.company_id = %(company)s
"""


def opening(env):
    """Return the figures; interactions of the past stay in the database."""
    env.cr.execute(
        DONE,
        {
            "touchpoints": env["crm.touchpoint"].search([]).ids,
            "company": env.company.id,
        },
    )
    user = get_manager(env)
    analyze(env)
    mine = api.Environment(env.cr, user.id, {"lang": "en_US", "tz": "UTC"})
    contacts = {kind: Opening(mine, CONTACTS, kind) for kind in ("list", "kanban")}
    sales = Opening(mine, SALES, "pivot")
    ours = {kind: Opening(mine, OURS, kind) for kind in (*contacts, "pivot")}
    ours["matrix"] = lambda: _matrix(mine)
    figures = []
    for kind, call in ours.items():
        peer = contacts.get(kind, sales)
        shown, shown_by_core = call(), peer()  # fills caches, as the first user does
        if not shown or not shown_by_core:
            raise SystemExit(f"There is nothing to open in {kind}.")
        times = alternate(REPEATS, addon=call, core=peer)
        figures.append(
            Figure(
                f"open_{kind}",
                times["addon"] / times["core"],
                LIMIT,
                note=f"{1000 * times['addon']:,.0f} ms, core"
                f" {1000 * times['core']:,.0f} ms",
            )
        )
    return figures


def get_manager(env):
    """Return the user who opens what managers do."""
    users = env["res.users"].with_context(no_reset_password=True)
    return users.search([("login", "=", "bench_manager")]) or users.create(
        {
            "name": "Manager",
            "login": "bench_manager",
            "group_ids": [Command.set(env.ref("sales_team.group_sale_manager").ids)],
        }
    )


def _matrix(env):
    env.invalidate_all()
    return len(env["crm.segment"].get_touchpoint_matrix([])["rows"])
