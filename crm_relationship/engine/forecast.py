"""What customers will buy, from how often and how lately they bought.

The Pareto/NBD model: while a customer is one, purchases come at random with a rate of
the customer's own; at a moment that nobody sees the customer stops being one. The rates
differ between customers by two gamma distributions, (r, alpha) of buying and (s, beta)
of stopping, whose four parameters are fitted to what all customers did. Amounts: the
gamma-gamma model, in which what a customer spends each time lies between the
customer's own average and everybody's, the nearer to the first the more often the
customer bought.

Sources: D. Schmittlein, D. Morrison and R. Colombo, "Counting Your Customers",
Management Science 33 (1987). P. Fader and B. Hardie, "A Note on Deriving the
Pareto/NBD Model and Related Expressions" (2005), equations 18, 32 and 41; "The
Gamma-Gamma Model of Monetary Value" (2013), equations 1a and 5. Simplex search:
J. Nelder and R. Mead, The Computer Journal 7 (1965).

Time is counted in any unit, the same everywhere. A customer's history is (purchases
after the first, time from the first to the last purchase, time from the first purchase
until now); of customers with the same history only their number is kept.
"""

import math
from dataclasses import dataclass

# Nodes and weights of Gauss and Legendre on 0 to 1, ten points: exact for polynomials
# of degree 19.
_HALF = (
    (0.1488743389816312, 0.2955242247147529),
    (0.4333953941292472, 0.2692667193099963),
    (0.6794095682990244, 0.2190863625159820),
    (0.8650633666889845, 0.1494513491505806),
    (0.9739065285171717, 0.0666713443086881),
)
_NODES = tuple(
    (0.5 + sign * node / 2, weight / 2) for node, weight in _HALF for sign in (-1, 1)
)
_LOWEST, _HIGHEST = math.log(1e-4), math.log(1e6)
MIN_REPEATERS = 30
"""With fewer customers who came again, no model is fitted."""


@dataclass(frozen=True)
class Buying:
    """The rates of buying and stopping in a whole base: a fitted Pareto/NBD model."""

    r: float
    alpha: float
    s: float
    beta: float

    def get_log_likelihood(self, again, last, age):
        """Return the logarithm of how likely a history is."""
        alive, gone = self._get_logs(again, last, age)
        constant = math.lgamma(self.r + again) - math.lgamma(self.r)
        constant += self.r * math.log(self.alpha) + self.s * math.log(self.beta)
        return constant + _add_logs(alive, gone)

    def get_alive(self, again, last, age):
        """Return how likely somebody with this history is still a customer."""
        alive, gone = self._get_logs(again, last, age)
        return math.exp(alive - _add_logs(alive, gone))

    def expect(self, again, last, age, time):
        """Return how many purchases are expected of such a customer within a time."""
        alive = self.get_alive(again, last, age)
        return alive * self.expect_of_customer(again, age, time)

    def expect_of_customer(self, again, age, time):
        """Return the same of somebody who is known to be still a customer."""
        shape = self.s - 1
        rest = (self.beta + age) / (self.beta + age + time)
        # the integral of rest ** (s - 1), also where s is 1
        lasting = -math.log(rest) if abs(shape) < 1e-9 else (1 - rest**shape) / shape
        rate = (self.r + again) / (self.alpha + age)
        return rate * (self.beta + age) * lasting

    def _get_logs(self, again, last, age):
        """Return the logarithms of both ways to this history, without a constant.

        Still a customer: (alpha + age)^-(r + again) (beta + age)^-s. Gone after the
        last purchase: s times the integral over y from last to age of
        (alpha + y)^-(r + again) (beta + y)^-(s + 1); with w = ((alpha + last) /
        (alpha + y))^k, k = r + s + again, it becomes that of ((alpha + y) /
        (beta + y))^(s + 1), which is smooth, over w.
        """
        r, alpha, s, beta = self.r, self.alpha, self.s, self.beta
        alive = -(r + again) * math.log(alpha + age) - s * math.log(beta + age)
        k, start = r + s + again, alpha + last
        lowest = (start / (alpha + age)) ** k
        width = 1 - lowest
        if width <= 0:
            return alive, -math.inf
        # the quotient grows or falls all the way: it is held against its end
        ends = [y / (y - alpha + beta) for y in (start, alpha + age)]
        highest, total = max(ends), 0.0
        for node, weight in _NODES:
            reached = start * (lowest + width * node) ** (-1 / k)
            quotient = reached / (reached - alpha + beta)
            total += weight * (quotient / highest) ** (s + 1)
        if not total:
            return alive, -math.inf
        gone = math.log(total) + (s + 1) * math.log(highest) - k * math.log(start)
        return alive, gone + math.log(s * width / k)


@dataclass(frozen=True)
class Spending:
    """What is spent each time in a whole base: a fitted gamma-gamma model."""

    p: float
    q: float
    gamma: float

    @property
    def mean(self):
        return self.p * self.gamma / (self.q - 1)

    def expect(self, count, average):
        """Return what such a customer is expected to spend each time.

        :param int count: purchases that the average is of; may be 0
        """
        weight = self.p * count / (self.p * count + self.q - 1)
        return (1 - weight) * self.mean + weight * average

    def get_log_likelihood(self, count, average):
        p, q, gamma = self.p, self.q, self.gamma
        px = p * count
        return (
            math.lgamma(px + q)
            - math.lgamma(px)
            - math.lgamma(q)
            + q * math.log(gamma)
            + (px - 1) * math.log(average)
            + px * math.log(count)
            - (px + q) * math.log(gamma + count * average)
        )


def fit_buying(histories, unit):
    """Return the model that makes these histories most likely.

    :param histories: dict from (again, last, age) to the number of such customers
    :param float unit: a usual time between purchases, from which the search starts
    :return: :class:`Buying`; ``None`` where too few came again
    """
    repeaters = sum(n for (again, *_times), n in histories.items() if again)
    if repeaters < MIN_REPEATERS:
        return None
    items = [(*history, number) for history, number in histories.items()]

    def cost(point):
        model = Buying(*map(math.exp, point))
        return -sum(
            number * model.get_log_likelihood(again, last, age)
            for again, last, age, number in items
        )

    start = [math.log(value) for value in (1.0, unit, 1.0, unit)]
    return Buying(*map(math.exp, minimize(cost, start)))


def fit_spending(averages):
    """Return the model that makes these averages most likely.

    :param averages: (purchases, average above zero, number of customers), at least one
        purchase each
    :return: :class:`Spending`; ``None`` where there are too few
    """
    averages = list(averages)
    if sum(number for *_average, number in averages) < MIN_REPEATERS:
        return None
    typical = sum(a * n for _c, a, n in averages) / sum(n for *_a, n in averages)

    def cost(point):
        p, excess, gamma = map(math.exp, point)
        model = Spending(p, 1 + excess, gamma)
        return -sum(
            number * model.get_log_likelihood(count, average)
            for count, average, number in averages
        )

    p, excess, gamma = map(math.exp, minimize(cost, [1.0, 1.0, math.log(typical)]))
    return Spending(p, 1 + excess, gamma)


def minimize(cost, start, tolerance=1e-4, turns=600):
    """Return the point with the lowest cost near a start, by a simplex search.

    Points are kept within ±13.8 and −9.2, which are logarithms of a millionth part and
    of a million: a parameter that the data do not tell goes no farther.
    """

    def clamp(point):
        return [min(max(value, _LOWEST), _HIGHEST) for value in point]

    def between(one, other, step):
        return clamp([a + step * (b - a) for a, b in zip(one, other, strict=True)])

    points = [clamp(start)]
    for axis in range(len(start)):
        moved = list(start)
        moved[axis] += 0.5
        points.append(clamp(moved))
    simplex = sorted(((cost(point), point) for point in points), key=lambda v: v[0])
    for _turn in range(turns):
        best, (worst_cost, worst) = simplex[0], simplex[-1]
        if worst_cost - best[0] < tolerance:
            break
        others = [point for _cost, point in simplex[:-1]]
        middle = [sum(values) / len(others) for values in zip(*others, strict=True)]
        candidate = between(worst, middle, 2)
        found = cost(candidate)
        if found < best[0]:
            farther = between(worst, middle, 3)
            found, candidate = min((cost(farther), farther), (found, candidate))
        elif found >= simplex[-2][0]:
            if found < worst_cost:
                nearer = between(candidate, middle, 0.5)
            else:
                nearer = between(worst, middle, 0.5)
            found, candidate = cost(nearer), nearer
        if found < worst_cost:
            simplex[-1] = found, candidate
        else:
            halved = [between(point, best[1], 0.5) for _cost, point in simplex[1:]]
            simplex[1:] = [(cost(point), point) for point in halved]
        simplex.sort(key=lambda vertex: vertex[0])
    return simplex[0][1]


def _add_logs(one, other):
    """Return the logarithm of the sum of two numbers given by theirs."""
    high, low = max(one, other), min(one, other)
    return high if low == -math.inf else high + math.log1p(math.exp(low - high))
