"""When a person works, and how many minutes of a day are for customer contacts.

Working hours are a :class:`Window`. What takes time out of a day is told by intervals
in UTC: an absence takes its share of the day's contacts along, as half a holiday does;
a meeting takes its own minutes. A day of which they leave nothing is closed altogether.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property

from .windows import Days, Interval, Window, cut

AROUND_THE_CLOCK = (((0, 24 * 60),),) * 7
_DAY = timedelta(days=1)
# Holidays and weekends in a row that nobody works on.
LONGEST_BREAK = 14


class Workdays:
    """The days of one person."""

    def __init__(
        self,
        window: Window,
        minutes: int,
        absences: Iterable[Interval] = (),
        read_meetings: Callable[[], Iterable[Interval]] = tuple,
    ):
        """Take working hours, and the minutes for contacts of a whole day.

        Absences and meetings in any order, overlapping or not. Absences should not
        reach further than anybody will ask, because each of their days is looked at.
        Meetings are read when minutes are asked for, which few who ask for days do.
        """
        self._whole = window
        self._minutes = minutes
        self._absences = merge(absences)
        self._read_meetings = read_meetings
        self._hours: dict[date, list[Interval]] = {}
        off = [
            day
            for day in _days_of(self._absences, window)
            if self._get_hours(day) and not self._subtract_absences(day)
        ]
        self._away = frozenset(off)
        self.window = window
        if self._absences:
            self.window = replace(
                window,
                closed=window.closed | Days((d, d) for d in off),
                shut=(*window.shut, *self._absences),
            )
        self._kept: dict[date, int] = {}

    @property
    def likeness(self) -> tuple:
        """What the minutes of a day depend on: the same for people who are alike."""
        return self._whole, self._minutes, *self._absences, *self._meetings

    @property
    def days_a_week(self) -> float:
        """Usual working days: half of one, where it is one in every second week."""
        weeks = self._whole.weeks
        return sum(bool(day) for week in weeks for day in week) / len(weeks)

    def get_day(self, moment: datetime) -> date:
        """Return the day of a moment in UTC on this person's clock."""
        return moment.replace(tzinfo=UTC).astimezone(self.window.tz).date()

    def get_start(self, day: date) -> datetime | None:
        """Return when work begins on a day, in UTC; None on a day off."""
        if self.is_off(day):
            return None
        return self._subtract_absences(day)[0][0]

    def is_off(self, day: date) -> bool:
        """Tell whether nothing is worked on a day."""
        return day in self.window.closed or not self._get_hours(day)

    @property
    def has_absence(self) -> bool:
        """Whether an absence takes any day at all."""
        return bool(self._away)

    def is_away(self, day: date) -> bool:
        """Tell whether an absence takes a whole day.

        Of a day that is not worked on, whether it takes the next one that is.
        """
        for _ahead in range(LONGEST_BREAK if self.has_absence else 0):
            if day in self._away:
                return True
            if not self.is_off(day):
                return False
            day += _DAY
        return False

    def is_usually_off(self, day: date) -> bool:
        """Tell whether a day is none to work on, absences and holidays apart."""
        return not self._whole.get_hours(day.toordinal())

    def get_minutes(self, day: date) -> int:
        """Return the minutes that a day has for contacts."""
        if day not in self._kept:
            self._kept[day] = self._count(day)
        return self._kept[day]

    def _count(self, day: date) -> int:
        if self.is_off(day):
            return 0
        left = self._subtract_absences(day)
        usual = self._get_hours(day)
        if self._whole.shut:
            usual = self._whole.get_intervals(day, is_usual=True)
        share = _length(left) / _length(usual)
        return max(
            int(self._minutes * share) - _length(_common(left, self._meetings)), 0
        )

    @cached_property
    def _meetings(self) -> list[Interval]:
        return merge(self._read_meetings())

    def _subtract_absences(self, day: date) -> list[Interval]:
        return cut(self._get_hours(day), self._absences)

    def _get_hours(self, day: date) -> list[Interval]:
        """Return the working hours of a day in UTC."""
        if day not in self._hours:
            self._hours[day] = self._whole.get_intervals(day)
        return self._hours[day]


def merge(intervals: Iterable[Interval]) -> list[Interval]:
    """Return intervals in order, those that touch or overlap as one."""
    merged: list[Interval] = []
    for start, end in sorted(i for i in intervals if i[0] < i[1]):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def _common(some: Sequence[Interval], others: Sequence[Interval]) -> list[Interval]:
    return merge(
        (max(start, begin), min(end, finish))
        for start, end in some
        for begin, finish in others
    )


def _length(intervals: Iterable[Interval]) -> int:
    """Return the minutes of intervals."""
    return sum(int((end - start).total_seconds() // 60) for start, end in intervals)


def _days_of(intervals: Iterable[Interval], window: Window) -> Iterable[date]:
    for start, end in intervals:
        day, last = (
            moment.replace(tzinfo=UTC).astimezone(window.tz).date()
            for moment in (start, end)
        )
        while day <= last:
            yield day
            day += _DAY
