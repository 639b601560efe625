"""Everyone's figures as of a day."""

from dataclasses import replace
from fractions import Fraction

from .definitions import DEFAULT_RULES, Document, Facts, Figures, Settings
from .rhythm import lifecycle, median, own_interval
from .scores import exact, money, score, window_start


def portfolio(documents, today, settings=None, rules=DEFAULT_RULES, facts=None):
    """Return {customer: Figures} of everyone with a document, as of the end of a day.

    Values are added by `value.with_values`, since they need the history.

    :param documents: objects with customer, date, amount; see `Document`
    """
    settings, facts = settings or Settings(), facts or Facts()
    rows, dates = {}, {}
    for customer, own in _by_customer(documents, today, facts.known).items():
        dates[customer] = sorted(row.date for row in own if row.is_purchase)
        rows[customer] = _totals(own, dates[customer], today, settings)
    rows = _with_scores(rows, settings, facts.unranked)
    rows = {
        customer: replace(row, value_segment=value_segment(row, rules, customer))
        for customer, row in rows.items()
    }
    ranked = {customer: row for customer, row in rows.items() if row.rfm_recency}
    by_segment, of_all = segment_intervals(ranked), company_interval(ranked)
    for customer, row in rows.items():
        row = replace(
            row,
            lifecycle_stage=lifecycle(
                dates[customer],
                today,
                settings,
                row.purchase_interval or by_segment.get(row.value_segment) or of_all,
                facts.defections.get(customer),
            ),
        )
        locked, until = facts.locks.get(customer, (None, None))
        if locked and (until is None or until >= today):
            name = locked
        else:
            name = segment(row, rules, customer)
        rows[customer] = replace(row, segment=name)
    return rows


def _by_customer(documents, today, known):
    """Return {customer: [documents]} of what there is on that day."""
    result = {customer: [] for customer in known}
    for document in documents:
        if document.date <= today:
            own = result.setdefault(document.customer, [])
            own.append(
                Document(
                    document.customer,
                    document.date,
                    exact(document.amount),
                    getattr(document, "margin", None),
                    getattr(document, "is_purchase", True),
                )
            )
    return result


def _totals(own, dates, today, settings):
    """Return the sums of one customer's documents within the window."""
    start = window_start(today, settings.window_months)
    recent = [row for row in own if row.date >= start]
    revenue = money(sum((row.amount for row in recent), Fraction(0)), settings.digits)
    if settings.margin_of_orders:
        margin = sum((exact(row.margin) for row in recent), Fraction(0))
    else:
        margin = exact(revenue) * exact(settings.margin_rate)
    return Figures(
        order_count=sum(row.is_purchase for row in recent),
        revenue=revenue,
        margin=money(margin, settings.digits),
        first_order_date=dates[0] if dates else None,
        last_order_date=dates[-1] if dates else None,
        bins=settings.bins,
        purchase_interval=own_interval(dates),
    )


def _with_scores(rows, settings, unranked):
    """Return the figures with scores among those who bought within the window."""
    ranked = {
        customer: (
            row.last_order_date,
            row.order_count,
            row.margin if settings.monetary == "margin" else row.revenue,
        )
        for customer, row in rows.items()
        if row.order_count and customer not in unranked
    }
    columns = [sorted(column) for column in zip(*ranked.values(), strict=True)]
    result = dict(rows)
    for customer, values in ranked.items():
        recency, frequency, monetary = (
            score(value, column, settings.bins)
            for value, column in zip(values, columns, strict=True)
        )
        result[customer] = replace(
            rows[customer],
            rfm_recency=recency,
            rfm_frequency=frequency,
            rfm_monetary=monetary,
        )
    return result


def segment(figures, rules, customer=None):
    """Return the name of the first rule that matches, the fallback's, or None."""
    for rule in rules:
        if not rule.is_fallback and rule.matches(customer, figures):
            return rule.name
    return _fallback(rules)


def value_segment(figures, rules, customer=None):
    """Return the segment by scores and filter, of the rules that ask for no stage."""
    for rule in rules:
        if rule.is_fallback or rule.lifecycle_stage:
            continue
        if rule.matches_scores(customer, figures):
            return rule.name
    return _fallback(rules)


def _fallback(rules):
    """Return the name of the company's own fallback, the shared one's, or None."""
    fallbacks = [rule for rule in rules if rule.is_fallback]
    own = [rule for rule in fallbacks if rule.is_own]
    return next((rule.name for rule in own + fallbacks), None)


def segment_intervals(ranked):
    """Return {value segment: median of its customers' own intervals}.

    Customers without a segment have nothing in common.
    """
    intervals = {}
    for row in ranked.values():
        if row.value_segment and row.purchase_interval:
            intervals.setdefault(row.value_segment, []).append(row.purchase_interval)
    return {name: median(values) for name, values in intervals.items()}


def company_interval(ranked):
    """Return the median of all own intervals, or 0 if nobody has one."""
    known = [row.purchase_interval for row in ranked.values() if row.purchase_interval]
    return median(known) if known else Fraction(0)
