"""Snapshots, rates and values of the independent figures, against worked examples."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from oracle import figures
from oracle.figures import Rate, Rule, Settings
from test_figures import Sale

TODAY = date(2026, 3, 31)
RULES = (
    Rule("Lost", lifecycle_stage="lost"),
    Rule("New", lifecycle_stage="first_time"),
    Rule("Rest", is_fallback=True),
)


def sale(customer, *day, amount="10.00"):
    return Sale(customer, date(*day), Decimal(amount))


# -- snapshots -----------------------------------------------------------------


def test_months_start_after_the_first_purchase():
    found = [sale(1, 2026, 1, 31), sale(2, 2026, 2, 1)]
    assert figures.snapshot_months(found, TODAY) == [
        date(2026, 2, 1),
        date(2026, 3, 1),
    ]
    old = [sale(1, 2020, 1, 1)]
    months = figures.snapshot_months(old, TODAY)
    assert (len(months), months[0]) == (25, date(2024, 3, 1))
    assert figures.snapshot_months([sale(1, 2026, 3, 1)], TODAY) == []


def test_snapshot_says_how_the_month_before_ended():
    found = [
        sale(1, 2026, 1, 31),
        sale(1, 2026, 3, 1),
        sale(2, 2026, 2, 28, amount="20"),
    ]
    taken = figures.snapshots(found, date(2026, 4, 1), rules=RULES)
    assert [sorted(rows) for rows in taken.values()] == [[1], [1, 2], [1, 2]]
    first, second, third = (taken[date(2026, month, 1)] for month in (2, 3, 4))
    assert first[1] == figures.Snapshot(
        date=date(2026, 2, 1),
        segment="New",
        lifecycle_stage="first_time",
        rfm_recency=1,
        rfm_frequency=1,
        rfm_monetary=1,
        revenue=Decimal("10.00"),
        previous_segment=None,
        previous_stage=None,
        is_active=1,
        retained=None,
        bought=1,
        cohort_date=date(2026, 1, 1),
        cohort_age=0,
    )
    assert (second[1].bought, second[1].cohort_age, second[1].retained) == (0, 1, 1.0)
    assert (second[2].cohort_age, second[2].retained) == (0, None)
    assert (third[1].bought, third[1].cohort_age) == (1, 2)
    assert (third[1].previous_segment, third[1].segment) == ("New", "Rest")
    assert third[2].previous_stage == "first_time"


def test_retention_cohorts_and_migration():
    # 1 said nothing for over a year at the end of March: lost in the snapshot of April
    found = [sale(1, 2025, 3, 30), sale(2, 2025, 3, 1), sale(2, 2026, 3, 1)]
    settings = Settings(at_risk_days=364)
    taken = figures.snapshots(found, date(2026, 4, 1), settings, RULES)
    april = taken[date(2026, 4, 1)]
    assert (april[1].lifecycle_stage, april[1].retained) == ("lost", 0.0)
    assert (april[2].lifecycle_stage, april[2].retained) == ("repeater", 1.0)
    shares = figures.retention(taken)
    assert shares[date(2026, 4, 1), "New"] == Fraction(1, 2)
    assert shares[date(2026, 3, 1), "New"] == 1
    assert (date(2025, 4, 1), None) not in shares, "nobody was active before"
    cohorts = figures.cohorts(taken)
    assert cohorts[date(2025, 3, 1), 0] == 1
    assert cohorts[date(2025, 3, 1), 1] == 0
    assert cohorts[date(2025, 3, 1), 12] == Fraction(1, 2)
    moves = figures.migration(taken)
    assert moves[date(2025, 4, 1)] == {}
    assert moves[date(2026, 4, 1)] == {("New", "Lost"): 1, ("New", "Rest"): 1}


def test_reconstruction_knows_no_locks_and_no_later_good_bye():
    found = [sale(1, 2026, 1, 10), sale(1, 2026, 1, 20)]
    facts = figures.Facts(locks={1: ("New", None)}, defections={1: date(2026, 2, 10)})
    taken = figures.snapshots(found, TODAY, rules=RULES, facts=facts)
    assert [rows[1].segment for rows in taken.values()] == ["Rest", "Lost"]
    assert taken[date(2026, 3, 1)][1].retained == 0.0


def test_concentration():
    rows = figures.portfolio(
        [sale(n, 2026, 3, 1, amount=str(n)) for n in range(1, 21)], TODAY
    )
    tenths = figures.concentration(rows)
    assert tenths[0] == (2, 20 + 19, Fraction(20 + 19, 210))
    assert tenths[9] == (2, 2 + 1, Fraction(2 + 1, 210))
    assert sum(share for _count, _revenue, share in tenths) == 1
    assert figures.concentration({}) == [(0, 0, None)] * 10
    alike = figures.portfolio([sale(n, 2026, 3, 1) for n in range(20)], TODAY)
    assert figures.concentration(alike)[:2] == [(20, 200, 1), (0, 0, 0)]


# -- rates ---------------------------------------------------------------------


def snapshot(day, segment, stage):
    active = int(stage not in ("prospect", "lost"))
    return figures.Snapshot(
        *(day, segment, stage, 1, 1, 1, Decimal(0), None, None, active),
        *(None, 0, day, 0),
    )


def taken(*months):
    """Return snapshots of (date, [(segment, stage) for each customer])."""
    return {
        day: {n: snapshot(day, *row) for n, row in enumerate(rows)}
        for day, rows in months
    }


def test_rates_over_a_year():
    rest, lost = ("Rest", "loyal"), ("Lost", "lost")
    new = ("New", "first_time")
    found = taken(
        (date(2025, 2, 1), [rest] * 100),
        (date(2025, 3, 1), [rest] * 40 + [new] * 29 + [lost] * 31),
        (date(2026, 3, 1), [rest] * 33 + [lost] * 7 + [rest] * 28 + [lost] * 32),
    )
    rates = figures.rates(found, RULES)
    # company: 61 of 69 = 0.884; Rest: 33 of 40 = 0.825, half up; New: 28 of 29, too few
    assert rates == {
        None: Rate(69, Decimal("0.88"), Decimal("0.88")),
        "Rest": Rate(40, Decimal("0.83"), Decimal("0.83")),
        "New": Rate(29, Decimal("0.97"), Decimal("0.88")),
        "Lost": Rate(31, Decimal("0.00"), Decimal("0.00")),
    }


def test_rates_of_a_short_history_are_scaled_to_a_year():
    rest, lost = ("Rest", "loyal"), ("Lost", "lost")
    found = taken(
        (date(2025, 9, 1), [rest] * 30),
        (date(2026, 3, 1), [rest] * 27 + [lost] * 3),
    )
    # 0.9 over six months is 0.81 over a year
    assert figures.rates(found, RULES)["Rest"].retention_rate == Decimal("0.81")
    del found[date(2025, 9, 1)]
    assert figures.rates(found, RULES) == {}, "one snapshot tells nothing"


def test_customers_who_are_gone_were_not_kept():
    rest = ("Rest", "loyal")
    found = taken((date(2025, 3, 1), [rest] * 2), (date(2026, 3, 1), [rest]))
    assert figures.rates(found, RULES)[None].retention_rate == Decimal("0.50")


def test_no_rate_where_nobody_was():
    lost = ("Lost", "lost")
    found = taken((date(2025, 3, 1), [lost]), (date(2026, 3, 1), [lost]))
    rates = figures.rates(found, RULES)
    assert rates[None] == Rate(0, None, Decimal(0))
    assert rates["New"] == Rate(0, None, Decimal(0))


# -- values --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "window", "months"),
    [
        (date(2026, 3, 1), 24, 12),
        (date(2025, 3, 31), 24, 12),
        (date(2025, 1, 31), 24, 14),
        (date(2024, 3, 1), 24, 24),
        (date(2010, 1, 1), 24, 24),
        (date(2026, 3, 1), 6, 6),
        (date(2010, 1, 1), 36, 36),
    ],
)
def test_months_of_the_margin(first, window, months):
    assert figures.margin_months(first, TODAY, window) == months


def test_values():
    found = [sale("old", 2020, 1, 1), sale("old", 2026, 3, 1, amount="1000.15")]
    found += [sale("new", 2026, 3, 30, amount="100")]
    settings = Settings()
    rows = figures.portfolio(found, TODAY, settings, RULES)
    rates = {None: Rate(50, Decimal("0.60"), Decimal("0.60"))}
    rates |= {
        "New": Rate(1, Decimal("1.00"), Decimal("0.60")),
        "Rest": Rate(40, Decimal("0.85"), Decimal("0.85")),
    }
    rows = figures.with_values(rows, rates, TODAY, settings)
    old, new = rows["old"], rows["new"]
    # bought before: recovered, in Rest. 1000.15 x 0.3 = 300.045; / 2 = 150.025
    assert (old.segment, old.margin) == ("Rest", Decimal("300.05"))
    assert old.yearly_margin == Decimal("150.03")
    # 150.03 x 0.85 = 127.5255; / (1.1 - 0.85) = 510.102
    assert old.lifetime_value == Decimal("510.10")
    # 30 a year, company's rate: 18 / 0.5
    assert new.yearly_margin == Decimal("30.00")
    assert new.lifetime_value == Decimal("36.00")
    # losing a tenth fewer: 0.64 and 0.865, 30 x 0.64 / 0.46 + 150.03 x 0.865 / 0.235
    gains = figures.losing_fewer(rows, rates, settings, 0.1)
    assert float(gains["New"]) == pytest.approx(30 * 0.64 / 0.46 - 36)
    wanted = 150.03 * 0.865 / 0.235 - 127.5255 / 0.25
    assert float(gains["Rest"]) == pytest.approx(wanted)
    nothing = figures.losing_fewer(rows, rates, settings, 0)
    assert nothing == {"New": 0, "Rest": 0}


def test_value_of_the_lost_and_of_those_without_segment():
    settings = Settings()
    found = [sale("gone", 2025, 1, 1, amount="1000"), sale("else", 2026, 3, 1)]
    rows = figures.portfolio(found, TODAY, settings, RULES[:1])
    assert rows["else"].segment is None
    rates = {None: Rate(50, Decimal("0.60"), Decimal("0.60"))}
    rates["Lost"] = Rate(50, Decimal("0.04"), Decimal("0.04"))
    rows = figures.with_values(rows, rates, TODAY, settings)
    # 300 x 12 / 14 = 257.14; x 0.04 = 10.29; / (1.1 - 0.6) = 20.57
    gone = rows["gone"]
    assert gone.yearly_margin == Decimal("257.14")
    assert gone.lifetime_value == Decimal("20.57")
    # 3 a year x 0.6 / 0.5
    assert rows["else"].lifetime_value == Decimal("3.60")
    for base in (0, 29):
        rates["Lost"] = Rate(base, Decimal("0.04"), Decimal("0.60"))
        gone = figures.with_values(rows, rates, TODAY, settings)["gone"]
        assert gone.lifetime_value == 0
        gains = figures.losing_fewer(rows, rates, settings, 0.1)
        assert (gains["Lost"], gains[None] > 0) == (0, True)


def test_without_history_there_is_a_margin_and_no_value():
    rows = figures.portfolio([sale(1, 2026, 3, 1)], TODAY, rules=RULES)
    row = figures.with_values(rows, {}, TODAY, Settings())[1]
    assert row.yearly_margin == Decimal("3.00")
    assert row.lifetime_value == 0


def test_margin_of_the_orders():
    found = [
        Sale(1, date(2026, 3, 1), Decimal(100), Decimal("-3.5")),
        Sale(2, date(2026, 3, 1), Decimal(50), Decimal(20)),
    ]
    settings = Settings(monetary="margin", margin_of_orders=True)
    rows = figures.portfolio(found, TODAY, settings)
    assert {c: (row.margin, row.rfm_monetary) for c, row in rows.items()} == {
        1: (Decimal("-3.50"), 1),
        2: (Decimal("20.00"), 3),
    }
