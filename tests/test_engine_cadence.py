"""The distance between two contacts of a cadence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_relationship.engine.cadence import (
    DAYS_PER_PERIOD,
    from_yearly,
    interval,
    length_in_days,
    per_year,
)

PERIODS = st.sampled_from(sorted(DAYS_PER_PERIOD))
NUMBERS = st.integers(min_value=1, max_value=400)


@pytest.mark.parametrize(
    ("times", "every", "period", "expected"),
    [
        (1, 1, "month", (1, 0)),
        (1, 3, "month", (3, 0)),
        (2, 1, "month", (0, 15)),
        (6, 1, "month", (0, 5)),
        (4, 1, "year", (3, 0)),
        (12, 1, "year", (1, 0)),
        (5, 1, "year", (0, 73)),
        (1, 1, "year", (12, 0)),
        (1, 2, "week", (0, 14)),
        (3, 1, "week", (0, 2)),
        (1, 1, "day", (0, 1)),
        (10, 1, "day", (0, 1)),
    ],
)
def test_examples(times, every, period, expected):
    assert interval(times, every, period) == expected


@pytest.mark.parametrize(
    ("times", "every", "period"),
    [(0, 1, "month"), (1, 0, "month"), (-1, 1, "day"), (1, 1, "fortnight")],
)
def test_nonsense_is_refused(times, every, period):
    with pytest.raises(ValueError):
        interval(times, every, period)


@given(NUMBERS, NUMBERS, PERIODS)
def test_at_least_the_promised_contacts_a_period(times, every, period):
    months, days = interval(times, every, period)
    length = months * DAYS_PER_PERIOD["month"] + days
    whole = every * DAYS_PER_PERIOD[period]
    assert length >= 1 or months
    # one a day is the most there can be
    assert whole / length >= min(times, whole) - 1e-6


@given(NUMBERS, NUMBERS, PERIODS)
def test_not_a_whole_day_shorter_than_asked_for(times, every, period):
    months, days = interval(times, every, period)
    asked = every * DAYS_PER_PERIOD[period] / times
    assert months * DAYS_PER_PERIOD["month"] + days > asked - 1


@given(NUMBERS, NUMBERS, PERIODS)
def test_either_months_or_days(times, every, period):
    months, days = interval(times, every, period)
    assert (months > 0) != (days > 0)


@given(NUMBERS, NUMBERS, PERIODS)
def test_more_contacts_lie_closer(times, every, period):
    assert length_in_days(*interval(times + 1, every, period)) <= length_in_days(
        *interval(times, every, period)
    )


@given(st.integers(0, 120), st.integers(0, 400))
def test_length_in_days(months, days):
    length = length_in_days(months, days)
    assert length >= 1
    assert abs(length - (months * 365.25 / 12 + days)) <= 1


@pytest.mark.parametrize(
    ("contacts", "expected"),
    [
        (24, (2, 1, "month")),
        (12, (1, 1, "month")),
        (6, (1, 2, "month")),
        (4, (1, 3, "month")),
        (1, (1, 1, "year")),
        (5, (5, 1, "year")),
        (52, (1, 1, "week")),
        (156, (3, 1, "week")),
        (365, (1, 1, "day")),
        (366, (366, 1, "year")),
        (0.5, (1, 2, "year")),
        (1.5, (1, 8, "month")),
        (2.5, (5, 2, "year")),
        (0.33, (1, 3, "year")),
        (0.35, (7, 20, "year")),
        (0.05, (1, 20, "year")),
    ],
)
def test_cadence_of_so_many_contacts_a_year(contacts, expected):
    assert from_yearly(contacts) == expected


@given(st.integers(min_value=5, max_value=36_600))
def test_cadence_gives_the_number_again(hundredths):
    times, every, period = from_yearly(hundredths / 100)
    assert times >= 1
    assert every >= 1
    assert per_year(times, every, period) == pytest.approx(hundredths / 100, abs=0.0051)


@pytest.mark.parametrize("contacts", [0, -1, 0.01, 0.04])
def test_too_few_contacts_a_year(contacts):
    with pytest.raises(ValueError):
        from_yearly(contacts)
