"""Opening hours on the customer's clock, above all when that clock is changed."""

from dataclasses import replace
from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_relationship.engine.windows import (
    Window,
    _pieces,
    divide,
    next_common_opening,
    outside,
    widen,
    zone,
)
from engine_questions import DAY, OCCASIONS, REGULATED_SELLING_HOURS, moments, windows
from oracle.gate import MINUTE, is_open, minutes

few = settings(derandomize=True, deadline=None, max_examples=30)


def daily(start, end, name, closed=frozenset()):
    """Return a window open every day between two hours."""
    return Window((((start * 60, end * 60),),) * 7, zone(name), closed)


def openings(window, day):
    """Return the pieces of a UTC day in which a window is open."""
    start = datetime.combine(day, datetime.min.time())
    opened = [
        moment for moment in minutes(start, start + DAY) if window.is_open(moment)
    ]
    pieces = []
    for moment in opened:
        if pieces and pieces[-1][1] == moment:
            pieces[-1][1] = moment + MINUTE
        else:
            pieces.append([moment, moment + MINUTE])
    return [(f"{start:%H:%M}", f"{end:%H:%M}") for start, end in pieces]


# ----------------------------------------------------------------------
# Ordinary days
# ----------------------------------------------------------------------


def test_local_hours():
    window = daily(9, 17, "Asia/Jakarta")
    assert openings(window, date(2026, 5, 12)) == [("02:00", "10:00")]
    assert window.next_opening(datetime(2026, 5, 12, 10)) == datetime(2026, 5, 13, 2)


def test_an_end_is_not_part_of_it():
    window = daily(9, 17, "UTC")
    end = datetime(2026, 5, 12, 17)
    assert window.is_open(end - timedelta(microseconds=1))
    assert not window.is_open(end)


def test_the_next_opening_of_an_open_moment_is_itself():
    moment = datetime(2026, 5, 12, 11, 0, 37, 5)
    assert daily(9, 17, "UTC").next_opening(moment) == moment


def test_regulated_selling_hours():
    window = Window(
        REGULATED_SELLING_HOURS, zone("UTC"), frozenset((date(2026, 5, 18),))
    )
    saturday = datetime(2026, 5, 16, 17, 59)
    assert window.is_open(saturday)
    assert window.next_opening(saturday + MINUTE) == datetime(2026, 5, 19, 8)


def test_midnight_to_midnight_is_always():
    window = daily(0, 24, "Asia/Kathmandu")
    assert openings(window, date(2026, 5, 12)) == [("00:00", "00:00")]


def test_holidays_are_local_dates():
    """The first of January in Jakarta begins at 17:00 UTC on the day before."""
    window = daily(0, 24, "Asia/Jakarta", frozenset((date(2027, 1, 1),)))
    assert window.is_open(datetime(2026, 12, 31, 16, 59))
    assert not window.is_open(datetime(2026, 12, 31, 17, 0))
    assert window.next_opening(datetime(2026, 12, 31, 17)) == datetime(2027, 1, 1, 17)


def test_half_a_holiday_is_one_of_moments():
    """The afternoon of 24 December in Jakarta, wherever somebody is."""
    eve = date(2026, 12, 24)
    afternoon = datetime(2026, 12, 24, 5), datetime(2026, 12, 24, 10)
    half = replace(daily(8, 20, "Asia/Jakarta"), shut=(afternoon,))
    assert openings(half, eve) == [("01:00", "05:00"), ("10:00", "13:00")]
    assert half.get_intervals(eve) == [
        (datetime(2026, 12, 24, 1), afternoon[0]),
        (afternoon[1], datetime(2026, 12, 24, 13)),
    ]
    tokyo = half.in_zone(zone("Asia/Tokyo"))
    assert openings(tokyo, eve + DAY)[:1] == [("00:00", "11:00")]
    assert openings(tokyo, eve)[:2] == [("00:00", "05:00"), ("10:00", "11:00")]


@pytest.mark.parametrize(
    ("start", "end", "whole", "is_shut"),
    [
        ((24, 12), (24, 17), [], True),
        ((24, 0), (24, 23, 59, 59), [24], False),
        ((24, 0), (25, 0), [24], False),
        ((24, 12), (25, 0), [], True),
        ((24, 12), (25, 23, 59, 59), [25], True),
        ((23, 22), (25, 6), [24], True),
        ((23, 22), (24, 6), [], True),
        ((23, 0), (26, 23, 59, 59), [23, 24, 25, 26], False),
        ((24, 12), (24, 12), [], False),
    ],
)
def test_time_off_closes_what_it_covers(start, end, whole, is_shut):
    tz = zone("Asia/Jakarta")
    span = tuple(
        datetime(2026, 12, *moment) - timedelta(hours=7) for moment in (start, end)
    )
    days, shut = divide([span], tz)
    assert [n for n in range(1, 32) if date(2026, 12, n) in days] == whole
    assert bool(shut) == is_shut


@pytest.mark.parametrize(
    ("start", "end", "wide"),
    [
        ((24, 8), (24, 17), ((24, 0), (25, 0))),
        ((24, 7, 30), (24, 16, 59, 59), ((24, 0), (25, 0))),
        ((24, 12), (24, 17), None),
        ((24, 8), (24, 16, 30), None),
        ((23, 12), (25, 17), ((23, 12), (26, 0))),
        ((23, 8), (24, 12), ((23, 0), (24, 12))),
        # Saturday: nobody works, so nothing is closed that was open
        ((26, 8), (26, 17), None),
    ],
)
def test_a_day_without_working_hours_left_is_closed(start, end, wide):
    week = (*[((480, 720), (780, 1020))] * 5, (), ())
    working = Window(week, zone("Asia/Jakarta"))
    span, expected = (
        tuple(datetime(2026, 12, *moment) - timedelta(hours=7) for moment in moments)
        for moments in ((start, end), wide or (start, end))
    )
    assert widen(span, working) == expected


def test_time_off_for_ever_is_as_long_as_it_was():
    working = daily(8, 17, "Pacific/Kiritimati")
    span = datetime.min, datetime.max
    assert widen(span, working) == span


def test_time_off_for_ever():
    days, _shut = divide([(datetime.min, datetime.max)], zone("Pacific/Kiritimati"))
    assert date(2026, 12, 24) in days


@few
@given(
    st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 4000)), max_size=4),
    st.sampled_from(("UTC", "Asia/Jakarta", "America/New_York")),
)
def test_time_off_by_the_minute(spans, name):
    """On the clock of the calendar, it closes what it covers, to the minute."""
    first = datetime(2026, 12, 23)
    leaves = [
        (first + start * MINUTE, first + (start + length) * MINUTE)
        for start, length in spans
    ]
    days, shut = divide(leaves, zone(name))
    window = Window((((0, 1440),),) * 7, zone(name), days, shut=shut)
    for moment in minutes(first - DAY, first + 8 * DAY):
        is_off = any(start <= moment < end for start, end in leaves)
        assert window.is_open(moment) != is_off


def test_leap_day():
    window = daily(9, 10, "UTC")
    assert window.next_opening(datetime(2028, 2, 28, 10)) == datetime(2028, 2, 29, 9)
    leap = Window(window.hours, window.tz, frozenset((date(2028, 2, 29),)))
    assert leap.next_opening(datetime(2028, 2, 28, 10)) == datetime(2028, 3, 1, 9)


# ----------------------------------------------------------------------
# The clock is changed
# ----------------------------------------------------------------------


def test_an_hour_that_is_skipped_does_not_open():
    window = daily(2, 3, "Europe/Berlin")
    assert openings(window, date(2026, 3, 28)) == [("01:00", "02:00")]
    assert openings(window, date(2026, 3, 29)) == []
    assert window.next_opening(datetime(2026, 3, 29)) == datetime(2026, 3, 30)


def test_an_hour_that_is_repeated_opens_twice():
    assert openings(daily(2, 3, "Europe/Berlin"), date(2026, 10, 25)) == [
        ("00:00", "02:00")
    ]
    halves = Window((((120, 150),),) * 7, zone("Europe/Berlin"))
    assert openings(halves, date(2026, 10, 25)) == [
        ("00:00", "00:30"),
        ("01:00", "01:30"),
    ]


def test_half_an_hour_is_repeated_on_lord_howe():
    window = Window((((90, 120),),) * 7, zone("Australia/Lord_Howe"))
    assert openings(window, date(2026, 4, 4)) == [("14:30", "15:30")]
    assert openings(window, date(2026, 10, 3)) == [("15:00", "15:30")]


def test_half_an_hour_is_skipped_on_lord_howe():
    window = Window((((120, 150),),) * 7, zone("Australia/Lord_Howe"))
    assert openings(window, date(2026, 10, 3)) == []


def test_a_day_that_is_skipped():
    """Samoa crossed the date line: 30 December 2011 was no day there."""
    friday = ((),) * 4 + (((0, 1440),),) + ((),) * 2
    window = Window(friday, zone("Pacific/Apia"))
    assert window.next_opening(datetime(2011, 12, 25)) == datetime(2012, 1, 5, 10)


def test_a_zone_with_seconds():
    """The pieces are exact to the second: Jakarta was 7:07:12 ahead until 1924."""
    [first, second] = _pieces(zone("Asia/Jakarta"), date(1923, 12, 31).toordinal())
    assert first[1] == second[0] == datetime(1923, 12, 31, 16, 40)
    assert first[2] == timedelta(hours=7, minutes=7, seconds=12)
    assert second[2] == timedelta(hours=7, minutes=20)


@pytest.mark.parametrize(("name", "change"), OCCASIONS)
def test_by_the_minute_around_changes(name, change):
    window = Window(
        (((0, 45), (90, 120), (121, 150), (165, 185), (500, 1430)),) * 7, zone(name)
    )
    for moment in minutes(change - 2 * DAY, change + 2 * DAY):
        assert window.is_open(moment) == is_open(window, moment), moment


@few
@given(st.data())
def test_by_the_minute(data):
    """Open as the plain rule says, and the next opening is the next such minute."""
    _name, near = data.draw(st.sampled_from(OCCASIONS))
    window = data.draw(windows(near))
    start = data.draw(moments(near, 2))
    following = window.next_opening(start)
    for moment in minutes(start, start + 3 * DAY):
        assert window.is_open(moment) == is_open(window, moment)
        if following is not None and moment < following:
            assert not is_open(window, moment)
    if following is None:
        assert not any(map(any, window.weeks))
    else:
        assert following >= start
        assert is_open(window, following)


@few
@given(st.data())
def test_two_windows_in_two_zones(data):
    _name, near = data.draw(st.sampled_from(OCCASIONS))
    both = data.draw(st.tuples(windows(near), windows(near)))
    start = data.draw(moments(near, 2))
    following = next_common_opening(both, start)
    assert following == next_common_opening(both[::-1], start)
    if following is not None:
        assert all(is_open(window, following) for window in both)
    for moment in minutes(start, min(start + 3 * DAY, following or datetime.max)):
        assert not all(is_open(window, moment) for window in both)


# ----------------------------------------------------------------------
# No opening, bad input, memory
# ----------------------------------------------------------------------


def test_no_opening_at_all():
    assert Window(((),) * 7, zone("UTC")).next_opening(datetime(2026, 5, 12)) is None


def test_every_day_a_holiday():
    holidays = frozenset(date(2026, 1, 1) + n * DAY for n in range(500))
    window = daily(9, 17, "UTC", holidays)
    assert window.next_opening(datetime(2026, 1, 1)) is None
    assert window.next_opening(datetime(2026, 6, 1)) == datetime(2027, 5, 16, 9)


def test_the_horizon_is_400_days():
    holidays = frozenset(date(2026, 1, 1) + n * DAY for n in range(400))
    window = daily(9, 17, "UTC", holidays)
    opening = datetime(2026, 1, 1, 9) + 400 * DAY
    assert window.next_opening(opening - 400 * DAY) == opening
    assert window.next_opening(opening - 400 * DAY - MINUTE) is None


def test_windows_that_never_meet():
    morning, evening = daily(8, 9, "UTC"), daily(18, 19, "UTC")
    assert next_common_opening((morning, evening), datetime(2026, 5, 12)) is None
    assert next_common_opening((), datetime(2026, 5, 12)) == datetime(2026, 5, 12)


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../etc/passwd", "Asia", None, 7])
def test_a_zone_that_does_not_exist(name):
    with pytest.raises(ValueError, match="There is no time zone"):
        zone(name)


@pytest.mark.parametrize("entry", [(60, 60), (120, 60), (-1, 60), (60, 1441)])
def test_hours_that_are_none(entry):
    with pytest.raises(ValueError, match="no opening hours"):
        Window(((entry,),) + ((),) * 6, zone("UTC"))


def test_a_week_of_five_days():
    with pytest.raises(ValueError, match="7 days"):
        Window(((),) * 5, zone("UTC"))


def test_entries_in_any_order_that_overlap():
    window = Window((((600, 720), (480, 660), (660, 700)),) * 7, zone("UTC"))
    assert openings(window, date(2026, 5, 12)) == [("08:00", "12:00")]
    assert window.next_opening(datetime(2026, 5, 12, 11, 50)).hour == 11


def test_the_same_hours_elsewhere():
    window = daily(9, 17, "UTC", frozenset((date(2026, 5, 12),)))
    window.is_open(datetime(2026, 5, 12))
    there = window.in_zone(timezone(timedelta(hours=-3)))
    assert there.hours == window.hours
    assert there.next_opening(datetime(2026, 5, 11)) == datetime(2026, 5, 11, 12)
    assert there.next_opening(datetime(2026, 5, 11, 20)) == datetime(2026, 5, 13, 12)


def test_memory_is_bounded():
    window = daily(9, 17, "UTC")
    for day in range(5000):
        window.is_open(datetime(2000, 1, 1) + day * DAY)
    assert len(window._days) <= 2000


def test_what_is_remembered_makes_no_difference():
    window, other = daily(9, 17, "UTC"), daily(9, 17, "UTC")
    window.is_open(datetime(2026, 5, 12))
    assert window == other
    assert hash(window) == hash(other)


@pytest.mark.parametrize(
    ("quiet", "day"),
    [
        ((21, 7), [(7, 21)]),
        ((1, 6), [(0, 1), (6, 24)]),
        ((0, 6), [(6, 24)]),
        ((22, 0), [(0, 22)]),
        ((9, 9), None),
    ],
)
def test_hours_outside_quiet_ones(quiet, day):
    hours = outside(*(60 * hour for hour in quiet))
    expected = day and (tuple((60 * a, 60 * b) for a, b in day),) * 7
    assert hours == expected
