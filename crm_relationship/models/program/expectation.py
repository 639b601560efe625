"""What a program is expected to bring, as a figure, and how far it has come.

A promise to be held against what came, and no proof: without customers kept aside,
nobody knows what would have come without the program.
"""

from odoo.tools import SQL

from ..portfolio.purchases import Purchases
from .branches import REACHED
from .trigger import get_day_sql

METRICS = [
    ("buys", "of the customers buy"),
    ("reached", "of the customers are reached"),
]


def describe(program, company):
    """Return what is expected of a program and what came so far, in sentences.

    Customers count once their days are over; of those kept aside, nothing is expected.

    :return: text, or ``False`` where no figure is expected
    """
    if not program.expected_metric:
        return False
    env, share = program.env, program.expected_value
    if program.expected_metric == "buys":
        words = env._(
            "Expected: %(share)s%% of the customers buy within %(days)s days after they"
            " enter.",
            share=share,
            days=program.result_days,
        )
    else:
        words = env._(
            "Expected: %(share)s%% of the customers are reached within %(days)s days"
            " after they enter.",
            share=share,
            days=program.result_days,
        )
    over, met = _count(program, company) if program.id else (0, 0)
    if not over:
        return f"{words} {env._('So far, the days of nobody are over.')}"
    return " ".join(
        [
            words,
            env._(
                "So far: %(met)s of %(over)s, that is %(share)s%%.",
                met=met,
                over=over,
                share=round(100 * met / over),
            ),
        ]
    )


def _count(program, company):
    """Return of how many runs the days are over, and how many of them did it."""
    program.env.flush_all()
    buys = program.expected_metric == "buys"
    [row] = program.env.execute_query(
        SQL(
            """
            SELECT count(DISTINCT e.id), count(DISTINCT e.id) FILTER (
                       WHERE found.day IS NOT NULL)
              FROM crm_program_enrollment e
         LEFT JOIN (%(found)s) found
                ON found.whose = %(whose)s AND found.day >= e.date + %(after)s
               AND found.day <= e.date + %(days)s
             WHERE e.program_id = %(program)s AND e.company_id = %(company)s
               AND e.is_control IS NOT TRUE AND e.is_kept_from_all IS NOT TRUE
               AND e.date + %(days)s < %(today)s
            """,
            found=_purchases_sql(company) if buys else _answers_sql(program, company),
            whose=SQL("e.partner_id") if buys else SQL("e.id"),
            after=int(buys),
            program=program.id,
            company=company.id,
            days=program.result_days,
            today=company._relationship_today(),
        )
    )
    return row


def _purchases_sql(company):
    """Return SQL for who bought when, as the result of the program counts it."""
    purchases = Purchases(company, company._relationship_today())
    return SQL(
        "SELECT partner_id AS whose, day FROM (%s) document WHERE is_purchase",
        purchases.documents(),
    )


def _answers_sql(program, company):
    """Return SQL for in which run somebody was reached, and when."""
    return SQL(
        """
        SELECT i.enrollment_id AS whose, %(day)s AS day
          FROM crm_interaction i
          JOIN crm_program_enrollment own ON own.id = i.enrollment_id
         WHERE own.program_id = %(program)s AND i.state = 'done'
           AND i.outcome IN %(answered)s
        """,
        day=get_day_sql(company, SQL("i.date_done")),
        program=program.id,
        answered=REACHED,
    )
