"""What else the customers of a program's target get: other programs, and limits.

One statement each, because they may be hundreds of thousands. With the rights of the
user for whom the target is read.
"""

from datetime import timedelta

from odoo import fields
from odoo.fields import Domain
from odoo.tools import SQL

from ..base.bounds import MAX_PERIOD
from . import entry


def _get_target(program, company):
    """Return the query of the customers of a company that a program is for."""
    target = program._get_target_domain() & Domain("company_id", "=", company.id)
    return program.env["crm.relationship"]._search(target).subselect()


def count_inside(program, company, today):
    """Return how many of the target go through it, or may not enter it again yet."""
    enrollments = program.env["crm.program.enrollment"]
    known = program._origin.id
    # sudo: whether anybody ever entered, not who
    if not known or not enrollments.sudo().search_count(
        [("program_id", "=", known), ("company_id", "=", company.id)], limit=1
    ):
        return 0
    program.env.flush_all()
    [[count]] = program.env.execute_query(
        SQL(
            """
            SELECT count(DISTINCT e.relationship_id)
              FROM crm_program_enrollment e
        CROSS JOIN (SELECT %(today)s::date AS day) found
             WHERE e.program_id = %(program)s AND e.company_id = %(company)s
               AND (e.state = 'running' OR %(is_too_soon)s)
               AND e.relationship_id IN %(target)s
            """,
            today=today,
            program=known,
            company=company.id,
            is_too_soon=entry.is_too_soon(program),
            target=_get_target(program, company),
        )
    )
    return count


def count_others(program, company):
    """Return how many of the target are in which other program: ``{id: number}``"""
    program.env.flush_all()
    return dict(
        program.env.execute_query(
            SQL(
                """
                SELECT e.program_id, count(DISTINCT e.relationship_id)
                  FROM crm_program_enrollment e
                 WHERE e.company_id = %s AND e.state = 'running'
                   AND e.program_id <> %s AND e.relationship_id IN %s
              GROUP BY e.program_id
                """,
                company.id,
                program._origin.id or 0,
                _get_target(program, company),
            )
        )
    )


def count_over_limits(program, company, today, days, everybody):
    """Return how many would exceed each limit if they entered today.

    With what was done lately and what is planned.

    :param list days: of the steps, after entering
    :param int everybody: how many would be contacted
    :return: ``{crm.contact.cap: number}``
    """
    # sudo: the limits of a company that the user works in
    caps = program.env["crm.contact.cap"].sudo()
    caps = caps.search([("company_id", "=", company.id)])
    if not days:
        return dict.fromkeys(caps, 0)
    over = {
        cap: everybody
        for cap in caps
        if _get_most(days, min(cap.days, MAX_PERIOD)) > cap.count
    }
    others = caps.filtered(lambda cap: cap not in over)
    if others:
        program.env.flush_all()
        [counts] = program.env.execute_query(
            _over_limits_sql(program, company, today, days, others)
        )
        over |= dict(zip(others, counts, strict=True))
    return over


def _get_most(days, length):
    """Return how many of these days fall into as many days at most."""
    return max(sum(first <= day < first + length for day in days) for first in days)


def _get_spans(days, length):
    """Return what is so near to some steps that it counts with them.

    :return: list of (first day, last day, days of the steps in it)
    """
    spans = []
    for day in sorted(days):
        first, last = day - length + 1, day + length - 1
        if spans and first <= spans[-1][1]:
            spans[-1] = (spans[-1][0], last, [*spans[-1][2], day])
        else:
            spans.append((first, last, [day]))
    return spans


def _over_limits_sql(program, company, today, days, caps):
    """Return the statement: a row with the number of each limit."""
    longest = min(max(caps.mapped("days")), MAX_PERIOD)
    return SQL(
        """
        WITH other AS MATERIALIZED (
            SELECT i.relationship_id,
                   (CASE i.state WHEN 'done' THEN i.date_done
                    ELSE GREATEST(i.date_planned, %(now)s) END)::date
                   - %(today)s::date AS day
              FROM crm_interaction i
             WHERE i.company_id = %(company)s AND i.along_id IS NULL
               AND i.kind <> 'service'
               AND (i.state IN ('scheduled', 'open') AND i.date_planned < %(until)s
                    OR i.state = 'done' AND i.date_done >= %(since)s)
        ), target AS (
            SELECT r.id
              FROM crm_relationship r
              JOIN res_partner p ON p.id = r.partner_id
             WHERE r.id IN %(target)s AND NOT COALESCE(p.do_not_contact, FALSE)
        )
        SELECT %(counts)s
        """,
        now=fields.Datetime.now(),
        today=today,
        company=company.id,
        since=today - timedelta(days=longest),
        until=today + timedelta(days=min(max(days) + longest, MAX_PERIOD)),
        target=_get_target(program, company),
        counts=SQL(", ").join(_over_limit_sql(cap, days) for cap in caps),
    )


def _over_limit_sql(cap, days):
    """Return SQL for the number of customers who would exceed one limit.

    Only those for whom so much else comes near the steps that it may be too much are
    looked at day by day; a window of the limit ends on each day on which it is used.
    """
    length = min(cap.days, MAX_PERIOD)
    spans = _get_spans(days, length)
    return SQL(
        """
        (WITH span (first, last, spare) AS (VALUES %(spans)s),
              step (first, day) AS (VALUES %(steps)s),
              busy AS (
            SELECT other.relationship_id, span.first, span.last
              FROM other JOIN span ON other.day BETWEEN span.first AND span.last
          GROUP BY other.relationship_id, span.first, span.last, span.spare
            HAVING count(*) > span.spare
        ), event AS (
            SELECT busy.relationship_id, busy.first, other.day, 0 AS own
              FROM busy
              JOIN other ON other.relationship_id = busy.relationship_id
                        AND other.day BETWEEN busy.first AND busy.last
             UNION ALL
            SELECT busy.relationship_id, busy.first, step.day, 1
              FROM busy JOIN step ON step.first = busy.first
        ), rolling AS (
            SELECT relationship_id, count(*) OVER within AS number,
                   sum(own) OVER within AS own
              FROM event
            WINDOW within AS (PARTITION BY relationship_id, first ORDER BY day
                              RANGE BETWEEN %(before)s PRECEDING AND CURRENT ROW)
        )
        SELECT count(DISTINCT relationship_id)
          FROM rolling
         WHERE number > %(limit)s AND own > 0
           AND relationship_id IN (SELECT id FROM target))
        """,
        spans=SQL(", ").join(
            SQL("(%s, %s, %s)", first, last, cap.count - _get_most(own, length))
            for first, last, own in spans
        ),
        steps=SQL(", ").join(
            SQL("(%s, %s)", first, day) for first, _last, own in spans for day in own
        ),
        before=length - 1,
        limit=cap.count,
    )
