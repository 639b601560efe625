"""Steps keep their distance: what had to wait pushes back what comes after it.

A step that was moved, by the gate, for want of time or by a person, is followed at the
distance that the program asks for; one that was simply done late in the queue is not.
Steps counted from the one before follow the moment at which that was really made.
Around a day like a birthday nothing is pushed back: a wish belongs to its day.
"""

from datetime import timedelta

from dateutil.relativedelta import relativedelta
from pytz import timezone, utc

from odoo import fields

from ..base.bounds import LAST_DAY, MAX_DAYS


def keep(closed):
    """Bring what follows in step with interactions that are closed now.

    :param closed: ``crm.interaction`` records of enrollments, as superuser
    """
    for interaction in closed.sorted(get_rank):
        followers = find_followers(interaction)
        if followers:
            _follow(interaction, followers)


def get_rank(interaction):
    """Return the sort key of a step within its enrollment."""
    return interaction.date_due, interaction.program_step_id.place, interaction.id


def find_followers(interaction):
    """Return what is pending of the same enrollment and comes later, in order."""
    rank = get_rank(interaction)
    pending = interaction.enrollment_id.interaction_ids._filter_pending()
    return pending.filtered(lambda i: get_rank(i) > rank).sorted(get_rank)


def _follow(interaction, followers):
    moment = _get_moment_after(interaction, followers[0])
    if moment:
        day = get_local_day(interaction, moment)
        delta = (day - followers[0].date_due).days
        _place(followers[0], day, moment)
    elif interaction.enrollment_id.program_id._has_day():
        return
    else:
        delta = _get_wait(interaction)
    if delta:
        enrollment = interaction.enrollment_id
        shift = enrollment.shift_days + delta
        enrollment.shift_days = min(max(shift, -MAX_DAYS), MAX_DAYS)
        push_back(followers[1:] if moment else followers, delta)


def _place(interaction, day, moment):
    """Plan a step for the moment that follows from when the one before was made."""
    is_timed = interaction.program_step_id.delay_unit == "hours"
    wanted = moment if is_timed else False
    placed = interaction.date_due, interaction.date_wanted
    if not interaction.date_asked and placed != (day, wanted):
        interaction.write(
            {"date_due": day, "date_planned": moment, "date_wanted": wanted}
        )


def _get_wait(interaction):
    """Return for how many days a step was made to wait."""
    closed = interaction.date_done if interaction.state == "done" else None
    moment = min(interaction.date_planned, closed or fields.Datetime.now())
    return max(0, (get_local_day(interaction, moment) - interaction.date_due).days)


def _get_moment_after(interaction, follower):
    """Return when a step comes that is counted from one that was made; else None.

    What was not made leaves those after it where the program has them.
    """
    step = follower.program_step_id
    if step.delay_from != "previous" or interaction.state != "done":
        return None
    if interaction.program_step_id != step._get_previous():
        return None
    if step.delay_unit == "hours":
        return interaction.date_done + timedelta(hours=step.delay)
    day = get_local_day(interaction, interaction.date_done)
    day += relativedelta(**{step.delay_unit: step.delay})
    return interaction.company_id._relationship_time(min(day, LAST_DAY))


def get_local_day(interaction, moment):
    """Return the day of a UTC moment on the company's clock."""
    tz = timezone(interaction.company_id._relationship_tz())
    return utc.localize(moment).astimezone(tz).date()


def push_back(interactions, days):
    """Let pending steps come some days later; what somebody chose a day for stays."""
    delta = timedelta(days=days)
    for interaction in interactions.filtered(lambda i: not i.date_asked):
        due = min(interaction.date_due + delta, LAST_DAY)
        planned = interaction.date_planned + delta
        if get_local_day(interaction, interaction.date_planned) != interaction.date_due:
            # where the gate had moved it; it is asked again
            planned = interaction.company_id._relationship_time(due)
            if interaction.state == "open":
                planned = max(planned, interaction.date_planned)
        wanted = interaction.date_wanted and interaction.date_wanted + delta
        interaction.write(
            {"date_due": due, "date_planned": planned, "date_wanted": wanted}
        )
