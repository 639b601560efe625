"""Stand-ins of stand-ins: somebody who is there, whatever names whom."""

from hypothesis import given
from hypothesis import strategies as st

from crm_relationship.engine.stand_in import find_present

PEOPLE = st.integers(0, 6)
NAMED = st.dictionaries(PEOPLE, st.lists(PEOPLE, max_size=3))


def find(named, there, person=0):
    return find_present(person, lambda p: named.get(p, ()), there.__contains__)


def reach(named, person=0):
    """Return whom a person's word reaches, the person left out."""
    found, waiting = set(), {person}
    while waiting:
        found |= waiting
        waiting = {n for p in waiting for n in named.get(p, ())} - found
    return found - {person}


def test_the_first_who_is_there():
    assert find({0: [1]}, {1, 2}) == 1
    assert find({0: [1], 1: [2]}, {2, 3}) == 2
    assert find({0: [1, 3], 1: [2]}, {2, 3}) == 2
    assert find({0: [1, 3]}, {3}) == 3


def test_nobody():
    assert find({}, {1}) is None
    assert find({0: [1], 1: [2]}, {3}) is None


def test_circles_end():
    assert find({0: [1], 1: [0]}, {0}) is None
    assert find({0: [0]}, {0}) is None
    assert find({0: [1], 1: [2], 2: [1]}, {0, 3}) is None


@given(NAMED, st.sets(PEOPLE))
def test_somebody_is_found_wherever_there_is_anybody(named, there):
    found = find(named, there)
    able = reach(named) & there
    assert (found in able) if able else (found is None)
