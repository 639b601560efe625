"""The CDNOW file, the people made for it, and the figures the addon must reach."""

import importlib.util
import os
from collections import Counter
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from bench import cdnow, figures, people

TODAY = date(2026, 3, 31)
SAMPLE = """\
 00004 0001 19970101  2   29.33
 00004 0001 19970118  2   29.73
 00021 0002 19970101  3   63.34
 00021 0002 19970101  1    0.00

"""


def purchase(customer, days_ago, amount="10.00", rank=1):
    """Return a purchase made `days_ago` days before TODAY."""
    day = TODAY - timedelta(days=days_ago)
    return cdnow.Purchase(customer, day, rank, 1, Decimal(amount))


def purchases_of(customer, *days_ago, amount="10.00"):
    """Return one purchase for each number of days, the longest ago first."""
    return [
        purchase(customer, days, amount, rank)
        for rank, days in enumerate(sorted(days_ago, reverse=True), 1)
    ]


@pytest.fixture(scope="module")
def real():
    """Return all purchases of the sample of 2,357 customers."""
    path = os.environ.get("CDNOW_FILE") or _installed_file()
    if not path:
        pytest.skip("The CDNOW data is not here: set CDNOW_FILE to the file.")
    return cdnow.load(path, TODAY)


def _installed_file():
    """Return the file in the installed package; importing that would need NumPy."""
    spec = importlib.util.find_spec("lifetimes")
    if not spec:
        return None
    return Path(spec.origin).parent / "datasets" / "CDNOW_sample.txt"


# -- the file ------------------------------------------------------------------


def test_parse():
    rows = cdnow.parse(SAMPLE)
    assert len(rows) == 4
    assert rows[0] == cdnow.Purchase(4, date(1997, 1, 1), 1, 2, Decimal("29.33"))
    assert [row.key for row in rows] == [
        "CD00004-001",
        "CD00004-002",
        "CD00021-001",
        "CD00021-002",
    ]


@pytest.mark.parametrize(
    "line", ["00004 0001 19970101 2", "00004 0001 19970230 2 1.00", "4 1 19970101 2 x"]
)
def test_parse_names_the_bad_line(line):
    with pytest.raises(ValueError, match="Line 2 .*" + line):
        cdnow.parse("00004 0001 19970101  2   29.33\n" + line)


def test_shift_keeps_intervals():
    rows = cdnow.shift(cdnow.parse(SAMPLE), TODAY)
    assert max(row.date for row in rows) == TODAY - timedelta(days=1)
    assert rows[1].date - rows[0].date == timedelta(days=17)
    assert cdnow.shift([], TODAY) == []


def test_price_times_quantity_is_the_amount(real):
    for row in real:
        assert Decimal(f"{row.price * row.quantity:.2f}") == row.amount


def test_moment_lies_on_the_day_in_jakarta(real):
    days = {row: cdnow.local_today(row.moment) for row in real}
    assert all(row.date == day for row, day in days.items())
    other_in_utc = sum(row.moment.date() != row.date for row in real)
    assert other_in_utc > 100, "some must tell a wrong time zone from a right one"


def test_local_today_turns_at_midnight_in_jakarta():
    assert cdnow.local_today(datetime(2026, 3, 30, 16, 59)) == date(2026, 3, 30)
    assert cdnow.local_today(datetime(2026, 3, 30, 17, 0)) == date(2026, 3, 31)


def test_totals_of_the_real_file(real):
    assert len({row.customer for row in real}) == 2357
    assert len(real) == 6919
    assert sum(row.quantity for row in real) == 16479
    assert sum(row.amount for row in real) == Decimal("244091.94")
    assert sum(not row.amount for row in real) == 8
    assert len({row.key for row in real}) == len(real)
    # 545 days from the first of January 1997 to the end of June 1998.
    assert min(row.date for row in real) == TODAY - timedelta(days=1 + 545)


# -- the people ----------------------------------------------------------------


def test_people_are_the_same_every_time():
    assert [people.person(n) for n in range(50)] == [
        people.person(n) for n in range(50)
    ]
    assert people.person(44) == people.Person(
        number=44,
        name="Gita Suherman",
        email="customer00044@example.com",
        phone="+62 857-9785-5646",
        city="Medan",
        birthdate=date(1984, 9, 18),
        preferred="email",
        refused=("whatsapp",),
    )


def test_people_have_the_wishes_that_need_trying_out(real):
    crowd = [people.person(n) for n in {row.customer for row in real}]
    share = lambda test: sum(map(bool, map(test, crowd))) / len(crowd)  # noqa: E731
    assert 0.12 < share(lambda who: who.refused) < 0.18
    assert 0.25 < share(lambda who: who.preferred) < 0.35
    assert 0 < share(lambda who: who.refused == people.KINDS) < 0.03
    assert share(lambda who: who.birthdate and who.birthdate.month == 2) > 0
    assert any(who.birthdate and who.birthdate.day == 29 for who in crowd)
    assert all(who.preferred not in who.refused for who in crowd)
    assert all(who.email.endswith(("@example.com", "")) for who in crowd)
    assert len({who.email for who in crowd if who.email}) > 2200


# -- the figures ---------------------------------------------------------------


def test_score_of_ties_is_equal_and_counts_only_the_worse():
    assert [figures.score(v, [1, 1, 1, 1, 1]) for v in (1,)] == [1]
    values = [1, 1, 1, 2, 3]
    # 0, 3 and 4 of 5 are strictly worse: 1 + 0, 1 + 3, 1 + 4.
    assert [figures.score(value, values) for value in (1, 2, 3)] == [1, 4, 5]
    # n = 7: 1 + floor(5 * k / 7), never 6.
    assert [figures.score(v, list(range(7))) for v in range(7)] == [1, 1, 2, 3, 3, 4, 5]


def test_score_of_a_single_customer():
    row = figures.portfolio([purchase(1, 3)], TODAY)[1]
    assert row.rfm_code == "111"


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
        ([376, 10, 9], "repeater"),
        ([4, 3, 2, 1], "repeater"),
        ([4, 3, 2, 1, 1], "loyal"),
        ([700, 400, 399, 398, 397, 5], "recovered"),
        ([700, 600, 500, 400, 366], "lost"),
    ],
)
def test_lifecycle(days_ago, stage):
    dates = [TODAY - timedelta(days=days) for days in sorted(days_ago, reverse=True)]
    assert figures.lifecycle(dates, TODAY, figures.Settings()) == stage


def test_window_start_clamps_to_the_end_of_the_month():
    assert figures.window_start(date(2026, 3, 31), 1) == date(2026, 2, 28)
    assert figures.window_start(date(2026, 3, 31), 24) == date(2024, 3, 31)
    assert figures.window_start(date(2024, 2, 29), 12) == date(2023, 2, 28)
    assert figures.window_start(date(2026, 1, 15), 1) == date(2025, 12, 15)


def test_orders_before_the_window_count_for_the_life_cycle_only():
    start = figures.window_start(TODAY, 24)
    old = (TODAY - start).days + 1
    row = figures.portfolio(purchases_of(1, old, old - 1), TODAY)[1]
    assert (row.order_count, row.revenue) == (1, Decimal("10.00"))
    assert row.first_order_date == start - timedelta(days=1)
    gone = figures.portfolio(purchases_of(1, old) + purchases_of(2, 1), TODAY)
    assert gone[1].rfm_code == "000"
    assert gone[1].lifecycle_stage == "lost"
    assert gone[2].rfm_code == "111", "scored among the one who ordered in the window"


def test_portfolio_with_ties():
    rows = figures.portfolio(
        purchases_of(1, 9)
        + purchases_of(2, 9, 9)
        + purchases_of(3, 1, amount="20.00")
        + purchases_of(4, 400, amount="5.00"),
        TODAY,
    )
    # Recency: 4 is worst, 1 and 2 are equal, 3 is best. Frequency: only 2 has two.
    # Monetary: 5, 10, then 20 twice.
    assert {customer: row.rfm_code for customer, row in rows.items()} == {
        1: "212",
        2: "243",
        3: "413",
        4: "111",
    }


def test_segment_is_the_first_match():
    rules = (
        figures.Rule("Lost", lifecycle_stage="lost"),
        figures.Rule("Best", recency=(4, 5), monetary=(4, 5)),
        figures.Rule("Rest", frequency=(1, 5)),
    )
    rows = figures.portfolio(
        purchases_of(1, 1, amount="50.00")
        + purchases_of(2, 500, 400)
        + [row for n in range(3, 8) for row in purchases_of(n, 50 + n)],
        TODAY,
    )
    assert figures.segment(rows[1], rules) == "Best"
    assert figures.segment(rows[2], rules) == "Lost"
    assert figures.segment(rows[3], rules) == "Rest"
    assert figures.segment(figures.PROSPECT, rules) is None


def test_portfolio_of_the_real_file(real):
    """The figures of the sample, so that a change in the definitions is noticed."""
    rows = figures.portfolio(real, TODAY)
    names = (figures.segment(row, figures.DEFAULT_RULES) for row in rows.values())
    assert Counter(names) == {
        "Lost": 1545,
        "At risk": 298,
        "Platinum": 295,
        "Gold": 143,
        "Silver": 58,
        "Regular": 18,
    }
    assert Counter(row.lifecycle_stage for row in rows.values()) == {
        "lost": 1545,
        "at_risk": 298,
        "loyal": 285,
        "repeater": 166,
        "recovered": 63,
    }
    assert sum(row.revenue for row in rows.values()) == Decimal("244091.94")
