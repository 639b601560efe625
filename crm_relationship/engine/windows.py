"""When a person may be contacted: weekly hours in the person's own time zone.

Moments are naive datetimes in UTC, as Odoo stores them. Hours are wall clock time where
the person lives. The two are brought together one UTC day at a time: a day is cut where
the clocks change, each piece has one offset, and the opening hours that fall into it
are kept as UTC intervals. So an hour that the clock skips never opens, an hour that it
repeats opens twice, and a later question about the same day takes only a look at a few
intervals.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from itertools import chain
from zoneinfo import ZoneInfo

HORIZON = timedelta(days=400)
"""How far ahead an opening is looked for: over a year, so a yearly one is found."""

MINUTES_PER_DAY = 24 * 60
Interval = tuple[datetime, datetime]

_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)
_SECOND = timedelta(seconds=1)
_LAST_MOMENT = datetime.max - _DAY
# The clocks of some zones are ahead of the last day that Python knows.
_LAST_DAY = date.max.toordinal() - 1
# A long-running worker must not remember every day it was ever asked about.
_DAYS_REMEMBERED = 2000


def zone(name: str) -> ZoneInfo:
    """Return the time zone of that name, such as "Asia/Jakarta".

    :raises ValueError: when there is none; ``ZoneInfo`` itself raises four kinds of
        errors, depending on what is wrong with the name.
    """
    try:
        return ZoneInfo(name)
    except (AttributeError, KeyError, OSError, TypeError, ValueError) as error:
        raise ValueError(f"There is no time zone {name!r}.") from error


class Days:
    """Dates told by their first and last, so that a century costs what a day costs."""

    def __init__(self, spans: Iterable[tuple[date, date]] = ()):
        """Take spans in any order; one that ends before it begins is none."""
        merged: list[list[date]] = []
        for first, last in sorted(span for span in spans if span[0] <= span[1]):
            if merged and first <= merged[-1][1]:
                merged[-1][1] = max(merged[-1][1], last)
            else:
                merged.append([first, last])
        self._firsts = [first for first, _last in merged]
        self._lasts = [last for _first, last in merged]

    def __bool__(self) -> bool:
        return bool(self._firsts)

    def __or__(self, other: "Days") -> "Days":
        return Days((*self._get_spans(), *other._get_spans()))

    def _get_spans(self) -> Iterable[tuple[date, date]]:
        return zip(self._firsts, self._lasts, strict=True)

    def __contains__(self, day: date) -> bool:
        index = bisect_right(self._firsts, day) - 1
        return index >= 0 and day <= self._lasts[index]


@dataclass(frozen=True, slots=True)
class Window:
    """Weekly opening hours; share one object between people, it remembers days."""

    hours: tuple[tuple[tuple[int, int], ...], ...]
    """Monday to Sunday, each with its ``(start, end)`` in minutes of the local day.

    The end is not part of it; 1440 is midnight. What runs over midnight is two entries.
    """
    tz: tzinfo
    closed: Days | frozenset[date] = frozenset()
    """Local dates on which nothing opens: holidays."""
    second: tuple[tuple[tuple[int, int], ...], ...] | None = None
    """As ``hours``, of every second week, where two alternate: the weeks with an odd
    number, counted from the Monday on which Python's calendar begins."""
    shut: tuple[Interval, ...] = ()
    """From when to when nothing opens wherever somebody is, in UTC: half a holiday, in
    any order."""
    _days: dict = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self):
        """Refuse hours that do not make sense.

        :raises ValueError: when there are not seven days, or a day has an entry that is
            empty, runs backwards or lies outside the day.
        """
        for week in self.weeks:
            if len(week) != 7:
                raise ValueError(f"A week has 7 days, not {len(week)}.")
        for day in chain(*self.weeks):
            for start, end in day:
                if not 0 <= start < end <= MINUTES_PER_DAY:
                    raise ValueError(f"Minutes {start} to {end} are no opening hours.")

    def in_zone(self, tz: tzinfo) -> "Window":
        """Return the same hours and closed dates on the clocks of another zone.

        What is shut is so at the same moments.
        """
        return replace(self, tz=tz)

    @property
    def weeks(self) -> tuple:
        """The hours of a week, or of two that alternate."""
        return (self.hours,) if self.second is None else (self.hours, self.second)

    @property
    def has_hours(self) -> bool:
        """Whether it is ever open, holidays apart."""
        return any(chain(*self.weeks))

    def get_hours(self, day: int) -> tuple[tuple[int, int], ...]:
        """Return the hours of a date, an ordinal, holidays apart."""
        week, weekday = divmod(day - 1, 7)
        return self.weeks[week % len(self.weeks)][weekday]

    def get_intervals(self, day: date, is_usual: bool = False) -> list[Interval]:
        """Return the hours of a local date, in UTC.

        :param is_usual: whether holidays do not matter
        """
        if not is_usual and day in self.closed:
            return []
        midnight = datetime.combine(day, time())
        bounds = (
            tuple(
                _to_utc(midnight + timedelta(minutes=minute), self.tz)
                for minute in span
            )
            for span in self.get_hours(day.toordinal())
        )
        # an hour that the clock skips is none
        hours = [(start, end) for start, end in bounds if start < end]
        return hours if is_usual else cut(hours, self.shut)

    def is_open(self, moment: datetime) -> bool:
        """Tell whether the person may be contacted at a moment in UTC."""
        day = moment.toordinal()
        openings = self._days.get(day)
        if openings is None:
            openings = self._remember(day)
        for start, end in openings:
            if start <= moment < end:
                return True
        return False

    def next_opening(self, moment: datetime) -> datetime | None:
        """Return the first open moment (UTC), which may be ``moment`` itself.

        None when nothing opens within the next 400 days.
        """
        if not self.has_hours:
            return None
        first = moment.toordinal()
        for day in range(first, min(first + HORIZON.days + 1, _LAST_DAY)):
            openings = self._days.get(day)
            if openings is None:
                openings = self._remember(day)
            for start, end in openings:
                if moment < end:
                    opening = max(start, moment)
                    return opening if opening - moment <= HORIZON else None
        return None

    def _remember(self, day: int) -> tuple[Interval, ...]:
        """Return the openings within a UTC day, an ordinal, and remember them."""
        if len(self._days) >= _DAYS_REMEMBERED:
            self._days.clear()
        openings = self._days[day] = tuple(sorted(cut(self._openings(day), self.shut)))
        return openings

    def _openings(self, day: int) -> Iterable[Interval]:
        for begin, finish, offset in _pieces(self.tz, day):
            first = (begin + offset).toordinal()
            last = (finish + offset - _SECOND).toordinal()
            for local_day in range(first, last + 1):
                if self.closed and date.fromordinal(local_day) in self.closed:
                    continue
                midnight = datetime.fromordinal(local_day) - offset
                for start, end in self.get_hours(local_day):
                    opens = max(midnight + timedelta(minutes=start), begin)
                    closes = min(midnight + timedelta(minutes=end), finish)
                    if opens < closes:
                        yield opens, closes


def cut(hours: Iterable[Interval], away: Iterable[Interval]) -> list[Interval]:
    """Return what is left of hours; both in any order."""
    left = list(hours)
    for begin, finish in away:
        left = [
            (start, end)
            for first, last in left
            for start, end in ((first, min(last, begin)), (max(first, finish), last))
            if start < end
        ]
    return left


def widen(span: Interval, usual: Window) -> Interval:
    """Return time off as whole days where it leaves nothing of their usual hours.

    Whoever enters a holiday from eight to five means the day.

    :param span: in UTC, as for :func:`divide`
    :param usual: when people work
    """
    start, end = span
    if end.second == 59 and end < _LAST_MOMENT:
        end = end.replace(microsecond=0) + _SECOND
    try:
        first, last = (_to_local(moment, usual.tz).date() for moment in (start, end))
        for day in (first, last):
            hours = usual.get_intervals(day, is_usual=True)
            if hours and not cut(hours, [(start, end)]):
                midnights = (datetime.combine(d, time()) for d in (day, day + _DAY))
                begin, finish = (_to_utc(midnight, usual.tz) for midnight in midnights)
                start, end = min(start, begin), max(end, finish)
    except OverflowError:  # for ever
        return span
    return start, end


def divide(spans: Iterable[Interval], tz: tzinfo) -> tuple[Days, tuple[Interval, ...]]:
    """Return what time off closes: whole dates on a clock, and what is not just dates.

    Whole dates are closed wherever somebody is, on the clock of that place. What begins
    or ends within a day is closed at the moments it covers.

    :param spans: in UTC; the end of the minute 23:59 is midnight
    """
    days, shut = [], []
    for start, end in spans:
        if end.second == 59 and end < _LAST_MOMENT:
            end = end.replace(microsecond=0) + _SECOND
        first, last = _to_local(start, tz), _to_local(end, tz)
        is_whole = not (_is_within_day(first) or _is_within_day(last))
        if start < end and not is_whole:
            shut.append((start, end))
        begin = first.date() + _DAY * _is_within_day(first)
        if begin < last.date():
            days.append((begin, last.date() - _DAY))
    return Days(days), tuple(shut)


def _is_within_day(moment: datetime) -> bool:
    return moment.time() != time()


def _to_local(moment: datetime, tz: tzinfo) -> datetime:
    """Return what a clock shows at a moment in UTC; time off may last for ever."""
    try:
        return moment.replace(tzinfo=UTC).astimezone(tz).replace(tzinfo=None)
    except OverflowError:
        return moment


def _to_utc(moment: datetime, tz: tzinfo) -> datetime:
    return moment.replace(tzinfo=tz).astimezone(UTC).replace(tzinfo=None)


def outside(first: int, last: int) -> tuple[tuple[tuple[int, int], ...], ...] | None:
    """Return the hours of each day outside quiet ones, which may run over midnight.

    :param first: minute of the day from which it is quiet
    :param last: minute from which it no longer is; the same as ``first``: never quiet
    """
    if first == last:
        return None
    if first > last:
        day = ((last, first),)
    else:
        spans = ((0, first), (last, MINUTES_PER_DAY))
        day = tuple(span for span in spans if span[0] < span[1])
    return (day,) * 7


def next_common_opening(windows: Sequence[Window], moment: datetime) -> datetime | None:
    """Return the first moment at which all windows are open, whatever their zones.

    Each in turn moves the moment on until none does. None when they do not overlap
    within 400 days.
    """
    start = moment
    while moment - start <= HORIZON:
        before = moment
        for window in windows:
            opening = window.next_opening(moment)
            if opening is None:
                return None
            moment = opening
        if moment == before:
            return moment
    return None


@lru_cache(maxsize=16_384)
def _pieces(tz: tzinfo, day: int) -> tuple[tuple[datetime, datetime, timedelta], ...]:
    """Return a UTC day as ``(start, end, offset)`` pieces, cut where the clocks change.

    The offset is looked up every hour: no zone has changed its clocks twice in one.
    """
    start = datetime.fromordinal(day)
    pieces = []
    begin, offset = start, _offset(tz, start)
    for hour in range(1, 25):
        end = start + hour * _HOUR
        after = _offset(tz, end)
        if after != offset:
            change = _change(tz, end - _HOUR, end)
            pieces.append((begin, change, offset))
            begin, offset = change, after
    pieces.append((begin, start + 24 * _HOUR, offset))
    return tuple(piece for piece in pieces if piece[0] < piece[1])


def _change(tz: tzinfo, before: datetime, after: datetime) -> datetime:
    """Return the first second that has the offset of ``after``, by bisection."""
    offset = _offset(tz, after)
    while after - before > _SECOND:
        middle = before + (after - before) // _SECOND // 2 * _SECOND
        if _offset(tz, middle) == offset:
            after = middle
        else:
            before = middle
    return after


def _offset(tz: tzinfo, moment: datetime) -> timedelta:
    """Return what to add to a moment in UTC to get the wall clock time."""
    return tz.fromutc(moment.replace(tzinfo=tz)).replace(tzinfo=None) - moment
