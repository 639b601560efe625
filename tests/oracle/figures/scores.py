"""Scores, and the window whose purchases they count."""

import calendar
from bisect import bisect_left
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction


def window_start(today, months):
    """Return the first day of the window: the same day `months` months ago.

    The 31st becomes the last day of a shorter month.
    """
    year, month = divmod(today.year * 12 + today.month - 1 - months, 12)
    day = min(today.day, calendar.monthrange(year, month + 1)[1])
    return date(year, month + 1, day)


def score(value, values, bins=5):
    """Return 1 + floor(bins * (values strictly worse) / n); equal values score equal.

    :param values: all values including this one, ascending, greater is better
    """
    return 1 + bins * bisect_left(values, value) // len(values)


def exact(number):
    """Return a number as a fraction: 0.1 is a tenth, also when it came as a float."""
    return Fraction(str(number)) if isinstance(number, float) else Fraction(number)


def money(amount, digits=2):
    """Return the amount rounded to the currency, half a cent away from zero."""
    cents = exact(amount) * 10**digits
    with localcontext() as context:
        context.prec = 60
        quotient = Decimal(cents.numerator) / Decimal(cents.denominator)
        whole = quotient.quantize(Decimal(1), ROUND_HALF_UP)
        return whole.scaleb(-digits)
