"""Visits in an order that wastes no way."""

from itertools import groupby

from hypothesis import given
from hypothesis import strategies as st

from crm_relationship.engine.route import Place, sort_places

texts = st.sampled_from(["", "40115", "40116", " 40115 "])
places = st.lists(
    st.builds(
        Place,
        key=st.integers(),
        zip=texts,
        city=st.sampled_from(["", "Bandung", "bandung"]),
        street=st.sampled_from(["", "Jalan Braga 1", "Jalan Asia 2"]),
        latitude=st.one_of(st.just(0.0), st.floats(-80, 80)),
        longitude=st.one_of(st.just(0.0), st.floats(-180, 180)),
    ),
    max_size=12,
)


def keys(*route):
    return [place.key for place in sort_places(route)]


@given(places)
def test_every_place_is_visited_once(route):
    assert sorted(sort_places(route)) == sorted(route)


@given(places)
def test_no_area_is_entered_twice(route):
    entered = [(p.zip.strip(), p.city.casefold()) for p in sort_places(route)]
    runs = [area for area, _places in groupby(entered)]
    assert len(runs) == len(set(runs))


def test_by_postal_code_then_by_street():
    assert keys(
        Place(1, "40116", street="A"),
        Place(2, "40115", street="B"),
        Place(3, "40115", street="A"),
        Place(4),
    ) == [3, 2, 1, 4]


def test_from_one_to_the_nearest():
    """As the crow flies from the first: 0, 0.1, 0.2, not 0, 0.2, 0.1."""
    assert keys(
        Place(1, "40115", latitude=-6.9, longitude=107.6),
        Place(2, "40115", latitude=-6.9, longitude=107.8),
        Place(3, "40115", latitude=-6.9, longitude=107.7),
        Place(4, "40115", street="A"),
    ) == [1, 3, 2, 4]


def test_across_the_date_line():
    assert keys(
        Place(1, latitude=-17, longitude=179.9),
        Place(2, latitude=-17, longitude=170),
        Place(3, latitude=-17, longitude=-179.9),
    ) == [1, 3, 2]


def test_goes_on_from_the_area_before():
    assert keys(
        Place(1, "1", latitude=1, longitude=1),
        Place(2, "2", latitude=9, longitude=9),
        Place(3, "2", latitude=2, longitude=2),
    ) == [1, 3, 2]
