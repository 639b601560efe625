"""Age in full years, and the other way round: the last day of birth for an age."""

from datetime import date, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crm_relationship.engine.age import age_on, last_birth_for_age

days = st.dates(date(1880, 1, 1), date(2100, 12, 31))


@pytest.mark.parametrize(
    ("birth", "today", "age"),
    [
        (date(1990, 3, 31), date(2026, 3, 31), 36),
        (date(1990, 4, 1), date(2026, 3, 31), 35),
        (date(2000, 2, 29), date(2026, 2, 27), 25),
        (date(2000, 2, 29), date(2026, 2, 28), 26),
        (date(2000, 2, 29), date(2028, 2, 28), 27),
        (date(2000, 2, 29), date(2028, 2, 29), 28),
        (date(2026, 3, 31), date(2026, 3, 31), 0),
        (date(2026, 4, 1), date(2026, 3, 31), 0),
    ],
)
def test_age(birth, today, age):
    assert age_on(birth, today) == age


@settings(derandomize=True, deadline=None)
@example(date(2000, 2, 29), date(2027, 2, 28), 27)
@example(date(2003, 2, 28), date(2004, 2, 28), 1)
@example(date(2003, 2, 28), date(2004, 2, 29), 1)
@example(date(1900, 2, 28), date(2000, 2, 29), 100)
@given(days, days, st.integers(1, 130))
def test_both_ways_agree(birth, today, age):
    assert (birth <= last_birth_for_age(age, today)) == (age_on(birth, today) >= age)


@settings(derandomize=True, deadline=None)
@given(days, st.integers(0, 130))
def test_one_day_later_is_too_young(today, age):
    last = last_birth_for_age(age, today)
    assert age_on(last, today) == age
    assert age_on(last + timedelta(days=1), today) == max(age - 1, 0)


def test_beyond_the_calendar():
    assert last_birth_for_age(5000, date(2026, 3, 31)) is None
    assert last_birth_for_age(-9000, date(2026, 3, 31)) is None
