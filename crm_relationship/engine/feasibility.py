"""Whether people can keep what plans promise, and the cheapest ways to make it so.

Three questions, each answered by a function of its own.

*How much comes when?* (:func:`spread`) A line of a plan asks for ``r`` interactions a
week with each customer: ``r = a year ÷ 52``. What is pending for a customer already is
on its day, what is overdue is on the first; the next ones follow every ``1 ÷ r`` weeks.
For customers without anything pending the day is not known: they count with the rate,
``r`` in each week.

*What becomes of it?* (:func:`play`) Each person works week by week on what came and
what was left from the weeks before, the most valuable segment first, as far as there
are minutes. What is left waits.

*What would help?* (:func:`choose`) Remedies are changes of one line each, of which at
most one can be chosen for a line. Wanted are those that save at least the minutes that
are missing and lose the least::

    minimize  Σ lost   subject to   Σ saved ≥ gap,  at most one remedy of a line

It is solved exactly by a table over the minutes saved (a knapsack with a choice for
each line), in steps of ``gap ÷ STEPS``: exactly for gaps of up to ``STEPS`` minutes,
and for greater ones as if each remedy saved up to one step less than it does.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

WEEKS = 13
WEEKS_PER_YEAR = 52
STEPS = 400
# The first place is for what is overdue, then come the weeks, then what is later.
PLACES = WEEKS + 2


class Remedy(NamedTuple):
    """A change of one line of a plan."""

    key: str
    line: int
    """At most one remedy of a line is chosen."""
    saved: int
    """Minutes, in whatever time the gap is told."""
    lost: float | None
    """Value at stake; None where it is not known."""
    weight: int = 1
    """How much a minute counts where the value is not known."""
    harm: int = 0
    """Among those that are alike: the smaller, the better."""

    @property
    def cost(self) -> tuple[float, float, int]:
        """Sums of costs are compared, the unknown first: it may be anything."""
        unknown = self.saved * self.weight if self.lost is None else 0
        return unknown, self.lost or 0.0, self.harm

    @property
    def rank(self) -> tuple:
        """Order by value lost per minute saved, smallest first; unknown ones last."""
        is_unknown = self.lost is None
        ratio = self.weight if is_unknown else self.lost / self.saved
        return is_unknown, ratio, self.harm, -self.saved, self.key


def spread(customers: int, yearly: float, placed: Sequence[int]) -> list[float]:
    """Return how many interactions of a line come in each of the next weeks.

    :param customers: who follow the plan of the line
    :param yearly: interactions a year with each of them
    :param placed: how many of them have one pending: overdue, in each week, later
    """
    weeks = [0.0] * WEEKS
    rate = yearly / WEEKS_PER_YEAR
    for place, count in enumerate(placed[: WEEKS + 1]):
        # in the middle of its week; what is overdue is for now
        moment = place - 0.5 if place else 0.0
        while count and moment < WEEKS:
            weeks[int(moment)] += count
            if not rate:
                break
            moment += 1 / rate
    without = max(customers - sum(placed), 0)
    return [number + without * rate for number in weeks]


def ramp(weekly: float, delay: float, until: float = WEEKS) -> list[float]:
    """Return how many of something come in each week that begins after a delay.

    :param weekly: how many in a whole week
    :param delay: weeks until the first one
    :param until: weeks until the last one
    """
    return [
        weekly * max(0.0, min(week + 1, until) - max(week, delay))
        for week in range(WEEKS)
    ]


class Played(NamedTuple):
    """What becomes of the minutes asked for, by whatever they are asked for."""

    done: dict
    """Minutes worked in each week."""
    left: dict
    """Minutes that wait when each week is over."""


def play(capacity: Sequence[float], asked: Mapping) -> Played:
    """Let one person work: ``asked`` is in the order in which it is done.

    :param capacity: minutes of each week
    :param asked: minutes that come in each week, by anything that can be a key
    """
    done = {key: [] for key in asked}
    left = {key: [] for key in asked}
    waiting = dict.fromkeys(asked, 0.0)
    for week, minutes in enumerate(capacity):
        for key, coming in asked.items():
            waiting[key] += coming[week]
            taken = min(waiting[key], minutes)
            minutes -= taken
            waiting[key] -= taken
            done[key].append(taken)
            left[key].append(waiting[key])
    return Played(done, left)


def choose(remedies: Iterable[Remedy], gap: int) -> list[Remedy]:
    """Return the remedies that close the gap and lose the least, in their order.

    Where all together do not close it: those that save most, one of each line.
    """
    if gap <= 0:
        return []
    lines = {}
    useful = (remedy for remedy in remedies if remedy.saved > 0)
    for remedy in sorted(useful, key=lambda remedy: remedy.rank):
        lines.setdefault(remedy.line, []).append(remedy)
    chosen = _solve(list(lines.values()), gap) or [
        min(options, key=lambda remedy: (-remedy.saved, remedy.rank))
        for options in lines.values()
    ]
    return sorted(_drop_needless(chosen, gap), key=lambda remedy: remedy.rank)


def _solve(lines: list[list[Remedy]], gap: int) -> list[Remedy]:
    """Return the cheapest remedies by the table; none where they do not suffice."""
    step = max(1, -(-gap // STEPS))
    goal = -(-gap // step)
    # for each number of steps saved, at least: (cost, remedies chosen)
    best = {0: ((0.0, 0.0, 0), None)}
    for options in lines:
        after = dict(best)
        for saved, (cost, chosen) in best.items():
            for remedy in options:
                reached = min(saved + remedy.saved // step, goal)
                total = tuple(map(sum, zip(cost, remedy.cost, strict=True)))
                if reached not in after or total < after[reached][0]:
                    after[reached] = total, (remedy, chosen)
        best = after
    chosen, linked = [], best.get(goal, (None, None))[1]
    while linked:
        remedy, linked = linked
        chosen.append(remedy)
    return chosen


def _drop_needless(chosen: list[Remedy], gap: int) -> list[Remedy]:
    """Leave out what is not needed, the most costly first.

    Rounding to steps may have chosen one too many.
    """
    over = sum(remedy.saved for remedy in chosen) - gap
    kept = []
    for remedy in sorted(chosen, key=lambda remedy: remedy.cost, reverse=True):
        if remedy.saved <= over:
            over -= remedy.saved
        else:
            kept.append(remedy)
    return kept
