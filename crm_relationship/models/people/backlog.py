"""Queues hold what can be done: what has no room on its day leaves them again.

A queue was right when it was filled. Then somebody is ill, a customer does not answer
and comes back on a full day, a complaint comes in between, yesterday's work is left
over. So before each release, days that hold more than their minutes give back the least
urgent interactions; the release then finds another day for these, or a stand-in, like
for everything else that is due.
"""

from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import NamedTuple

from odoo import fields
from odoo.fields import Domain
from odoo.tools import SQL

from ...engine.capacity import Book
from ..courtesy.gatekeeper import Gatekeeper
from ..ledger.live import from_system_sql
from .capacity import OVER_CAPACITY, is_promised
from .stand_ins import StandIns


class Row(NamedTuple):
    """What is in somebody's queue, or waits for it."""

    id: int
    moment: datetime
    """UTC; of what waits, a day that may come to have room."""
    minutes: int
    may_leave: bool
    asked: datetime | None
    """What somebody chose, if anybody did."""
    due: date
    waits: bool
    is_moved: bool
    """To a later day than its own, for want of time alone."""


class Backlog:
    """What is in the queues of all people, by day.

    What somebody chose the day for, and complaints, stay. So does the rest of a day on
    which work has begun: nobody's list gets shorter while it is worked through. Days
    off by the calendar are left alone, too: only customers who accept no other are
    planned for them.
    """

    def __init__(self, env):
        self.env = env
        self.ledger = env["crm.interaction"]
        self.now = fields.Datetime.now()

    def find_excess(self):
        """Return the interactions for which their days have no room, and those that
        wait and are more urgent than what has room.
        """
        excess = admitted = self.ledger
        waiting = self._read_waiting()
        for company, loads in self._read_loads().items():
            staff = self.env["res.users"].union(*loads)
            for user, work in staff._get_workdays(company, self.now).items():
                if user not in loads:
                    continue
                own = waiting.get((user, company), self.ledger)
                if own or self._is_over(work, loads[user]):
                    leaving, entering = self._find_excess_of(user, company, work, own)
                    excess += leaving
                    admitted += entering
        return excess, admitted

    def _read_waiting(self):
        """Return what waits for somebody's time: ``{(user, company): interactions}``

        Of those who are absent now, it is the time of whoever stands in.
        """
        waiting = self.ledger.search_fetch(
            Domain("state", "=", "scheduled")
            & Domain("reason_code", "=", OVER_CAPACITY)
            & Domain("date_asked", "=", False)
            & Domain("date_attempt", "=", False)
            & Domain("user_id", "!=", False),
            ["user_id", "for_user_id", "company_id"],
        )
        away = self.env["res.users"]._find_absent()
        replaced = waiting.filtered(lambda i: i._get_own_staff() in away)
        found = {}
        if replaced:
            keeper = Gatekeeper(replaced, self.now)
            keeper.set_staff({i: i._get_own_staff() for i in replaced})
            found = StandIns(replaced, keeper).find()
        return waiting.grouped(lambda i: (found.get(i, i.user_id), i.company_id))

    def _read_loads(self):
        """Return ``{company: {user: [(moment, minutes)]}}``; SQL because it is summed.

        Of all companies that somebody works for, because the minutes are the same.
        """
        self.ledger.flush_model()
        moments, companies = defaultdict(list), defaultdict(set)
        for user_id, company_ids, moment, minutes in self.env.execute_query(
            SQL(
                """
                SELECT i.user_id, array_agg(DISTINCT i.company_id), i.date_planned,
                       sum(COALESCE(t.duration, 0))
                  FROM crm_interaction i
             LEFT JOIN crm_touchpoint t ON t.id = i.touchpoint_id
                 WHERE i.state = 'open' AND i.user_id IS NOT NULL
              GROUP BY i.user_id, i.date_planned ORDER BY i.user_id, i.date_planned
                """
            )
        ):
            moments[user_id].append((moment, minutes))
            companies[user_id].update(company_ids)
        loads = defaultdict(dict)
        for user_id, own in moments.items():
            for company in self.env["res.company"].browse(sorted(companies[user_id])):
                loads[company][self.env["res.users"].browse(user_id)] = own
        return loads

    def _is_over(self, work, load):
        """Tell whether any day of a person holds more than it has minutes for."""
        days = defaultdict(int)
        for moment, minutes in load:
            days[self._get_day(work, moment)] += minutes
        return any(
            minutes > work.get_minutes(day)
            for day, minutes in days.items()
            if self._may_relieve(work, day)
        )

    def _get_day(self, work, moment):
        """Return the day on which it is done: what is left over, today."""
        return max(work.get_day(moment), work.get_day(self.now))

    def _may_relieve(self, work, day):
        if work.is_usually_off(day):
            return False
        start = work.get_start(day)
        return not start or self.now < start

    def _find_excess_of(self, user, company, work, waiting):
        """Return what has to leave the queue of one person, and what takes its place.

        Both by urgency. What waits asks for the first day with room from now on; so
        does, where anything waits, what has been moved to a later day.

        :param waiting: interactions
        """
        rows = self._read_queue(user, company, waiting)
        book = Book(self._get_days(work, company, rows))
        free = []
        for row in rows:
            stays = not row.may_leave or is_promised(work, row.asked, self.now)
            if stays and not row.waits:
                book.take(self._get_day(work, row.moment), row.minutes)
            elif not stays:
                free.append(row)
        first = next((day for day in book.days if self._may_relieve(work, day)), None)
        leaving, entering = [], []
        for row in free:
            own = None if row.waits else self._get_day(work, row.moment)
            wanted = own
            if first and (row.waits or (row.is_moved and waiting)):
                wanted = max(first, row.due)
            place = wanted and book.find(wanted, row.minutes)
            if place and (row.waits or place <= own):
                book.take(place, row.minutes)
                if place != own:
                    entering.append(row)
            elif not row.waits and self._may_relieve(work, own):
                leaving.append(row)
        if not leaving:
            # then there is room, and the release finds it
            entering = []
        leaving += [row for row in entering if not row.waits]
        return (
            self.ledger.browse(row.id for row in leaving),
            self.ledger.browse(row.id for row in entering),
        )

    def _get_days(self, work, company, rows):
        """Return the minutes of the days within the horizon, and of those in use."""
        days = {self._get_day(work, row.moment) for row in rows if not row.waits}
        until = self.now + company._get_queue_horizon()
        day = work.get_day(self.now)
        while day <= work.get_day(until):
            start = work.get_start(day)
            if start and start < until:
                days.add(day)
            day += timedelta(days=1)
        return {day: work.get_minutes(day) for day in days}

    def _read_queue(self, user, company, waiting):
        """Return the ``Row`` of each interaction in the queue, or waiting for it, by
        urgency.

        What waits has no channel yet: the first that its plan names tells how long. Of
        those that are as urgent, it comes last (a year later): nobody's place is taken
        for nothing.
        """
        found = self.env.execute_query(
            SQL(
                """
                SELECT i.id, i.date_planned,
                       COALESCE(t.duration, (
                           SELECT first.duration
                             FROM crm_touch_channel named
                             JOIN crm_touchpoint first ON first.id = named.touchpoint_id
                            WHERE named.plan_line_id = i.plan_line_id
                         ORDER BY named.sequence, named.id LIMIT 1), 0),
                       i.company_id = %(company)s AND %(from_system)s
                       AND c.relationship_state = 'live', i.date_asked, i.date_due,
                       i.state = 'scheduled',
                       i.reason_code = %(moved)s AND i.date_attempt IS NULL
                       AND i.date_asked IS NULL
                  FROM (
                    SELECT id, company_id, kind, sale_order_id, plan_line_id,
                           relationship_id, enrollment_id, touchpoint_id, state,
                           reason_code,
                           create_uid, is_complaint, date_due, date_asked,
                           date_attempt,
                           date_planned + make_interval(
                               years => (state = 'scheduled')::int) AS date_planned
                      FROM crm_interaction i
                     WHERE (i.user_id = %(user)s AND i.state = 'open')
                        OR i.id = ANY(%(waiting)s)
                  ) i
                  JOIN res_company c ON c.id = i.company_id
             LEFT JOIN crm_touchpoint t ON t.id = i.touchpoint_id
              ORDER BY %(urgency)s
                """,
                company=company.id,
                from_system=from_system_sql(),
                user=user.id,
                waiting=waiting.ids,
                moved=OVER_CAPACITY,
                urgency=self.ledger._get_urgency_sql(),
            )
        )
        return [Row(*row) for row in found]

    def relieve(self):
        """Take what has no room out of the queues, for the release to place it anew."""
        excess, admitted = self.find_excess()
        activities = excess.activity_id
        excess.write(
            {"state": "scheduled", "activity_id": False, "reason_code": OVER_CAPACITY}
        )
        activities.filtered("active").unlink()
        admitted._plan_as_wanted()
