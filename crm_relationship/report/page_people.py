"""Sections of a page about people: their queues and time, their week, their work."""

from collections import Counter
from datetime import timedelta

from odoo.fields import Domain
from odoo.tools.misc import format_date, get_lang

from .page import DANGER, MUTED, SUCCESS, WARNING, Page, opening

QUEUE_DAYS = 7
WEEK = 7
# Of fewer cases, a share of somebody's work says nothing.
FEW = 10
# Shares that are worth praise, and shares of somebody who could do with help.
GOOD, POOR = 0.95, 0.7
# In the first days of a month, the last one is told of.
YOUNG_MONTH = 7
PENDING = ("scheduled", "open")


class PeopleSections(Page):
    """What a page tells of those whose work it shows."""

    # ------------------------------------------------------------------
    # Queues and time
    # ------------------------------------------------------------------

    def make_queue(self):
        self.end = self.today + timedelta(days=QUEUE_DAYS)
        self.queue = [
            *self.work,
            ("state", "=", "open"),
            ("date_planned", "<", self._moment(self.end)),
        ]
        self.loads = self._read_loads()
        title = self.env._("In the queues for the next %s days", QUEUE_DAYS)
        number = self._make_number(
            "queue",
            title,
            self.env._(
                "Open interactions that are planned for these days, and those overdue."
            ),
            opening("crm_interaction_action", title, self.queue),
            model="crm.interaction",
        )
        return self._make_section(
            "queue",
            self.env._("Queue and Time"),
            self._tell_queue,
            numbers=[number],
            rows=list(self._get_overloaded()),
            chart=self._draw_queue(),
        )

    def _read_loads(self):
        """Return the minutes of each person and day: ``{user: ([queued], [free])}``.

        What is overdue is in the queue of today; what was done today has used up time
        of today.
        """
        days = [self.today + timedelta(days=day) for day in range(QUEUE_DAYS)]
        queued, spent, people = self._read_queued()
        # sudo: working hours of colleagues, for their minutes alone
        workdays = people.sudo()._get_workdays(self.company, self.now)
        loads = {}
        for user in people:
            work = workdays[user.sudo()]
            free = [work.get_minutes(day) for day in days]
            free[0] = max(free[0] - spent[user], 0)
            loads[user] = [queued[user, day] for day in days], free
        return loads

    def _read_queued(self):
        done_today = Domain(
            [
                *self.work,
                ("state", "=", "done"),
                ("outcome", "!=", "sent"),
                ("date_done", ">=", self._moment(self.today)),
            ]
        )
        groups = (
            self.env["crm.interaction"]
            .with_context(tz=self.company._relationship_tz())
            ._read_group(
                Domain(self.queue) | done_today,
                ["user_id", "state", "touchpoint_id", "date_planned:day"],
                ["__count", "duration:sum"],
            )
        )
        queued, spent, people = Counter(), Counter(), self.people
        for user, state, touchpoint, moment, count, minutes in groups:
            if state == "done":
                spent[user] += minutes
            elif user:
                people |= user
                day = max(moment.date(), self.today)
                queued[user, day] += count * touchpoint.duration
        return queued, spent, people

    def _get_overloaded(self):
        """Yield who has more in the queue than time, the fullest first."""
        over = {
            user: (sum(queued), sum(free))
            for user, (queued, free) in self.loads.items()
            # not where both would be shown as the same hours
            if sum(queued) > sum(free)
            and self._hours(sum(queued)) != self._hours(sum(free))
        }
        # sudo: names of colleagues, to whoever sees their interactions
        for user in sorted(over, key=lambda u: (over[u][1] - over[u][0], u.id)):
            queued, free = over[user]
            name = user.sudo().name
            yield {
                "id": f"queue_{user.id}",
                "title": name,
                "detail": self.env._(
                    "%(queued)s hours in the queue, %(free)s hours of time",
                    queued=self._hours(queued),
                    free=self._hours(free),
                ),
                "tone": WARNING,
                "action": opening(
                    "crm_interaction_action",
                    name,
                    [*self.queue, ("user_id", "=", user.id)],
                ),
            }

    def _draw_queue(self):
        """Return the picture of the days: hours in the queues, and hours of time."""
        days = range(QUEUE_DAYS)
        labels = [self.today + timedelta(days=day) for day in days]
        queued, free = (
            [
                round(sum(load[part][day] for load in self.loads.values()) / 60, 1)
                for day in days
            ]
            for part in range(2)
        )
        return {
            "type": "bar",
            "title": self.env._("Hours a day"),
            "labels": [format_date(self.env, d, date_format="EEE d") for d in labels],
            "series": [
                {
                    "label": self.env._("In the queues"),
                    "values": queued,
                    "tone": "info",
                },
                {"label": self.env._("Time"), "values": free, "tone": MUTED},
            ],
        }

    def _tell_queue(self):
        queued, free = (
            sum(sum(load[part]) for load in self.loads.values()) for part in range(2)
        )
        if not queued:
            return self.env._("Nothing is in the queues."), MUTED
        sentence = self.env._(
            "%(queued)s hours are in the queues, and there are %(free)s hours of time.",
            queued=self._hours(queued),
            free=self._hours(free),
        )
        return sentence, DANGER if queued > free else SUCCESS

    # ------------------------------------------------------------------
    # This week
    # ------------------------------------------------------------------

    def _get_week(self):
        """Return the first day of the week, as the reader's language begins it."""
        first = int(get_lang(self.env).week_start) - 1
        return self.today - timedelta(days=(self.today.weekday() - first) % WEEK)

    def make_week(self):
        week = self._get_week()
        since, until = self._moment(week), self._moment(week + timedelta(days=WEEK))
        today = self._moment(self.today)
        pending = ("state", "in", PENDING)
        parts = [
            (
                "kept",
                self.env._("Promises kept"),
                self.env._(
                    "Interactions of plans and programs that were done this week,"
                    " whichever day they were planned for."
                ),
                SUCCESS,
                [("state", "=", "done"), ("date_done", ">=", since)],
            ),
            (
                "due",
                self.env._("Still to come"),
                self.env._(
                    "Interactions of plans and programs that are planned from today to"
                    " the end of the week."
                ),
                MUTED,
                [
                    pending,
                    ("date_planned", ">=", today),
                    ("date_planned", "<", until),
                ],
            ),
            (
                "overdue",
                self.env._("Overdue"),
                self.env._(
                    "Interactions of plans and programs that were planned before today"
                    " and are not done, however long ago."
                ),
                DANGER,
                [pending, ("date_planned", "<", today)],
            ),
            (
                "missed",
                self.env._("Tried in vain"),
                self.env._(
                    "Interactions of plans and programs that were tried this week and"
                    " reached nobody."
                ),
                WARNING,
                [("state", "=", "missed"), ("date_attempt", ">=", since)],
            ),
        ]
        planned = [
            *self.work,
            "|",
            ("plan_line_id", "!=", False),
            ("program_step_id", "!=", False),
        ]
        numbers = [
            self._make_number(
                f"week_{name}",
                label,
                help_,
                opening("crm_interaction_action", label, [*planned, *domain]),
                model="crm.interaction",
                tone=tone,
            )
            for name, label, help_, tone, domain in parts
        ]
        return self._make_section(
            "week",
            self.env._("This Week's Promises"),
            lambda: self._tell_week(numbers),
            numbers=numbers,
        )

    def _tell_week(self, numbers):
        kept, due, overdue, _missed = (number["value"] for number in numbers)
        if not kept + due + overdue:
            return self.env._("Nothing was promised for this week."), MUTED
        sentence = self.env._(
            "%(kept)s of %(all)s promised interactions are done.",
            kept=self._format(kept),
            all=self._format(kept + due + overdue),
        )
        return sentence, DANGER if overdue else SUCCESS

    # ------------------------------------------------------------------
    # People
    # ------------------------------------------------------------------

    def _read_recognition(self, domain):
        """Return rows of Recognition: of this month, or in its first days of the last.

        :return: the code of the period, and the rows
        """
        period = "last_month" if self.today.day <= YOUNG_MONTH else "month"
        names = (
            "name user_id coverage customer_count planned_count on_time mood_count mood"
            " solved_count answer_count answered"
        )
        rows = self.env["crm.recognition"].search_fetch(
            [
                ("company_id", "=", self.company.id),
                ("period", "=", period),
                *domain,
            ],
            names.split(),
        )
        return period, rows

    def _get_praise(self, row):
        """Yield what deserves praise, in words."""
        if row.solved_count:
            yield self.env._("complaints solved: %s", self._format(row.solved_count))
        if row.planned_count >= FEW and row.on_time >= GOOD:
            yield self.env._("on time: %s", self._percent(row.on_time))
        if row.mood_count >= FEW and row.mood >= GOOD:
            yield self.env._("happy customers: %s", self._percent(row.mood))

    def _get_needs(self, row):
        """Yield with what somebody could do with help, in words."""
        if row.answer_count and row.answered < 1:
            late = round(row.answer_count * (1 - row.answered))
            yield self.env._("complaints not answered in time: %s", self._format(late))
        if row.planned_count >= FEW and row.on_time < POOR:
            yield self.env._("on time: %s", self._percent(row.on_time))
        if (
            row.customer_count >= FEW
            and row.coverage is not False
            and row.coverage < POOR
        ):
            at_fault = self._percent(1 - row.coverage)
            yield self.env._("customers at fault: %s", at_fault)

    def make_people(self):
        period, found = self._read_recognition(self.get_recognized())
        rows = []
        for tone, tell in ((WARNING, self._get_needs), (SUCCESS, self._get_praise)):
            for row in found:
                if reasons := list(tell(row)):
                    rows.append(
                        {
                            "id": f"person_{tone}_{row.id}",
                            "title": self.name_row(row, tone),
                            "detail": ", ".join(reasons),
                            "tone": tone,
                            "action": opening(
                                self.recognition, row.name, res_id=row.id
                            ),
                        }
                    )
        return self._make_section(
            "people",
            self.people_title,
            lambda: (self._tell_people(period, rows), MUTED),
            rows=rows,
            screen=opening(self.recognition, self.people_title),
        )

    def _tell_people(self, period, rows):
        when = (
            self.env._("Last month") if period != "month" else self.env._("This month")
        )
        if rows:
            return when
        return self.env._(
            "%(period)s: too little is known yet to praise or to help.", period=when
        )
