"""A customer's own rhythm of buying, and the stage of the life cycle it tells."""

from fractions import Fraction

from .scores import exact


def median(values):
    """Return the middle value, or the mean of the two in the middle."""
    values = sorted(values)
    middle = len(values) // 2
    if len(values) % 2:
        return Fraction(values[middle])
    return Fraction(values[middle - 1] + values[middle]) / 2


def own_interval(dates):
    """Return the median of days between successive purchase days, or 0 if unknown.

    One gap is chance, two are a habit. Several purchases on a day are one.
    """
    days = sorted(set(dates))
    gaps = [
        (later - earlier).days for earlier, later in zip(days, days[1:], strict=False)
    ]
    return median(gaps) if len(gaps) >= 2 else Fraction(0)


def lifecycle(dates, today, settings, usual=0, defection=None):
    """Return the stage of a customer who bought on these dates (ascending).

    :param usual: days between purchases, 0 if unknown
    :param defection: the day on which the customer said good-bye
    """
    if not dates:
        return "prospect"
    if defection and defection > today:
        defection = None
    silent_days = (today - dates[-1]).days
    if silent_days > settings.lost_days or (defection and defection >= dates[-1]):
        return "lost"
    threshold = settings.at_risk_days
    if usual:
        threshold = exact(settings.at_risk_factor) * usual
    if silent_days > threshold:
        return "at_risk"
    if len(dates) == 1:
        return "first_time"
    days = sorted(set(dates))
    if len(days) > 1:
        was_lost = (days[-1] - days[-2]).days > settings.lost_days
        if was_lost or (defection and defection >= days[-2]):
            return "recovered"
    return "loyal" if len(dates) >= settings.loyal_orders else "repeater"
