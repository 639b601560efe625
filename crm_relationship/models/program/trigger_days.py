"""Triggers by a day known before: an occasion, or a date of the contact."""

from calendar import isleap
from datetime import timedelta

from odoo.tools import SQL

from .trigger import Trigger, get_basics, get_day_sql


class DayTrigger(Trigger):
    """A day known before, on which the program begins.

    Counted are the days ahead, as many as since then: those of the past are not kept.
    """

    has_day = True
    may_wait = False


class Occasion(DayTrigger):
    """A birthday, an anniversary or a big day is near, on which the program begins."""

    label = "An occasion of the customer"

    def get_missing(self, program):
        return not program.occasion_id and program.env._(
            "Choose the occasion that starts the program."
        )

    def get_warning(self, program):
        occasion = program.occasion_id
        today = (program.company_id or program.env.company)._relationship_today()
        return (
            occasion.kind == "big_day"
            and not any(day.recurring or day.date >= today for day in occasion.date_ids)
            and program.env._(
                "“%s” has no date ahead. Add the days on which it falls next.",
                occasion.name,
            )
        )

    def find(self, program, company, since=None):
        sources, falls = self._get_source(program.occasion_id)
        return SQL(
            """
            SELECT r.id, start.day, NULL::int
              FROM crm_relationship r
                   %(sources)s
              JOIN unnest(%(days)s::date[], %(marks)s::int[]) AS near (day, mark)
                ON %(falls)s
        CROSS JOIN LATERAL (SELECT near.day - %(before)s AS day) start
             WHERE r.id IN %(target)s AND %(is_new)s
            """,
            **get_basics(program, company, since),
            **_get_near_days(program, company, since),
            **_list_near_days(program, company, since),
            sources=sources,
            falls=falls,
        )

    def _get_source(self, occasion):
        """Return what has the days of an occasion, and when one falls on ``near.day``.

        As the ledger's ``_get_occurrences_sql`` tells of each customer. Here the few
        days ahead are what is looked for, and nobody's next birthday is worked out.
        """
        if occasion.kind == "birthday":
            return SQL(
                "JOIN res_partner p ON p.commercial_partner_id = r.partner_id"
                " AND p.active"
            ), _falls_yearly(SQL("p.birthdate"))
        if occasion.kind == "anniversary":
            given = SQL("r.first_order_date")
            return SQL(), SQL("%s AND %s < near.day", _falls_yearly(given), given)
        return SQL("JOIN crm_occasion_date d ON d.occasion_id = %s", occasion.id), SQL(
            "(d.date = near.day OR d.recurring AND %s)", _falls_yearly(SQL("d.date"))
        )


class DateReached(DayTrigger):
    """A day that is noted on the contact: a contract ends, a child starts school."""

    label = "A date of the customer"

    def get_missing(self, program):
        env = program.env
        if not program.date_field:
            return env._("Choose the date that starts the program.")
        known = dict(program._select_date_fields())
        return program.date_field not in known and env._(
            "The date that starts the program (%s) is no longer a field of customers."
            " Choose another one.",
            program.date_field,
        )

    def find(self, program, company, since=None):
        return SQL(
            """
            SELECT r.id, start.day, NULL::int
              FROM crm_relationship r
              JOIN res_partner p ON p.id = r.partner_id
              JOIN unnest(%(days)s::date[], %(marks)s::int[]) AS near (day, mark)
                ON %(falls)s
        CROSS JOIN LATERAL (SELECT near.day - %(before)s AS day) start
             WHERE r.id IN %(target)s AND %(is_new)s
            """,
            **get_basics(program, company, since),
            **_get_near_days(program, company, since),
            **_list_near_days(program, company, since),
            falls=self._get_match(program, _get_date_column(program, company)),
        )

    def _get_match(self, program, given):
        """Return SQL for whether a date falls on ``near.day``, perhaps years later.

        :param SQL given: expression of type date
        """
        if not program.date_yearly:
            return SQL("%s = near.day", given)
        return _falls_yearly(given)


def _falls_yearly(given):
    """Return SQL for whether a date comes round on ``near.day``.

    One comparison a contact, which PostgreSQL can look up.

    :param SQL given: expression of type date
    """
    return SQL(
        "(date_part('month', %(given)s) * 100 + date_part('day', %(given)s))::int"
        " = near.mark AND %(given)s <= near.day",
        given=given,
    )


def _list_near_days(program, company, since=None):
    """Return the days ahead whose program begins within the horizon.

    :return: ``days``, and their ``marks``: 420 is 20 April. In years without a 29
        February its mark is that of the 28th as well.
    """
    first = _get_first_to_look_for(program, company)
    near = [
        first + timedelta(days=number)
        for number in range(_get_ahead(program, company, since).days)
    ]
    marked = [(day, day.month * 100 + day.day) for day in near]
    marked += [
        (day, 229)
        for day in near
        if (day.month, day.day) == (2, 28) and not isleap(day.year)
    ]
    return {
        "days": [day for day, _mark in marked],
        "marks": [mark for _day, mark in marked],
    }


def _get_date_column(program, company):
    """Return SQL for the day of the contact ``p`` that starts a program."""
    column = SQL.identifier("p", program.date_field)
    field = program.env["res.partner"]._fields[program.date_field]
    return column if field.type == "date" else get_day_sql(company, column)


def _get_near_days(program, company, since=None):
    """Return what finds days ahead: ``before`` and ``is_new``."""
    return {
        "before": program.days_before,
        "is_new": SQL("TRUE")
        if since
        else SQL(
            """
            NOT EXISTS (
                SELECT FROM crm_program_enrollment e
                 WHERE e.relationship_id = r.id AND e.program_id = %s
                   AND e.date = start.day)
            """,
            program.id,
        ),
    }


def _get_ahead(program, company, since=None):
    """Return how far ahead those are looked for who enter; as far as ``since`` is."""
    if since:
        return company._relationship_today() - since
    return company._get_queue_horizon() + program._get_lead()


def _get_first_to_look_for(program, company):
    """Return the first day whose program begins today or later."""
    return company._relationship_today() + timedelta(days=program.days_before)
