"""What is wrong with a program before anybody enters it, found when it is published."""

from odoo.tools.misc import format_date

from .balance import get_balance_warning
from .triggers import TRIGGERS

# What a program chooses, and somebody may archive; of its steps, see below.
ARCHIVABLE = (
    "segment_ids",
    "from_segment_ids",
    "to_segment_ids",
    "team_ids",
    "product_tmpl_ids",
    "benefit_ids",
    "occasion_id",
)


def find(program):
    """Return why a program must not be published, in sentences."""
    program.ensure_one()
    return [*_find_in_program(program), *find_archived(program)]


def _find_in_program(program):
    env = program.env
    if not program.step_ids:
        yield env._("The program has no steps, so nobody would be contacted.")
    found = [
        find_over(program),
        TRIGGERS[program.trigger].get_missing(program),
        TRIGGERS[program.trigger].get_warning(program),
        program._get_filter_problem(),
        program._get_condition_problem(),
    ]
    for step in program._get_steps_in_order():
        found += [
            step._get_condition_error(),
            step.condition_warning,
            step._get_word_error(),
            step._get_template_error(),
        ]
    yield from dict.fromkeys(filter(None, found))


def find_over(program):
    """Return that nobody enters a program any more, as a sentence; else ``False``."""
    company = program.company_id or program.env.company
    return (
        program.date_end
        and program.date_end < company._relationship_today()
        and program.env._(
            "The program is over since %s: nobody would enter.",
            format_date(program.env, program.date_end),
        )
    )


def find_archived(program):
    """Return what the program needs and somebody has archived, in sentences.

    ``sudo``: whoever publishes it need not be allowed to read templates.
    """
    env, program = program.env, program.sudo().with_context(active_test=False)
    used = [(program.name, program[name]) for name in ARCHIVABLE]
    for step in program.step_ids:
        used += [(step.name, step[name]) for name in ("mail_template_id", "benefit_id")]
        channels = step.channel_ids.touchpoint_id
        if channels and not channels.filtered("active"):
            used.append((step.name, channels[:1]))
    for name, records in used:
        for record in records:
            if not record.active:
                yield env._(
                    "“%(user)s” uses “%(archived)s”, which is archived. Choose another"
                    " one, or take it back from the archive.",
                    user=name,
                    archived=record.display_name,
                )


def find_doubts(program):
    """Return what a manager should know before publishing, in sentences."""
    env, doubts = program.env, []
    if program.benefit_warning:
        doubts.append(program.benefit_warning)
    if warning := get_balance_warning(program):
        doubts.append(warning)
    doubts += filter(None, dict.fromkeys(program.step_ids.mapped("benefit_warning")))
    # sudo: the cost of a benefit counts, whoever may not see it
    benefits = program.sudo().benefit_ids | program.sudo().step_ids.benefit_id
    if any(benefits.mapped("cost")) and not program.budget:
        doubts.append(
            env._("Its benefits cost money, and the program has no budget for them.")
        )
    if plan := _find_plan_of_occasion(program):
        doubts.append(
            env._(
                "The contact plan “%(plan)s” greets on “%(occasion)s” as well, so its"
                " customers would be greeted twice. Archive that line of the plan.",
                plan=plan.name,
                occasion=program.occasion_id.name,
            )
        )
    for step in program.step_ids.sudo():
        channel = step._get_candidates(env["crm.touchpoint"].sudo())[:1]
        if channel.mode == "automated" and not step._get_template(channel):
            doubts.append(
                env._(
                    "“%(step)s” is to go out automatically by %(channel)s, but has no"
                    " message: a person has to write it.",
                    step=step.name,
                    channel=channel.name,
                )
            )
    return doubts


def _find_plan_of_occasion(program):
    """Return a contact plan of the company that greets on the program's occasion.

    ``sudo``: a plan counts, whoever may not see it.
    """
    lines = program.env["crm.contact.plan.line"].sudo()
    if program.trigger != "occasion" or not program.occasion_id:
        return lines.plan_id
    company = program.company_id or program.env.company
    return lines.search(
        [
            ("occasion_id", "=", program.occasion_id.id),
            ("plan_id.active", "=", True),
            ("plan_id.company_id", "in", (company.id, False)),
        ],
        limit=1,
    ).plan_id
