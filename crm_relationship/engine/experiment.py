"""What a program brought, compared with customers who were kept aside at random.

Two figures are compared: the share of customers who bought, and what each customer
spent. For the first there is a formula that holds at every size. For the second there
is none: most customers buy nothing and few spend much, and then Welch's t-test says
"proven" in up to a quarter of cases without any effect. So the amounts are compared
with what chance alone would give: the same customers, divided anew into groups of the
same size, again and again (a permutation test).

Sources: R. G. Newcombe, "Interval estimation for the difference between independent
proportions", Statistics in Medicine 17 (1998), method 10. E. B. Wilson, JASA 22 (1927).
Permutation test: R. A. Fisher, The Design of Experiments (1935), chapter 3; B. Efron
and R. Tibshirani, An Introduction to the Bootstrap (1993), chapter 15; B. Phipson and
G. K. Smyth, "Permutation P-values should never be zero", Statistical Applications in
Genetics and Molecular Biology 9 (2010), for the probability from drawn divisions.
Moments of a sample from a finite population: W. G. Cochran, Sampling Techniques (1977),
theorem 2.2.
Power: J. L. Fleiss, Statistical Methods for Rates and Proportions (2003), chapter 4.
"""

import hashlib
import math
import random
from collections import Counter
from dataclasses import dataclass
from itertools import accumulate
from statistics import NormalDist

CONFIDENCE = 0.95
POWER = 0.8
MIN_BUYERS = 20
"""With fewer buyers in a group, a single large order decides what is "proven"."""
MIN_CUSTOMERS = 10
"""With fewer customers in a group, the interval of shares says "proven" too often
without any effect: in up to 15 % of cases with one, 8 % with five, 5.5 % with ten."""
DRAWS = 999
"""Together with the real division these are 1,000."""
FURTHEST = 23
"""So many of the 1,000, on either side, are what chance hardly gives. With 25 a verdict
would be wrong in just 5 of 100 cases without any effect, and 6 in one of fifty counts
of 2,000 such cases; with 23 it is 4.6, and the interval covers a little over 95 %."""
DRAWN_ONE_BY_ONE = 128
"""So many of the largest amounts are dealt out; the sum of the others is normal."""

_Z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
_Z_POWER = NormalDist().inv_cdf(POWER)


@dataclass(frozen=True)
class Verdict:
    """How the amount a customer differs between two groups.

    ``difference`` is treated less control, ``low`` and ``high`` its 95 % interval; they
    are ``None`` where they are not known. ``reason`` says why nothing is proven:
    "empty", "few_treated" or "few_control" (buyers), "small" (so few buyers could be
    expected in one of the groups that those it has are luck) or "chance".
    """

    difference: float | None
    low: float | None
    high: float | None
    proven: bool
    reason: str | None


def share_in_interval(count, size):
    """Return the 95 % interval (low, high) of a share, by Wilson's score method."""
    if not size:
        return 0.0, 1.0
    share, square = count / size, _Z * _Z
    middle = share + square / (2 * size)
    half = _Z * math.sqrt(share * (1 - share) / size + square / (4 * size * size))
    scale = 1 + square / size
    return max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)


def shares(k1, n1, k2, n2):
    """Compare the shares ``k1 / n1`` and ``k2 / n2`` by Newcombe's method 10.

    :return: (difference, low, high) with the 95 % interval; of an empty group nothing
        is known: the difference is ``None`` then
    :raises ValueError: where more bought than there are
    """
    for count, size in ((k1, n1), (k2, n2)):
        if not 0 <= count <= size:
            raise ValueError(f"{count} of {size}")
    if not (n1 and n2):
        return None, -1.0, 1.0
    p1, p2 = k1 / n1, k2 / n2
    low1, high1 = share_in_interval(k1, n1)
    low2, high2 = share_in_interval(k2, n2)
    difference = p1 - p2
    low = difference - math.hypot(p1 - low1, high2 - p2)
    high = difference + math.hypot(high1 - p1, p2 - low2)
    return difference, low, high


def amounts(treated, control, *, seed):
    """Compare what a customer spent, on average, in two groups.

    The real division is one of those that chance could have made: a difference is
    proven when it is, counted with the others, among the :data:`FURTHEST` on one side.
    Its probability is (b + 1) / (m + 1), where b of m divisions by chance go as far
    (Phipson and Smyth 2010), not b / m, which says "proven" too often. The interval is
    the difference less what chance alone gives at that rank on either side; so the
    difference is proven exactly when the interval is on one side of zero. Without
    :data:`MIN_BUYERS` buyers in each group, found and expected, there is no interval.

    :param treated: (number of customers, the amounts of those who spent something)
    :param control: likewise
    :param seed: the same seed gives the same verdict
    :raises ValueError: where more bought than there are, or an amount is no number
    """
    (n1, amounts1), (n2, amounts2) = treated, control
    for size, spent in ((n1, amounts1), (n2, amounts2)):
        if len(spent) > size:
            raise ValueError(f"{len(spent)} of {size}")
    if not all(map(math.isfinite, (*amounts1, *amounts2))):
        raise ValueError("an amount is not a number")
    if not (n1 and n2):
        return Verdict(None, None, None, False, "empty")
    difference = math.fsum(amounts1) / n1 - math.fsum(amounts2) / n2
    for spent, reason in ((amounts2, "few_control"), (amounts1, "few_treated")):
        if len(spent) < MIN_BUYERS:
            return Verdict(difference, None, None, False, reason)
    if (len(amounts1) + len(amounts2)) * min(n1, n2) < MIN_BUYERS * (n1 + n2):
        return Verdict(difference, None, None, False, "small")
    chance = _get_differences_by_chance(n1, n2, (*amounts1, *amounts2), seed)
    low, high = difference - chance[-FURTHEST], difference - chance[FURTHEST - 1]
    proven = low > 0 or high < 0
    return Verdict(difference, low, high, proven, None if proven else "chance")


def _get_differences_by_chance(n1, n2, spent, seed):
    """Return, sorted, the differences when the customers are divided anew, many times.

    Only divisions in which something would be said count: what is asked of the real
    one, :data:`MIN_BUYERS` in each group, is asked of those it is compared with. How
    many buyers the control group has, and how many of the largest amounts, is dealt out
    exactly. The sum of its other buyers is drawn from the normal distribution with the
    mean and the variance of a sample without replacement: no single one of these
    amounts weighs much.
    """
    buyers, total = len(spent), math.fsum(spent)
    ordered = sorted(spent, key=abs, reverse=True)
    large, rest = ordered[:DRAWN_ONE_BY_ONE], ordered[DRAWN_ONE_BY_ONE:]
    mean = math.fsum(rest) / len(rest) if rest else 0.0
    variance = math.fsum((a - mean) ** 2 for a in rest) / max(len(rest) - 1, 1)
    draw, differences = random.Random(seed), []
    in_groups = range(MIN_BUYERS, buyers - MIN_BUYERS + 1)
    drawn = Counter(deal(draw, buyers, n1 + n2 - buyers, n2, DRAWS, among=in_groups))
    for bought, times in sorted(drawn.items()):
        for dealt in deal(draw, len(large), len(rest), bought, times):
            left = bought - dealt
            in_control = math.fsum(draw.sample(large, dealt)) + left * mean
            if rest:
                spread = left * (1 - left / len(rest)) * variance
                in_control += draw.gauss(0, math.sqrt(max(spread, 0)))
            differences.append((total - in_control) / n1 - in_control / n2)
    return sorted(differences)


def deal(draw, buyers, others, places, times, among=None):
    """Return how many buyers are in a group of so many places, each time anew.

    That follows the hypergeometric distribution: nobody has to be drawn by name. How
    likely a number is follows from the one before it.

    :param range among: only such numbers
    """
    counts = range(max(0, places - others), min(buyers, places) + 1)
    if among is not None:
        counts = range(max(counts.start, among.start), min(counts.stop, among.stop))
    steps = (
        math.log((buyers - n) * (places - n) / ((n + 1) * (others - places + n + 1)))
        for n in counts[:-1]
    )
    logs = list(accumulate(steps, initial=0.0))
    highest = max(logs)
    weights = [math.exp(log - highest) for log in logs]
    return draw.choices(counts, weights, k=times)


def get_detectable(n1, n2, share):
    """Return the smallest difference of shares that is found 4 times out of 5.

    :param float share: the share who buy without a program
    :return: as a share, 0.06 for six points; ``None`` where nothing can be found
    """
    if min(n1, n2) < MIN_CUSTOMERS:
        return None
    spread = share * (1 - share) * (1 / n1 + 1 / n2)
    found = (_Z + _Z_POWER) * math.sqrt(spread)
    return found if found < 1 else None


def choose_aside(key, customers, share, *, stratum):
    """Choose at random, but always the same ones, who is kept aside.

    Of many at once exactly the share, give or take one; each by itself with the
    probability ``share``. Nobody without the key can tell whom.

    :param bytes key: secret, at most 64 bytes
    :param customers: ids, in any order
    :param float share: 0 to 1
    :param stratum: what these have in common, so that each such group has its share
    :return: the set of the ids that are kept aside
    """
    places = {id_: _get_place(key, stratum, id_) for id_ in customers}
    ordered = sorted(places, key=lambda id_: (places[id_], id_))
    if len(ordered) < 2:
        return {id_ for id_ in ordered if places[id_] < share}
    rounding = _get_place(key, stratum, *sorted(ordered))
    return set(ordered[: math.floor(share * len(ordered) + rounding)])


def _get_place(key, *what):
    """Return a number from 0 to below 1 that depends on the key and on nothing else."""
    text = ",".join(map(str, what)).encode()
    digest = hashlib.blake2b(text, digest_size=8, key=key).digest()
    return (int.from_bytes(digest, "big") >> 11) / (1 << 53)
