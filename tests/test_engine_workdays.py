"""Working days: what is left of a day for contacts."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_relationship.engine.windows import Days, Window, zone
from crm_relationship.engine.workdays import Workdays, merge

WEEK = (((8 * 60, 12 * 60), (13 * 60, 17 * 60)),) * 5 + ((), ())
JAKARTA = Window(WEEK, zone("Asia/Jakarta"), Days())
IN_TURN = Window(WEEK, JAKARTA.tz, Days(), ((),) * 2 + (((6 * 60, 10 * 60),),) * 5)
MONDAY = date(2026, 3, 30)
START = datetime(2026, 3, 30, 1)  # 08:00 in Jakarta
# 12:00 to 17:00 on Monday, and the first hour of Tuesday
HALF = replace(
    JAKARTA,
    shut=(
        (START + timedelta(hours=4), START + timedelta(hours=9)),
        (START + timedelta(hours=20), START + timedelta(hours=25)),
    ),
)


def hours(first, last):
    """Return an interval by hours of that Monday in Jakarta."""
    return tuple(START + timedelta(hours=hour - 8) for hour in (first, last))


@pytest.mark.parametrize(
    ("absences", "meetings", "minutes"),
    [
        ([], [], 240),
        ([hours(8, 12)], [], 120),
        ([hours(0, 24)], [], 0),
        ([hours(8, 12), hours(11, 20)], [], 0),
        ([], [hours(9, 10)], 180),
        ([], [hours(9, 10), hours(9.5, 10)], 180),
        ([], [hours(12, 13), hours(20, 22)], 240),
        ([hours(8, 12)], [hours(9, 10)], 120),
        ([], [hours(0, 24)], 0),
    ],
)
def test_minutes_of_a_day(absences, meetings, minutes):
    assert (
        Workdays(JAKARTA, 240, absences, lambda: meetings).get_minutes(MONDAY)
        == minutes
    )


def test_an_absence_closes_whole_days_only():
    work = Workdays(JAKARTA, 240, [hours(12, 24 + 17)])
    assert not work.is_off(MONDAY)
    assert work.is_off(MONDAY + timedelta(days=1))
    assert work.has_absence
    assert not Workdays(JAKARTA, 240, [hours(12, 15)]).has_absence
    assert work.window.next_opening(hours(18, 19)[0]) == START + timedelta(days=2)


def test_half_a_holiday_takes_half_of_the_day():
    work = Workdays(HALF, 240)
    assert not work.is_off(MONDAY)
    assert work.get_minutes(MONDAY) == 120
    assert work.window.next_opening(hours(13, 14)[0]) == START + timedelta(hours=25)
    assert work.get_start(MONDAY + timedelta(days=1)) == START + timedelta(hours=25)
    assert not work.has_absence
    away = Workdays(HALF, 240, [hours(8, 12)])
    assert away.is_off(MONDAY)
    assert away.is_away(MONDAY)


def test_half_a_day_away_begins_later():
    work = Workdays(JAKARTA, 240, [hours(7, 12)])
    assert work.get_start(MONDAY) == START + timedelta(hours=5)
    assert not work.window.is_open(START)
    assert work.window.next_opening(START) == START + timedelta(hours=5)


def test_weekends_holidays_and_the_first_hour():
    holiday = Window(WEEK, JAKARTA.tz, Days([(MONDAY, MONDAY)]))
    assert Workdays(holiday, 240).get_minutes(MONDAY) == 0
    assert Workdays(holiday, 240).get_start(MONDAY) is None
    assert Workdays(JAKARTA, 240).get_start(MONDAY) == START
    assert Workdays(JAKARTA, 240).is_off(date(2026, 4, 4))
    assert Workdays(JAKARTA, 240).get_day(datetime(2026, 3, 30, 18)) == date(
        2026, 3, 31
    )


def test_two_weeks_in_turn():
    """The first of them has the Monday on which Python's calendar begins."""
    work, week = Workdays(IN_TURN, 240), timedelta(days=7)
    first = MONDAY - week * ((MONDAY.toordinal() - 1) // 7 % 2)
    assert not work.is_usually_off(first)
    assert work.is_usually_off(first + week)
    assert work.is_usually_off(first + timedelta(days=6))
    assert work.get_minutes(first + week + timedelta(days=6)) == 240
    assert work.days_a_week == 5
    later = IN_TURN.in_zone(zone("Pacific/Kiritimati"))
    assert later.weeks == IN_TURN.weeks
    with pytest.raises(ValueError, match="7 days"):
        Window(WEEK, JAKARTA.tz, Days(), ((),) * 5)


INTERVALS = st.lists(
    st.tuples(st.integers(-600, 4000), st.integers(1, 3000)).map(
        lambda pair: (
            START + timedelta(minutes=pair[0]),
            START + timedelta(minutes=pair[0] + pair[1]),
        )
    ),
    max_size=5,
)


@settings(derandomize=True, deadline=None, max_examples=100)
@given(
    st.sampled_from((JAKARTA, IN_TURN, HALF)), INTERVALS, INTERVALS, st.integers(0, 480)
)
def test_days_agree_with_counting_minute_by_minute(hours, absences, meetings, minutes):
    work = Workdays(hours, minutes, absences, lambda: meetings)
    usual = replace(hours, shut=())
    for number in range(10):
        day = MONDAY + timedelta(days=number)
        moments = [
            moment
            for minute in range(24 * 60)
            if usual.is_open(
                moment := START + timedelta(days=number, minutes=minute - 480)
            )
        ]
        there = [
            m
            for m in moments
            if hours.is_open(m) and not any(a <= m < b for a, b in absences)
        ]
        met = [m for m in there if any(a <= m < b for a, b in meetings)]
        share = len(there) / len(moments) if moments else 0
        assert work.get_minutes(day) == max(int(minutes * share) - len(met), 0)
        assert work.is_off(day) == (not there)
        assert work.get_start(day) == (there[0] if there else None)
        assert [m for m in moments if work.window.is_open(m)] == there


@settings(derandomize=True, deadline=None, max_examples=50)
@given(INTERVALS)
def test_merged_intervals_are_apart(intervals):
    merged = merge(intervals)
    assert all(one[1] < two[0] for one, two in zip(merged, merged[1:], strict=False))
