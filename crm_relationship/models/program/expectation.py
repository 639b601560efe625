"""What a program is expected to bring, as a figure, and how far it has come.

A promise to be held against what came, and no proof: without customers kept aside,
nobody knows what would have come without the program.
"""

from datetime import timedelta

from odoo.fields import Domain
from odoo.tools import SQL

from ..base.figures import format_count
from ..portfolio.purchases import Purchases
from ..portfolio.winback import LOST
from .branches import REACHED
from .trigger import get_day_sql
from .triggers import DATED, TRIGGERS

# A year of the past tells what to expect, if it has seen so much.
YEAR, ENOUGH = timedelta(days=365), 30
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


def _purchases_sql(company, since=None):
    """Return SQL for who bought when, as the result of the program counts it."""
    purchases = Purchases(company, company._relationship_today(), since)
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


# ------------------------------------------------------------------
# What the past tells
# ------------------------------------------------------------------


def propose(program, company):
    """Return what may be expected of a program, by what came without it.

    Never a guess: where the past tells nothing, nothing is proposed.

    :return: ``(values of the program, sentence)``
    """
    past = _read_past(program, company)
    if not past:
        return {"expected_metric": False}, program.env._(
            "Too little of the past tells what to expect of this program. Enter a"
            " figure of your own, so that the result can be held against it."
        )
    metric, share, sentence = past
    value = min(max(round(100 * share), 1), 100)
    return {"expected_metric": metric, "expected_value": value}, sentence


def _read_past(program, company):
    """Return (metric, share, sentence) of what came without the program, or ``None``"""
    if program.trigger in DATED:
        return _read_reached(program, company)
    if program.trigger == "lifecycle":
        return _read_returned(program, company)
    return _read_bought(program, company)


def _read_bought(program, company):
    env, days = program.env, program.result_days
    today = company._relationship_today()
    last = today - timedelta(days=days)
    starts = TRIGGERS[program.trigger].list_starts(program, company, last - YEAR)
    if not starts:
        return None
    env.flush_all()
    [[count, met]] = env.execute_query(
        SQL(
            """
            SELECT count(*), count(*) FILTER (WHERE next <= day + %(days)s)
              FROM (
                  SELECT day, bool_or(is_start) AS is_start,
                         min(min(day) FILTER (WHERE NOT is_start)) OVER (
                             PARTITION BY whose ORDER BY day DESC
                             ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS next
                    FROM (
                        SELECT partner_id AS whose, day, TRUE AS is_start
                          FROM (%(starts)s) started
                         UNION ALL
                        SELECT whose, day, FALSE FROM (%(found)s) found
                    ) moments
                GROUP BY whose, day
              ) days
             WHERE is_start AND day <= %(last)s
            """,
            starts=starts,
            found=_purchases_sql(company, last - YEAR),
            days=days,
            last=last,
        )
    )
    if count < ENOUGH:
        return None
    words = env._(
        "Sales orders of a year that would have started it: %(count)s. After"
        " %(share)s%% of them, another purchase followed within %(days)s days.",
        count=format_count(env, count),
        share=round(100 * met / count),
        days=days,
    )
    return "buys", met / count, words


def _read_returned(program, company):
    """Of customers who are lost it is known who came back, of other stages not."""
    if program.lifecycle_stage != LOST:
        return None
    share = company._get_return_chances(program.result_days).get(company)
    if share is None:
        return None
    words = program.env._(
        "Of the lost customers here, %(share)s%% came back within %(days)s days.",
        share=round(100 * share),
        days=program.result_days,
    )
    return "buys", share, words


def _read_reached(program, company):
    """Of whom somebody tried to reach within a year, see how many were reached.

    A call that nobody answered is *missed*, once it is given up.
    """
    env, today = program.env, company._relationship_today()
    target = program._get_target_domain() & Domain("company_id", "=", company.id)
    env.flush_all()
    [[count, met]] = env.execute_query(
        SQL(
            """
            SELECT count(DISTINCT i.relationship_id),
                   count(DISTINCT i.relationship_id)
                       FILTER (WHERE i.outcome IN %(answered)s)
              FROM crm_interaction i
             WHERE i.company_id = %(company)s AND i.kind = 'relationship'
               AND (i.state = 'done' AND i.date_done >= %(first)s
                    OR i.state = 'missed' AND i.date_attempt >= %(first)s)
               AND i.relationship_id IN %(target)s
            """,
            answered=REACHED,
            company=company.id,
            first=today - YEAR,
            target=env["crm.relationship"]._search(target).subselect(),
        )
    )
    if count < ENOUGH:
        return None
    words = env._(
        "Of %(count)s of these customers who were contacted within a year, %(share)s%%"
        " were reached.",
        count=format_count(env, count),
        share=round(100 * met / count),
    )
    return "reached", met / count, words
