"""How old a person is, in full years.

Someone born on 29 February has their birthday on the 28th in other years, as in the
yearly occasions of :mod:`.cadence`.
"""

from datetime import MAXYEAR, MINYEAR, date


def _anniversary(birth: date, years: int) -> date:
    """Return the birthday ``years`` later.

    :raises ValueError: when the calendar does not reach that far
    """
    try:
        return birth.replace(year=birth.year + years)
    except ValueError:
        return birth.replace(year=birth.year + years, day=28)


def age_on(birth: date, today: date) -> int:
    """Return the full years from ``birth`` to ``today``; 0 before birth."""
    years = today.year - birth.year
    return max(years - (_anniversary(birth, years) > today), 0)


def last_birth_for_age(age: int, today: date) -> date | None:
    """Return the last day of birth of those who are at least ``age`` years old.

    :return: None when nobody can be: the calendar does not reach back that far
    """
    year = today.year - age
    if not MINYEAR <= year <= MAXYEAR:
        return None
    if (today.month, today.day) == (2, 28) and _is_leap(year):
        return date(year, 2, 29 if not _is_leap(today.year) else 28)
    if (today.month, today.day) == (2, 29) and not _is_leap(year):
        return date(year, 2, 28)
    return today.replace(year=year)


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
