"""Snapshots of past months from the documents alone, and what reports make of them."""

from collections import Counter
from datetime import date, timedelta
from fractions import Fraction

from .definitions import DEFAULT_RULES, Facts, Settings, Snapshot
from .portfolio import portfolio

MONTHS_BACK = 24


def add_months(first, months):
    """Return the first day of the month that many months later."""
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    return date(year, month + 1, 1)


def months_between(earlier, later):
    """Return how many months the one day's month lies after the other's."""
    return (later.year - earlier.year) * 12 + later.month - earlier.month


def snapshot_months(documents, today, back=MONTHS_BACK):
    """Return the dates of the snapshots there can be, ascending."""
    bought = [row.date for row in documents if getattr(row, "is_purchase", True)]
    newest = today.replace(day=1)
    months = [add_months(newest, -ago) for ago in range(back, -1, -1)]
    return [month for month in months if bought and min(bought) < month]


def snapshots(documents, today, settings=None, rules=DEFAULT_RULES, facts=None):
    """Return {month: {customer: Snapshot}}, reconstructed: no segment is locked."""
    settings, facts = settings or Settings(), facts or Facts()
    facts = Facts(defections=facts.defections, unranked=facts.unranked)
    taken = {}
    for month in snapshot_months(documents, today):
        as_of = month - timedelta(days=1)
        rows = portfolio(documents, as_of, settings, rules, facts)
        before = taken.get(add_months(month, -1), {})
        taken[month] = {
            customer: _snapshot(month, row, before.get(customer))
            for customer, row in rows.items()
            if row.first_order_date
        }
    return taken


def _snapshot(month, row, before):
    """Return what is kept of the figures, given the snapshot of the month before."""
    cohort = row.first_order_date.replace(day=1)
    was_active = before and before.is_active
    return Snapshot(
        date=month,
        segment=row.segment,
        lifecycle_stage=row.lifecycle_stage,
        rfm_recency=row.rfm_recency,
        rfm_frequency=row.rfm_frequency,
        rfm_monetary=row.rfm_monetary,
        revenue=row.revenue,
        previous_segment=before.segment if before else None,
        previous_stage=before.lifecycle_stage if before else None,
        is_active=int(row.is_active),
        retained=float(row.is_active) if was_active else None,
        bought=int(row.last_order_date >= add_months(month, -1)),
        cohort_date=cohort,
        cohort_age=months_between(cohort, add_months(month, -1)),
    )


def _rows(taken):
    return [row for month in taken.values() for row in month.values()]


def _share(rows, key, value):
    """Return {key: mean of the value}, over rows that have one."""
    sums, counts = Counter(), Counter()
    for row in rows:
        if value(row) is not None:
            sums[key(row)] += Fraction(value(row))
            counts[key(row)] += 1
    return {group: sums[group] / counts[group] for group in counts}


def retention(taken):
    """Return {(month, segment before): share of the active who still are}."""
    return _share(
        _rows(taken),
        lambda row: (row.date, row.previous_segment),
        lambda row: row.retained,
    )


def cohorts(taken):
    """Return {(month of the first purchase, age): share that bought in that month}."""
    return _share(
        _rows(taken),
        lambda row: (row.cohort_date, row.cohort_age),
        lambda row: row.bought,
    )


def migration(taken):
    """Return {month: {(segment before, segment): customers}} of those known before."""
    return {
        month: Counter(
            (row.previous_segment, row.segment)
            for row in rows.values()
            if row.previous_stage
        )
        for month, rows in taken.items()
    }


def concentration(rows, parts=10):
    """Return (customers, revenue, share) of each tenth of the customers, best first.

    Counted are customers with a purchase in the window; equal ones are in one tenth.
    """
    revenue = [Fraction(row.revenue) for row in rows.values() if row.order_count]
    tenths = [[] for _part in range(parts)]
    for amount in revenue:
        better = sum(other > amount for other in revenue)
        tenths[parts * better // len(revenue)].append(amount)
    total = sum(revenue)
    return [
        (len(tenth), sum(tenth), sum(tenth) / total if total else None)
        for tenth in tenths
    ]
