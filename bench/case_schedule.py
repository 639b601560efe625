"""Scheduling three contacts a customer, held against a bare insert of as many rows."""

from bench.generate import analyze
from bench.measure import Figure, seconds

LIMIT = 3
REPEATS = 3
LINES = (  # name, times, every, period
    ("How does it go?", 1, 1, "month"),
    ("What is new", 1, 3, "month"),
    ("Visit", 1, 1, "year"),
)


def schedule(env):
    """Return the figures; leaves every customer's contacts scheduled and committed."""
    _plan_for_all(env)
    contacts, company = env["crm.interaction"], env.company
    env.cr.execute(
        "CREATE TABLE bench_interaction (LIKE crm_interaction INCLUDING ALL)"
    )
    env.cr.execute("TRUNCATE crm_interaction CASCADE")
    env.cr.commit()
    times = {"addon": [], "bare": []}
    for turn in range(REPEATS):
        times["addon"].append(seconds(lambda: contacts._schedule(company)))
        # Both start from an empty table and commit; each turn both tables are emptied.
        env.cr.commit()
        times["bare"].append(seconds(lambda: _insert_bare(env)))
        env.cr.commit()
        if turn < REPEATS - 1:
            env.cr.execute("TRUNCATE crm_interaction, bench_interaction CASCADE")
            env.cr.commit()
            env.invalidate_all()
    rows = contacts.search_count([])
    env.cr.execute("DROP TABLE bench_interaction")
    analyze(env)
    again = seconds(lambda: contacts._schedule(company))
    unchanged = contacts.search_count([]) - rows
    env.cr.commit()
    addon, bare = (sorted(times[name])[REPEATS // 2] for name in ("addon", "bare"))
    return [
        Figure(
            "schedule",
            addon / bare,
            LIMIT,
            note=f"{addon:.2f} s for {rows:,} contacts, bare insert {bare:.2f} s",
        ),
        Figure(
            "schedule_again_rows", unchanged, 0, note=f"nothing missing; {again:.2f} s"
        ),
    ]


def _plan_for_all(env):
    """Give every segment one plan of three lines, with channels in order."""
    channels = env["crm.touchpoint"].search([("mode", "=", "personal")], limit=3)
    plan = env["crm.contact.plan"].create({"name": "Three contacts"})
    env["crm.contact.plan.line"].create(
        [
            {
                "plan_id": plan.id,
                "name": name,
                "times": times,
                "every": every,
                "period": period,
                "touchpoint_ids": [(6, 0, channels.ids)],
            }
            for name, times, every, period in LINES
        ]
    )
    env["crm.segment"].search([]).plan_id = plan
    env.cr.commit()


def _insert_bare(env):
    env.cr.execute("INSERT INTO bench_interaction SELECT * FROM crm_interaction")
