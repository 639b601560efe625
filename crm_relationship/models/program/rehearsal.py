"""A program for one real customer, day by day, as it would be if it began today.

No second set of rules: the steps are placed as always, and judged by the release and
its gate, in a savepoint that is taken back.
"""

from odoo import SUPERUSER_ID, fields
from odoo.tools import format_date

from ..base.apart import rehearse
from ..ledger.qualified import assign_qualified
from ..ledger.release import Release
from . import sense


def play(program, relationship):
    """Return what each step of a program would be for a customer.

    :return: list of dicts ``step`` (``crm.program.step``), ``day``, ``channel``,
        ``person``, ``is_message``, ``barred`` (why it would not come, else False) and
        ``notes``
    """
    # sudo and OdooBot: as the jobs, which will do it; callers ask for the rights
    env = program.env(user=SUPERUSER_ID, su=True)
    rows = rehearse(
        program.env, _play, program.with_env(env), relationship.with_env(env)
    )
    return [
        rows.get(step.id) or _describe_past(program, step)
        for step in program._get_steps_in_order().sorted("place")
    ]


def _play(program, relationship):
    enrollment = program.env["crm.program.enrollment"].create(
        {
            "program_id": program.id,
            "relationship_id": relationship.id,
            "date": relationship.company_id._relationship_today(),
        }
    )
    enrollment._place_steps()
    interactions = enrollment.interaction_ids
    assign_qualified(interactions)
    verdicts = Release(program.env).decide(interactions, fields.Datetime.now())
    return {
        verdict.interaction.program_step_id.id: _describe(verdict, relationship)
        for verdict in list(verdicts)
    }


def _describe(verdict, relationship):
    interaction, touchpoint = verdict.interaction, verdict.touchpoint
    barred = _get_bar(verdict)
    day = _get_day(interaction, verdict.moment or interaction.date_planned)
    return {
        "step_id": interaction.program_step_id.id,
        "day": format_date(interaction.env, day),
        "channel": touchpoint.name or "",
        "person": interaction.user_id.name or relationship._get_staff().name or "",
        "is_message": bool(verdict.template),
        "barred": barred,
        "notes": [] if barred else list(_note(verdict, day)),
    }


def _get_bar(verdict):
    """Return why a step would not come at all, in words; else ``False``."""
    interaction = verdict.interaction
    code = verdict.get_closing_reason()
    if not code:
        last = sense.get_last_day(interaction)
        if last and _get_day(interaction, verdict.moment) > last:
            code = sense.EXPIRED
    reasons = dict(
        interaction._fields["reason_code"]._description_selection(interaction.env)
    )
    return reasons.get(code, False)


def _note(verdict, day):
    """Say what else decides about a step."""
    interaction, env = verdict.interaction, verdict.interaction.env
    if day > interaction.date_due:
        reasons = dict(interaction._fields["reason_code"]._description_selection(env))
        code = verdict.decision and verdict.decision.reason_code
        yield env._(
            "Due on %(day)s, but has to wait: %(reason)s",
            day=format_date(env, interaction.date_due),
            reason=reasons.get(code) or env._("another step comes first"),
        )
    step = interaction.program_step_id
    if step.condition_step_id:
        outcome = dict(step._fields["condition_outcome"]._description_selection(env))
        yield (
            env._("Only if “%(step)s” had not this outcome: %(outcome)s")
            if step.condition_negated
            else env._("Only if “%(step)s” had this outcome: %(outcome)s")
        ) % {
            "step": step.condition_step_id.name,
            "outcome": outcome[step.condition_outcome],
        }
    if step.condition_partner or step.condition_order:
        yield env._("Only if the filters of the step match by then")


def _describe_past(program, step):
    """Describe a step that would not even be planned."""
    return {
        "step_id": step.id,
        "day": "",
        "channel": "",
        "person": "",
        "is_message": False,
        "barred": program.env._("Its day is past by then, or it was made lately."),
        "notes": [],
    }


def _get_day(interaction, moment):
    company = interaction.company_id
    local = company.with_context(tz=company._relationship_tz())
    return fields.Datetime.context_timestamp(local, moment).date()
