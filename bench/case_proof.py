"""The result of a program against the bare aggregate over the same enrollments.

The bare query joins the enrollments with the orders of the days that count, and sums by
group; it knows no time zone, no excluded sales, no cost and no verdict.
"""

from datetime import timedelta

from odoo.fields import Command
from odoo.tools import SQL

from bench.measure import alternate, ratio

LIMIT = 2
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


def proof(env):
    """Return the figures; everything is rolled back."""
    company = env.company
    today = company._relationship_today()
    program = env["crm.program"].create(
        {
            "name": "Measured",
            "step_ids": [Command.create({"name": "Call", "delay": 0})],
            "holdout_share": 10,
            "result_days": DAYS,
        }
    )
    start = today - timedelta(days=DAYS + 10)
    program.write({"holdout_from": start, "holdout_until": start})
    env.flush_all()
    env.cr.execute(
        SQL(
            """
            INSERT INTO crm_program_enrollment
                (program_id, relationship_id, partner_id, company_id, date, state,
                 is_control)
            SELECT %(program)s, id, partner_id, company_id, %(day)s,
                   CASE WHEN id %% 10 = 0 THEN 'control' ELSE 'completed' END,
                   id %% 10 = 0
              FROM crm_relationship
             WHERE company_id = %(company)s AND active
            """,
            program=program.id,
            day=start,
            company=company.id,
        )
    )
    size = env.cr.rowcount
    env.cr.execute("ANALYZE crm_program_enrollment")
    times = alternate(
        REPEATS,
        addon=lambda: _result(program),
        bare=lambda: _bare(env, program),
    )
    env.cr.rollback()
    note = f"{size} enrollments, with both verdicts"
    return [ratio("proof_result", LIMIT, times["addon"], times["bare"], note)]


def _result(program):
    program.invalidate_recordset(["result"])
    if "text-bg" not in program.result:
        raise SystemExit("The program has no result: nothing was measured.")


def _bare(env, program):
    env.cr.execute(BARE, {"days": DAYS, "program": program.id})
    return env.cr.fetchall()
