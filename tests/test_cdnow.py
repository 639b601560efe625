"""The CDNOW file, the people made for it, and the figures the addon must reach."""

from collections import Counter
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from demo import cdnow, people
from oracle import figures

TODAY = date(2026, 3, 31)
SAMPLE = """\
 00004 0001 19970101  2   29.33
 00004 0001 19970118  2   29.73
 00021 0002 19970101  3   63.34
 00021 0002 19970101  1    0.00

"""


@pytest.fixture(scope="module")
def real():
    """Return all purchases of the sample of 2,357 customers."""
    return cdnow.load(TODAY)


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


def test_portfolio_of_the_real_file(real):
    """The figures of the sample, so that a change in the definitions is noticed."""
    rows = figures.portfolio(real, TODAY)
    assert Counter(row.segment for row in rows.values()) == {
        "Lost": 1545,
        "At risk": 240,
        "Platinum": 252,
        "Gold": 175,
        "Silver": 107,
        "Regular": 38,
    }
    assert Counter(row.lifecycle_stage for row in rows.values()) == {
        "lost": 1545,
        "at_risk": 240,
        "loyal": 231,
        "repeater": 280,
        "recovered": 61,
    }
    assert sum(row.revenue for row in rows.values()) == Decimal("244091.94")
    assert figures.segment_intervals(rows) == {
        "Platinum": 39,
        "Gold": 74,
        "Silver": 128,
        "Regular": 182,
    }
    assert figures.company_interval(rows) == Decimal("52.75")


def test_history_and_value_of_the_real_file(real):
    settings = figures.Settings()
    taken = figures.snapshots(real, TODAY)
    assert (len(taken), sum(map(len, taken.values()))) == (17, 37831)
    rates = figures.rates(taken, figures.DEFAULT_RULES)
    used = {name: (rate.base_count, rate.rate_used) for name, rate in rates.items()}
    assert used == {
        None: (2357, Decimal("0.36")),
        "Prospect": (0, Decimal("0.36")),
        "Lost": (0, Decimal("0.36")),
        "At risk": (1589, Decimal("0.28")),
        "Platinum": (212, Decimal("0.78")),
        "New": (306, Decimal("0.33")),
        "Gold": (155, Decimal("0.63")),
        "Silver": (88, Decimal("0.50")),
        "Regular": (7, Decimal("0.36")),
    }
    rows = figures.portfolio(real, TODAY)
    rows = figures.with_values(rows, rates, TODAY, settings).values()
    assert sum(row.yearly_margin for row in rows) == Decimal("54905.98")
    assert sum(row.lifetime_value for row in rows) == Decimal("58905.55")
