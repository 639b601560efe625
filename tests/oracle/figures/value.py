"""Retention rates from the snapshots, and what a customer is worth by them.

The value of a lifetime is the margin of a year times a/(1 + d - r): the margin multiple
of Gupta and Lehmann (2003) for a customer who pays at the end of each year with the
chance r to stay, d being the discount rate; see also Berger and Nasr (1998).
"""

from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from .history import add_months, months_between
from .scores import exact, money

RELIABLE = 30
"""Customers that a segment needs for a rate of its own."""


@dataclass(frozen=True)
class Rate:
    """Retention of a segment over a year."""

    base_count: int
    retention_rate: Decimal | None
    """None without anybody to tell it from."""
    rate_used: Decimal


def rates(taken, rules):
    """Return {segment, None for the company: Rate}; empty with fewer than 2 snapshots.

    :param taken: {month: {customer: Snapshot}}
    """
    if len(taken) < 2:
        return {}
    newest = max(taken)
    earlier = max(add_months(newest, -12), min(taken))
    span = months_between(earlier, newest)
    before, now = taken[earlier], taken[newest]

    def rate_of(customers):
        if not customers:
            return None
        stayed = sum(c in now and now[c].is_active for c in customers)
        return _yearly(Fraction(stayed, len(customers)), span)

    active = [customer for customer, row in before.items() if row.is_active]
    overall = rate_of(active)
    used = overall if overall is not None else Decimal(0)
    result = {None: Rate(len(active), overall, used)}
    for rule in rules:
        base = [c for c, row in before.items() if row.segment == rule.name]
        own = rate_of(base)
        result[rule.name] = Rate(len(base), own, own if len(base) >= RELIABLE else used)
    return result


def _yearly(share, months):
    """Return the share to the power of 12/months, in whole percent."""
    if months == 12:
        return money(share)
    yearly = Decimal(repr(float(share) ** (12 / months)))
    return yearly.quantize(Decimal("0.01"), ROUND_HALF_UP)


def margin_months(first, today, window):
    """Return how many months the margin of the window was earned in.

    A customer of three years ago earned it in the whole window, a new one since the
    first purchase, but at least a year is assumed: two purchases in the first month
    promise no twenty-four a year.
    """
    return min(window, max(12, months_between(first, today)))


def lifetime(margin, rate, staying, discount):
    """Return the unrounded value of all years to come."""
    return exact(margin) * exact(rate) / (1 + exact(discount) - exact(staying))


def with_values(rows, found, today, settings):
    """Return the figures with the margin of a year and the value of a lifetime."""
    result = {}
    for customer, row in rows.items():
        if row.first_order_date:
            months = margin_months(row.first_order_date, today, settings.window_months)
            yearly = exact(row.margin) * 12 / months
            row = replace(row, yearly_margin=money(yearly, settings.digits))
        if found and row.first_order_date:
            rate, staying = _rates_of(row, found)
            value = lifetime(row.yearly_margin, rate, staying, settings.discount_rate)
            row = replace(row, lifetime_value=money(value, settings.digits))
        result[customer] = row
    return result


def _rates_of(row, found):
    """Return the chance to be active in a year, and to stay in the years after.

    How many of the lost come back is told by their own segment alone: the retention of
    all customers would say far too much.
    """
    overall = found[None].rate_used
    rate = found.get(row.segment, found[None]).rate_used
    if row.lifecycle_stage != "lost":
        return rate, rate
    return rate if _is_told(row, found) else Decimal(0), overall


def _is_told(row, found):
    """Tell whether it is known what becomes of such customers."""
    own = found.get(row.segment) if row.segment else None
    enough = own is not None and own.base_count >= RELIABLE
    return enough or row.lifecycle_stage != "lost"


def losing_fewer(rows, found, settings, fewer):
    """Return {segment: what it is worth to lose this share fewer}, not rounded.

    Where it is not known how many of the lost come back, none are expected to; and
    where nobody's retention is known, nothing is gained.
    """

    def better(rate):
        return 1 - (1 - exact(rate)) * (1 - exact(fewer))

    gains = {}
    is_known = found and found[None].retention_rate is not None
    for row in rows.values():
        gain = Fraction(0)
        if is_known and row.first_order_date and _is_told(row, found):
            rate, staying = _rates_of(row, found)
            discount = settings.discount_rate
            gain += lifetime(row.yearly_margin, better(rate), better(staying), discount)
            gain -= lifetime(row.yearly_margin, rate, staying, discount)
        gains[row.segment] = gains.get(row.segment, 0) + gain
    return gains
