"""How customers enter a program: who may, and each only once at a time."""

from odoo import fields
from odoo.exceptions import UserError
from odoo.tools import SQL


def enroll(program, relationships, dates):
    """Enroll customers: all of them, whatever the program's target.

    :param dict dates: first day of the program by relationship; today by default
    :raises UserError: when the program has no steps, or is of another company
    :return: the new ``crm.program.enrollment`` records
    """
    env = program.env
    if not program.step_ids:
        raise UserError(
            env._(
                "Program “%(program)s” has no steps. Add at least one before you"
                " enroll customers.",
                program=program.name,
            )
        )
    _check_company(program, relationships)
    _queue_up(program)
    # sudo: an enrollment is made by methods; callers ask whether the user may
    Enrollment = env["crm.program.enrollment"].sudo()
    running = Enrollment.search(
        [
            ("program_id", "=", program.id),
            ("relationship_id", "in", relationships.ids),
            ("state", "=", "running"),
        ]
    )
    aside = Enrollment._find_aside(program, relationships)
    today = fields.Date.context_today(program)
    enrollments = Enrollment.create(
        [
            {
                "program_id": program.id,
                "relationship_id": relationship.id,
                "date": dates.get(relationship, today),
            }
            for relationship in relationships
            - running.relationship_id
            - aside.relationship_id
        ]
    )
    enrollments._keep_aside(program)
    enrollments._place_steps()
    return enrollments.with_env(env)


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


def _queue_up(program):
    """Let one after the other enroll customers: nobody is to enter twice.

    Updating the row makes the later of two wait and then fail with a serialization
    error, after which Odoo repeats its request; a mere lock would let it go on without
    seeing whom the first one enrolled. SQL because nothing changes.
    """
    program.env.cr.execute(
        SQL("UPDATE crm_program SET write_date = write_date WHERE id = %s", program.id)
    )
