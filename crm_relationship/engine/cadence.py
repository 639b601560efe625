"""How far apart the interactions of a cadence such as "6 times every month" are."""

from fractions import Fraction

DAYS_PER_PERIOD = {"day": 1, "week": 7, "month": 365.25 / 12, "year": 365.25}
MONTHS_PER_PERIOD = {"month": 1, "year": 12}
# As people count: someone who wants "52 a year" means every week.
PERIODS_PER_YEAR = {"day": 365, "week": 52, "month": 12, "year": 1}
MAX_YEARS = 20
# Half of the last digit people type: 0.33 a year means once in three years.
TOLERANCE = Fraction(1, 200)


def interval(times: int, every: int, period: str) -> tuple[int, int]:
    """Return the distance between two interactions as ``(months, days)``.

    ``times`` interactions are spread evenly over ``every`` periods ("day", "week",
    "month", "year"). A distance of whole months stays in months, so that "4 times a
    year" falls on the same day of the month; anything else becomes whole days, rounded
    down: a cadence promises at least that many interactions. The shortest distance is
    one day.

    :raises ValueError: when ``times`` or ``every`` is not positive, or ``period`` is
        unknown.
    """
    if times < 1 or every < 1:
        raise ValueError("times and every must be at least 1")
    if period not in DAYS_PER_PERIOD:
        raise ValueError(f"unknown period {period!r}")
    months = every * MONTHS_PER_PERIOD.get(period, 0)
    if months and months % times == 0:
        return months // times, 0
    return 0, max(1, int(every * DAYS_PER_PERIOD[period] / times))


def length_in_days(months: int, days: int) -> int:
    """Return the usual length of an interval in days, rounded down; at least one."""
    return max(1, int(months * DAYS_PER_PERIOD["month"]) + days)


def per_year(times: int, every: int, period: str) -> float:
    """Return how many interactions a year a cadence asks for; a year has 52 weeks."""
    return times * PERIODS_PER_YEAR[period] / every


def from_yearly(contacts: float) -> tuple[int, int, str]:
    """Return the simplest cadence for a number a year: (times, every, period).

    Whole months, weeks or days where the number allows it ("2 × a month" for 24,
    "1 × every 3 months" for 4), else "5 × a year", and "7 × every 20 years" for 0.35.
    :func:`per_year` gives ``contacts`` again, to within 0.005.

    :raises ValueError: for less than about one interaction in ``MAX_YEARS`` years.
    """
    times, years = _to_fraction(contacts)
    months = 12 * years
    if months % times == 0:
        every = months // times
        return (1, every // 12, "year") if every % 12 == 0 else (1, every, "month")
    if years == 1:
        for period in ("day", "week", "month"):
            if times % PERIODS_PER_YEAR[period] == 0:
                return times // PERIODS_PER_YEAR[period], 1, period
    return times, years, "year"


def _to_fraction(contacts: float) -> tuple[int, int]:
    """Return interactions and years: exact in few years, else nearly so, else exact."""
    exact = Fraction(str(contacts)).limit_denominator(100)
    if exact * MAX_YEARS < 1:
        raise ValueError(f"{contacts} contacts a year are too few")
    if exact.denominator > MAX_YEARS:
        for years in range(1, MAX_YEARS + 1):
            near = Fraction(round(exact * years), years)
            if near and abs(near - exact) < TOLERANCE:
                return near.numerator, near.denominator
    return exact.numerator, exact.denominator
