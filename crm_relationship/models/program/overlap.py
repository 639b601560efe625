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

    With what was done lately and what is planned. Only customers for whom so much else
    is planned that it may be too much are looked at day by day.

    :param list days: of the steps, after entering
    :param int everybody: how many would be contacted
    :return: ``{crm.contact.cap: number}``
    """
    # sudo: the limits of a company that the user works in
    caps = (
        program.env["crm.contact.cap"].sudo().search([("company_id", "=", company.id)])
    )
    own = {cap: _get_most(days, cap.days) for cap in caps}
    over = {cap: everybody for cap in caps if own[cap] > cap.count}
    caps = caps.filtered(lambda cap: cap not in over)
    if not caps or not days:
        return over
    program.env.flush_all()
    [counts] = program.env.execute_query(
        _over_limits_sql(program, company, today, days, {c: own[c] for c in caps})
    )
    return over | dict(zip(caps, counts, strict=True))


def _get_most(days, length):
    """Return how many of these days fall into as many days at most."""
    return max(
        (sum(first <= day < first + length for day in days) for first in days),
        default=0,
    )


def _over_limits_sql(program, company, today, days, own):
    """Return the statement; a window ends on each day on which anything comes.

    :param dict own: how many steps of the program fall into the days of each limit
    """
    longest = min(max(cap.days for cap in own), MAX_PERIOD)
    windows, counts = [], []
    for number, cap in enumerate(own):
        name = SQL.identifier(f"within_{number}")
        windows.append(
            SQL(
                "%s AS (PARTITION BY relationship_id ORDER BY day"
                " RANGE BETWEEN %s PRECEDING AND CURRENT ROW)",
                name,
                timedelta(days=min(cap.days, MAX_PERIOD) - 1),
            )
        )
        counts.append((name, cap))
    return SQL(
        """
        WITH other AS MATERIALIZED (
            SELECT i.relationship_id,
                   (CASE i.state WHEN 'done' THEN i.date_done
                    ELSE GREATEST(i.date_planned, %(now)s) END)::date AS day
              FROM crm_interaction i
             WHERE i.company_id = %(company)s AND i.along_id IS NULL
               AND i.kind <> 'service'
               AND (i.state IN ('scheduled', 'open') AND i.date_planned < %(until)s
                    OR i.state = 'done' AND i.date_done >= %(since)s)
        ), busy AS (
            SELECT o.relationship_id
              FROM other o
              JOIN crm_relationship r ON r.id = o.relationship_id
              JOIN res_partner p ON p.id = r.partner_id
             WHERE r.id IN %(target)s AND NOT COALESCE(p.do_not_contact, FALSE)
          GROUP BY o.relationship_id
            HAVING count(*) > %(spare)s
        ), event AS (
            SELECT o.relationship_id, o.day, 0 AS own
              FROM other o JOIN busy USING (relationship_id)
             UNION ALL
            SELECT busy.relationship_id, %(today)s::date + step.day, 1
              FROM busy CROSS JOIN unnest(%(days)s::int[]) AS step (day)
        ), rolling AS (
            SELECT relationship_id, %(columns)s FROM event WINDOW %(windows)s
        )
        SELECT %(counts)s FROM rolling
        """,
        now=fields.Datetime.now(),
        today=today,
        company=company.id,
        since=today - timedelta(days=longest),
        until=today + timedelta(days=min(max(days) + longest, MAX_PERIOD)),
        target=_get_target(program, company),
        # so many others any limit leaves room for
        spare=min(cap.count - most for cap, most in own.items()),
        days=days,
        columns=SQL(", ").join(
            SQL(
                "count(*) OVER %s > %s AND sum(own) OVER %s > 0 AS %s",
                name,
                cap.count,
                name,
                SQL.identifier(f"is_over_{number}"),
            )
            for number, (name, cap) in enumerate(counts)
        ),
        windows=SQL(", ").join(windows),
        counts=SQL(", ").join(
            SQL(
                "count(DISTINCT relationship_id) FILTER (WHERE %s)",
                SQL.identifier(f"is_over_{number}"),
            )
            for number in range(len(counts))
        ),
    )
