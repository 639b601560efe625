"""How long customers stay, where those who stayed long are the likelier to stay.

The shifted beta-geometric model: each customer is lost in a month with a chance of the
customer's own, always the same; the chances differ between customers by a beta
distribution (a, b). Those with a high chance go first, so the retention of those who
remain grows, although nobody becomes more loyal. A constant rate misses that, and
values a base too low.

Source: P. Fader and B. Hardie, "How to Project Customer Retention", Journal of
Interactive Marketing 21/1 (2007), equations 5 to 7. The multiple of the margin: S.
Gupta and D. Lehmann, "Customers as Assets" (2003), with each year's share of survivors
in place of a constant rate's power.
"""

import math
from dataclasses import dataclass

from .forecast import minimize

YEARS = 50
"""No value is expected after so many years."""
MONTHS = 12


@dataclass(frozen=True)
class Survival:
    """A fitted curve; time in the steps of the counts that it was fitted to."""

    a: float
    b: float

    def get_share(self, steps):
        """Return the share who are still customers after so many steps.

        B(a, b + steps) ÷ B(a, b).
        """
        a, b = self.a, self.b
        return math.exp(
            math.lgamma(b + steps)
            - math.lgamma(b)
            + math.lgamma(a + b)
            - math.lgamma(a + b + steps)
        )

    def get_retention(self, step):
        """Return the share of those left after the step before who remain in a step."""
        return (self.b + step - 1) / (self.a + self.b + step - 1)

    def get_multiple(self, discount, steps_a_year=MONTHS):
        """Return for how many margins of a year a customer stands, in today's money.

        The margin of a year is earned at its end by those who are left:
        Σ share after a year ÷ (1 + discount)^year.
        """
        return sum(
            self.get_share(year * steps_a_year) / (1 + discount) ** year
            for year in range(1, YEARS + 1)
        )


def fit_survival(left):
    """Return the curve that makes these counts most likely.

    :param left: customers at the beginning, and how many of them were left after each
        step: at least two steps, never more than before
    :return: :class:`Survival`; ``None`` with too few steps, or without customers
    """
    if len(left) < 3 or not left[0]:
        return None
    lost = [before - after for before, after in zip(left, left[1:], strict=False)]

    def cost(point):
        curve = Survival(*map(math.exp, point))
        share, total = 1.0, 0.0
        for step, number in enumerate(lost, 1):
            kept = curve.get_retention(step)
            total += number * math.log(share * (1 - kept)) if number else 0.0
            share *= kept
        return -total - (left[-1] * math.log(share) if left[-1] else 0.0)

    return Survival(*map(math.exp, minimize(cost, [0.0, 1.0], tolerance=1e-7)))


def get_simple_multiple(retention, discount):
    """Return the same where each year the same share remains: r ÷ (1 + i − r)."""
    return retention / (1 + discount - retention)
