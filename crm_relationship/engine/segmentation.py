"""What a rank says, and what it takes to reach a score or to lose a stage.

A customer's score with ``bins`` classes is 1 + ⌊bins × customers strictly worse ÷
customers⌋, among the customers who bought within the analysis window; 0 outside it.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from math import floor
from typing import NamedTuple

SCORES = ("recency", "frequency", "monetary")
MIN_BINS, MAX_BINS = 3, 10
"""Fewest and most classes of a score."""


class Group(NamedTuple):
    """Customers who have the same score."""

    score: int
    count: int
    smallest: float
    """The smallest figure among them."""
    largest: float


def percent_worse(worse: int, customers: int) -> int:
    """Return how many percent of the customers are strictly worse, rounded down.

    Never 100: the customer is one of them.
    """
    return 100 * worse // customers if customers else 0


def figure_for_score(
    wanted: int,
    bins: int,
    groups: Iterable[Group],
    scored: bool,
    unit: float = 1,
) -> float | None:
    """Return a figure that gives a customer the score ``wanted``, all else equal.

    It is the smallest figure of those who have that score. But the customer moves up
    from among the worse ones, so it may take one ``unit`` more: of five customers with
    1 to 5 purchases in five classes, the first one needs 6 for a 5.

    :param groups: the customers by their present score
    :param scored: whether the customer is among them, with a score below ``wanted``
    :param unit: the smallest difference between two figures
    :return: None when no figure does, because there are too few customers
    """
    groups = list(groups)
    below = sum(group.count for group in groups if group.score < wanted)
    reached = [group.smallest for group in groups if group.score >= wanted]
    others = sum(group.count for group in groups) - scored
    # this many others must be worse
    worse = -(-(wanted - 1) * (others + 1) // bins)
    if others < worse:
        return None
    if not reached:
        return max((group.largest for group in groups), default=0) + unit
    smallest = min(reached)
    return smallest if below - scored >= worse else smallest + unit


def first_silent_day(
    last_purchase: date,
    usual_interval: float,
    factor: float,
    at_risk_days: int,
    lost_days: int,
) -> tuple[str, date]:
    """Return what an active customer becomes through silence, and from which day.

    :param usual_interval: days between two purchases; 0 when not known
    :return: ``("at_risk" or "lost", first day)``
    """
    threshold = round(factor * usual_interval, 6) if usual_interval else at_risk_days
    days = min(floor(threshold), lost_days) + 1
    stage = "lost" if days > lost_days else "at_risk"
    return stage, last_purchase + timedelta(days=days)
