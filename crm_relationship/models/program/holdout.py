"""Who is kept aside from a program, so that what it brings can be seen.

By chance, because any other choice compares customers who differ: with a key that only
the database knows, so that nobody can foresee or steer it; and within each segment, so
that both groups have as many of the best customers.
"""

from datetime import timedelta

from odoo.exceptions import UserError
from odoo.fields import Domain

from ...engine.experiment import choose_aside, get_detectable
from ..base.figures import format_count, format_number
from ..portfolio.comparison import get_key
from .result import ProgramResult

MAX_HOLDOUT = 50
"""Percent: beyond it, the smaller group would be those who get the program."""
MAX_RESULT_DAYS = 730
MEASURED_DAYS = 90
DECIDING = ("holdout_until", "result_days")
"""What says when a result is decided."""
CHOSEN_BY_NOBODY = ("holdout_from", "holdout_round")
OTHER_SHARES = (10, 30, 50)


def choose(program, enrollments):
    """Return the enrollments of a measured program whose customers are kept aside.

    All to whom chance has given a group, this one or the other, are marked: nobody else
    counts in the result. So who is exempt does not, nor who entered while nobody was
    kept aside.

    :param enrollments: ``crm.program.enrollment`` records that have just begun, all in
        one company
    """
    known = _get_known_groups(program, enrollments)
    customers = enrollments.relationship_id
    aside = {id_ for id_, is_control in known.items() if is_control}
    free = customers.filtered(lambda r: r.id not in known and not r.never_kept_aside)
    given = free.ids + list(known)
    enrollments.filtered(lambda e: e.relationship_id.id in given).write(
        {"holdout_round": program.holdout_round}
    )
    key = get_key(program.env)
    for segment, own in free.grouped("segment_id").items():
        stratum = (program.id, segment.id)
        share = program.holdout_share / 100
        aside |= choose_aside(key, own.ids, share, stratum=stratum)
    return enrollments.filtered(lambda e: e.relationship_id.id in aside)


def _get_known_groups(program, enrollments):
    """Return who has a group already: whether it is the control group, by id."""
    groups = enrollments._read_group(
        [
            ("program_id", "=", program.id),
            ("relationship_id", "in", enrollments.relationship_id.ids),
            ("holdout_round", "=", program.holdout_round),
            ("id", "not in", enrollments.ids),
        ],
        ["relationship_id"],
        ["is_control:bool_or"],
    )
    return {relationship.id: bool(is_control) for relationship, is_control in groups}


def start_measuring(program):
    """Measure from today: shares that change are not mixed in one result.

    ``sudo``: since when is chosen by nobody; who may measure has been asked.
    """
    company = program.company_id or program.env.company
    today = company._relationship_today()
    until = program.holdout_until
    if not until or until < today:
        until = today + timedelta(days=MEASURED_DAYS)
    program.sudo().write(
        {
            "holdout_from": today,
            "holdout_until": until,
            "holdout_round": program.holdout_round + 1,
        }
    )


def without_what_nobody_chooses(vals):
    """Return the values of a program that is made: it has not been measured yet.

    Nor does a context say so, which brings defaults for what is left out.
    """
    return {**vals, **dict.fromkeys(CHOSEN_BY_NOBODY, False)}


def check_by_hand(programs, vals):
    """Refuse to say manually since when customers count.

    Whoever could choose the day would choose the result.

    :raises UserError: in words; not for values that are there already
    """
    for program in programs:
        if any(_is_moved(program, name, vals) for name in CHOSEN_BY_NOBODY):
            raise UserError(
                program.env._(
                    "Since when “%(program)s” is measured follows from when customers"
                    " were kept aside. Use “Measure Anew” to begin again from today.",
                    program=program.name,
                )
            )


def check_undecided(programs, vals):
    """Refuse to move the day of a decision once its result has been seen.

    Whoever measures until it looks right will see an effect one day, even if there is
    none.

    :raises UserError: in words
    """
    for program in programs:
        company = program.company_id or program.env.company
        is_moved = any(_is_moved(program, name, vals) for name in DECIDING)
        if is_moved and program._is_measured():
            if ProgramResult(program, company).is_over:
                raise UserError(
                    program.env._(
                        "What “%(program)s” brought is decided: other days would be"
                        " chosen after the result was seen. Use “Measure Anew” to begin"
                        " again from today.",
                        program=program.name,
                    )
                )


def _is_moved(program, name, vals):
    """Tell whether values change one of these days; what is no day is refused later."""
    if name not in vals:
        return False
    field = program._fields[name]
    try:
        value = field.convert_to_cache(vals[name], program)
    except (ArithmeticError, TypeError, ValueError):
        return False
    return value != field.convert_to_cache(program[name], program)


def describe_power(program, company):
    """Return in a sentence how small an effect the share can prove."""
    env = program.env
    size = _count_entering(program, company)
    if not size:
        return env._(
            "Nobody is in the target of the program yet, so nothing can be said about"
            " what could be proven."
        )
    share = _get_share_of_buyers(program, company)
    own = program.holdout_share
    first = _describe_share(program, size, own, share) if own else ""
    others = [
        _describe_share(program, size, other, share)
        for other in OTHER_SHARES
        if other > own
    ]
    is_decided = program._is_measured() and ProgramResult(program, company).is_over
    return " ".join(
        [
            *([env._("If you measure anew:")] if is_decided else []),
            env._(
                "Customers expected to enter: %(size)s. Of these, %(share)s%% buy"
                " within %(days)s days in any case.",
                size=format_count(env, size),
                share=format_number(env, 100 * share, 1),
                days=program.result_days,
            ),
            *filter(None, [first, *others[:1]]),
        ]
    )


def _describe_share(program, size, percent, share):
    aside = round(size * percent / 100)
    detectable = get_detectable(size - aside, aside, share)
    if detectable is None:
        return program.env._(
            "With %(percent)s%% kept aside nothing can be proven.", percent=percent
        )
    return program.env._(
        "With %(percent)s%% kept aside, an effect under %(points)s points can hardly"
        " be proven.",
        percent=percent,
        points=format_number(program.env, 100 * detectable, 1),
    )


def _count_entering(program, company):
    """Return how many customers are expected to enter while the program is measured.

    As many as in the same time up to now. What is over would be measured anew.
    """
    env = program.env
    today = company._relationship_today()
    since = (program.holdout_share and program.holdout_from) or today
    until = program.holdout_until
    is_over = not until or until < today
    days = MEASURED_DAYS if is_over else (until - since).days
    if program.trigger == "manual":
        return env["crm.relationship"].search_count(_get_target(program, company))
    lately = Domain("date", ">=", today - timedelta(days=max(days, 1)))
    lately &= Domain("program_id", "=", program.id) & Domain(
        "company_id", "=", company.id
    )
    [[entered]] = env["crm.program.enrollment"]._read_group(
        lately, [], ["relationship_id:count_distinct"]
    )
    return entered or env["crm.relationship"].search_count(
        _get_target(program, company)
    )


def _get_share_of_buyers(program, company):
    """Return the share of the target that bought within so many days up to today.

    With one more who did and one who did not: of a few nothing is certain.
    """
    Relationship = program.env["crm.relationship"]
    target = _get_target(program, company)
    since = company._relationship_today() - timedelta(days=program.result_days)
    count = Relationship.search_count(target)
    buyers = Relationship.search_count(target & Domain("last_order_date", ">=", since))
    return (buyers + 1) / (count + 2)


def _get_target(program, company):
    return program._get_target_domain() & Domain("company_id", "=", company.id)
