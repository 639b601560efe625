"""Contacts on the days of people who have only so many minutes a day.

Each person has a :class:`Book`, a page for each working day within the horizon. Whoever
asks first gets the first day on or after the one wanted that has room; the order in
which contacts ask is that of their urgency, and is told elsewhere. So a day is never
overbooked, and nothing is turned away while any day from the one wanted on has room for
it.
"""

from collections.abc import Mapping
from datetime import date


class Book:
    """What is left of the days of one person."""

    def __init__(self, minutes: Mapping[date, int]):
        """Take the minutes of each working day; days without any are none."""
        self._left = {day: minutes[day] for day in sorted(minutes) if minutes[day] > 0}
        self._untouched = set(self._left)
        self._longest = max(self._left.values(), default=0)

    @property
    def days(self) -> list[date]:
        """The working days, in order."""
        return list(self._left)

    def get_left(self, day: date) -> int:
        return self._left.get(day, 0)

    def find(self, wanted: date, minutes: int) -> date | None:
        """Return the first day on or after ``wanted`` with room for a contact."""
        return next(
            (
                day
                for day in self._left
                if day >= wanted and self._has_room(day, minutes)
            ),
            None,
        )

    def take(self, day: date, minutes: int) -> None:
        """Enter a contact on a day, whether there is room or not."""
        if day in self._left:
            self._left[day] -= min(minutes, self._left[day])
            if minutes:
                self._untouched.discard(day)

    def spread(self, day: date, minutes: int) -> int:
        """Enter what is in the queue already, on that day and those after it.

        :return: the minutes for which no day is left
        """
        for later in self._left:
            if later >= day and minutes:
                taken = min(minutes, self._left[later])
                self.take(later, taken)
                minutes -= taken
        return minutes

    def _has_room(self, day: date, minutes: int) -> bool:
        """Tell whether a contact fits; one longer than any day takes a whole one."""
        if minutes > self._longest:
            return day in self._untouched
        return minutes <= self._left[day]
