"""The independent figures themselves, against worked examples."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from oracle import figures
from oracle.figures import Rule, Settings

TODAY = date(2026, 3, 31)


@dataclass(frozen=True)
class Sale:
    customer: object
    date: date
    amount: object = Decimal("10.00")
    margin: object = None
    is_purchase: bool = True


def days(*ago):
    """Return the days that many days before TODAY, ascending."""
    return sorted(TODAY - timedelta(days=number) for number in ago)


def sales(customer, *ago, amount="10.00"):
    """Return a sale for each number of days."""
    return [Sale(customer, day, Decimal(amount)) for day in days(*ago)]


def codes(rows):
    return {customer: row.rfm_code for customer, row in rows.items()}


# -- scores --------------------------------------------------------------------


def test_score_of_ties_is_equal_and_counts_only_the_worse():
    assert figures.score(1, [1, 1, 1, 1, 1]) == 1
    values = [1, 1, 1, 2, 3]
    # 0, 3 and 4 of 5 are strictly worse: 1 + 0, 1 + 3, 1 + 4.
    assert [figures.score(value, values) for value in (1, 2, 3)] == [1, 4, 5]
    # n = 7: 1 + floor(5 * k / 7), never 6.
    assert [figures.score(v, list(range(7))) for v in range(7)] == [1, 1, 2, 3, 3, 4, 5]


def test_score_with_other_bins():
    seven = list(range(7))
    assert [figures.score(v, seven, 3) for v in seven] == [1, 1, 1, 2, 2, 3, 3]
    # 1 + floor(10 * k / 7): 0, 1.43, 2.86, 4.29, 5.71, 7.14, 8.57
    assert [figures.score(v, seven, 10) for v in seven] == [1, 2, 3, 5, 6, 8, 9]


def test_nobody():
    assert figures.portfolio([], TODAY) == {}
    assert figures.snapshots([], TODAY) == {}
    assert figures.rates({}, figures.DEFAULT_RULES) == {}


def test_a_single_customer():
    row = figures.portfolio(sales(1, 3), TODAY)[1]
    assert row.rfm_code == "111"
    assert (row.order_count, row.revenue) == (1, Decimal("10.00"))


def test_all_alike():
    rows = figures.portfolio([s for n in range(50) for s in sales(n, 3, 40)], TODAY)
    assert set(codes(rows).values()) == {"111"}
    assert {row.lifecycle_stage for row in rows.values()} == {"repeater"}


def test_code_with_more_than_nine_bins():
    found = [row for n in range(10) for row in sales(n, n)]
    rows = figures.portfolio(found, TODAY, Settings(bins=10))
    assert rows[0].rfm_code == "10-1-1"
    assert rows[9].rfm_code == "1-1-1"
    assert figures.Figures(bins=10).rfm_code == "0-0-0"


def test_negative_and_zero_amounts_are_purchases():
    rows = figures.portfolio(
        sales(1, 3, amount="0") + sales(2, 3, amount="-5.00") + sales(3, 3), TODAY
    )
    # of three: none, one and two are worse, 1 + floor(5 k / 3)
    assert codes(rows) == {1: "112", 2: "111", 3: "114"}
    assert rows[2].revenue == Decimal("-5.00")


def test_refunds_reduce_amounts_and_are_no_purchases():
    refund = Sale(1, TODAY, Decimal("-4.00"), is_purchase=False)
    row = figures.portfolio([*sales(1, 20), refund], TODAY)[1]
    assert (row.order_count, row.revenue) == (1, Decimal("6.00"))
    assert row.last_order_date == TODAY - timedelta(days=20)
    only = figures.portfolio([refund], TODAY)[1]
    assert (only.lifecycle_stage, only.rfm_code) == ("prospect", "000")
    assert only.revenue == Decimal("-4.00")


def test_sales_of_the_future_do_not_exist_yet():
    rows = figures.portfolio(sales(1, 5, -1) + sales(2, -1), TODAY)
    assert rows[1].order_count == 1
    assert rows[1].last_order_date == TODAY - timedelta(days=5)
    assert 2 not in rows


def test_unranked_customers_do_not_count():
    found = sales(1, 1, amount="1") + sales(2, 1, amount="2") + sales(3, 1, amount="3")
    facts = figures.Facts(unranked=frozenset({1}), known=frozenset({9}))
    rows = figures.portfolio(found, TODAY, facts=facts)
    # of two, none and one are worse
    assert codes(rows) == {1: "000", 2: "111", 3: "113", 9: "000"}
    assert rows[1].lifecycle_stage == "first_time"
    assert rows[9].lifecycle_stage == "prospect"


def test_portfolio_with_ties():
    rows = figures.portfolio(
        sales(1, 9)
        + sales(2, 9, 9)
        + sales(3, 1, amount="20.00")
        + sales(4, 400, amount="5.00"),
        TODAY,
    )
    # Recency: 4 is worst, 1 and 2 are equal, 3 is best. Frequency: only 2 has two.
    # Monetary: 5, 10, then 20 twice.
    assert codes(rows) == {1: "212", 2: "243", 3: "413", 4: "111"}


def test_window_start_clamps_to_the_end_of_the_month():
    assert figures.window_start(date(2026, 3, 31), 1) == date(2026, 2, 28)
    assert figures.window_start(date(2026, 3, 31), 24) == date(2024, 3, 31)
    assert figures.window_start(date(2024, 2, 29), 12) == date(2023, 2, 28)
    assert figures.window_start(date(2026, 1, 15), 1) == date(2025, 12, 15)


def test_sales_before_the_window_count_for_the_life_cycle_only():
    start = figures.window_start(TODAY, 24)
    old = (TODAY - start).days + 1
    row = figures.portfolio(sales(1, old, old - 1), TODAY)[1]
    assert (row.order_count, row.revenue) == (1, Decimal("10.00"))
    assert row.first_order_date == start - timedelta(days=1)
    gone = figures.portfolio(sales(1, old) + sales(2, 1), TODAY)
    assert codes(gone) == {1: "000", 2: "111"}
    assert gone[1].lifecycle_stage == "lost"


@pytest.mark.parametrize(
    ("amount", "rounded"),
    [
        (Fraction("0.005"), "0.01"),
        (Fraction("-0.005"), "-0.01"),
        (Fraction("0.015"), "0.02"),
        (Fraction(1, 3), "0.33"),
        (1.005, "1.01"),
        (Decimal("-2.675"), "-2.68"),
    ],
)
def test_money_is_rounded_half_away_from_zero(amount, rounded):
    assert figures.money(amount) == Decimal(rounded)


def test_money_of_a_currency_without_cents():
    assert figures.money(Fraction(5, 2), 0) == Decimal(3)


# -- rhythm and life cycle -----------------------------------------------------


@pytest.mark.parametrize(
    ("days_ago", "interval"),
    [
        ([], 0),
        ([5], 0),
        ([5, 1], 0),
        ([5, 5, 1], 0),
        ([10, 5, 1], Fraction(9, 2)),
        ([10, 10, 5, 1, 1], Fraction(9, 2)),
        ([100, 10, 5, 1], 5),
    ],
)
def test_own_interval_is_the_median_of_gaps_between_days(days_ago, interval):
    assert figures.own_interval(days(*days_ago)) == interval


@pytest.mark.parametrize(
    ("days_ago", "stage"),
    [
        ([], "prospect"),
        ([0], "first_time"),
        ([180], "first_time"),
        ([181], "at_risk"),
        ([365], "at_risk"),
        ([366], "lost"),
        ([10, 0], "repeater"),
        ([375, 10], "repeater"),
        ([376, 10], "recovered"),
        ([376, 10, 10], "recovered"),
        ([376, 10, 9], "repeater"),
        ([4, 3, 2, 1], "repeater"),
        ([4, 3, 2, 1, 1], "loyal"),
        ([700, 400, 399, 398, 397, 5], "recovered"),
        ([700, 600, 500, 400, 366], "lost"),
    ],
)
def test_lifecycle_without_rhythm(days_ago, stage):
    assert figures.lifecycle(days(*days_ago), TODAY, Settings()) == stage


@pytest.mark.parametrize(
    ("silent", "usual", "factor", "stage"),
    [
        (30, 10, 3.0, "first_time"),
        (31, 10, 3.0, "at_risk"),
        (31, Fraction(21, 2), 3.0, "first_time"),
        (32, Fraction(21, 2), 3.0, "at_risk"),
        (11, 10, 1.1, "first_time"),
        (12, 10, 1.1, "at_risk"),
        (365, 200, 3.0, "first_time"),
        (366, 200, 3.0, "lost"),
    ],
)
def test_lifecycle_with_rhythm(silent, usual, factor, stage):
    settings = Settings(at_risk_factor=factor)
    assert figures.lifecycle(days(silent), TODAY, settings, usual) == stage


@pytest.mark.parametrize(
    ("days_ago", "good_bye", "stage"),
    [
        ([20], 10, "lost"),
        ([20], 20, "lost"),
        ([20], 21, "first_time"),
        ([20], -1, "first_time"),
        ([40, 20], 30, "recovered"),
        ([40, 20], 40, "recovered"),
        ([40, 20], 41, "repeater"),
        ([40, 20, 20], 30, "recovered"),
        ([60, 40, 20], 50, "repeater"),
        ([], 10, "prospect"),
    ],
)
def test_lifecycle_after_a_good_bye(days_ago, good_bye, stage):
    day = TODAY - timedelta(days=good_bye)
    found = figures.lifecycle(days(*days_ago), TODAY, Settings(), 0, day)
    assert found == stage


def test_rhythm_of_the_segment_then_of_the_company():
    rules = (
        Rule("Big", monetary=(2, 3), score_bins=3),
        Rule("Rest", is_fallback=True),
    )
    settings = Settings(bins=3)
    found = (
        # Big, by their revenue: every 10 days and every 20, median 15
        sales("a", 30, 20, 10, amount="90")
        + sales("b", 60, 40, 20, amount="90")
        # The rest has no rhythm of its own; company's median: 15 as well
        + sales("c", 46, amount="1")
        + sales("d", 45, amount="1")
        + sales("e", 46, amount="300")
        + sales("f", 1, amount="1")
    )
    rows = figures.portfolio(found, TODAY, settings, rules)
    assert {c: row.value_segment for c, row in rows.items()} == {
        **dict.fromkeys("abe", "Big"),
        **dict.fromkeys("cdf", "Rest"),
    }
    assert figures.segment_intervals(rows) == {"Big": 15}
    assert figures.company_interval(rows) == 15
    stages = {c: row.lifecycle_stage for c, row in rows.items()}
    assert stages == {
        **dict.fromkeys("ab", "repeater"),
        **dict.fromkeys("df", "first_time"),
        "c": "at_risk",
        "e": "at_risk",
    }


def test_rhythm_of_those_without_a_segment_is_the_company_s():
    rules = (Rule("Some", customers=frozenset("a")),)
    found = sales("a", 90, 60, 30) + sales("b", 3, 2, 1) + sales("c", 40)
    rows = figures.portfolio(found, TODAY, rules=rules)
    # company's: the median of 30 and 1; without it, c would be at risk after 3 days
    assert figures.segment_intervals(rows) == {"Some": 30}
    assert figures.company_interval(rows) == Fraction(31, 2)
    assert rows["c"].lifecycle_stage == "first_time"


# -- segments ------------------------------------------------------------------


def test_segment_is_the_first_match():
    rules = (
        Rule("Lost", lifecycle_stage="lost"),
        Rule("Best", recency=(4, 5), monetary=(4, 5)),
        Rule("Rest", frequency=(1, 5)),
    )
    rows = figures.portfolio(
        sales(1, 1, amount="50.00")
        + sales(2, 500, 400)
        + [row for n in range(3, 8) for row in sales(n, 50 + n)],
        TODAY,
        rules=rules,
    )
    assert (rows[1].segment, rows[1].value_segment) == ("Best", "Best")
    assert (rows[2].segment, rows[2].value_segment) == ("Lost", "Rest")
    assert rows[3].segment == "Rest"
    assert figures.segment(figures.PROSPECT, rules) is None


@pytest.mark.parametrize(
    ("bounds", "scale", "bins", "wanted"),
    [
        ((4, 5), 5, 5, (4, 5)),
        ((4, 5), 5, 10, (7, 10)),
        ((1, 1), 5, 10, (1, 2)),
        ((4, 5), 5, 3, (2, 3)),
        ((5, 5), 5, 3, (3, 3)),
        ((1, 2), 5, 3, (1, 2)),
        ((0, 0), 5, 10, (0, 0)),
        ((0, 5), 5, 7, (0, 7)),
        ((9, 10), 10, 5, (5, 5)),
        ((2, 3), 3, 10, (4, 10)),
    ],
)
def test_bounds_on_another_scale(bounds, scale, bins, wanted):
    rule = Rule("R", recency=bounds, score_bins=scale)
    assert rule.bounds("recency", bins) == wanted


def test_fallback_is_tried_last_and_its_conditions_do_not_matter():
    rules = (
        Rule("Shared", is_fallback=True, lifecycle_stage="lost"),
        Rule("Own", is_fallback=True, is_own=True, recency=(5, 5)),
        Rule("Big", monetary=(2, 5)),
    )
    rows = figures.portfolio(sales(1, 1) + sales(2, 1, amount="1"), TODAY, rules=rules)
    assert {c: row.segment for c, row in rows.items()} == {1: "Big", 2: "Own"}
    assert figures.segment(figures.PROSPECT, rules[:1]) == "Shared"


def test_filter():
    rules = (Rule("Some", customers=frozenset({1})),)
    rows = figures.portfolio(sales(1, 1) + sales(2, 1), TODAY, rules=rules)
    assert {c: row.segment for c, row in rows.items()} == {1: "Some", 2: None}


@pytest.mark.parametrize(
    ("until", "name"), [(None, "Kept"), (0, "Kept"), (-1, "Kept"), (1, "Rest")]
)
def test_lock(until, name):
    last = until if until is None else TODAY - timedelta(days=until)
    facts = figures.Facts(locks={1: ("Kept", last)})
    rules = (Rule("Rest"), Rule("Kept"))
    row = figures.portfolio(sales(1, 1), TODAY, rules=rules, facts=facts)[1]
    assert (row.segment, row.value_segment) == (name, "Rest")
