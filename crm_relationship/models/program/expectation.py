"""What a program is expected to bring, as a figure, and how far it has come.

A promise to be held against what came, and no proof: without customers kept aside,
nobody knows what would have come without the program.
"""

from odoo.tools import SQL

from .branches import REACHED
from .triggers import get_day_sql

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
    [row] = program.env.execute_query(
        SQL(
            """
            SELECT count(*), count(*) FILTER (WHERE %(is_met)s)
              FROM crm_program_enrollment e
             WHERE e.program_id = %(program)s AND e.company_id = %(company)s
               AND e.is_control IS NOT TRUE AND e.is_kept_from_all IS NOT TRUE
               AND e.date + %(days)s < %(today)s
            """,
            is_met=_is_met(program, company),
            program=program.id,
            company=company.id,
            days=program.result_days,
            today=company._relationship_today(),
        )
    )
    return row


def _is_met(program, company):
    """Return SQL for whether the customer of the run ``e`` did what is expected."""
    bought = SQL(
        """
        SELECT %(day)s AS day
          FROM sale_order o
          JOIN res_partner p ON p.id = o.partner_id
         WHERE p.commercial_partner_id = e.partner_id AND o.company_id = e.company_id
           AND o.state = 'sale' AND o.id IS DISTINCT FROM e.sale_order_id
        """,
        day=get_day_sql(company, SQL("o.date_order")),
    )
    reached = SQL(
        """
        SELECT %(day)s AS day
          FROM crm_interaction i
         WHERE i.enrollment_id = e.id AND i.state = 'done' AND i.outcome IN %(answered)s
        """,
        day=get_day_sql(company, SQL("i.date_done")),
        answered=REACHED,
    )
    is_sale = program.expected_metric == "buys"
    return SQL(
        "EXISTS (SELECT FROM (%s) found WHERE found.day %s e.date"
        " AND found.day <= e.date + %s)",
        bought if is_sale else reached,
        SQL(">" if is_sale else ">="),
        program.result_days,
    )
