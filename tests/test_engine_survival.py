"""How long customers stay, and from when on they are at risk: published figures."""

import math
from collections import Counter, defaultdict
from datetime import date, timedelta
from statistics import median

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_relationship.engine.at_risk import Verdict, choose, judge
from crm_relationship.engine.survival import (
    Survival,
    fit_survival,
    get_simple_multiple,
)
from demo import cdnow

often = settings(derandomize=True, deadline=None, max_examples=200)
REGULAR = [1000, 631, 468, 382, 326, 289, 262, 241]
HIGH_END = [1000, 869, 743, 653, 593, 551, 517, 491]
"""Customers left after each year: Fader and Hardie 2007, table 1."""


@pytest.mark.parametrize(
    "left, a, b", [(REGULAR, 0.704, 1.182), (HIGH_END, 0.668, 3.806)]
)
def test_published_parameters(left, a, b):
    curve = fit_survival(left)
    assert (curve.a, curve.b) == pytest.approx((a, b), abs=0.001)


def test_published_projection():
    """Seven years are known; after twelve 39.4 % were left, where a constant rate says
    29.5 %.
    """
    curve = fit_survival(HIGH_END)
    assert curve.get_share(12) == pytest.approx(0.378, abs=0.001)
    assert (HIGH_END[-1] / 1000) ** (12 / 7) == pytest.approx(0.295, abs=0.001)


def test_published_multiples():
    """Gupta and Lehmann: 10 % discount."""
    for retention, multiple in ((0.6, 1.20), (0.7, 1.75), (0.8, 2.67), (0.9, 4.50)):
        assert get_simple_multiple(retention, 0.1) == pytest.approx(multiple, abs=0.005)


def test_customers_who_are_all_alike_make_the_simple_multiple():
    """With no difference between them the curve is a constant rate."""
    curve = Survival(2e5, 8e5)
    assert curve.get_multiple(0.1, 1) == pytest.approx(
        get_simple_multiple(0.8, 0.1), rel=1e-3
    )


def test_multiple_by_hand():
    """Shares 1/2, 1/3, 1/4 … of a = b = 1: the sum of x^n ÷ (n + 1)."""
    x = 1 / 1.1
    wanted = -math.log(1 - x) / x - 1
    assert Survival(1, 1).get_multiple(0.1, 1) == pytest.approx(wanted, abs=0.002)


@often
@given(
    st.lists(st.integers(0, 10**6), min_size=3, max_size=24).map(
        lambda counts: sorted(counts, reverse=True)
    )
)
def test_sense(left):
    curve = fit_survival(left)
    if not left[0]:
        assert curve is None
        return
    shares = [curve.get_share(step) for step in range(0, 600, 12)]
    assert shares[0] == pytest.approx(1)
    falls = zip(shares, shares[1:], strict=False)
    assert all(after <= before + 1e-6 for before, after in falls)
    assert 0 <= curve.get_multiple(0.1) <= 10.0001
    kept = [curve.get_retention(step) for step in range(1, 50)]
    assert kept == sorted(kept)


def test_too_few():
    assert fit_survival([1000, 900]) is None
    assert fit_survival([0, 0, 0]) is None


# -- at risk -------------------------------------------------------------------


def test_customers_of_a_real_shop():
    """CDNOW after 39 weeks: factor 3 calls 53 % of those at risk who buy again within
    the next 39, and 5 is better balanced.
    """
    known = date(1997, 1, 1) + timedelta(weeks=39, days=-1)
    end = known + timedelta(weeks=39)
    days = defaultdict(set)
    for row in cdnow.parse(cdnow.data_file().read_text(encoding="ascii")):
        days[row.customer].add(row.date)
    seen = []
    for bought in days.values():
        before = sorted(day for day in bought if day <= known)
        gaps = [(b - a).days for a, b in zip(before, before[1:], strict=False)]
        usual = median(gaps) if len(gaps) > 1 else None
        again = any(known < day <= end for day in bought)
        seen.append(((known - before[-1]).days, usual, again))
    of_all = median(usual for _silent, usual, _again in seen if usual)
    rows = Counter((silent / (usual or of_all), again) for silent, usual, again in seen)
    verdicts = judge(
        [(*key, number) for key, number in rows.items()],
        [step / 2 for step in range(2, 31)],
    )
    three = next(v for v in verdicts if v.factor == 3)
    assert (three.back, three.gone) == (684, 1673)
    assert round(three.alarm_share, 2) == 0.53
    assert round(three.right_share, 3) == 0.773
    assert choose(verdicts).factor == 5
    assert round(choose(verdicts).right_share, 3) == 0.773


def test_both_mistakes_are_counted():
    rows = [(1.0, True, 5), (4.0, True, 3), (2.0, False, 4), (8.0, False, 6)]
    low, high = judge(rows, (2, 5))
    assert low == Verdict(2, back=8, alarms=3, gone=10, missed=4)
    assert high == Verdict(5, back=8, alarms=0, gone=10, missed=4)
    assert low.right_share == pytest.approx(11 / 18)
    assert choose([low, high]) == high


def test_of_equals_the_lowest_is_proposed():
    verdicts = judge([(1.0, True, 5), (9.0, False, 5)], (1, 2, 3))
    assert choose(verdicts).factor == 1


def test_all_did_the_same():
    assert choose(judge([(1.0, True, 5)], (1, 2))) is None
    assert choose(judge([], (1, 2))) is None
    assert choose([]) is None
