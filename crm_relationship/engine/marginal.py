"""From how many interactions a year on nothing more can be shown.

Each experiment compares two cadences: a step from the lower to the higher one. What the
step brought, for each additional interaction, is known with an interval. Several steps
make a curve; where it is flat, fewer interactions would cost nothing that can be shown.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """What one experiment says of the interactions between two cadences.

    ``low`` and ``high`` are interactions a year; ``value`` is the margin that each
    additional interaction brought, ``least`` and ``most`` its 95 % interval, both
    ``None`` where it is not known; ``cost`` is what each of them cost.
    """

    low: float
    high: float
    value: float
    least: float | None
    most: float | None
    cost: float

    @property
    def is_gain(self):
        """Whether it is proven that more interactions bring something."""
        return self.least is not None and self.least > 0

    @property
    def pays(self):
        """Whether it is proven that they bring more than they cost."""
        return self.least is not None and self.least > self.cost


def find_flat(steps):
    """Return the interactions a year from which on the curve is flat.

    That is the lowest cadence of those tried, in either half, beyond which no step is a
    proven gain.

    :param steps: some :class:`Step`
    :return: ``None`` where up to the highest cadence more has been shown to bring
        something, or nothing has been tried
    """
    proven = max((step.high for step in steps if step.is_gain), default=0)
    tried = {yearly for step in steps for yearly in (step.low, step.high)}
    highest = max(tried, default=0)
    return min((y for y in tried if proven <= y < highest), default=None)


def is_known_beyond(steps, yearly):
    """Tell whether enough was bought beyond a cadence to say that nothing was shown."""
    return any(step.least is not None for step in steps if step.high > yearly)


def get_each(difference, low, high, extra):
    """Return (value, least, most) for each interaction, of amounts per customer.

    :param difference: what customers with the other cadence brought more
    :param low: lower end of its interval, or ``None``
    :param high: upper end, or ``None``
    :param extra: interactions that they had more; negative where they had fewer
    :raises ValueError: where both had as many
    """
    if not extra:
        raise ValueError("no additional interactions")
    ends = (None, None)
    if low is not None and high is not None:
        ends = sorted((low / extra, high / extra))
    return difference / extra, *ends
