"""Where more interactions bring nothing more that can be shown."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_relationship.engine.marginal import Step, find_flat, get_each, is_known_beyond

often = settings(derandomize=True, deadline=None, max_examples=300)


def step(low, high, least=None, cost=1.0):
    most = None if least is None else least + 10
    return Step(low, high, 1.0, least, most, cost)


STEPS = st.lists(
    st.builds(
        lambda low, more, least: step(low, low + more, least),
        st.integers(0, 20),
        st.integers(1, 20),
        st.one_of(st.none(), st.integers(-5, 5)),
    ),
    max_size=6,
)


@pytest.mark.parametrize(
    "steps, flat",
    [
        ([], None),
        ([step(6, 12, 2)], None),
        ([step(6, 12, -2)], 6),
        ([step(6, 12)], 6),
        # the first six more bring something, the next do not
        ([step(6, 12, 2), step(12, 24, -1)], 12),
        # one experiment says so, another does not: it has been shown
        ([step(6, 12, -1), step(6, 12, 2)], None),
        ([step(6, 24, 2), step(12, 18, -1)], None),
        ([step(2, 4, -1), step(6, 12, 2), step(12, 24)], 12),
        # both begin with what was usual, and only the smaller one brought something
        ([step(1, 12, 2), step(1, 24, -1)], 12),
        ([step(1, 12, 2), step(1, 24, 2)], None),
    ],
)
def test_flat(steps, flat):
    assert find_flat(steps) == flat


@often
@given(STEPS)
def test_flat_is_the_lowest_beyond_which_nothing_is_shown(steps):
    """The same in other words: the first cadence tried that no gain goes beyond."""
    tried = sorted({one.low for one in steps} | {one.high for one in steps})
    flat = [
        yearly
        for yearly in tried[:-1]
        if not any(one.is_gain and one.high > yearly for one in steps)
    ]
    assert find_flat(steps) == (flat[0] if flat else None)


@often
@given(STEPS)
def test_where_it_is_not_flat_the_highest_cadence_is_a_gain(steps):
    if steps and find_flat(steps) is None:
        most = max(one.high for one in steps)
        assert any(one.is_gain and one.high == most for one in steps)


def test_of_each_interaction():
    assert get_each(12, 6, 18, 3) == (4, 2, 6)
    # fewer interactions, and less was bought: each of them had brought something
    assert get_each(-12, -18, -6, -3) == (4, 2, 6)
    assert get_each(12, None, None, 3) == (4, None, None)
    with pytest.raises(ValueError, match="no additional"):
        get_each(1, 0, 2, 0)


def test_what_pays():
    assert step(6, 12, 2, cost=1).pays
    assert not step(6, 12, 2, cost=3).pays
    assert not step(6, 12).pays


def test_what_is_known_beyond_a_cadence():
    """Without an interval of any step, nothing has been tried that could be shown."""
    assert not is_known_beyond([], 0)
    assert not is_known_beyond([step(6, 12)], 6)
    assert is_known_beyond([step(6, 12), step(12, 24, -1)], 6)
    assert not is_known_beyond([step(6, 12, -1), step(12, 24)], 12)
