"""What another cadence brought: one half of a segment against the other."""

from datetime import timedelta

from odoo.tools import SQL
from odoo.tools.misc import format_date

from ...engine.marginal import Step, get_each
from ..base.figures import format_count, format_number
from ..base.spreadsheet import Column
from ..portfolio.comparison import CONTROL, TREATED, Comparison

DAYS_OF_YEAR = 365
LEAST_EXTRA = 0.1
"""The part of the additional interactions that must have taken place: what both halves
differ in is divided by them, and luck divided by next to nothing looks like a lot."""


class CadenceResult(Comparison):
    """The result of a ``crm.cadence.experiment``, as of today.

    All count from the day on which it started, for as long as it lasts and some days
    longer. All interactions with the customers in that time are counted, because a call
    more may take the place of another interaction.
    """

    costs_both = True

    @property
    def days(self):
        """Return for how many days purchases count: until the halves differ in more."""
        days, changed = self._get_whole_length(), self.record.day_changed
        if changed:
            days = min(days, (changed - self.first_day).days - 1)
        return max(days, 0)

    @property
    def decision_day(self):
        """Return the day on which it would have been decided in any case.

        Whoever changes a plan does not see the result earlier by it.
        """
        return self.first_day + timedelta(days=self._get_whole_length() + 1)

    def _get_whole_length(self):
        return self.record._get_length(self.first_day)

    @property
    def first_day(self):
        return self.record.day_from

    @property
    def last_day(self):
        return self.record.day_from

    def get_heads(self):
        return tuple(
            self.env._("%s a year", format_number(self.env, yearly))
            for yearly in (self.record.yearly_tried, self.record.yearly_usual)
        )

    def _name_profit(self):
        return self.env._("Incremental profit of the other cadence")

    def _tell_few_treated(self, count):
        return self.env._(
            "Not proven: of the half with the other cadence, only %s bought.",
            format_count(self.env, count),
        )

    def _tell_waiting(self):
        return self.env._(
            "Decided on %(day)s, %(days)s days after the last day. Until then nothing"
            " is compared, because whoever looks every day will see an effect one day,"
            " even if there is none.",
            day=format_date(self.env, self.decision_day, date_format="medium"),
            days=self.record.later_days + 1,
        )

    def _entered_sql(self):
        return SQL(
            """
            SELECT m.relationship_id, r.partner_id, %(first)s::date AS date,
                   NOT COALESCE(m.is_tried, FALSE) AS in_control
              FROM crm_cadence_member m
              JOIN crm_relationship r ON r.id = m.relationship_id
             WHERE m.experiment_id = %(experiment)s
            """,
            first=self.first_day,
            experiment=self.record.id,
        )

    def _done_sql(self):
        return self._done_within_sql(
            SQL("JOIN crm_interaction i ON i.relationship_id = entered.relationship_id")
        )

    def _get_rows(self, treated, control):
        env, groups = self.env, (treated, control)
        if not self.is_over:
            return [
                (
                    env._("Customers"),
                    *(format_count(env, self._get_size(g)) for g in groups),
                )
            ]
        each = [
            format_number(env, g["count"] / g["size"], 1) if g["size"] else "–"
            for g in groups
        ]
        cost = [self._format_each(self._get_cost(g), g["size"]) for g in groups]
        return [
            (env._("Customers"), *(format_count(env, g["size"]) for g in groups)),
            (
                env._("Of them reached"),
                *(format_count(env, g["reached"]) for g in groups),
            ),
            (env._("Interactions per customer, of any kind"), *each),
            *self._get_outcome_rows(groups),
            (env._("Cost per customer, with working time"), *cost),
        ]

    def _get_size(self, group):
        """Return all: nobody enters later, and the days of all are over at once."""
        return group["size"] + (0 if self.is_over else group["waiting"])

    def _get_columns(self):
        name, size, *others = super()._get_columns()
        if not self.is_over:
            return [name, size]
        count = Column("count", self.env._("Interactions of any kind"), "integer")
        return [name, size, count, *others]

    def _get_notes(self, groups):
        env = self.env
        for group in groups.values() if not self.is_over else ():
            group["waiting"] = 0
        notes = super()._get_notes(groups)
        if self.is_over and groups[TREATED]["size"] and groups[CONTROL]["size"]:
            notes += self._tell_each(groups[TREATED], groups[CONTROL])
        if moved := self._count_moved():
            notes.append(
                env._(
                    "Customers who are no longer in the segment: %(count)s. They count"
                    " in the half that chance gave them.",
                    count=format_count(env, moved),
                )
            )
        if changed := self.record.day_changed:
            notes.append(
                env._(
                    "A contact plan has been changed on %(day)s: since then the halves"
                    " differ in more than this cadence, so only what came before is"
                    " compared.",
                    day=format_date(env, changed, date_format="medium"),
                )
            )
        return notes

    def _tell_each(self, treated, control):
        """Return in a sentence what each additional interaction brought and cost."""
        step = self.get_step(treated, control)
        if step is None:
            return [
                self.env._(
                    "Nothing is known of each additional interaction: those who were"
                    " to have more hardly got more, or amounts cannot be compared."
                )
            ]
        return [
            self.env._(
                "Each additional interaction brought a margin of %(value)s and cost"
                " %(cost)s.",
                value=self._format_amount(step.value, True),
                cost=self._format_amount(step.cost),
            )
        ]

    def get_step(self, treated, control):
        """Return the step of the marginal curve, or ``None`` where it says nothing."""
        verdict = self.compare_amounts(treated, control)
        if verdict is None or verdict.difference is None:
            return None
        extra = treated["count"] / treated["size"] - control["count"] / control["size"]
        wanted = self.record.yearly_tried - self.record.yearly_usual
        wanted *= self.days / DAYS_OF_YEAR
        if extra * wanted <= 0 or abs(extra) < LEAST_EXTRA * abs(wanted):
            return None
        rate = self.company.relationship_margin_rate
        value, least, most = get_each(
            verdict.difference * rate,
            None if verdict.low is None else verdict.low * rate,
            None if verdict.high is None else verdict.high * rate,
            extra,
        )
        cost = self._get_extra_cost(treated, control) / treated["size"] / extra
        low, high = sorted((self.record.yearly_usual, self.record.yearly_tried))
        return Step(low, high, value, least, most, cost)

    def _count_moved(self):
        """Count who is in another segment now; ``sudo``: a number only."""
        members = self.env["crm.cadence.member"].sudo()
        return members.search_count(
            [
                ("experiment_id", "=", self.record.id),
                ("relationship_id.segment_id", "!=", self.record.segment_id.id),
            ]
        )
