"""The order in which places are visited: no long way back and forth.

First by postal code, because neighbors share it and nearly every address has one. Where
coordinates are known, within a postal code from one place to the nearest that is left
(the nearest neighbor: never more than a few times the shortest way, and anybody can
follow it on a map). Places without coordinates come after those of their postal code,
by street.
"""

from collections.abc import Hashable, Iterable
from math import cos, hypot, radians
from typing import NamedTuple


class Place(NamedTuple):
    """Where a visit takes place."""

    key: Hashable
    zip: str = ""
    city: str = ""
    street: str = ""
    latitude: float = 0.0
    longitude: float = 0.0

    @property
    def is_located(self) -> bool:
        """Tell whether coordinates are known: nobody lives at 0, 0."""
        return bool(self.latitude or self.longitude)


def sort_places(places: Iterable[Place]) -> list[Place]:
    """Return the places in the order in which to visit them."""
    areas: dict[tuple[str, str], list[Place]] = {}
    for place in places:
        areas.setdefault((_fold(place.zip), _fold(place.city)), []).append(place)
    route: list[Place] = []
    # where nothing is known of a place, it comes last
    for area in sorted(areas, key=lambda area: (area == ("", ""), area)):
        located = [place for place in areas[area] if place.is_located]
        route += _walk(located, route)
        route += sorted(
            (place for place in areas[area] if not place.is_located),
            key=lambda place: _fold(place.street),
        )
    return route


def _fold(text: str) -> str:
    return " ".join(text.split()).casefold()


def _walk(places: list[Place], before: list[Place]) -> list[Place]:
    """Return places, each followed by the nearest that is left."""
    left, walked = list(places), []
    here = next((p for p in reversed(before) if p.is_located), None)
    while left:
        here = min(left, key=lambda p: _distance(p, here) if here else 0)
        left.remove(here)
        walked.append(here)
    return walked


def _distance(one: Place, other: Place) -> float:
    """Return the distance in degrees of latitude; the world is flat within a town."""
    width = cos(radians((one.latitude + other.latitude) / 2))
    across = (one.longitude - other.longitude + 180) % 360 - 180
    return hypot(one.latitude - other.latitude, across * width)
