"""Both halves of a cadence experiment keep their plans while it runs.

The copy that one half follows is nobody's to edit. The plan of the segment is in use
elsewhere, too, and may have to change: then the halves differ in more than the cadence,
so the day is noted, and only what came before is compared.
"""

from collections import Counter

from odoo.exceptions import UserError
from odoo.tools.misc import format_date

from .touchpoint_matrix import get_yearly_contacts

CADENCE = ("times", "every", "period")
COMPARED = (
    "name",
    "objective",
    "occasion_id",
    *CADENCE,
    "user_id",
    "touchpoint_ids",
    "mail_template_id",
    "sms_template_id",
)
DISTURBING = {*COMPARED, "active", "channel_ids", "plan_id", "line_ids"}
SAME = 0.005
"""Interactions a year that differ by less are the same."""


def check_untried(plans):
    """Refuse a change that somebody makes in a plan which one half of a segment tries.

    :raises UserError: naming the experiment, and its end
    """
    env = plans.env
    if env.su or not plans:
        return
    # sudo: whose it is has to be told, to whoever may change plans
    experiment = (
        env["crm.cadence.experiment"]
        .sudo()
        .search(
            [("state", "=", "running"), ("trial_plan_id", "in", plans.ids)], limit=1
        )
    )
    if experiment:
        raise UserError(
            env._(
                "“%(plan)s” is tried by half of a segment: the experiment"
                " “%(experiment)s” runs until %(day)s, and would mean nothing if the"
                " plan were changed meanwhile. End the experiment first.",
                plan=experiment.trial_plan_id.name,
                experiment=experiment.name,
                day=format_date(env, experiment.day_until),
            )
        )


def find_running(plans=None, segments=None):
    """Return the running experiments that plans or segments have to do with.

    ``sudo``: also those of other companies, which share them.
    """
    records = segments if plans is None else plans
    experiments = records.env["crm.cadence.experiment"].sudo()
    if not records.ids:
        return experiments
    running = [("state", "=", "running")]
    if plans is None:
        return experiments.search([*running, ("segment_id", "in", segments.ids)])
    return experiments.search(
        [
            *running,
            "|",
            ("segment_id.plan_id", "in", plans.ids),
            ("trial_plan_id", "in", plans.ids),
        ]
    )


def note_changes(experiments):
    """Note on what day the halves of experiments began to differ in more.

    What is taken back on the same day has changed nothing.
    """
    for experiment in experiments:
        today = experiment.company_id._relationship_today()
        if experiment.day_changed in (False, today):
            experiment.day_changed = is_changed(experiment) and today


def is_changed(experiment):
    """Tell whether the plans differ in more than the cadence that is tried."""
    line, plan = experiment.plan_line_id, experiment.segment_id.plan_id
    today = experiment.company_id._relationship_today()
    if line not in plan.line_ids or not plan.active:
        return True
    if abs(get_yearly_contacts(line, today) - experiment.yearly_usual) >= SAME:
        return True
    usual = Counter(_describe(other) for other in plan.line_ids - line)
    usual[_describe(line, experiment)] += 1
    return usual != Counter(map(_describe, experiment.trial_plan_id.line_ids))


def _describe(line, tried=None):
    """Return what customers get by a line, with the cadence that is tried if given."""
    values = {name: _get_value(line, name) for name in COMPARED}
    if tried:
        values |= {name: _get_value(tried, name) for name in CADENCE}
    return tuple(values.items())


def _get_value(record, name):
    value = record[name]
    return tuple(value.ids) if record._fields[name].relational else value
