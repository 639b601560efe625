"""How far apart the contacts of a cadence such as "6 times every month" lie."""

DAYS_PER_PERIOD = {"day": 1, "week": 7, "month": 365.25 / 12, "year": 365.25}
MONTHS_PER_PERIOD = {"month": 1, "year": 12}


def interval(times: int, every: int, period: str) -> tuple[int, int]:
    """Return the distance between two contacts as ``(months, days)``.

    ``times`` contacts are spread evenly over ``every`` periods ("day", "week", "month",
    "year"). A distance of whole months stays in months, so that "4 times a year" falls
    on the same day of the month; anything else becomes whole days, rounded down: a
    cadence promises at least that many contacts. The shortest distance is one day.

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
