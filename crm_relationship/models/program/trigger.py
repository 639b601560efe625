"""What every trigger of a program is, and what the queries of all are made of."""

from odoo.fields import Domain
from odoo.tools import SQL


class Trigger:
    """Something that starts programs."""

    label = ""
    """What people choose."""
    has_day = False
    """Whether it starts on a day known before: steps can come ahead of it, and none is
    pushed back."""
    may_wait = True
    """Whether whoever enters may begin some days later, when many enter at once."""

    def get_missing(self, program):
        """Return which choice the program lacks, as a sentence; else ``False``."""
        return False

    def get_watched(self, program):
        """Return the fields of sales orders whose change may matter to a program."""
        return set()

    def keeps(self, program, order):
        """Tell whether an order still is what a program asks for, as it is by now.

        :param order: ``sale.order`` record, of which the customer may have given back
        """
        return True

    def get_warning(self, program):
        """Return why it finds nobody any more, as a sentence; else ``False``."""
        return False

    def find(self, program, company, since=None):
        """Return whom the nightly job enrolls, as the query that ``entry`` takes.

        Whom it has enrolled, it does not find again: so a night that was interrupted,
        or that runs twice, does no harm.

        :param date since: what happened since then counts, whoever has entered for it
        """
        raise NotImplementedError

    def count_starts(self, program, company, since):
        """Return how often it would have started a program since a day.

        As far as that is still known: a quotation that was answered late no longer
        shows that it waited.
        """
        program.env.flush_all()
        [[count]] = program.env.execute_query(
            SQL("SELECT count(*) FROM (%s) found", self.find(program, company, since))
        )
        return count

    def list_starts(self, program, company, since):
        """Return the query (partner id, day) of when it would have started a program.

        ``None`` where the past does not tell: who was lost or late, and is no more.
        """
        return None


def get_day_sql(company, moment):
    """Return SQL for the day of a moment, on the company's clock."""
    return SQL(
        "(%s AT TIME ZONE 'UTC' AT TIME ZONE %s)::date",
        moment,
        company._relationship_tz(),
    )


def is_one_of(column, records):
    return SQL("%s = ANY(%s)", column, records.ids) if records else SQL("TRUE")


def get_basics(program, company, since=None):
    """Return what the queries of all triggers are made of.

    :return: ``today``; ``target``, the query of the ids of the company's customers whom
        the program is for; ``first_day`` of which events count; the id of the
        ``program``
    """
    target = program._get_target_domain() & Domain("company_id", "=", company.id)
    return {
        "today": company._relationship_today(),
        "target": program.env["crm.relationship"]._search(target).subselect(),
        "first_day": since or program._get_first_day(),
        "program": program.id,
    }


def is_new_since(program, day, since=None):
    """Return SQL for whether ``r`` has not entered since something happened.

    :param SQL day: the day on which it happened
    :param date since: if given, it counts all the same
    """
    if since:
        return SQL("TRUE")
    return SQL(
        """
        NOT EXISTS (
            SELECT FROM crm_program_enrollment e
             WHERE e.relationship_id = r.id AND e.program_id = %s AND e.date >= %s)
        """,
        program.id,
        day,
    )
