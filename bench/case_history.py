"""The nightly job with history, held against the least that could do the same.

An ordinary night refreshes the portfolio after a day on which 1 % of the customers
bought. A month's first night also keeps how the month ended, for every customer, tells
the rates again from it, and with them the value of everybody.
"""

import statistics

from bench.bare import create_like
from bench.case_portfolio import DAY, DAY_SHARE, bare_query
from bench.generate import analyze
from bench.measure import Figure, ratio, seconds

LIMIT = 2.5
REPEATS = 3

# What the night has to write: the snapshots of the newest month, put aside.
PUT_ASIDE = """
CREATE TABLE newest AS
SELECT * FROM crm_relationship_snapshot
 WHERE date = (SELECT max(date) FROM crm_relationship_snapshot)
"""
TAKE_BACK = """
DELETE FROM crm_relationship_snapshot WHERE date = (SELECT max(date) FROM newest)
"""

# Each row as it is now, without who wrote it and when.
REMEMBER = """
CREATE TEMP TABLE remembered AS
SELECT id, xmin::text AS version, to_jsonb(r) - 'write_date' - 'write_uid' AS content
  FROM crm_relationship r
"""
WRITTEN = """
SELECT count(*),
       count(*) FILTER (WHERE content = to_jsonb(r) - 'write_date' - 'write_uid')
  FROM crm_relationship r
  LEFT JOIN remembered b ON b.id = r.id
 WHERE b.version IS DISTINCT FROM r.xmin::text
"""

# As if the last refresh had been in the night before the month began.
YESTERDAY = """
UPDATE crm_segment_figure SET refresh_date = date_trunc('month', refresh_date)::date - 1
 WHERE segment_id IS NULL
"""


def history(env):
    """Return the figures; leaves snapshots, rates and values committed."""
    first = seconds(lambda: night(env))
    analyze(env)
    bare = _median(lambda: bare_query(env))
    env.cr.execute(DAY, {"share": DAY_SHARE, "turn": 25})
    env.cr.commit()
    ordinary, bare_ordinary = _turns(env, night, bare_query)
    written, same = _written(env)
    month, bare_month, rows = _month(env)
    night(env)
    analyze(env)
    note = f"{DAY_SHARE} % of customers bought"
    return [
        ratio("history_night", LIMIT, ordinary, bare_ordinary, note),
        Figure(
            "history_night_rows",
            same,
            0,
            note=f"of {written:,} rows written, as before",
        ),
        ratio("history_month", LIMIT, month, bare_month, f"{rows:,} snapshots"),
        ratio("history_first", None, first, bare, "all months so far"),
    ]


def leave_history(env):
    """Leave snapshots, rates and values committed."""
    night(env)
    analyze(env)


def night(env):
    """Do for the company what the nightly job does for each, and keep it."""
    relationships = env["crm.relationship"]
    relationships._refresh_portfolio(env.company)
    relationships._refresh_history(env.company)


def _month(env):
    """Return seconds of the first night, of the bare statements, and the snapshots.

    The newest snapshot is taken back, and the rates are made stale, so that the night
    has to write a row for each customer, and the value of each.
    """
    env.cr.execute("UPDATE crm_segment_figure SET rate_used = rate_used * 0.9")
    env.cr.execute(PUT_ASIDE)
    rows = env.cr.rowcount
    env.cr.execute(TAKE_BACK)
    env.invalidate_all()
    env["crm.relationship"]._refresh_portfolio(env.company)
    env.cr.execute(DAY, {"share": DAY_SHARE, "turn": 50})
    env.cr.execute(YESTERDAY)
    env.invalidate_all()
    create_like(env, "crm_relationship_snapshot", "bare")
    env.cr.execute("INSERT INTO bare SELECT * FROM crm_relationship_snapshot")
    analyze(env)
    month, bare = _turns(env, night, _bare_month)
    env.cr.execute("DROP TABLE bare, newest")
    env.cr.commit()
    return month, bare, rows


def _bare_month(env):
    bare_query(env)
    env.cr.execute("INSERT INTO bare SELECT * FROM newest")


def _turns(env, *functions):
    """Return the median seconds of each; they take turns, and are undone each time."""
    times = [[] for _function in functions]
    for _turn in range(REPEATS):
        for function, taken in zip(functions, times, strict=True):
            env.cr.commit()
            env.invalidate_all()
            taken.append(seconds(lambda function=function: function(env)))
            env.cr.rollback()
    return map(statistics.median, times)


def _median(function):
    return statistics.median(seconds(function) for _turn in range(REPEATS))


def _written(env):
    """Return the number of rows that an ordinary night writes, and of these in vain."""
    env.cr.execute(REMEMBER)
    night(env)
    env.flush_all()
    env.cr.execute(WRITTEN)
    counts = env.cr.fetchone()
    env.cr.execute("DROP TABLE remembered")
    env.cr.commit()
    return counts
