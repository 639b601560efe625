"""From how long a silence on a customer is at risk, judged by what came afterwards.

A limit makes two mistakes. Those whom it calls at risk and who buy again cost care that
they did not need (false alarms). Those whom it calls safe and who never buy again get
no care (missed). The higher the limit, the fewer of the first and the more of the
second; it is balanced where the sum of both shares is the smallest (W. Youden, "Index
for Rating Diagnostic Tests", Cancer 3, 1950).
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Verdict:
    """What a factor of the usual interval would have said of customers."""

    factor: float
    back: int
    """Customers who bought again."""
    alarms: int
    """Those of them whom it called at risk."""
    gone: int
    """Customers who did not buy again."""
    missed: int
    """Those of them whom it called safe."""

    @property
    def alarm_share(self):
        return self.alarms / self.back if self.back else 0.0

    @property
    def missed_share(self):
        return self.missed / self.gone if self.gone else 0.0

    @property
    def right_share(self):
        """The share of all customers of whom it said what came."""
        wrong = self.alarms + self.missed
        return 1 - wrong / (self.back + self.gone)


def judge(ratios, factors):
    """Return a verdict on each factor.

    :param ratios: (silence ÷ usual interval, bought again, number of such customers)
    """
    rows = list(ratios)
    back = sum(number for _ratio, again, number in rows if again)
    gone = sum(number for _ratio, again, number in rows if not again)
    return [
        Verdict(
            factor,
            back,
            sum(n for ratio, again, n in rows if again and ratio > factor),
            gone,
            sum(n for ratio, again, n in rows if not again and ratio <= factor),
        )
        for factor in factors
    ]


def choose(verdicts):
    """Return the verdict whose two shares of mistakes are the smallest together.

    Of equals the one with the lowest factor. ``None`` where all customers did the same.
    """
    verdicts = [v for v in verdicts if v.back and v.gone]
    return min(
        verdicts,
        key=lambda v: (round(v.alarm_share + v.missed_share, 9), v.factor),
        default=None,
    )
