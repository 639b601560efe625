"""The page *Can we keep our promises?*, held against core's sales pivot.

Customers and what is pending for them are counted in full, whatever their number; the
pivot reads the orders of the last 365 days. People have little time, so that the page
also has to find remedies. A manager opens both.

By itself the case has nothing planned: `schedule` runs before.
"""

from odoo import api

from bench.case_open import SALES, get_manager
from bench.generate import analyze
from bench.measure import Figure, alternate
from bench.webclient import Opening

LIMIT = 1.5
REPEATS = 7
MINUTES_DAY = 5


def feasible(env):
    """Return the figures; nothing stays in the database."""
    analyze(env)
    user = get_manager(env)
    mine = api.Environment(env.cr, user.id, {"lang": "en_US", "tz": "UTC"})
    before = env.company.relationship_minutes_day
    env.company.relationship_minutes_day = MINUTES_DAY
    sales = Opening(mine, SALES, "pivot")
    try:
        if not _open(mine)["remedies"] or not sales():
            raise SystemExit("There is nothing to remedy, or nothing sold.")
        times = alternate(REPEATS, addon=lambda: _open(mine), core=sales)
        queries = env.cr.sql_log_count
        _open(mine)
        queries = env.cr.sql_log_count - queries
    finally:
        env.company.relationship_minutes_day = before
        env.cr.commit()
    return [
        Figure(
            "feasible_page",
            times["addon"] / times["core"],
            LIMIT,
            note=f"{1000 * times['addon']:,.0f} ms, core"
            f" {1000 * times['core']:,.0f} ms",
        ),
        Figure("feasible_queries", queries, None, note="whatever the customers"),
    ]


def _open(env):
    env.invalidate_all()
    return env["crm.feasibility"].get_page()
