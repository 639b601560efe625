"""What starts a program: a small class for each, named in ``TRIGGERS``.

A new trigger is a class, the fields behind it on the program, and a test. SQL because
those concerned are found among a million customers, each night.
"""

from odoo.fields import Domain
from odoo.tools import SQL


class Trigger:
    """Something that starts programs."""

    label = ""
    """What people choose."""
    has_day = False
    """Whether it starts on a day known before: steps can come ahead of it, and none is
    pushed back."""

    @staticmethod
    def get_missing(program):
        """Return which choice the program lacks, as a sentence; else ``False``."""
        return False

    @staticmethod
    def find(program, company):
        """Return whom the nightly job enrolls, as the query that ``entry`` takes.

        Whom it has enrolled, it does not find again: so a night that was interrupted,
        or that runs twice, does no harm.
        """
        raise NotImplementedError


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
        return SQL(
            """
            SELECT r.id, %(today)s::date, NULL::int
              FROM crm_relationship r
             WHERE r.id IN %(target)s AND r.lifecycle_stage = %(stage)s
               AND r.lifecycle_date >= %(first_day)s
               AND %(is_new)s
            """,
            **_get_basics(program, company),
            stage=program.lifecycle_stage,
            is_new=_is_new_since(program, SQL("r.lifecycle_date")),
        )


class Occasion(Trigger):
    """A birthday, an anniversary or a big day is near, on which the program begins."""

    label = "An occasion of the customer"
    has_day = True

    @staticmethod
    def get_missing(program):
        return not program.occasion_id and program.env._(
            "Choose the occasion that starts the program."
        )

    @staticmethod
    def find(program, company):
        today = company._relationship_today()
        return SQL(
            """
            SELECT r.id, occurrence.day, NULL::int
              FROM crm_relationship r
              JOIN crm_occasion o ON o.id = %(occasion)s
        CROSS JOIN LATERAL (%(occurrences)s) occurrence
             WHERE r.id IN %(target)s AND occurrence.day < %(until)s
               AND NOT EXISTS (
                   SELECT FROM crm_program_enrollment e
                    WHERE e.relationship_id = r.id AND e.program_id = %(program)s
                      AND e.date = occurrence.day)
            """,
            **_get_basics(program, company),
            occasion=program.occasion_id.id,
            occurrences=program.occasion_id._get_occurrences_sql(SQL("%s", today)),
            until=today + company._get_queue_horizon() + program._get_lead(),
        )


def _get_basics(program, company):
    """Return what the queries of all triggers are made of.

    :return: ``today``; ``target``, the query of the ids of the company's customers whom
        the program is for; ``first_day`` of which events count; the id of the
        ``program``
    """
    target = program._get_target_domain() & Domain("company_id", "=", company.id)
    return {
        "today": company._relationship_today(),
        "target": program.env["crm.relationship"]._search(target).subselect(),
        "first_day": program._get_first_day(),
        "program": program.id,
    }


def _is_new_since(program, day):
    """Return SQL for whether ``r`` has not entered since something happened.

    :param SQL day: the day on which it happened
    """
    return SQL(
        """
        NOT EXISTS (
            SELECT FROM crm_program_enrollment e
             WHERE e.relationship_id = r.id AND e.program_id = %s AND e.date >= %s)
        """,
        program.id,
        day,
    )


TRIGGERS = {
    "sale_confirmed": OrderConfirmed,
    "lifecycle": StageEntered,
    "occasion": Occasion,
    "manual": Manual,
}
DATED = sorted(name for name, trigger in TRIGGERS.items() if trigger.has_day)
