"""What a program would bring if it began today, told before it is published.

Everything is counted, nothing is written. Customers are counted in a few statements
however many there are; the weeks follow from these counts by arithmetic.
"""

from collections import Counter, defaultdict
from datetime import timedelta
from functools import cached_property
from typing import NamedTuple

from odoo.tools import format_date

from ...engine.feasibility import WEEKS
from ..base.figures import format_amount, format_number
from . import faults, overlap
from .target_count import STATES, count_target_by_staff, count_unworthy

WEEK = 7
DAYS = WEEK * WEEKS
HOUR = 60
# Who is contacted, sooner or later: nobody who refused, whatever is planned. A message
# needs an address; a salesperson is given the interaction, and asks for a number.
SENT = ("reachable", "paused", "over_limit")
MADE = (*SENT, "no_address")
SHOWN_PROGRAMS = 8


class Foresight:
    """What nobody to the left of the people knows: how many enter, and who has time."""

    weekly = 0.0
    """How many entered, or would have entered, a week of the last quarter."""
    free = None

    def get_maker(self, step, user_id, backup_id):
        """Return the id of who makes a step for the customers of somebody."""
        return step.user_id.id or user_id or backup_id

    def get_free(self, user_ids):
        """Return the minutes that these have free in each week; None if unknown."""
        return self.free


class Touch(NamedTuple):
    """How a step is made, and when."""

    step: object
    day: int
    """After entering."""
    minutes: float
    is_message: bool


class ProgramPreview:
    """The preview of one program for the customers of one company."""

    def __init__(self, program, company):
        self.program = program
        self.company = company
        self.env = program.env
        self.today = company._relationship_today()
        self.counts = count_target_by_staff(program, company)
        self.foresight = program._foresee(company)

    def get_values(self):
        """Return what the template ``program_preview`` shows."""
        return {
            "program": self.program,
            "faults": faults.find(self.program),
            "doubts": self._find_doubts(),
            "target": self._describe_target(),
            "pace": self._describe_pace(),
            "cost": self._describe_cost(),
            "weeks": self._get_weeks(),
            "overlaps": self._describe_overlaps(),
            "limits": self._describe_limits(),
        }

    # ------------------------------------------------------------------
    # Who would enter
    # ------------------------------------------------------------------

    @cached_property
    def states(self):
        """How many are in the target, by how they can be reached."""
        states = dict.fromkeys(STATES, 0)
        for (state, *_staff), count in self.counts.items():
            states[state] += count
        return states

    @cached_property
    def total(self):
        return sum(self.states.values())

    @cached_property
    def contacted(self):
        """How many of the target would be contacted, sooner or later."""
        return self._count_contacted(all(touch.is_message for touch in self.touches))

    def _count_contacted(self, is_message):
        return sum(self.states[state] for state in (SENT if is_message else MADE))

    @cached_property
    def unworthy(self):
        """How many are not in the target only because it does not pay off."""
        return count_unworthy(self.program, self.company)

    @cached_property
    def inside(self):
        """How many of the target go through it already, or may not enter again."""
        return overlap.count_inside(self.program, self.company, self.today)

    @cached_property
    def aside(self):
        """How many of those who enter are kept aside."""
        if not self.program.holdout_share:
            return 0
        return round((self.total - self.inside) * self.program.holdout_share / 100)

    @property
    def entering(self):
        return self.total - self.inside - self.aside

    def _describe_target(self):
        """Return rows (text, number, whether it is a part of the first)."""
        env, states = self.env, self.states
        rows = [
            (env._("In the target"), self.total, False),
            (env._("Reachable now"), states["reachable"], True),
            (env._("Refused"), states["refused"], True),
            (env._("Paused"), states["paused"], True),
            (env._("Over the limit now"), states["over_limit"], True),
            (env._("No address"), states["no_address"], True),
            (env._("Left out, because it does not pay off"), self.unworthy, False),
            (env._("Going through it, or not to enter again"), -self.inside, False),
            (env._("Kept aside by chance"), -self.aside, False),
            (env._("Would enter"), self.entering, False),
        ]
        always = {rows[0], rows[1], rows[-1]}
        return [
            (row[0], self._count(row[1]), row[2])
            for row in rows
            if row[1] or row in always
        ]

    @cached_property
    def days(self):
        """How many enter on each of the next days, whether they can be reached or not.

        Chosen manually, all at once or as many a day as the program allows; else as
        many as something starts it for.
        """
        start, end = self._get_span()
        days = [0.0] * DAYS
        if self.program.trigger != "manual":
            for day in range(start, end):
                days[day] = self.foresight.weekly / WEEK
            return days
        left = self.entering
        limit = self.program.daily_limit or left
        for day in range(start, end):
            days[day] = min(left, limit)
            left -= days[day]
        return days

    def _get_span(self):
        """Return the first day on which customers enter, and the day after the last."""
        program = self.program
        start = ((program.date_start or self.today) - self.today).days
        end = ((program.date_end or self.today) - self.today).days
        start = min(max(start, 0), DAYS)
        return start, min(max(end + 1, start), DAYS) if program.date_end else DAYS

    def _describe_pace(self):
        env, program = self.env, self.program
        if program.trigger == "manual":
            return self._describe_manual_pace()
        trigger = dict(program._fields["trigger"]._description_selection(env))
        if not self.foresight.weekly:
            return env._(
                "They enter when it happens: %(trigger)s. Nothing of the last 13 weeks"
                " tells how many that will be.",
                trigger=trigger[program.trigger],
            )
        return env._(
            "They enter when it happens: %(trigger)s. By the last 13 weeks, about"
            " %(count)s a week.",
            trigger=trigger[program.trigger],
            count=self._count(self.foresight.weekly),
        )

    def _describe_manual_pace(self):
        limit = self.program.daily_limit
        if not limit or self.entering <= limit:
            return self.env._("If all of them are enrolled today, all enter at once.")
        last = self._get_span()[0] + -(-self.entering // limit) - 1
        return self.env._(
            "If all of them are enrolled, at most %(count)s enter a day, the last ones"
            " on %(day)s.",
            count=self._count(limit),
            day=self._date(last),
        )

    # ------------------------------------------------------------------
    # What comes in which week
    # ------------------------------------------------------------------

    @cached_property
    def touches(self):
        """How each step is made, ``sudo``: as the release would, whoever looks."""
        lead = self.program._get_lead().days
        touches = []
        for step in self.program._get_steps_in_order().sudo():
            channel = step._get_candidates(self.env["crm.touchpoint"].sudo())[:1]
            is_message = bool(channel and step._get_template(channel))
            touches.append(
                Touch(
                    step,
                    max(int(step._get_length() // 1) + lead, 0),
                    0 if is_message else channel.duration,
                    is_message,
                )
            )
        return touches

    @cached_property
    def contacts(self):
        """Contacts of each day, by person and by message: ``{is_message: [days]}``"""
        made = {True: [0.0] * DAYS, False: [0.0] * DAYS}
        for touch in self.touches:
            own = made[touch.is_message]
            share = self._get_share(self._count_contacted(touch.is_message))
            for day, count in enumerate(self.days[: max(DAYS - touch.day, 0)]):
                own[day + touch.day] += count * share
        return made

    def _get_share(self, contacted):
        """Return which part of those who enter so many of the target are."""
        return contacted / self.total if self.total else 0

    @cached_property
    def minutes(self):
        """Minutes asked of each person in each week: ``{user id: [weeks]}``"""
        shares = Counter()
        for (state, *staff), count in self.counts.items():
            if state in MADE:
                shares[tuple(staff)] += count / (self.total or 1)
        asked = defaultdict(lambda: [0.0] * WEEKS)
        for touch in self.touches:
            if not touch.minutes:
                continue
            weeks = self._get_weekly(touch)
            for staff, share in shares.items():
                own = asked[self.foresight.get_maker(touch.step, *staff)]
                for week, count in enumerate(weeks):
                    own[week] += count * share * touch.minutes
        return asked

    def _get_weekly(self, touch):
        """Return for how many of those who enter a step comes in each week."""
        weeks = [0.0] * WEEKS
        for day, count in enumerate(self.days[: max(DAYS - touch.day, 0)]):
            weeks[(day + touch.day) // WEEK] += count
        return weeks

    @cached_property
    def free(self):
        """Minutes that the people concerned have free each week; None if unknown."""
        return self.foresight.get_free({id_ for id_ in self.minutes if id_})

    def _get_weeks(self):
        """Return the rows of the table, up to the last week in which anything comes."""
        rows = []
        for week in range(WEEKS):
            days = slice(week * WEEK, (week + 1) * WEEK)
            own, sent = self.contacts[False][days], self.contacts[True][days]
            both = [one + other for one, other in zip(own, sent, strict=True)]
            asked = sum(weeks[week] for weeks in self.minutes.values())
            free = self.free and self.free[week]
            rows.append(
                {
                    "day": self._date(week * WEEK),
                    "entering": self._count(sum(self.days[days])),
                    "daily": self._count(sum(both) / WEEK),
                    "most": self._count(max(both)),
                    "messages": self._count(sum(sent)),
                    "asked": self._hours(asked),
                    "free": "" if free is None else self._hours(max(free, 0)),
                    "is_short": free is not None and asked > max(free, 0) + 0.5,
                    "is_empty": not sum(both) and not sum(self.days[days]),
                }
            )
        while rows and rows[-1]["is_empty"]:
            rows.pop()
        return rows

    # ------------------------------------------------------------------
    # What it costs
    # ------------------------------------------------------------------

    @cached_property
    def cost(self):
        """What the program costs for those who enter within the next 13 weeks."""
        each = self.program._get_cost_per_customer(self.company)
        return each, each * sum(self.days) * self._get_share(self.contacted)

    def _describe_cost(self):
        env, (each, total) = self.env, self.cost
        rows = [
            (env._("For each customer"), self._amount(each)),
            (env._("For those who enter within 13 weeks"), self._amount(total)),
        ]
        if self.program.budget:
            rows.append((env._("Budget"), self._amount(self.program.budget)))
        return rows

    # ------------------------------------------------------------------
    # What else these customers get
    # ------------------------------------------------------------------

    def _describe_overlaps(self):
        """Return a sentence for each program that customers of the target are in.

        Only programs that the user may see are named.
        """
        counts = overlap.count_others(self.program, self.company)
        names = self.env["crm.program"].with_context(active_test=False)
        seen = names.search([("id", "in", list(counts))])
        ranked = sorted(seen, key=lambda p: (-counts[p.id], p.name))
        return [
            self.env._(
                "%(count)s of these customers are in “%(program)s”.",
                count=self._count(counts[program.id]),
                program=program.name,
            )
            for program in ranked[:SHOWN_PROGRAMS]
        ]

    @cached_property
    def over(self):
        """How many would exceed each limit: ``{crm.contact.cap: number}``"""
        days = [touch.day for touch in self.touches]
        return overlap.count_over_limits(
            self.program, self.company, self.today, days, self.contacted
        )

    def _describe_limits(self):
        return [
            self.env._(
                "%(count)s would exceed %(limit)s if they entered today: for them,"
                " something has to wait.",
                count=self._count(count),
                limit=cap._describe(count=cap.count, days=cap.days),
            )
            for cap, count in self.over.items()
            if count
        ]

    # ------------------------------------------------------------------
    # What to think about
    # ------------------------------------------------------------------

    def _find_doubts(self):
        """Return what speaks against it, in sentences; none of it is forbidden."""
        env, doubts = self.env, faults.find_doubts(self.program)
        if not self.total:
            doubts.append(env._("Nobody is in the target at present."))
        elif not self.contacted:
            doubts.append(env._("Nobody in the target could be contacted."))
        budget, cost = self.program.budget, self.cost[1]
        if budget and self.company.currency_id.compare_amounts(cost, budget) > 0:
            doubts.append(
                env._(
                    "It would cost %(cost)s, more than its budget of %(budget)s.",
                    cost=self._amount(cost),
                    budget=self._amount(budget),
                )
            )
        if any(week["is_short"] for week in self._get_weeks()):
            doubts.append(
                env._(
                    "In some weeks the people concerned have too little time for it."
                    " What has no room waits for a later day."
                )
            )
        if any(weeks for id_, weeks in self.minutes.items() if not id_ and any(weeks)):
            doubts.append(env._("Some of these customers have nobody who serves them."))
        return doubts

    # ------------------------------------------------------------------
    # Words
    # ------------------------------------------------------------------

    def _count(self, number):
        number = round(number, 1 if abs(number) < 10 else 0)
        return format_number(self.env, number, 1 if number % 1 else 0)

    def _hours(self, minutes):
        return self._count(minutes / HOUR)

    def _amount(self, amount):
        return format_amount(self.env, amount, self.company.currency_id)

    def _date(self, day):
        return format_date(self.env, self.today + timedelta(days=int(day)))
