"""How customers enter a program: who may, and each only once at a time.

By one statement however many they are: ten thousand may change segment in a night.
"""

from odoo import fields
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..base.bounds import clamp_day_sql
from ..base.statistics import refresh_statistics
from . import rate, trigger_orders
from .triggers import REACHED

# More than these at once are worth a look at the tables by PostgreSQL.
MANY = 1000
# What orders start as they come, without queueing up: several workers at once.
BY_ORDERS = ("sale_confirmed", *REACHED)
ROW = SQL("relationship_id, day, sale_order_id")
CAME_TO_NOTHING = SQL(
    "(e.state = 'stopped' AND e.stop_reason IN %s)", trigger_orders.CAME_TO_NOTHING
)
"""Whether an enrollment ``e`` is none that a customer would remember."""


def enroll(program, relationships, dates):
    """Enroll customers: all of them, whatever the program's target.

    :param dict dates: first day of the program by relationship; today by default
    :raises UserError: when the program has no steps, or is of another company
    :return: the new ``crm.program.enrollment`` records
    """
    _check_company(program, relationships)
    today = fields.Date.context_today(program)
    chosen = SQL(
        "SELECT * FROM unnest(%s::int[], %s::date[])",
        relationships.ids,
        [dates.get(relationship, today) for relationship in relationships],
    )
    return enroll_found(program, SQL("SELECT *, NULL::int FROM (%s) chosen", chosen))


def enroll_found(program, found):
    """Enroll whom a query finds, apart from those who go through the program already.

    :param SQL found: query of rows (relationship id, first day, sales order id); of
        several rows of one customer, the first day counts
    :return: the new ``crm.program.enrollment`` records
    """
    env = program.env
    program._check_running()
    if not program.step_ids:
        raise UserError(
            env._(
                "Program “%(program)s” has no steps. Add at least one before you"
                " enroll customers.",
                program=program.name,
            )
        )
    queue_up(program)
    env.flush_all()
    if program.trigger in BY_ORDERS:
        own = SQL("SELECT own.relationship_id FROM (%s) AS own (%s)", found, ROW)
        env.cr.execute(claim_sql(own))
    rows = env.execute_query(_get_insert(program, found))
    if len(rows) > MANY:
        refresh_statistics(env)
    # sudo: an enrollment is made by methods; callers ask whether the user may
    enrollments = env["crm.program.enrollment"].sudo().browse(id_ for [id_] in rows)
    enrollments.invalidate_model()
    rate.spread(program, enrollments)
    enrollments._note_target()
    enrollments._keep_aside(program, program.company_id or enrollments.company_id)
    enrollments._place_steps()
    return enrollments.with_env(env)


def _get_insert(program, found):
    """Return the statement that makes the enrollments; it yields their ids.

    An order that has come to be a reason after all continues where it was stopped.

    ``OFFSET 0``: see ``_placement_sql`` of the enrollments.
    """
    env = program.env
    return SQL(
        """
        INSERT INTO crm_program_enrollment
            (program_id, relationship_id, partner_id, company_id, sale_order_id, date,
             state, create_uid, create_date, write_uid, write_date)
        SELECT DISTINCT ON (r.id)
               %(program)s, r.id, r.partner_id, r.company_id, found.sale_order_id,
               %(day)s, 'running', %(uid)s, %(now)s, %(uid)s, %(now)s
          FROM (%(found)s) AS found (%(row)s)
          JOIN crm_relationship r ON r.id = found.relationship_id
         WHERE NOT EXISTS (
               SELECT FROM (
                   SELECT * FROM crm_program_enrollment own
                    WHERE own.relationship_id = r.id OFFSET 0
               ) e
                WHERE e.program_id = %(program)s
                  AND (e.state = 'running' OR %(is_aside)s OR %(is_out)s
                       OR %(is_too_soon)s))
      ORDER BY r.id, found.day, found.sale_order_id
        ON CONFLICT (program_id, sale_order_id, relationship_id)
              WHERE sale_order_id IS NOT NULL
        DO UPDATE SET state = 'running', stop_reason = NULL, date = EXCLUDED.date,
                      joined_id = NULL, date_again = EXCLUDED.create_date,
                      write_uid = EXCLUDED.write_uid,
                      write_date = EXCLUDED.write_date
            WHERE crm_program_enrollment.state = 'stopped'
              AND crm_program_enrollment.stop_reason IN %(came_to_nothing)s
     RETURNING id
        """,
        program=program.id,
        day=clamp_day_sql(SQL("found.day")),
        uid=env.uid,
        now=env.cr.now(),
        found=found,
        row=ROW,
        came_to_nothing=trigger_orders.BY_THE_ORDER,
        is_aside=_is_aside(program),
        is_out=_is_out(program),
        is_too_soon=is_too_soon(program),
    )


def is_too_soon(program):
    """Return SQL for whether ``e`` keeps a customer from entering again."""
    if program.reenroll == "always":
        return SQL("FALSE")
    if program.reenroll == "never":
        return SQL("NOT %s", CAME_TO_NOTHING)
    return SQL(
        "NOT %s AND abs(e.date - found.day) < %s",
        CAME_TO_NOTHING,
        program.reenroll_days,
    )


def _is_aside(program):
    """Return SQL for whether ``e`` keeps a customer aside while that is measured."""
    # sudo: the days of each company
    companies = program.company_id or program.env["res.company"].sudo().search([])
    measured = companies.filtered(program._keeps_aside)
    if not measured:
        return SQL("FALSE")
    return SQL(
        "e.is_control AND e.holdout_round = %s AND e.company_id IN %s",
        program.holdout_round,
        tuple(measured.ids),
    )


def _is_out(program):
    """Return SQL for whether ``e`` keeps a customer aside from all programs.

    As long as the period runs, and unless the customer has been exempted since.
    """
    if program._is_for_everybody():
        return SQL("FALSE")
    # sudo: the period of each company
    periods = program.env["crm.holdout"].sudo().search([("state", "=", "running")])
    if not periods:
        return SQL("FALSE")
    return SQL(
        "e.is_kept_from_all AND e.holdout_id = ANY(%s)"
        " AND r.never_kept_aside IS NOT TRUE",
        periods.ids,
    )


def _check_company(program, relationships):
    """Refuse customers of a company that does not use this program."""
    for company in relationships.company_id - program.company_id:
        if program.company_id:
            raise UserError(
                program.env._(
                    "“%(program)s” is a program of %(own)s. Choose another one for"
                    " customers of %(company)s.",
                    program=program.name,
                    own=program.company_id.name,
                    company=company.name,
                )
            )


def claim_sql(relationships):
    """Return the statement that lets one after the other enroll a customer.

    Two workers may confirm an order each. By the row of the customer, because most
    orders are of different ones; as in ``queue_up``, the later of two fails, is
    repeated, and sees whom the first enrolled. Found before they are updated
    (``ARRAY``): joined, PostgreSQL may read all customers for each of them, where it
    takes the tables for empty.

    :param SQL relationships: query of their ids
    """
    return SQL(
        "UPDATE crm_relationship SET write_date = write_date"
        " WHERE id = ANY(ARRAY(%s ORDER BY 1))",
        relationships,
    )


def queue_up(program):
    """Let one after the other enroll customers: nobody is to enter twice.

    Updating the row makes the later of two wait and then fail with a serialization
    error, after which Odoo repeats its request; a mere lock would let it go on without
    seeing whom the first one enrolled. SQL because nothing changes.
    """
    program.env.cr.execute(
        SQL("UPDATE crm_program SET write_date = write_date WHERE id = %s", program.id)
    )
