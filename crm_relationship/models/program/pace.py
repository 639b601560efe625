"""Steps keep their distance: what had to wait pushes back what comes after it.

A step that was moved, by the gate, for want of time or by a person, is followed at the
distance that the program asks for; one that was simply done late in the queue is not.
Steps counted from the one before follow the moment at which that was really made.
Around a day like a birthday nothing is pushed back: a greeting belongs to its day.
"""

from datetime import timedelta
from typing import NamedTuple

from dateutil.relativedelta import relativedelta
from pytz import timezone, utc

from odoo import fields
from odoo.tools import SQL

from ..base.bounds import LAST_DAY, MAX_DAYS


class Place(NamedTuple):
    """When a step comes."""

    due: object
    planned: object
    wanted: object
    """Not before; False where only the day counts."""


def keep(closed):
    """Bring what follows in step with interactions that are closed now.

    :param closed: ``crm.interaction`` records of enrollments, as superuser
    """
    pace = Pace()
    for interaction in closed.sorted(pace.get_rank):
        followers = pace.find_followers(interaction)
        if followers:
            pace.follow(interaction, followers)
    pace.store(closed)


class Pace:
    """Places steps anew, in memory; ``store`` writes it, in few queries for many."""

    def __init__(self):
        self._places = {}
        self._shifts = {}

    def _get(self, interaction):
        if interaction not in self._places:
            return Place(
                interaction.date_due, interaction.date_planned, interaction.date_wanted
            )
        return self._places[interaction]

    def get_rank(self, interaction):
        """Return the sort key of a step within its enrollment."""
        place = interaction.program_step_id.place
        return self._get(interaction).due, place, interaction.id

    def find_followers(self, interaction):
        """Return what is pending of the same enrollment and comes later, in order."""
        rank = self.get_rank(interaction)
        pending = interaction.enrollment_id.interaction_ids._filter_pending()
        later = pending.filtered(lambda i: self.get_rank(i) > rank)
        return later.sorted(self.get_rank)

    def follow(self, interaction, followers):
        """Place what follows an interaction that is closed."""
        moment = _get_moment_after(interaction, followers[0])
        if moment:
            day = get_local_day(interaction, moment)
            delta = (day - self._get(followers[0]).due).days
            if not followers[0].date_asked:
                is_timed = followers[0].program_step_id.delay_unit == "hours"
                self._places[followers[0]] = Place(day, moment, is_timed and moment)
            followers = followers[1:]
        elif interaction.enrollment_id.program_id._has_day():
            return
        else:
            delta = _get_wait(interaction, self._get(interaction).due)
        if delta:
            enrollment = interaction.enrollment_id
            shift = self._shifts.get(enrollment, enrollment.shift_days) + delta
            self._shifts[enrollment] = min(max(shift, -MAX_DAYS), MAX_DAYS)
            self._push_back(followers, delta)

    def _push_back(self, interactions, days):
        """Let pending steps come some days later.

        What somebody chose a day for stays there.
        """
        delta = timedelta(days=days)
        for interaction in interactions.filtered(lambda i: not i.date_asked):
            due, planned, wanted = self._get(interaction)
            new_due = min(due + delta, LAST_DAY)
            new_planned = planned + delta
            if get_local_day(interaction, planned) != due:
                # the gate has moved it, and is asked again
                new_planned = interaction.company_id._relationship_time(new_due)
                if interaction.state == "open":
                    new_planned = max(planned, new_planned)
            self._places[interaction] = Place(
                new_due, new_planned, wanted and wanted + delta
            )

    def store(self, closed):
        """Store what has changed; ``closed`` names the ledger.

        What is in a queue leaves it with its day: the next release finds one on which
        somebody works and has time. SQL because each has moments of its own, and
        ``write`` would update the customer's dates once for each.
        """
        for enrollment, shift in self._shifts.items():
            enrollment.shift_days = shift
        moved = {
            i: place
            for i, place in self._places.items()
            if place != (i.date_due, i.date_planned, i.date_wanted)
        }
        if moved:
            interactions = closed.browse().union(*moved)
            _unqueue(interactions.filtered(lambda i: _changes_day(i, moved[i])))
            _store(interactions, moved)


def _changes_day(interaction, place):
    """Tell whether it is in a queue for another day than that of its new place."""
    days = (
        get_local_day(interaction, m) for m in (interaction.date_planned, place.planned)
    )
    return interaction.state == "open" and len(set(days)) > 1


def _unqueue(interactions):
    """Let these wait for the next release."""
    activities = interactions.activity_id
    interactions.write({"state": "scheduled", "activity_id": False})
    activities.filtered("active").unlink()


def _store(interactions, places):
    env = interactions.env
    env.flush_all()
    env.execute_query(
        SQL(
            """
            UPDATE crm_interaction i
               SET date_due = v.due, date_planned = v.planned, date_wanted = v.wanted,
                   date_retry = NULL, write_uid = %s, write_date = %s
              FROM unnest(%s::int[], %s::date[], %s::timestamp[], %s::timestamp[])
                   AS v (id, due, planned, wanted)
             WHERE i.id = v.id
         RETURNING i.id
            """,
            env.uid,
            env.cr.now(),
            interactions.ids,
            [places[i].due for i in interactions],
            [places[i].planned for i in interactions],
            [places[i].wanted or None for i in interactions],
        )
    )
    interactions.invalidate_recordset()
    interactions.relationship_id._refresh_contact_state()


def _get_wait(interaction, due):
    """Return for how many days a step was made to wait."""
    closed = interaction.date_done if interaction.state == "done" else None
    moment = min(interaction.date_planned, closed or fields.Datetime.now())
    return max(0, (get_local_day(interaction, moment) - due).days)


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
