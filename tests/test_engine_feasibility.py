"""Promises and what can be kept: what holds whatever is asked, and brute force."""

from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx, mark

from crm_relationship.engine.feasibility import (
    PLACES,
    STEPS,
    WEEKS,
    Remedy,
    choose,
    play,
    ramp,
    spread,
)

often = settings(derandomize=True, deadline=None, max_examples=300)

MINUTES = st.sampled_from((0, 5, 30, 60, 240, 1200))
WEEKLY = st.lists(MINUTES, min_size=WEEKS, max_size=WEEKS)
YEARLY = st.sampled_from((0, 0.5, 1, 2, 4, 12, 26, 52, 104, 365))
PLACED = st.lists(st.integers(0, 30), min_size=PLACES, max_size=PLACES)


# ----------------------------------------------------------------------
# How much comes when
# ----------------------------------------------------------------------


@often
@given(st.integers(0, 500), YEARLY, PLACED)
def test_spread_is_the_sum_of_the_customers(customers, yearly, placed):
    """Customer by customer, day by day, gives the same."""
    weeks = [0.0] * WEEKS
    every = 364 / yearly if yearly else None
    for place, count in enumerate(placed[:-1]):
        for _customer in range(count):
            day = 7 * place - 3.5 if place else 0
            while day < 7 * WEEKS - 1e-6:
                weeks[int((day + 1e-6) // 7)] += 1
                if every is None:
                    break
                day += every
    without = max(customers - sum(placed), 0)
    weeks = [number + without * yearly / 52 for number in weeks]
    assert sum(spread(customers, yearly, placed)) == approx(sum(weeks), abs=1 + 0.01)
    if yearly in (0, 0.5, 1, 2, 4, 52):
        assert spread(customers, yearly, placed) == approx(weeks)


def test_in_step_with_the_plan_comes_as_much_as_the_rate():
    """10 customers a week, each every 4 weeks: 40 customers, 10 a week."""
    assert spread(40, 13, [0, 10, 10, 10, 10, *[0] * 10]) == approx([10] * WEEKS)
    assert spread(40, 13, [0] * PLACES) == approx([10] * WEEKS)


def test_overdue_comes_now_and_again_after_its_interval():
    weeks = spread(8, 4, [8, *[0] * (PLACES - 1)])
    assert weeks == [8, *[0] * 12]
    assert spread(8, 13, [8, *[0] * (PLACES - 1)])[:9] == [8, 0, 0, 0, 8, 0, 0, 0, 8]


def test_what_is_later_does_not_come():
    assert spread(5, 1, [*[0] * (PLACES - 1), 5]) == [0] * WEEKS


def test_cadence_of_zero():
    assert spread(5, 0, [0] * PLACES) == [0] * WEEKS
    assert spread(5, 0, [2, 1, *[0] * (PLACES - 2)]) == [3, *[0] * 12]


def test_ramp():
    assert ramp(7, 0) == approx([7] * WEEKS)
    assert ramp(7, 1.5)[:3] == approx([0, 3.5, 7])
    assert ramp(7, 0, until=2.5)[1:4] == approx([7, 3.5, 0])
    assert ramp(7, 20) == [0] * WEEKS
    assert ramp(7, 3, until=1) == [0] * WEEKS


# ----------------------------------------------------------------------
# What becomes of it
# ----------------------------------------------------------------------

ASKED = st.dictionaries(st.sampled_from("abcd"), WEEKLY, max_size=4)


@often
@given(WEEKLY, ASKED)
def test_nothing_is_lost_and_nobody_works_more(capacity, asked):
    played = play(capacity, asked)
    for week in range(WEEKS):
        worked = sum(played.done[key][week] for key in asked)
        assert worked <= capacity[week]
        if worked < capacity[week]:
            assert not any(played.left[key][week] for key in asked)
        for key, coming in asked.items():
            so_far = sum(played.done[key][: week + 1])
            assert so_far + played.left[key][week] == sum(coming[: week + 1])


@often
@given(WEEKLY, ASKED)
def test_first_comes_first(capacity, asked):
    """Nothing is done for one segment while an earlier one waits."""
    played = play(capacity, asked)
    keys = list(asked)
    for week in range(WEEKS):
        waits = False
        for key in keys:
            assert not (waits and played.done[key][week])
            waits = waits or played.left[key][week] > 0


@often
@given(WEEKLY, ASKED, st.integers(0, WEEKS - 1))
def test_more_time_leaves_no_more(capacity, asked, week):
    more = list(capacity)
    more[week] += 60
    before, after = play(capacity, asked), play(more, asked)
    for key in asked:
        assert all(
            b <= a for a, b in zip(before.left[key], after.left[key], strict=True)
        )


def test_without_anybody():
    played = play([0] * WEEKS, {"a": [10] * WEEKS})
    assert played.left["a"] == [10 * week for week in range(1, WEEKS + 1)]


# ----------------------------------------------------------------------
# What would help
# ----------------------------------------------------------------------

REMEDY = st.tuples(
    st.integers(0, 3),
    st.integers(0, 60),
    st.none() | st.integers(0, 50).map(float),
    st.integers(1, 3),
    st.integers(0, 3),
)
REMEDIES = st.lists(REMEDY, max_size=8).map(
    lambda rows: [Remedy(str(n), *row) for n, row in enumerate(rows)]
)


def add(remedies):
    return tuple(
        sum(part)
        for part in zip((0, 0.0, 0), *(r.cost for r in remedies), strict=False)
    )


def all_choices(remedies):
    lines = {}
    for remedy in remedies:
        lines.setdefault(remedy.line, [None]).append(remedy)
    for choice in product(*lines.values()):
        yield [remedy for remedy in choice if remedy]


@often
@given(REMEDIES, st.integers(1, STEPS))
def test_cheapest_as_brute_force_says(remedies, gap):
    chosen = choose(remedies, gap)
    enough = [
        choice
        for choice in all_choices(remedies)
        if sum(remedy.saved for remedy in choice) >= gap
    ]
    if enough:
        assert sum(remedy.saved for remedy in chosen) >= gap
        assert add(chosen) == min(map(add, enough))
    else:
        most = max(sum(r.saved for r in choice) for choice in all_choices(remedies))
        assert sum(remedy.saved for remedy in chosen) == most


@often
@given(REMEDIES, st.integers(1, 50))
def test_great_gaps_are_closed_as_well(remedies, factor):
    """By steps: whatever could close the gap is found, and nothing needless."""
    remedies = [r._replace(saved=r.saved * 97) for r in remedies]
    gap = 97 * factor
    chosen = choose(remedies, gap)
    saved = sum(remedy.saved for remedy in chosen)
    if any(sum(r.saved for r in choice) >= gap for choice in all_choices(remedies)):
        assert saved >= gap
        assert all(saved - remedy.saved < gap for remedy in chosen)
    assert len({remedy.line for remedy in chosen}) == len(chosen)


@often
@given(REMEDIES.flatmap(lambda r: st.tuples(st.just(r), st.permutations(r))))
def test_order_does_not_matter(orders):
    given_order, another = orders
    assert choose(given_order, 70) == choose(another, 70)


@mark.parametrize("gap", [0, -5])
def test_no_gap_no_remedy(gap):
    assert choose([Remedy("a", 1, 10, 1.0)], gap) == []


def test_least_value_per_hour_first():
    remedies = [
        Remedy("unknown", 1, 60, None),
        Remedy("dear", 2, 60, 600.0),
        Remedy("cheap", 3, 600, 900.0),
        Remedy("cheap but harsh", 4, 600, 900.0, harm=1),
    ]
    assert [r.key for r in sorted(remedies, key=lambda r: r.rank)] == [
        "cheap",
        "cheap but harsh",
        "dear",
        "unknown",
    ]
    assert [r.key for r in choose(remedies, 60)] == ["dear"]
