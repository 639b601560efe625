"""How many enter a program on a day: what it allows, and what people have time for.

Where people make its steps, a day on which nobody works is none to enter on: whoever
entered on a weekend or over holidays would be called on the first day after it,
together with those of that day.
"""

from collections import defaultdict
from datetime import timedelta

from ..base.bounds import LAST_DAY
from .triggers import TRIGGERS

_DAY = timedelta(days=1)


def spread(program, enrollments):
    """Let those who enter too many at once begin on later days.

    :param enrollments: the new ones, before their steps are placed
    """
    is_limited = program.daily_limit or program.spread_by_time
    if not (enrollments and is_limited and TRIGGERS[program.trigger].may_wait):
        return
    rate = Rate(program, enrollments)
    moved = defaultdict(list)
    for enrollment in enrollments.sorted(lambda e: (e.date, e.id)):
        moved[rate.find_day(enrollment)].append(enrollment.id)
    for day, ids in moved.items():
        enrollments.browse(ids).date = day


class Rate:
    """The days on which customers may enter a program."""

    def __init__(self, program, enrollments):
        self.program = program
        first = min(enrollments.mapped("date"))
        self._free = self._read_free(enrollments, first)
        self._needs = self._get_needs()
        # sudo: when a company works, whoever enrolls its customers
        companies = enrollments.company_id.sudo()
        self._windows = {
            company: company.resource_calendar_id._to_contact_window(company)
            for company in companies
            if self._needs and company.resource_calendar_id
        }
        self._books = self._read_books(enrollments, first)

    def _read_free(self, enrollments, first):
        """Return how many may still enter on each day; any number without a limit."""
        if not self.program.daily_limit:
            return defaultdict(lambda: len(enrollments))
        free = defaultdict(lambda: self.program.daily_limit)
        for day, count in enrollments._read_group(
            [
                ("program_id", "=", self.program.id),
                ("date", ">=", first),
                ("id", "not in", enrollments.ids),
            ],
            ["date:day"],
            ["__count"],
        ):
            free[day] -= count
        return free

    def _get_needs(self):
        """Return what the steps that people make need, in their order.

        :return: ``[(days after the start, minutes, res.users or empty)]``
        """
        needs = []
        for step in self.program._get_steps_in_order():
            touchpoint = step._get_candidates(self.program.env["crm.touchpoint"])[:1]
            if not step._get_template(touchpoint):
                days = timedelta(days=max(0, int(step._get_length())))
                needs.append((days, touchpoint.duration, step.user_id))
        return needs

    def _read_books(self, enrollments, first):
        """Return ``{(res.company, res.users): Book}``, where time is asked for."""
        if not self.program.spread_by_time:
            return {}
        staff = self.program.step_ids.user_id
        books = {}
        for company, own in enrollments.grouped("company_id").items():
            users = own.relationship_id.user_id | staff
            found = self.program._get_books(users, company, first)
            books |= {(company, user): book for user, book in found.items()}
        return books

    def find_day(self, enrollment):
        """Return the first day on which a customer may begin, and enter it."""
        day = enrollment.date
        needs = [
            (days, minutes, book)
            for days, minutes, user in self._needs
            if (book := self._get_book(enrollment, user))
        ]
        while day < LAST_DAY and not self._is_free(enrollment.company_id, day, needs):
            day += _DAY
        self._free[day] -= 1
        for days, minutes, book in needs:
            book.spread(day + days, minutes)
        return day

    def _is_free(self, company, day, needs):
        """Tell whether one more may enter: whoever makes the first step decides."""
        if self._free[day] <= 0 or not self._is_worked(company, day):
            return False
        return all(
            _has_room(book, day + days, minutes) for days, minutes, book in needs[:1]
        )

    def _get_book(self, enrollment, user):
        user = user or enrollment.relationship_id.user_id
        return self._books.get((enrollment.company_id, user))

    def _is_worked(self, company, day):
        window = self._windows.get(company)
        if not window or not window.has_hours:
            return True
        return bool(window.get_intervals(day))


def _has_room(book, day, minutes):
    """Tell whether somebody has room on a day, or on the next one that is worked on.

    Beyond what the book knows, everybody has.
    """
    own = next((worked for worked in book.days if worked >= day), None)
    return own is None or book.find(own, minutes) == own
