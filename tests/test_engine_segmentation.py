"""Ranks in words, the figure a score takes, the day on which silence counts."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_relationship.engine.segmentation import (
    Group,
    figure_for_score,
    first_silent_day,
    percent_worse,
)
from oracle.figures.scores import score

alike = settings(derandomize=True, deadline=None, max_examples=400)
LAST = date(2026, 1, 31)


def worse(figure, figures):
    return sum(other < figure for other in figures)


def scores(figures, bins):
    ranked = sorted(figures)
    return [score(figure, ranked, bins) for figure in figures]


def groups(figures, bins):
    by_score = {}
    for figure, value in zip(figures, scores(figures, bins), strict=True):
        by_score.setdefault(value, []).append(figure)
    return [
        Group(value, len(same), min(same), max(same))
        for value, same in by_score.items()
    ]


@pytest.mark.parametrize(
    ("below", "customers", "percent"),
    [(0, 1, 0), (83, 100, 83), (999, 1000, 99), (199_999, 200_000, 99), (0, 0, 0)],
)
def test_percent(below, customers, percent):
    assert percent_worse(below, customers) == percent


@given(st.lists(st.integers(1, 30), min_size=1, max_size=40), st.integers(3, 10))
@alike
def test_equal_figures_have_equal_scores(figures, bins):
    found = {}
    for figure, value in zip(figures, scores(figures, bins), strict=True):
        assert found.setdefault(figure, value) == value
        assert 1 <= value <= bins


def check(figures, own, bins, wanted, scored):
    """The figure gives the score, and is not far above the smallest that has it."""
    others = list(figures)
    if scored:
        others.remove(own)
    found = figure_for_score(wanted, bins, groups(figures, bins), scored)

    def reached(figure):
        return score(figure, sorted([*others, figure]), bins) >= wanted

    if found is None:
        assert not reached(10**9)
    else:
        assert reached(found)
        those = [
            f
            for f, s in zip(figures, scores(figures, bins), strict=True)
            if s >= wanted
        ]
        assert found <= min(those, default=max(figures, default=0)) + 1


@given(
    st.lists(st.integers(1, 30), min_size=1, max_size=40),
    st.integers(3, 10),
    st.data(),
)
@alike
def test_figure_gives_the_score(figures, bins, data):
    own = data.draw(st.sampled_from(figures))
    present = score(own, sorted(figures), bins)
    if present < bins:
        wanted = data.draw(st.integers(present + 1, bins))
        check(figures, own, bins, wanted, scored=True)


@given(
    st.lists(st.integers(1, 30), min_size=0, max_size=40),
    st.integers(3, 10),
    st.data(),
)
@alike
def test_figure_of_a_customer_without_a_score(figures, bins, data):
    """The smallest figure there is counts for the lowest score."""
    wanted = data.draw(st.integers(2, bins))
    check(figures, None, bins, wanted, scored=False)


def test_one_more_than_the_last_of_them():
    figures = [1, 2, 3, 4, 5]
    assert figure_for_score(5, 5, groups(figures, 5), scored=True) == 6
    assert figure_for_score(2, 5, groups(figures, 5), scored=True) == 3


def test_money_in_its_own_unit():
    figures = [10.0, 20.0, 30.0, 40.0, 50.0]
    found = figure_for_score(5, 5, groups(figures, 5), scored=True, unit=0.01)
    assert found == pytest.approx(50.01)


def test_too_few_customers():
    assert figure_for_score(5, 5, groups([7], 5), scored=True) is None
    assert figure_for_score(5, 5, [], scored=False) is None
    assert figure_for_score(2, 5, groups([7, 7], 5), scored=True) == 8


@pytest.mark.parametrize(
    ("usual", "factor", "expected"),
    [
        (0, 3.0, ("at_risk", date(2026, 7, 31))),  # 180 days are over
        (10, 3.0, ("at_risk", date(2026, 3, 3))),  # 30 days are over
        (10.5, 3.0, ("at_risk", date(2026, 3, 4))),  # 31.5
        (0.5, 1.0, ("at_risk", date(2026, 2, 1))),
        (110, 1.1, ("at_risk", date(2026, 6, 2))),  # 121 in spite of binary fractions
        (200, 3.0, ("lost", date(2027, 2, 1))),  # 365 days come before 600
        (365 / 3, 3.0, ("lost", date(2027, 2, 1))),
        (364 / 3, 3.0, ("at_risk", date(2027, 1, 31))),
    ],
)
def test_day_of_silence(usual, factor, expected):
    assert first_silent_day(LAST, usual, factor, 180, 365) == expected


@given(st.floats(0, 400, allow_nan=False), st.floats(1, 9), st.integers(1, 300))
@alike
def test_day_of_silence_is_the_first(usual, factor, at_risk_days):
    """The life cycle's own definition: silent for longer than the threshold."""
    usual, factor = round(usual, 1), round(factor, 1)
    stage, day = first_silent_day(LAST, usual, factor, at_risk_days, 365)
    threshold = round(factor * usual, 6) if usual else at_risk_days

    def stage_after(silent):
        if silent > 365:
            return "lost"
        return "at_risk" if silent > threshold else "active"

    silent = (day - LAST).days
    assert stage_after(silent) == stage
    assert stage_after(silent - 1) == "active"
