"""How often a customer may be contacted: caps over sliding windows of time.

A cap ``(count, days)`` says: at most ``count`` interactions within any ``days`` times
24 hours. Two interactions exactly that far apart share no window, because a window does
not include its end. Moments are naive datetimes in UTC.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from .windows import HORIZON, Window, next_common_opening

# The first in this order chooses first, and so gets the best place.
PRIORITY = {"recovery": 1, "relationship": 2, "retention": 3, "referral": 4}
PRIORITY_BY_KIND = {"service": 0, "relationship": 2, "selling": 3}

MAX_SPAN = timedelta(days=36_525)
"""Nobody remembers longer; a longer one would leave the calendar."""

Spans = Sequence[tuple[int, timedelta]]
"""Caps as ``(count, length of the window)``."""


def rank(kind: str, objective: str | None = None) -> int:
    """Return who chooses first among the contacts of a customer, the lowest number.

    Service, recovery, relationship, retention, referral.

    :raises ValueError: when the kind is unknown
    """
    if kind not in PRIORITY_BY_KIND:
        raise ValueError(f"There is no kind of contact {kind!r}.")
    if kind == "service":
        return 0
    return PRIORITY.get(objective, PRIORITY_BY_KIND[kind])


def spans(caps: Iterable[tuple[int, int]]) -> Spans:
    """Return caps given as ``(count, days)``, with the days as a time span.

    :raises ValueError: when a count is negative or a window has no length. A count of 0
        is a rule too: no interaction at all.
    """
    result = []
    for count, days in caps:
        if count < 0 or days <= 0:
            raise ValueError(f"{count} contacts in {days} days is no cap.")
        result.append((count, timedelta(days=min(days, MAX_SPAN.days))))
    return tuple(result)


def next_free(
    moment: datetime, contacts: Sequence[datetime], count: int, span: timedelta
) -> datetime | None:
    """Return the first moment at or after ``moment`` that one cap leaves free.

    ``contacts`` are the other interactions in ascending order, including those planned
    after ``moment``: a new interaction may fill up a window that lies ahead of it.
    ``count`` neighbors less than ``span`` apart close the time in which one more
    interaction would share a window with all of them. Taken in order, each of them
    moves the moment out of the time it closes, and none can push it back. None when the
    cap allows no interaction at all, or none before the calendar ends.
    """
    if not count:
        return None
    first = bisect_right(contacts, moment - span)
    end = len(contacts) - count + 1
    if first >= end or contacts[first + count - 1] - moment >= span:
        return moment  # fewer than `count` interactions are near, the usual case
    for index in range(first, end):
        earliest, latest = contacts[index], contacts[index + count - 1]
        if latest - moment >= span:
            break
        if latest - earliest < span and moment - earliest < span:
            if datetime.max - earliest < span:
                return None
            moment = earliest + span
    return moment


def next_lawful(
    moment: datetime,
    contacts: Sequence[datetime],
    caps: Spans,
    windows: Sequence[Window],
    not_before: datetime = datetime.min,
) -> datetime | None:
    """Return the first moment that all caps and windows allow, or None.

    Each rule moves the moment on, no further than it must, until none does. Looks no
    further than 400 days ahead of ``moment``, nor beyond the year 9999.
    """
    limit = moment + HORIZON if moment < datetime.max - HORIZON else datetime.max
    moment = max(moment, not_before)
    try:
        while moment <= limit:
            before = moment
            for count, span in caps:
                moment = next_free(moment, contacts, count, span)
                if moment is None:
                    return None
            moment = next_common_opening(windows, moment)
            if moment is None or moment == before:
                return moment
    except OverflowError:
        return None
    return None
