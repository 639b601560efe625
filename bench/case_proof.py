"""The results of a program, of all programs and of a cadence experiment.

Each is held against the bare aggregate over the same enrollments or members.

The bare query joins the enrollments with the orders of the days that count, and sums by
group; it knows no time zone, no excluded sales, no cost and no verdict.
"""

import random
import statistics
import time
from datetime import timedelta

from odoo.fields import Command
from odoo.tools import SQL

from bench.generate import SEED
from bench.measure import Figure, alternate, ratio

LIMIT = 2
VERDICT_SECONDS = 2
VERDICT_SIZE = 100_000
SHARES_ASIDE = (1, 10, 50)
REPEATS = 5
DAYS = 90
BARE = """
SELECT is_control, count(DISTINCT relationship_id), count(DISTINCT buyer), sum(spent)
  FROM (
    SELECT e.is_control, e.relationship_id, o.partner_id AS buyer,
           sum(o.amount_untaxed / o.currency_rate) AS spent
      FROM crm_program_enrollment e
 LEFT JOIN sale_order o
        ON o.partner_id = e.partner_id AND o.state = 'sale'
       AND o.company_id = e.company_id
       AND o.date_order > e.date AND o.date_order <= e.date + %(days)s
     WHERE e.program_id = %(program)s
  GROUP BY e.is_control, e.relationship_id, o.partner_id
  ) customers
GROUP BY is_control
"""


BARE_MEMBERS = """
SELECT is_tried, count(DISTINCT relationship_id), count(DISTINCT buyer), sum(spent)
  FROM (
    SELECT m.is_tried, m.relationship_id, o.partner_id AS buyer,
           sum(o.amount_untaxed / o.currency_rate) AS spent
      FROM crm_cadence_member m
      JOIN crm_relationship r ON r.id = m.relationship_id
 LEFT JOIN sale_order o
        ON o.partner_id = r.partner_id AND o.state = 'sale'
       AND o.company_id = r.company_id
       AND o.date_order > %(day)s AND o.date_order <= %(day)s + %(days)s
     WHERE m.experiment_id = %(experiment)s
  GROUP BY m.is_tried, m.relationship_id, o.partner_id
  ) customers
GROUP BY is_tried
"""


def proof(env):
    """Return the figures; everything is rolled back."""
    # those who never bought enter programs, too
    customers = env["res.partner"].search([("ref", "=like", "BENCH-%")])
    env["crm.relationship"]._ensure(customers, env.company)
    figures = [_measure_program(env), _measure_all(env), _measure_experiment(env)]
    env.cr.rollback()
    return [*figures, _measure_verdict()]


def _get_start(env):
    return env.company._relationship_today() - timedelta(days=DAYS + 10)


def _make_program(env):
    return env["crm.program"].create(
        {
            "name": "Measured",
            "step_ids": [Command.create({"name": "Call", "delay": 0})],
            "holdout_share": 10,
            "result_days": DAYS,
        }
    )


def _enroll_all(env, program, aside, period=None):
    """Enroll everybody, each tenth kept aside as the column says; return how many."""
    env.flush_all()
    env.cr.execute(
        SQL(
            """
            INSERT INTO crm_program_enrollment
                (program_id, relationship_id, partner_id, company_id, date, state,
                 holdout_id, holdout_round, %(aside)s)
            SELECT %(program)s, id, partner_id, company_id, %(day)s,
                   CASE WHEN id %% 10 = 0 THEN 'control' ELSE 'completed' END,
                   %(period)s, %(round)s, id %% 10 = 0
              FROM crm_relationship
             WHERE company_id = %(company)s AND active
            """,
            aside=SQL.identifier(aside),
            program=program.id,
            period=period,
            round=program.holdout_round,
            day=_get_start(env),
            company=env.company.id,
        )
    )
    size = env.cr.rowcount
    env.cr.execute("ANALYZE crm_program_enrollment")
    return size


def _measure_program(env):
    program = _make_program(env)
    start = _get_start(env)
    program.write({"holdout_from": start, "holdout_until": start})
    size = _enroll_all(env, program, "is_control")
    return _compare("proof_result", program, size, BARE, program=program.id)


def _measure_all(env):
    program = _make_program(env)
    period = env["crm.holdout"].create(
        {
            "company_id": env.company.id,
            "share": 10,
            "day_from": _get_start(env),
            "day_until": _get_start(env),
            "result_days": DAYS,
            "state": "over",
        }
    )
    size = _enroll_all(env, program, "is_kept_from_all", period.id)
    return _compare("proof_all_programs", period, size, BARE, program=program.id)


def _measure_experiment(env):
    """Measure an experiment with everybody, whatever their segment."""
    start = _get_start(env)
    experiment = (
        env["crm.cadence.experiment"]
        .sudo()
        .create(
            {
                "segment_id": env["crm.segment"].search([], limit=1).id,
                "day_from": start,
                "day_until": start + timedelta(days=DAYS),
                "later_days": 0,
                "state": "over",
            }
        )
    )
    env.flush_all()
    env.cr.execute(
        SQL(
            """
            INSERT INTO crm_cadence_member
                (experiment_id, company_id, relationship_id, is_tried)
            SELECT %s, company_id, id, id %% 2 = 0
              FROM crm_relationship WHERE company_id = %s AND active
            """,
            experiment.id,
            env.company.id,
        )
    )
    size = env.cr.rowcount
    env.cr.execute("ANALYZE crm_cadence_member")
    return _compare(
        "proof_experiment",
        experiment,
        size,
        BARE_MEMBERS,
        experiment=experiment.id,
        day=start,
    )


def _compare(name, record, size, bare, **values):
    times = alternate(
        REPEATS,
        addon=lambda: _result(record),
        bare=lambda: _bare(record.env, bare, {"days": DAYS, **values}),
    )
    note = f"{size} customers, with both verdicts"
    return ratio(name, LIMIT, times["addon"], times["bare"], note)


def _result(record):
    record.invalidate_recordset(["result"])
    if "text-bg" not in record.result:
        raise SystemExit("There is no result: nothing was measured.")


def _bare(env, query, values):
    env.cr.execute(query, values)
    return env.cr.fetchall()


def _measure_verdict():
    """Measure what the permutation test takes; the core's time, whatever else runs.

    Everybody bought, each for another amount: the most that there is to divide anew.
    """
    # lazily: Odoo finds its addons when it has its settings
    from odoo.addons.crm_relationship.engine.experiment import amounts

    draw = random.Random(SEED)
    spent = [draw.lognormvariate(3.5, 1.1) for _customer in range(VERDICT_SIZE)]
    slowest = 0
    for share in SHARES_ASIDE:
        aside = VERDICT_SIZE * share // 100
        taken = []
        for turn in range(REPEATS):
            started = time.process_time()
            amounts(
                (VERDICT_SIZE - aside, spent[aside:]),
                (aside, spent[:aside]),
                seed=turn,
            )
            taken.append(time.process_time() - started)
        slowest = max(slowest, statistics.median(taken))
    note = f"{VERDICT_SIZE} customers, all of whom bought; the slowest of three shares"
    return Figure("proof_verdict_seconds", slowest, VERDICT_SECONDS, note=note)
