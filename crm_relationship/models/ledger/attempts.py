"""When somebody who was not reached is tried again."""

from datetime import timedelta

from pytz import timezone, utc

from ..base.bounds import MAX_PERIOD
from ..courtesy.gatekeeper import Gatekeeper

# The next attempt is made at another time of day, on the clock of who makes it.
NOON, MORNING, AFTERNOON = 12, 10, 15


def get_next(interactions, now):
    """Return when each customer is tried again; None where it was the last time.

    On another day, at another time of day, when both the customer and whoever tries
    are at it, or stands in on that day; not before the moment for which it is
    planned.

    :return: ``{interaction: UTC moment or None}``
    """
    keeper = Gatekeeper(interactions, now)
    wanted = {
        interaction: _get_wanted(interaction, now)
        for interaction in interactions
        if interaction.attempt_count + 1
        < interaction.company_id.relationship_max_attempts
    }
    keeper.stand_in(
        interactions.browse().union(*wanted)._find_stand_ins(keeper, wanted)
    )
    return {
        interaction: _get_next(interaction, keeper, wanted[interaction], now)
        if interaction in wanted
        else None
        for interaction in interactions
    }


def _get_wanted(interaction, now):
    """Return when the next attempt would be made if nothing were in its way."""
    day, hour = get_retry(interaction, now)
    day = max(day, interaction._get_deadline())
    tz = interaction._get_staff_tz(interaction.user_id)
    return max(
        interaction.company_id._relationship_time(day, hour, tz),
        interaction.date_planned,
    )


def _get_next(interaction, keeper, moment, now):
    """Return the moment of the next attempt, as :func:`get_next` says.

    :param datetime moment: as :func:`_get_wanted` returns it
    """
    company = interaction.company_id
    tz = interaction._get_staff_tz(interaction.user_id)
    _day, hour = get_retry(interaction, now)
    touchpoint = interaction.touchpoint_id
    decision = _ask(interaction, keeper, touchpoint, moment)
    if not decision.allowed and not decision.earliest:
        # what bars the channel knows no end; it is a working day's work anyway
        touchpoint = touchpoint.browse()
        decision = _ask(interaction, keeper, touchpoint, moment)
    if decision.allowed or not decision.earliest:
        return moment
    opening = interaction._get_deadline(moment=decision.earliest)
    later = company._relationship_time(opening, hour, tz)
    if (
        later > decision.earliest
        and _ask(interaction, keeper, touchpoint, later).allowed
    ):
        return later
    return decision.earliest


def _ask(interaction, keeper, touchpoint, when):
    """Return what the gate decides on another attempt.

    What is in a queue is somebody's work, also where the system could send it.
    """
    if interaction.state == "open":
        return keeper.judge(interaction, touchpoint, when)
    return interaction._ask(keeper, touchpoint, when)


def get_retry(interaction, tried):
    """Return the first day of another attempt, and the hour, on the staff's clock.

    :param datetime tried: UTC moment of the last attempt
    """
    tried = utc.localize(tried).astimezone(
        timezone(interaction._get_staff_tz(interaction.user_id))
    )
    days = min(interaction.company_id.relationship_retry_days, MAX_PERIOD)
    hour = AFTERNOON if tried.hour < NOON else MORNING
    return tried.date() + timedelta(days=days), hour
