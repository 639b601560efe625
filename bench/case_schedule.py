"""Scheduling three interactions a customer, against a bare insert of as many rows.

Every foreign key of a table costs PostgreSQL a look-up for each row, together several
times the insert itself. So there are two bare tables: one with the same foreign keys,
to which the limit applies, because it shows what the planning itself costs; and one
without, for information.
"""

import statistics

from odoo.fields import Command
from odoo.tools import SQL

from bench.bare import create_like
from bench.generate import analyze, without_triggers
from bench.measure import Figure, seconds

LIMIT = 3
REPEATS = 3
BARE = ("bare", "bare_with_keys")
LINES = (  # name, times, every, period
    ("How does it go?", 1, 1, "month"),
    ("What is new", 1, 3, "month"),
    ("Visit", 1, 1, "year"),
)


def schedule(env):
    """Return the figures; every customer's interactions stay scheduled, committed."""
    _plan_for_all(env)
    contacts, company = env["crm.interaction"], env.company
    for table in BARE:
        create_like(env, "crm_interaction", table, foreign_keys=table != "bare")
    env.cr.commit()
    calls = {
        "addon": lambda: contacts._schedule(company),
        **{table: lambda table=table: _insert_bare(env, table) for table in BARE},
    }
    times = {name: [] for name in calls}
    for _turn in range(REPEATS):
        # All start from an empty table, and their rows are committed.
        env.cr.execute("TRUNCATE crm_interaction, bare, bare_with_keys CASCADE")
        env.cr.commit()
        env.invalidate_all()
        for name, call in calls.items():
            times[name].append(seconds(lambda call=call: (call(), env.cr.commit())))
    rows = contacts.search_count([])
    env.cr.execute("DROP TABLE bare, bare_with_keys")
    analyze(env)
    again = seconds(lambda: contacts._schedule(company))
    unchanged = contacts.search_count([]) - rows
    env.cr.commit()
    return [
        *_figures(times, rows),
        Figure(
            "schedule_again_rows", unchanged, 0, note=f"nothing missing; {again:.2f} s"
        ),
    ]


def leave_schedule(env):
    """Leave every customer's interactions scheduled, committed."""
    _plan_for_all(env)
    env.cr.execute("TRUNCATE crm_interaction CASCADE")
    env.cr.commit()
    env.invalidate_all()
    with without_triggers(env):
        env["crm.interaction"]._schedule(env.company)
    analyze(env)


def _figures(times, rows):
    addon, bare, with_keys = (statistics.median(times[name]) for name in times)
    return [
        Figure(
            "schedule",
            addon / with_keys,
            LIMIT,
            note=f"{addon:.2f} s for {rows:,} interactions, bare {with_keys:.2f} s",
        ),
        Figure(
            "schedule_without_foreign_keys",
            addon / bare,
            None,
            note=f"bare insert without foreign keys {bare:.2f} s",
        ),
    ]


def _plan_for_all(env):
    """Give every segment one plan of three lines, with channels in order."""
    channels = env["crm.touchpoint"].search([("mode", "=", "personal")], limit=3)
    plan = env["crm.contact.plan"].create({"name": "Three interactions"})
    env["crm.contact.plan.line"].create(
        [
            {
                "plan_id": plan.id,
                "name": name,
                "times": times,
                "every": every,
                "period": period,
                "touchpoint_ids": [Command.set(channels.ids)],
            }
            for name, times, every, period in LINES
        ]
    )
    env["crm.segment"].search([]).plan_id = plan
    env.cr.commit()


def _insert_bare(env, table):
    env.cr.execute(
        SQL("INSERT INTO %s SELECT * FROM crm_interaction", SQL.identifier(table))
    )
