"""What the drawing of a program shows: its start, its steps as boxes, and its end.

The steps come in the order in which they are made. Which of them stand side by side,
because one earlier step decides between them, follows from their conditions; the
drawing itself (``static/src/program_flow``) sees to that.
"""

from collections import Counter, defaultdict

from ..base.figures import format_amount, format_count
from ..touch.crm_touchpoint import CHANNEL_ICONS
from .trigger_orders import OrderTrigger
from .triggers import TRIGGERS

# How the states of an interaction are told on a box.
COUNTED = {
    "scheduled": "waiting",
    "open": "waiting",
    "done": "done",
    "skipped": "skipped",
    "missed": "dropped",
    "cancelled": "dropped",
}
ENDINGS = (
    "end_on_purchase",
    "end_on_answer",
    "end_on_complaint",
    "end_on_refusal",
    "end_on_segment",
    "end_on_date",
)
# What a drawing is drawn from.
DRAWN = (
    "trigger",
    "lifecycle_stage",
    "occasion_id",
    "from_segment_ids",
    "to_segment_ids",
    "date_field",
    "date_end",
    "days_before",
    "order_rank",
    "order_what",
    "order_amount",
    "product_tmpl_ids",
    "product_categ_ids",
    "team_ids",
    "segment_ids",
    "partner_domain",
    "worthwhile_only",
    *ENDINGS,
    *(
        f"step_ids.{name}"
        for name in (
            "name",
            "sequence",
            "place",
            "delay",
            "delay_unit",
            "delay_from",
            "touchpoint_ids",
            "mail_template_id",
            "sms_template_id",
            "user_id",
            "benefit_id",
            "condition_step_id",
            "condition_outcome",
            "condition_negated",
            "condition_partner",
            "condition_order",
            "expires",
            "expires_days",
        )
    ),
)
# What starts a program, in more detail than the name of its trigger.
DETAILS = {
    "lifecycle": ("lifecycle_stage",),
    "occasion": ("occasion_id",),
    "segment": ("from_segment_ids", "to_segment_ids"),
    "date": ("date_field",),
}


def draw(programs):
    """Return what is drawn of programs: ``{program: drawing}``

    A drawing is ``{"start": {"title", "details"}, "steps": [box], "ends": [text],
    "may_edit", "next_sequence"}``; a box has the texts of a step, the counts of its
    interactions, and in ``asks`` the ``key`` of the earlier step that decides about it.
    """
    counts = count_interactions(programs)
    may_edit = programs.has_access("write")
    return {
        program: {
            "start": _draw_start(program),
            "steps": _draw_steps(program, counts),
            "ends": _draw_ends(program),
            "may_edit": may_edit,
            "next_sequence": max(program.step_ids.mapped("sequence"), default=0) + 10,
        }
        for program in programs
    }


def count_interactions(programs):
    """Return how the steps stand, in one query: ``{step: {state on the box: number}}``

    With the rights of the user: salespeople count those of their own customers.
    """
    steps = programs.step_ids._origin
    counts = defaultdict(Counter)
    if steps:
        for step, state, number in programs.env["crm.interaction"]._read_group(
            [("program_step_id", "in", steps.ids)],
            ["program_step_id", "state"],
            ["__count"],
        ):
            counts[step][COUNTED[state]] += number
    return counts


# ----------------------------------------------------------------------
# Start and end
# ----------------------------------------------------------------------


def _get_label(record, name):
    """Return what is chosen in a selection, as the user reads it."""
    choices = dict(record._fields[name]._description_selection(record.env))
    return choices.get(record[name], "")


def _draw_start(program):
    return {
        "title": _get_label(program, "trigger"),
        "details": list(filter(None, _tell_start(program))),
    }


def _tell_start(program):
    env = program.env
    for name in DETAILS.get(program.trigger, ()):
        yield _tell_choice(program, name)
    if isinstance(TRIGGERS.get(program.trigger), OrderTrigger):
        yield from _tell_orders(program)
    if program.days_before and program.trigger in ("occasion", "date", "runs_out"):
        yield env._("Days before: %s", program.days_before)
    if program.segment_ids:
        names = ", ".join(program.segment_ids.mapped("name"))
        yield env._("Only segments: %s", names)
    if not program._get_filter("partner_domain").takes_all:
        yield env._("Only customers who match a filter")
    if program.worthwhile_only:
        yield env._("Only where it pays off")


def _tell_choice(program, name):
    value = program[name]
    if program._fields[name].relational:
        value = ", ".join(value.mapped("display_name"))
    else:
        value = _get_label(program, name)
    label = program._fields[name]._description_string(program.env)
    return value and f"{label}: {value}"


def _tell_orders(program):
    env = program.env
    if program.order_rank != "any" and program.trigger != "runs_out":
        yield _get_label(program, "order_rank")
    if program.order_what == "products":
        yield _tell_choice(program, "product_tmpl_ids")
    elif program.order_what == "categories":
        yield _tell_choice(program, "product_categ_ids")
    if program.order_amount:
        amount = format_amount(env, program.order_amount, program.cost_currency_id)
        yield env._("Amount at least: %s", amount)
    if program.team_ids:
        yield _tell_choice(program, "team_ids")


def _draw_ends(program):
    """Return what ends the program for a customer before the last step."""
    return [
        program._fields[name]._description_string(program.env)
        for name in ENDINGS
        if program[name]
        and (name != "end_on_segment" or program.segment_ids)
        and (name != "end_on_date" or program.date_end)
    ]


# ----------------------------------------------------------------------
# Steps
# ----------------------------------------------------------------------


def _get_key(step):
    """Return what tells steps apart, also those that are not saved yet."""
    return str(step._origin.id or step.id)


def _draw_steps(program, counts):
    steps = program._get_steps_in_order().sorted("place")
    return [_draw_step(step, counts[step._origin]) for step in steps]


def _draw_step(step, counts):
    asked = step.condition_step_id
    return {
        "key": _get_key(step),
        "id": step._origin.id,
        "name": step.name or "",
        "when": _tell_when(step),
        "channels": _tell_channels(step),
        "icon": _get_icon(step),
        "who": _tell_who(step),
        "asks": _get_key(asked) if asked else False,
        "asked": asked.name or "",
        "condition": _tell_condition(step),
        "negated": bool(asked and step.condition_negated),
        "filters": _tell_filters(step),
        "expires": _tell_expiry(step),
        "benefit": step.benefit_id.display_name or "",
        "counts": dict(counts),
    }


def _tell_when(step):
    """Return when a step comes, in the words of a person: “3 days after the start”."""
    env = step.env
    if not step.delay and step.delay_from == "before":
        return env._("On the day itself")
    if not step.delay and step.delay_from == "previous":
        return env._("Right after the previous step")
    if not step.delay:
        return env._("At once")
    length = _tell_length(step)
    texts = {
        "start": env._("%s after the start", length),
        "previous": env._("%s after the previous step", length),
        "before": env._("%s before the day", length),
    }
    return texts[step.delay_from or "start"]


def _tell_length(step):
    env = step.env
    shown = format_count(env, step.delay)
    texts = {
        "hours": (env._("1 hour"), env._("%s hours", shown)),
        "days": (env._("1 day"), env._("%s days", shown)),
        "weeks": (env._("1 week"), env._("%s weeks", shown)),
        "months": (env._("1 month"), env._("%s months", shown)),
    }
    one, more = texts[step.delay_unit or "days"]
    return one if step.delay == 1 else more


def _tell_channels(step):
    """Return the channels in the order in which they are tried."""
    env, names = step.env, step.touchpoint_ids.mapped("name")
    text = names[0] if names else env._("Any channel the customer accepts")
    for name in names[1:]:
        text = env._("%(channel)s, else %(next)s", channel=text, next=name)
    return text


def _get_icon(step):
    """Return the icon of the channel that is tried first."""
    return CHANNEL_ICONS.get(step.touchpoint_ids[:1].kind, "fa-comments-o")


def _tell_who(step):
    """Return who makes the step; a message that leaves by itself, nobody does."""
    env = step.env
    if step._get_template(step.touchpoint_ids[:1]):
        return env._("Sent automatically")
    return step.user_id.name or env._("Dedicated salesperson")


def _tell_condition(step):
    """Return what of an earlier step the condition asks for, in words."""
    if not step.condition_step_id or not step.condition_outcome:
        return ""
    env, outcome = step.env, _get_label(step, "condition_outcome")
    if step.condition_negated:
        return env._("Unless it %s", outcome)
    return env._("If it %s", outcome)


def _tell_filters(step):
    env = step.env
    texts = (
        (step.condition_partner, env._("Only certain customers")),
        (step.condition_order, env._("Only after certain sales orders")),
    )
    return [text for condition, text in texts if condition and condition != "[]"]


def _tell_expiry(step):
    """Return until when the step makes sense; nothing if it always does."""
    env = step.env
    if step.expires == "days":
        texts = {0: env._("Only on its day"), 1: env._("Too late after 1 day")}
        days = step.expires_days
        return texts.get(days) or env._("Too late after %s days", days)
    if step.expires == "day":
        return env._("Too late after the day itself")
    if step.expires == "program":
        return env._("Too late when the program is over")
    return ""
