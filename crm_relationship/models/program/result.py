"""What a program brought: those who went through it against those kept aside."""

from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.misc import format_date

from ..base.figures import format_count
from ..portfolio.comparison import Comparison


class ProgramResult(Comparison):
    """The result of a program in one company, as of today.

    A customer counts with the group of the first enrollment that is measured, and with
    what was bought from the day after it on, for as many days as the program says. The
    order that started the program is the same for both groups and does not count.
    """

    @property
    def days(self):
        return self.record.result_days

    @property
    def first_day(self):
        return self.record.holdout_from

    @property
    def last_day(self):
        return self.record.holdout_until

    def get_heads(self):
        return self.env._("In the program"), self.env._("Kept aside")

    def _entered_sql(self):
        """Return the enrollments that are measured.

        Who is kept aside from all programs is another comparison's control group: to
        those, not only this program is missing.
        """
        return SQL(
            """
            SELECT relationship_id, partner_id, date,
                   COALESCE(is_control, FALSE) AS in_control
              FROM crm_program_enrollment
             WHERE program_id = %(program)s AND company_id = %(company)s
               AND holdout_round = %(round)s
               AND date BETWEEN %(first)s AND %(last)s
               AND is_kept_from_all IS NOT TRUE
            """,
            **self._get_place(),
        )

    def _get_place(self):
        """Return what names the enrollments of the program in these days, for SQL."""
        return {
            "program": self.record.id,
            "round": self.record.holdout_round,
            "company": self.company.id,
            "first": self.first_day,
            "last": self.last_day,
        }

    def _done_sql(self):
        """Return what was done for the measured enrollments alone.

        What customers got before, or after their days, cost something as well, but what
        they bought then does not count either.
        """
        return self._done_within_sql(
            SQL(
                """
                JOIN crm_program_enrollment e
                  ON e.relationship_id = entered.relationship_id
                 AND e.program_id = %(program)s AND e.holdout_round = %(round)s
                JOIN crm_interaction i ON i.enrollment_id = e.id
                """,
                **self._get_place(),
            )
        )

    def _get_notes(self, groups):
        notes = super()._get_notes(groups)
        # sudo: a number only
        if count := len(
            self.env["crm.program.enrollment"]
            .sudo()
            ._read_group(self._get_kept_domain(), ["relationship_id"])
        ):
            notes.append(
                self.env._(
                    "Kept aside from all programs, and not counted here: %(count)s.",
                    count=format_count(self.env, count),
                )
            )
        count, earlier = self._count_without_group()
        if earlier:
            notes.append(
                self.env._(
                    "Entered before %(day)s, when it began that customers are kept"
                    " aside: %(count)s. They count in neither group.",
                    day=format_date(self.env, self.first_day, date_format="medium"),
                    count=format_count(self.env, earlier),
                )
            )
        if count:
            notes.append(
                self.env._(
                    "Exempt, or entered while nobody was kept aside: %(count)s."
                    " They count in neither group.",
                    count=format_count(self.env, count),
                )
            )
        return notes

    def _count_without_group(self):
        """Count who was given no group by chance: (entered in these days, before)."""
        [counts] = self.env.execute_query(
            SQL(
                """
                SELECT count(DISTINCT e.relationship_id) FILTER (
                           WHERE e.date >= %(first)s),
                       count(DISTINCT e.relationship_id) FILTER (
                           WHERE e.date < %(first)s)
                  FROM crm_program_enrollment e
                 WHERE e.program_id = %(program)s AND e.company_id = %(company)s
                   AND e.date <= %(last)s
                   AND e.holdout_round IS DISTINCT FROM %(round)s
                   AND e.is_kept_from_all IS NOT TRUE
                   AND NOT EXISTS (
                       SELECT FROM crm_program_enrollment own
                        WHERE own.relationship_id = e.relationship_id
                          AND own.program_id = %(program)s
                          AND own.holdout_round = %(round)s)
                """,
                **self._get_place(),
            )
        )
        return counts

    def _get_kept_domain(self):
        return Domain(
            [
                ("program_id", "=", self.record.id),
                ("company_id", "=", self.company.id),
                ("date", ">=", self.first_day),
                ("date", "<=", self.last_day),
                ("is_kept_from_all", "=", True),
            ]
        )
