"""What starts a program: a small class for each, named in ``TRIGGERS``.

A new trigger is a class, the fields behind it on the program, and a test. Whoever it
finds is enrolled by the program, which asks who is in its target.
"""

from odoo.fields import Domain
from odoo.tools import SQL


class Trigger:
    """Something that starts programs."""

    label = ""
    """What people choose."""

    @staticmethod
    def get_missing(program):
        """Return which choice the program lacks, as a sentence; else ``False``."""
        return False

    @staticmethod
    def find(program, company):
        """Return whom the nightly job enrolls: ``{crm.relationship: first day}``."""
        return {}


class Manual(Trigger):
    """Somebody enrolls customers from their list."""

    label = "Customers are enrolled manually"


class OrderConfirmed(Trigger):
    """A sales order is confirmed: ``sale.order._action_confirm`` starts it."""

    label = "A sales order is confirmed"


class StageEntered(Trigger):
    """The nightly update, or an order, moves a customer to another stage."""

    label = "A customer enters a life cycle stage"

    @staticmethod
    def get_missing(program):
        return not program.lifecycle_stage and program.env._(
            "Choose the life cycle stage that starts the program."
        )

    @staticmethod
    def find(program, company):
        Relationship = program.env["crm.relationship"]
        entered = Relationship.search(
            _get_target(program, company)
            & Domain("lifecycle_stage", "=", program.lifecycle_stage)
            & Domain("lifecycle_date", ">=", program._get_first_day())
        )
        enrolled = program.env["crm.program.enrollment"]._read_group(
            [
                ("program_id", "=", program.id),
                ("relationship_id", "in", entered.ids),
            ],
            ["relationship_id"],
            ["date:max"],
        )
        known = Relationship.union(
            *(r for r, last_date in enrolled if last_date >= r.lifecycle_date)
        )
        return dict.fromkeys(entered - known, company._relationship_today())


class Occasion(Trigger):
    """A birthday, an anniversary or a big day is near: the program begins on the day.

    SQL because the next occurrence of a birthday is a computation over the whole base.
    """

    label = "An occasion of the customer"

    @staticmethod
    def get_missing(program):
        return not program.occasion_id and program.env._(
            "Choose the occasion that starts the program."
        )

    @staticmethod
    def find(program, company):
        Relationship = program.env["crm.relationship"]
        today = company._relationship_today()
        rows = program.env.execute_query(
            SQL(
                """
                SELECT r.id, min(occurrence.day)
                  FROM crm_relationship r
                  JOIN crm_occasion o ON o.id = %(occasion)s
            CROSS JOIN LATERAL (%(occurrences)s) occurrence
                 WHERE r.id IN %(target)s AND occurrence.day < %(until)s
                   AND NOT EXISTS (
                       SELECT FROM crm_program_enrollment e
                        WHERE e.relationship_id = r.id
                          AND e.program_id = %(program)s
                          AND e.date = occurrence.day)
              GROUP BY r.id
                """,
                occasion=program.occasion_id.id,
                occurrences=program.occasion_id._get_occurrences_sql(SQL("%s", today)),
                target=Relationship._search(_get_target(program, company)).subselect(),
                until=today + company._get_queue_horizon(),
                program=program.id,
            )
        )
        return {Relationship.browse(id_): day for id_, day in rows}


def _get_target(program, company):
    """Return the domain of the company's customers whom the program is for."""
    return program._get_target_domain() & Domain("company_id", "=", company.id)


TRIGGERS = {
    "sale_confirmed": OrderConfirmed,
    "lifecycle": StageEntered,
    "occasion": Occasion,
    "manual": Manual,
}
