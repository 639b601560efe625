"""Queues hold what can be done: what has no room on its day leaves them again.

A queue was right when it was filled. Then somebody is ill, a customer does not answer
and comes back on a full day, a complaint comes in between, yesterday's work is left
over. So before each release, days that hold more than their minutes give back the least
urgent interactions; the release then finds another day for these, or a stand-in, like
for everything else that is due.
"""

from collections import defaultdict

from odoo import fields
from odoo.tools import SQL

from ...engine.capacity import Book
from ..ledger.live import from_system_sql
from .capacity import OVER_CAPACITY, is_promised


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
        """Return the interactions for which their days have no room."""
        found = self.ledger
        for company, loads in self._read_loads().items():
            staff = self.env["res.users"].union(*loads)
            for user, work in staff._get_workdays(company, self.now).items():
                if user in loads and self._is_over(work, loads[user]):
                    found += self._find_excess_of(user, company, work)
        return found

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

    def _find_excess_of(self, user, company, work):
        """Return what has to leave the queue of one person, by urgency."""
        rows = self._read_queue(user, company)
        free, fixed = [], []
        for id_, moment, minutes, may_leave, asked in rows:
            day = self._get_day(work, moment)
            stays = not may_leave or is_promised(work, asked, self.now)
            (fixed if stays else free).append((id_, day, minutes))
        book = Book({day: work.get_minutes(day) for _id, day, _min in free + fixed})
        for _id, day, minutes in fixed:
            book.take(day, minutes)
        leaving = []
        for id_, day, minutes in free:
            if book.find(day, minutes) == day:
                book.take(day, minutes)
            elif self._may_relieve(work, day):
                leaving.append(id_)
        return self.ledger.browse(leaving)

    def _read_queue(self, user, company):
        """Return rows (id, moment, minutes, whether it may leave, the moment that
        somebody asked for), by urgency.
        """
        return self.env.execute_query(
            SQL(
                """
                SELECT i.id, i.date_planned, COALESCE(t.duration, 0),
                       i.company_id = %(company)s AND %(from_system)s
                       AND c.relationship_state = 'live', i.date_asked
                  FROM crm_interaction i
                  JOIN res_company c ON c.id = i.company_id
             LEFT JOIN crm_touchpoint t ON t.id = i.touchpoint_id
                 WHERE i.state = 'open' AND i.user_id = %(user)s
              ORDER BY %(urgency)s
                """,
                company=company.id,
                from_system=from_system_sql(),
                user=user.id,
                urgency=self.ledger._get_urgency_sql(),
            )
        )

    def relieve(self):
        """Take what has no room out of the queues, for the release to place it anew."""
        excess = self.find_excess()
        activities = excess.activity_id
        excess.write(
            {"state": "scheduled", "activity_id": False, "reason_code": OVER_CAPACITY}
        )
        activities.filtered("active").unlink()
