"""The addon's figures of a company, held against the independent ones, one by one.

Everything is compared as it is stored; nothing is rounded to make it fit.
"""

from dataclasses import dataclass
from datetime import timedelta

from . import documents, figures

COMPARED = (
    "order_count",
    "first_order_date",
    "last_order_date",
    "lifecycle_stage",
    "rfm_recency",
    "rfm_frequency",
    "rfm_monetary",
    "rfm_code",
    "purchase_interval",
)
MONEY = ("revenue", "margin", "yearly_margin", "lifetime_value")
SNAPSHOT = (
    "lifecycle_stage",
    "rfm_recency",
    "rfm_frequency",
    "rfm_monetary",
    "is_active",
    "bought",
    "cohort_date",
    "cohort_age",
)


@dataclass(frozen=True)
class Expected:
    """All that the independent computation says of a company."""

    rows: dict
    """{contact's id: Figures}"""
    snapshots: dict
    """{month: {contact's id: Snapshot}}"""
    rates: dict
    """{segment, None for the company: Rate}"""
    intervals: dict
    """{segment, None for the company: days}"""


def expected(env, found, today):
    """Return everything the company's sales amount to.

    :param found: `Document` of all its sales, by contact
    """
    settings, rules, facts = (
        read(env) for read in (documents.settings, documents.rules, documents.facts)
    )
    rows = figures.portfolio(found, today, settings, rules, facts)
    taken = figures.snapshots(found, today, settings, rules, facts)
    rates = figures.rates(taken, rules)
    ranked = {customer: row for customer, row in rows.items() if row.rfm_recency}
    return Expected(
        rows=figures.with_values(rows, rates, today, settings),
        snapshots=taken,
        rates=rates,
        intervals={
            None: figures.company_interval(ranked),
            **figures.segment_intervals(ranked),
        },
    )


def differences(env, right):
    """Return what the addon and the independent figures disagree on, as sentences."""
    known = documents.relationships(env)
    found = {row.partner_id.id: row for row in known}
    result = [
        f"contact {n}: no relationship" for n in sorted(right.rows.keys() - found)
    ]
    for partner, row in sorted(found.items()):
        wanted = right.rows[partner]
        pairs = [(name, row[name], getattr(wanted, name)) for name in COMPARED]
        pairs += [(name, _cents(row[name]), getattr(wanted, name)) for name in MONEY]
        pairs.append(("segment", row.segment_id.name, wanted.segment))
        result += _sentences(f"customer {row.partner_id.ref or partner}", pairs)
    return result


def value_differences(env, found, forecast):
    """Return differences in what customers are expected to bring within a year.

    To the cent, but for one: the addon's integral has ten points.

    :param found: `Document` of all sales, by contact
    :param forecast: the ``crm.forecast`` of whose model the values are
    """
    settings, since = documents.settings(env), forecast.month - timedelta(days=1)
    by_customer = {}
    for document in found:
        by_customer.setdefault(document.customer, []).append(document)
    result, done = [], {}
    for row in documents.relationships(env):
        wanted = (None, None)
        known = figures.known_of(by_customer.get(row.partner_id.id, ()), since)
        if known:
            if known not in done:
                done[known] = figures.within_year(forecast.parameters, known)
            wanted = [amount * settings.margin_rate for amount in done[known]]
        for name, right in zip(("value_12m", "active_value"), wanted, strict=True):
            has = row[name]
            is_same = (has is False) == (right is None)
            if not is_same or abs((has or 0) - (right or 0)) > 0.011:
                who = row.partner_id.ref or row.partner_id.id
                result.append(f"customer {who}: {name} is {has}, should be {right}")
    return result


def silences(env, found, day, days):
    """Return (silence ÷ usual interval, bought again) of each customer of a day.

    :param found: `Document` of all sales
    :param days: so many days after it tell who bought again
    """
    settings, rules = documents.settings(env), documents.rules(env)
    rows = figures.portfolio(found, day, settings, rules)
    ranked = {customer: row for customer, row in rows.items() if row.rfm_recency}
    by_segment = figures.segment_intervals(ranked)
    of_all = figures.company_interval(ranked)
    end = day + timedelta(days=days)
    again = {d.customer for d in found if day < d.date <= end and d.is_purchase}
    result = []
    for customer, row in rows.items():
        usual = row.purchase_interval or by_segment.get(row.value_segment) or of_all
        silent = (day - row.last_order_date).days
        if usual and silent <= settings.lost_days:
            result.append((silent / usual, customer in again))
    return result


def snapshot_differences(env, right):
    """Return differences in the rows of every month."""
    rows = env["crm.relationship.snapshot"].search(
        [("company_id", "=", env.company.id)]
    )
    found = {(row.date, row.relationship_id.partner_id.id): row for row in rows}
    wanted = {
        (month, partner): row
        for month, taken in right.snapshots.items()
        for partner, row in taken.items()
    }
    result = [] if len(found) == len(rows) else ["a customer has two in one month"]
    result += [f"{month}, {n}: not taken" for month, n in sorted(wanted.keys() - found)]
    result += [f"{month}, {n}: too many" for month, n in sorted(found.keys() - wanted)]
    for key in sorted(wanted.keys() & found):
        row, good = found[key], wanted[key]
        pairs = [(name, row[name], getattr(good, name)) for name in SNAPSHOT]
        pairs += [
            ("revenue", _cents(row.revenue), good.revenue),
            ("segment", row.segment_id.name, good.segment),
            ("segment before", row.previous_segment_id.name, good.previous_segment),
            ("stage before", row.previous_stage, good.previous_stage),
        ]
        result += _sentences("{}, {}".format(*key), pairs)
    return result


def group_differences(env, right):
    """Return differences in what the reports show: retention and cohorts."""
    snapshots = env["crm.relationship.snapshot"]
    domain = [("company_id", "=", env.company.id)]
    found = {
        (month, segment.name or None): (mean, count)
        for month, segment, mean, count in snapshots._read_group(
            domain + [("previous_stage", "not in", (False, "prospect", "lost"))],
            ["date:month", "previous_segment_id"],
            ["retained:avg", "__count"],
        )
    }
    wanted = figures.retention(right.snapshots)
    counts = {}
    for rows in right.snapshots.values():
        for row in rows.values():
            if row.retained is not None:
                key = row.date, row.previous_segment
                counts[key] = counts.get(key, 0) + 1
    result = _sentences(
        "retention of",
        [
            (key, _near(found.get(key)), _near((wanted.get(key), counts.get(key))))
            for key in found.keys() | wanted.keys()
        ],
    )
    means = {
        (month, age): mean
        for month, age, mean in snapshots._read_group(
            domain, ["cohort_date:month", "cohort_age"], ["bought:avg"]
        )
    }
    cohorts = figures.cohorts(right.snapshots)
    return result + _sentences(
        "cohort",
        [
            (key, _near((means.get(key),)), _near((cohorts.get(key),)))
            for key in means.keys() | cohorts.keys()
        ],
    )


def rate_differences(env, right):
    """Return differences in the figures of segments and of the company."""
    rows = env["crm.segment.figure"].search([("company_id", "=", env.company.id)])
    rows = rows.filtered(lambda row: not row.segment_id or row.segment_id.active)
    found = {row.segment_id.name or None: row for row in rows}
    result = [] if len(found) == len(rows) else ["a segment has two rows"]
    for name, wanted in right.rates.items():
        if name not in found:
            result.append(f"segment {name}: no figures")
            continue
        row = found[name]
        pairs = (
            ("interval", row.purchase_interval, right.intervals.get(name)),
            ("base", row.base_count, wanted.base_count),
            ("rate", _cents(row.retention_rate), wanted.retention_rate),
            ("rate used", _cents(row.rate_used), wanted.rate_used),
        )
        result += _sentences(f"segment {name}", pairs)
    return result


def report_differences(env, right):
    """Return differences in the reports on segments and on concentration."""
    domain = [("company_id", "=", env.company.id)]
    rows = env["crm.segment.report"].search(domain)
    gains = figures.losing_fewer(
        right.rows,
        right.rates,
        documents.settings(env),
        env.company.relationship_fewer_lost,
    )
    result = _sentences(
        "losing fewer of",
        [
            (
                row.segment_id.name,
                round(row.fewer_lost_value, 4),
                round(float(gains.get(row.segment_id.name or None, 0)), 4),
            )
            for row in rows
        ],
    )
    tenths = {
        row.tenth: (
            row.customer_count,
            round(row.revenue, 4),
            round(row.revenue_share, 9),
        )
        for row in env["crm.revenue.concentration"].search(domain)
    }
    for tenth, (count, revenue, share) in enumerate(
        figures.concentration(right.rows), 1
    ):
        wanted = count, round(float(revenue), 4), round(float(share or 0), 9)
        result += _sentences(
            "tenth", [(tenth, tenths.get(tenth), wanted if count else None)]
        )
    return result


def _sentences(what, pairs):
    return [
        f"{what}: {name} is {has}, should be {should}"
        for name, has, should in pairs
        if (has or None) != (should or None)
    ]


def _near(values):
    """Return means that may differ in the last bits of a float."""
    return values and tuple(
        None if value is None else round(float(value), 9) for value in values
    )


def _cents(amount):
    """Return a float as the number that the database stores."""
    return figures.money(amount, 6)
