"""Caps: never too many contacts in any window of time, whatever is planned."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_relationship.engine.caps import next_free
from crm_relationship.engine.windows import Window, zone
from engine_questions import (
    CAPS,
    DAY,
    INSTANT,
    Request,
    moments,
    place,
    windows,
)
from oracle.gate import fits, is_open

NOW = datetime(2026, 5, 12, 9, 0)
HOUR = timedelta(hours=1)
alike = settings(derandomize=True, deadline=None, max_examples=60)

KINDS = st.sampled_from(
    (
        ("service", None),
        ("relationship", "recovery"),
        ("relationship", "relationship"),
        ("relationship", None),
        ("selling", "retention"),
        ("selling", "referral"),
        ("selling", None),
    )
)


@st.composite
def requests(draw):
    """Return requests of one customer with ids of their own."""
    found = draw(
        st.lists(
            st.builds(
                lambda kind, wanted, opening: (wanted, *kind, opening),
                KINDS,
                moments(NOW, 6),
                st.just(()) | st.tuples(windows(NOW)),
            ),
            max_size=8,
        )
    )
    return [Request(number, *values) for number, values in enumerate(found)]


# ----------------------------------------------------------------------
# One contact
# ----------------------------------------------------------------------


def test_a_window_does_not_include_its_end():
    span = 7 * DAY
    assert next_free(NOW, [NOW - span], 1, span) == NOW
    assert next_free(NOW, [NOW - span + INSTANT], 1, span) == NOW + INSTANT


def test_contacts_ahead_count():
    """In between there is a gap of exactly two windows, and it is found."""
    contacts = [NOW, NOW + 14 * DAY]
    assert next_free(NOW, contacts, 1, 7 * DAY) == NOW + 7 * DAY
    contacts = [NOW, NOW + 14 * DAY - INSTANT]
    assert next_free(NOW, contacts, 1, 7 * DAY) == NOW + 21 * DAY - INSTANT


def test_a_window_that_holds_past_and_future_contacts():
    contacts = [NOW - 3 * DAY, NOW + 3 * DAY]
    assert next_free(NOW, contacts, 2, 7 * DAY) == NOW + 4 * DAY


def test_several_at_the_same_moment():
    assert next_free(NOW, [NOW] * 3, 3, DAY) == NOW + DAY
    assert next_free(NOW, [NOW] * 3, 4, DAY) == NOW


@alike
@given(
    st.lists(moments(NOW), max_size=10).map(sorted),
    moments(NOW),
    st.integers(1, 4),
    st.integers(1, 6),
)
def test_the_first_free_moment(contacts, moment, count, days):
    """It fits, and nothing before it does: caps end only some days after a contact."""
    cap = [(count, days)]
    free = next_free(moment, contacts, count, days * DAY)
    assert free >= moment
    assert fits(contacts, free, cap)
    if free > moment:
        assert not fits(contacts, free - INSTANT, cap)
    ends = [moment, *(contact + days * DAY for contact in contacts)]
    assert free == min(
        end for end in ends if end >= moment and fits(contacts, end, cap)
    )


# ----------------------------------------------------------------------
# Several
# ----------------------------------------------------------------------


def test_by_priority():
    """One contact a day: who stands higher comes first, the others the days after."""
    asked = [
        Request(1, NOW, "selling", "referral"),
        Request(2, NOW, "selling", "retention"),
        Request(3, NOW, "relationship", "relationship"),
        Request(4, NOW, "relationship", "recovery"),
        Request(5, NOW, "service"),
    ]
    assert place(asked, (), ((1, 1),)) == {
        5: NOW,
        4: NOW,
        3: NOW + DAY,
        2: NOW + 2 * DAY,
        1: NOW + 3 * DAY,
    }


def test_then_by_time_then_by_id():
    asked = [
        Request(3, NOW, "relationship"),
        Request(2, NOW, "relationship"),
        Request(1, NOW + HOUR, "relationship"),
    ]
    assert place(asked, (), ((1, 1),)) == {2: NOW, 3: NOW + DAY, 1: NOW + 2 * DAY}


def test_the_kind_decides_without_an_objective():
    asked = [Request(1, NOW, "selling"), Request(2, NOW, "relationship")]
    assert place(asked, (), ((1, 1),)) == {2: NOW, 1: NOW + DAY}


def test_service_is_not_capped_and_does_not_count():
    asked = [Request(n, NOW, "service") for n in range(5)]
    asked.append(Request(9, NOW, "relationship"))
    assert set(place(asked, (), ((1, 7),)).values()) == {NOW}


def test_history_counts_in_any_order():
    history = [NOW + DAY, NOW - DAY]
    places = place([Request(1, NOW, "relationship")], history, ((2, 7), (1, 1)))
    assert places == {1: NOW + 6 * DAY}


def test_the_moment_is_within_the_window():
    office = Window((((540, 1020),),) * 5 + ((), ()), zone("UTC"))
    history = [datetime(2026, 5, 9, 20, 0)]  # seven days later is a Saturday
    places = place([Request(1, NOW, "selling", None, (office,))], history, ((1, 7),))
    assert places == {1: datetime(2026, 5, 18, 9, 0)}


def test_no_place_is_none_and_nothing_is_dropped():
    never = Window(((),) * 7, zone("UTC"))
    asked = [
        Request(1, NOW, "relationship"),
        Request(2, NOW, "service", None, (never,)),
        Request(3, NOW, "service"),
    ]
    assert place(asked, (), ((0, 1),)) == {1: None, 2: None, 3: NOW}


def test_bad_requests():
    with pytest.raises(ValueError, match="'sales'"):
        place([Request(1, NOW, "sales")], (), ())
    with pytest.raises(ValueError, match="is no cap"):
        place([], (), ((2, 0),))


@alike
@given(requests(), st.lists(moments(NOW, 6), max_size=6), CAPS)
def test_caps_are_never_exceeded(asked, history, caps):
    """In no window that a placed contact lies in, with all that is placed or past."""
    places = place(asked, history, caps)
    assert set(places) == {request.id for request in asked}
    capped = [places[r.id] for r in asked if r.kind != "service" and places[r.id]]
    for number, moment in enumerate(capped):
        others = capped[:number] + capped[number + 1 :] + history
        assert fits(others, moment, caps)
    for request in asked:
        moment = places[request.id]
        if moment is not None:
            assert moment >= request.wanted
            assert all(is_open(window, moment) for window in request.windows)


@alike
@given(requests(), st.lists(moments(NOW, 6), max_size=6), CAPS, st.randoms())
def test_the_order_of_the_batch_makes_no_difference(asked, history, caps, random):
    places = place(asked, history, caps)
    random.shuffle(asked)
    random.shuffle(history)
    assert place(asked, history, caps) == places


@alike
@given(requests(), st.lists(moments(NOW, 6), max_size=6), CAPS)
def test_who_stands_higher_is_not_moved_by_who_stands_lower(asked, history, caps):
    referrals = {r.id for r in asked if r.objective == "referral"}
    others = [r for r in asked if r.id not in referrals]
    places = place(asked, history, caps)
    assert {i: m for i, m in places.items() if i not in referrals} == place(
        others, history, caps
    )
