"""What can be proven: published cases, and no effect where there is none."""

import math
import random
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench import case_alike
from crm_relationship.engine import experiment
from crm_relationship.engine.experiment import (
    MIN_BUYERS,
    MIN_CUSTOMERS,
    amounts,
    choose_aside,
    deal,
    get_detectable,
    shares,
)

often = settings(derandomize=True, deadline=None, max_examples=200)
COUNTS = st.integers(0, 300).flatmap(
    lambda size: st.tuples(st.integers(0, size), st.just(size))
)
SPENT = st.lists(st.floats(0.01, 1e9), max_size=60)
KEY = b"a secret"
# All of them: `./dev bench --only alike`.
SIZES = [(500, 0.5), (1_000, 0.1), (2_000, 0.05)]


@pytest.fixture(scope="module")
def later():
    """Return what each real customer spent within the last 39 of 78 weeks."""
    spent = case_alike.read_later()
    assert len(spent) == 23_570
    return spent


# -- shares --------------------------------------------------------------------


@pytest.mark.parametrize(
    "counts, expected",
    [
        ((56, 70, 48, 80), (0.2, 0.0524, 0.3339)),
        ((9, 10, 3, 10), (0.6, 0.1705, 0.8090)),
        ((6, 7, 2, 7), (0.5714, 0.0582, 0.8062)),
        ((5, 56, 0, 29), (0.0893, -0.0381, 0.1926)),
        ((0, 10, 0, 20), (0.0, -0.1611, 0.2775)),
        ((10, 10, 0, 20), (1.0, 0.6791, 1.0)),
    ],
)
def test_published_cases(counts, expected):
    """Newcombe 1998, table II, method 10."""
    assert shares(*counts) == pytest.approx(expected, abs=5e-5)


@often
@given(COUNTS, COUNTS)
def test_shares_the_other_way_round(one, other):
    difference, low, high = shares(*one, *other)
    turned, turned_low, turned_high = shares(*other, *one)
    if difference is None:
        assert (turned, low, high) == (None, -1, 1)
    else:
        assert (turned, turned_low, turned_high) == pytest.approx(
            (-difference, -high, -low), abs=1e-12
        )
        assert -1 - 1e-12 <= low <= difference + 1e-12
        assert difference - 1e-12 <= high <= 1 + 1e-12


@pytest.mark.parametrize("counts", [(2, 1, 0, 1), (0, 1, -1, 1), (0, 0, 1, 0)])
def test_more_buyers_than_customers(counts):
    with pytest.raises(ValueError, match=" of "):
        shares(*counts)


# -- amounts -------------------------------------------------------------------


@often
@given(SPENT, st.integers(0, 500), SPENT, st.integers(0, 500), st.integers(0, 9))
def test_a_verdict_is_whole(one, rest, other, others, seed):
    treated, control = (len(one) + rest, one), (len(other) + others, other)
    verdict = amounts(treated, control, seed=seed)
    assert verdict == amounts(treated, control, seed=seed)
    known = verdict.low is not None
    assert known == (verdict.reason in (None, "chance"))
    assert verdict.proven == (verdict.reason is None)
    if known:
        assert len(one) >= MIN_BUYERS <= len(other)
        assert verdict.low <= verdict.high
        assert verdict.proven == (verdict.low > 0 or verdict.high < 0)


@pytest.mark.parametrize(
    "treated, control, reason",
    [
        ((0, []), (50, [1.0] * 30), "empty"),
        ((50, [1.0] * 30), (0, []), "empty"),
        ((50, [1.0] * 30), (1, [1.0]), "few_control"),
        ((50, []), (50, [1.0] * 30), "few_treated"),
        ((50, []), (50, []), "few_control"),
        ((3000, [1.0] * 20), (100, [1.0] * 20), "small"),
        ((50, [1.0] * 50), (50, [1.0] * 50), "chance"),
        # one order of a billion decides nothing
        ((100, [1e9, *[1.0] * 30]), (100, [1.0] * 30), "chance"),
    ],
)
def test_why_nothing_is_proven(treated, control, reason):
    verdict = amounts(treated, control, seed=1)
    assert (verdict.proven, verdict.reason) == (False, reason)


def test_what_is_plain_is_proven():
    verdict = amounts((100, [10.0] * 90), (100, [10.0] * 40), seed=1)
    assert verdict.proven
    assert verdict.difference == pytest.approx(5)
    assert verdict.low < verdict.difference < verdict.high
    loss = amounts((100, [10.0] * 40), (100, [10.0] * 90), seed=1)
    assert loss.proven
    assert loss.high < 0


@pytest.mark.parametrize("as_far, proven", [(0, True), (22, True), (23, False)])
def test_the_real_division_is_one_of_a_thousand(monkeypatch, as_far, proven):
    """Proven if, with itself, at most 23 of 1,000 go as far: (b + 1) ÷ (m + 1)."""
    difference = 5.0
    for sign in (1, -1):
        others = [0.0] * (experiment.DRAWS - as_far)
        chance = sorted([sign * difference] * as_far + others)
        monkeypatch.setattr(
            experiment, "_get_differences_by_chance", lambda *_args, c=chance: c
        )
        groups = [(100, [10.0] * 90), (100, [10.0] * 40)][::sign]
        verdict = amounts(*groups, seed=1)
        assert verdict.difference == sign * difference
        assert verdict.proven == proven


@pytest.mark.parametrize("among", [None, range(2, 5)])
def test_buyers_are_dealt_as_chance_deals_them(among):
    """The hypergeometric distribution, held against all ways there are."""
    buyers, others, places, times = 7, 9, 6, 100_000
    found = Counter(deal(random.Random(3), buyers, others, places, times, among))
    ways = {
        count: math.comb(buyers, count) * math.comb(others, places - count)
        for count in among or range(places + 1)
    }
    assert set(found) == set(ways)
    for count, number in ways.items():
        expected = number / sum(ways.values())
        assert found[count] / times == pytest.approx(expected, abs=0.006)


def test_divisions_that_would_say_nothing_do_not_count():
    """With 41 buyers each group has 20 or 21 of them, in each division."""
    spent = [1.0] * 41
    chance = experiment._get_differences_by_chance(50, 50, spent, 1)
    assert len(chance) == experiment.DRAWS
    assert {round(abs(difference), 9) for difference in chance} == {0.02}


def test_no_number():
    for amount in (float("nan"), float("inf")):
        with pytest.raises(ValueError, match="not a number"):
            amounts((50, [amount]), (50, [1.0]), seed=1)


@pytest.mark.parametrize("size, share", SIZES)
def test_alike_is_not_proven(size, share):
    """Real customers, all treated alike: 5 % of verdicts may say otherwise.

    Among all draws, and among those with enough buyers for an interval at all.
    """
    proven, known = case_alike.count_amounts(size, share)
    assert proven / case_alike.DRAWS <= 0.06
    if known > case_alike.DRAWS / 2:
        assert 0.03 <= proven / known <= 0.06


@pytest.mark.parametrize("size", case_alike.SIZES)
@pytest.mark.parametrize("share", case_alike.SHARES)
def test_alike_is_not_proven_of_shares_drawn(size, share):
    """The same of buyers; without draws see the next test."""
    proven = case_alike.count_buyers(size, share)
    assert proven / case_alike.SHARE_DRAWS <= 0.06


@pytest.mark.parametrize("size", [500, 1_000, 2_000, 5_000])
@pytest.mark.parametrize("share", [0.05, 0.1, 0.3, 0.5])
def test_alike_is_not_proven_of_shares(later, size, share):
    """The same of buyers, without any draws: each outcome with its probability."""
    usual = sum(amount > 0 for amount in later) / len(later)
    n2 = round(size * share)
    assert 0.03 <= get_risk(size - n2, n2, usual) <= 0.06


@pytest.mark.parametrize("few, most", [(1, 0.15), (5, 0.08), (MIN_CUSTOMERS, 0.06)])
def test_why_a_few_customers_prove_nothing(few, most):
    """Whatever the share who buy: in so many of 100 cases, none of which has an effect.

    Of fewer than ten it is more than 6, so that nothing is said of them.
    """
    worst = max(get_risk(150, few, percent / 100) for percent in range(1, 100, 2))
    assert most - 0.02 <= worst <= most


def get_risk(n1, n2, usual):
    """Return how often buyers of two groups who are treated alike "prove" something."""
    risk = 0.0
    for k2, weight2 in get_weights(n2, usual):
        for k1, weight1 in get_weights(n1, usual):
            _difference, low, high = shares(k1, n1, k2, n2)
            risk += weight1 * weight2 * (low > 0 or high < 0)
    return risk


def get_weights(size, share):
    """Yield how many buy, with the probability; as far as it counts."""
    far = 5 * math.sqrt(size * share * (1 - share)) + 3
    first, last = math.floor(size * share - far), math.ceil(size * share + far)
    for count in range(max(first, 0), min(last, size) + 1):
        ways = (
            math.lgamma(size + 1)
            - math.lgamma(count + 1)
            - math.lgamma(size - count + 1)
        )
        chance = count * math.log(share) + (size - count) * math.log(1 - share)
        yield count, math.exp(ways + chance)


# -- power ---------------------------------------------------------------------


def test_found_as_often_as_said():
    """An effect of the size that is named is proven in about 80 % of draws."""
    draw, n1, n2, share = random.Random(3), 1800, 200, 0.3
    effect, found, draws = get_detectable(n1, n2, share), 0, 400
    for _number in range(draws):
        k1 = sum(draw.random() < share + effect for _ in range(n1))
        k2 = sum(draw.random() < share for _ in range(n2))
        found += shares(k1, n1, k2, n2)[1] > 0
    assert 0.7 <= found / draws <= 0.9


@pytest.mark.parametrize("size, share", [(1_000, 0.1), (2_000, 0.3), (5_000, 0.5)])
def test_an_effect_among_real_customers(later, size, share):
    """Put in on purpose, as large as the hint says: found 4 times out of 5.

    Some of the treated who bought nothing are made to buy what somebody else bought.
    """
    draw, found, draws = random.Random(size), 0, 1_000
    buyers = [amount for amount in later if amount > 0]
    usual = len(buyers) / len(later)
    aside = round(size * share)
    effect = get_detectable(size - aside, aside, usual)
    for _number in range(draws):
        (n1, bought1), (n2, bought2) = case_alike.divide(later, size, share, draw)
        won = sum(
            draw.random() < effect / (1 - usual) for _one in range(n1 - len(bought1))
        )
        found += shares(len(bought1) + won, n1, len(bought2), n2)[1] > 0
    assert 0.75 <= found / draws <= 0.85


def test_detectable():
    assert get_detectable(720, 80, 0.034) == pytest.approx(0.06, abs=5e-4)
    assert get_detectable(0, 80, 0.5) is None
    assert get_detectable(1, 1, 0.5) is None
    assert get_detectable(1000, MIN_CUSTOMERS - 1, 0.1) is None
    assert get_detectable(1000, MIN_CUSTOMERS, 0.1) is not None


# -- who is kept aside -----------------------------------------------------------


@often
@given(st.sets(st.integers(1, 10**6), max_size=80), st.floats(0, 0.5), st.randoms())
def test_the_same_whatever_the_order(customers, share, shuffle):
    ordered = list(customers)
    shuffle.shuffle(ordered)
    chosen = choose_aside(KEY, customers, share, stratum=1)
    assert chosen == choose_aside(KEY, ordered, share, stratum=1)
    assert chosen <= customers
    assert abs(len(chosen) - share * len(customers)) <= 1


def test_each_by_itself_has_the_share():
    alone = sum(
        len(choose_aside(KEY, [number], 0.1, stratum=1)) for number in range(20_000)
    )
    assert 1_850 <= alone <= 2_150


def test_nobody_foresees_whom():
    everybody = range(1000)
    one = choose_aside(KEY, everybody, 0.2, stratum=1)
    assert len(one & choose_aside(b"another", everybody, 0.2, stratum=1)) < 80
    assert len(one & choose_aside(KEY, everybody, 0.2, stratum=2)) < 80


# -- the guide -------------------------------------------------------------------


def test_examples_of_the_guide():
    """What is counted out there is what the software says."""
    path = Path(__file__).parents[1] / "docs" / "guide" / "proof.md"
    text = " ".join(path.read_text(encoding="utf-8").split())

    def say(share):
        return f"{100 * share:+.1f}".replace("-", "−")

    tenth = get_detectable(720, 80, 0.034)
    third = get_detectable(560, 240, 0.034)
    assert f"an effect under {100 * tenth:.1f} points" in text
    assert f"with 30 % kept aside it is {100 * third:.1f} points" in text
    _difference, low, high = shares(180, 900, 10, 100)
    assert f"method 10) is {say(low)} to {say(high)} points" in text
    difference, low, high = shares(180, 900, 14, 100)
    assert f"{100 * difference:+.0f} points, {say(low)} to {say(high)}" in text
    difference, low, high = shares(162, 540, 12, 60)
    assert f"{100 * difference:.0f} points more bought" in text
    assert f"the interval is {say(low)} to {say(high)}" in text
