"""The page *This Morning*, held against core's sales pivot.

Every number of it is counted in full, whatever the number of customers; the pivot reads
the orders of the last 365 days. A program whose result is over is judged, and thirty
nights are drawn. A manager opens both.

By itself the case has nothing planned: `schedule` runs before.
"""

from datetime import timedelta

from odoo import api
from odoo.fields import Command

from bench.case_open import SALES, get_manager
from bench.generate import analyze
from bench.measure import Figure, alternate
from bench.webclient import Opening

LIMIT, QUERIES = 1.5, 25
REPEATS = 7
MEASURED = 1000

NIGHTS = """
INSERT INTO crm_care_day (company_id, date, user_id, care_state, customer_count)
SELECT %(company)s, current_date - night, u.id, state, 10
  FROM generate_series(1, 30) night
 CROSS JOIN (VALUES ('fault'), ('planned'), ('in_time')) states (state)
 CROSS JOIN (SELECT id FROM res_users WHERE login LIKE 'bench%%') u
"""
# Each tenth is kept aside; their days are over.
ENTERED = """
INSERT INTO crm_program_enrollment
    (program_id, relationship_id, partner_id, company_id, date, state, is_control,
     holdout_round, create_date)
SELECT %(program)s, id, partner_id, company_id, current_date - 90,
       CASE WHEN id %% 10 = 0 THEN 'control' ELSE 'done' END, id %% 10 = 0,
       %(round)s, now()
  FROM crm_relationship WHERE company_id = %(company)s ORDER BY id LIMIT %(measured)s
"""


def morning(env):
    """Return the figures; nothing stays in the database."""
    user = get_manager(env)
    mine = api.Environment(env.cr, user.id, {"lang": "en_US", "tz": "UTC"})
    sales = Opening(mine, SALES, "pivot")
    try:
        _measure_a_program(env)
        if not _open(mine)["sections"] or not sales():
            raise SystemExit("There is nothing to tell, or nothing sold.")
        times = alternate(REPEATS, addon=lambda: _open(mine), core=sales)
        queries = env.cr.sql_log_count
        _open(mine)
        queries = env.cr.sql_log_count - queries
    finally:
        env.cr.rollback()
        env.invalidate_all()
    return [
        Figure(
            "morning_page",
            times["addon"] / times["core"],
            LIMIT,
            note=f"{1000 * times['addon']:,.0f} ms, core"
            f" {1000 * times['core']:,.0f} ms",
        ),
        Figure("morning_queries", queries, QUERIES, note="whatever the customers"),
    ]


def _measure_a_program(env):
    today = env.company._relationship_today()
    program = env["crm.program"].create(
        {
            "name": "Bench",
            "trigger": "manual",
            "holdout_share": 10,
            "step_ids": [Command.create({"name": "A word"})],
        }
    )
    program.write(
        {
            "holdout_from": today - timedelta(days=100),
            "holdout_until": today - timedelta(days=80),
            "result_days": 30,
        }
    )
    env.flush_all()
    values = {
        "company": env.company.id,
        "program": program.id,
        "round": program.holdout_round,
        "measured": MEASURED,
    }
    env.cr.execute(ENTERED, values)
    env.cr.execute(NIGHTS, values)
    analyze(env)


def _open(env):
    env.invalidate_all()
    return env["crm.morning"].get_page()
