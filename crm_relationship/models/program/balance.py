"""Relationship and selling in balance: what a program would do to it, told beforehand.

Relationship comes first, customer by customer (the gate sees to that, whatever a
program asks for), and both are to be balanced in the company (a setting). A program
that would wait at the gate for most of its customers, or tip the balance, says so
before it is started. It warns, and holds nothing back.
"""

from datetime import timedelta

from odoo import fields
from odoo.fields import Domain
from odoo.tools import SQL

from ..base.figures import format_number

# What counts for the balance: done in so many days, and planned for as many.
DAYS = 90


def get_balance_warning(program):
    """Return what is wrong with the balance if the program is started, in words.

    :param program: one ``crm.program``; also one that is being edited
    :return: sentences, or ``False`` where nothing is
    """
    program.ensure_one()
    company = program.company_id._origin or program.env.company
    if (
        program.activity_kind != "selling"
        or company not in program.env.companies
        or program._get_filter("partner_domain").error
    ):
        return False
    counts = _count_target(program, company)
    found = (
        _warn_of_rule(program, company, counts),
        _warn_of_share(program, company, counts),
    )
    return " ".join(filter(None, found)) or False


def _count_target(program, company):
    """Return how many are in the target, and how many of them may not be sold to yet.

    One statement, with the rights of the user, whose filter it is.

    :return: ``(int, int)``
    """
    env = program.env
    target = program._get_target_domain() & Domain("company_id", "=", company.id)
    # sudo: the rule of a company that the user works in
    required = company.sudo().relationship_first_count
    env.flush_all()
    [counts] = env.execute_query(
        SQL(
            """
            WITH contact AS (
                SELECT relationship_id, kind, date_done
                  FROM crm_interaction
                 WHERE company_id = %(company)s AND state = 'done'
                   AND kind IN ('relationship', 'selling')
            ), sold AS (
                SELECT relationship_id, max(date_done) AS last
                  FROM contact WHERE kind = 'selling' GROUP BY relationship_id
            ), cared AS (
                SELECT relationship_id, count(*) AS number
                  FROM contact LEFT JOIN sold USING (relationship_id)
                 WHERE kind = 'relationship'
                   AND date_done > COALESCE(sold.last, '-infinity')
              GROUP BY relationship_id
            )
            SELECT count(*),
                   count(*) FILTER (WHERE COALESCE(cared.number, 0) < %(required)s)
              FROM crm_relationship r
         LEFT JOIN cared ON cared.relationship_id = r.id
             WHERE r.id IN %(target)s
            """,
            company=company.id,
            required=required,
            target=env["crm.relationship"]._search(target).subselect(),
        )
    )
    return counts


def _warn_of_rule(program, company, counts):
    """Return what the rule "relationship before selling" says of the program."""
    env = program.env
    # sudo: as above
    required = company.sudo().relationship_first_count
    if not required:
        return False
    if program.skip_relationship_first:
        return env._(
            "It sells without the relationship interactions that the settings ask for"
            " first."
        )
    total, lacking = counts
    if lacking:
        return env._(
            "Customers in the target who have not yet had what comes before selling"
            " (relationship interactions: %(required)s): %(lacking)s of %(total)s. For"
            " them the program waits.",
            lacking=_format(env, lacking),
            total=_format(env, total),
            required=required,
        )
    return False


def _warn_of_share(program, company, counts):
    """Return by how much the program would tip the balance of the company."""
    env = program.env
    # sudo: as above
    limit = company.sudo().relationship_selling_share
    if not limit or not program.step_ids:
        return False
    relationship, selling = _count_balance(program, company)
    added = counts[0] * len(program.step_ids)
    total = relationship + selling + added
    if not added or (selling + added) * 100 <= limit * total:
        return False
    return env._(
        "If all of them enter, %(share)s%% of the interactions of %(days)s days before"
        " and after today sell; the settings allow %(limit)s%%. Care for these"
        " customers first, or choose fewer.",
        share=round(100 * (selling + added) / total),
        days=DAYS,
        limit=limit,
    )


def _count_balance(program, company):
    """Return how much cares for the relationship, and how much sells, without this.

    :return: ``(int, int)``
    """
    now = fields.Datetime.now()
    span = timedelta(days=DAYS)
    [counts] = program.env.execute_query(
        SQL(
            """
            SELECT count(*) FILTER (WHERE i.kind = 'relationship'),
                   count(*) FILTER (WHERE i.kind = 'selling')
              FROM crm_interaction i
         LEFT JOIN crm_program_enrollment e ON e.id = i.enrollment_id
             WHERE i.company_id = %(company)s
               AND i.kind IN ('relationship', 'selling')
               AND e.program_id IS DISTINCT FROM %(program)s
               AND (i.state = 'done' AND i.date_done > %(since)s
                    OR i.state IN ('scheduled', 'open') AND i.date_planned < %(until)s)
            """,
            company=company.id,
            program=program._origin.id or None,
            since=now - span,
            until=now + span,
        )
    )
    return counts


def _format(env, number):
    return format_number(env, number, 0)
