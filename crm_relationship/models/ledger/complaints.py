"""Complaints: open until somebody says that they are solved.

A complaint is borne by one service interaction at a time (``is_complaint_open``). If
that one is done and the complaint is not solved, the next one bears it. If it was
missed, cancelled or skipped, it goes on bearing it: nothing but *Solved* frees selling.
Whatever bears a complaint for too long, or with nothing planned, is told to a manager,
once; so is a complaint that nobody has answered in time (``answers``).
"""

from datetime import timedelta

from markupsafe import Markup

from odoo import fields
from odoo.tools import format_date

from ..base.apart import run_each_apart
from ..base.bounds import MAX_PERIOD
from ..base.jobs import start_job
from ..courtesy.wishes import MANAGER_GROUP
from . import answers

PENDING = ("scheduled", "open")
# How much of the customer's words is shown where there is little room.
SHOWN_CHARS = 200


def open_service(complaining):
    """Put a service interaction into the queue for each complaint, due today.

    Who complains again about the same thing goes on with the same complaint.

    :param complaining: ``crm.interaction`` records with sudo: that it is a complaint,
        and for whom, is set by the system alone
    """
    again = complaining.filtered("is_complaint_open")
    answers.note(again)
    moment = fields.Datetime.now()
    service = complaining.create(
        [
            {
                **_get_values(interaction, moment),
                "complaint_id": interaction.id,
                "feedback": interaction.feedback,
            }
            for interaction in complaining
        ]
    )
    again.is_complaint_open = False
    service._release()


def follow_closing(closed):
    """Go on with the complaints of interactions that have been closed.

    :param closed: ``crm.interaction`` records with sudo that bear a complaint
    """
    done = closed.filtered(lambda i: i.state == "done")
    answers.note(done)
    solved = done.filtered(lambda i: i.outcome == "solved")
    solve(solved)
    _go_on(done - solved)


def follow_correction(interaction, before):
    """Follow an outcome that has been corrected.

    :param interaction: a ``crm.interaction`` record with sudo
    :param str before: the outcome that was noted
    """
    outcome = interaction.outcome
    if before == "complaint":
        withdraw(interaction)
    if outcome == "complaint":
        open_service(interaction)
    elif outcome == "solved":
        bearers = _find_bearers(interaction)
        _cancel(bearers - interaction)
        solve(bearers)
    elif before == "solved":
        _go_on(interaction)


def withdraw(interaction):
    """Take back a complaint that was none."""
    about = interaction.search([("complaint_id", "=", interaction.id)])
    bearers = about.filtered("is_complaint_open")
    _cancel(bearers)
    solve(bearers)
    about.date_solved = False
    answers.withdraw(about)


def solve(bearers):
    """Let complaints be over: selling goes on, and the manager need not act."""
    if not bearers:
        return
    answers.note(bearers)
    bearers.write({"is_complaint_open": False, "date_solved": fields.Datetime.now()})
    activities = bearers.escalation_id.filtered("active")
    if activities:
        activities.action_feedback(feedback=bearers.env._("The complaint is solved."))
    waiting = bearers.search(
        [
            ("relationship_id", "in", bearers.relationship_id.ids),
            ("state", "=", "scheduled"),
            ("reason_code", "=", "complaint_open"),
        ]
    )
    if waiting:
        waiting.date_retry = False
        start_job(bearers.env, "release")


def _go_on(talked):
    """Plan the next interaction about complaints that are not solved yet."""
    by_company = talked.grouped("company_id")
    for company, interactions in by_company.items():
        days = min(company.relationship_retry_days, MAX_PERIOD)
        moment = fields.Datetime.now() + timedelta(days=days)
        following = interactions.create(
            [
                {
                    **_get_values(interaction, moment),
                    "complaint_id": (interaction.complaint_id or interaction).id,
                    "date_due": fields.Date.add(
                        company._relationship_today(), days=days
                    ),
                }
                for interaction in interactions
            ]
        )
        interactions.write({"is_complaint_open": False, "date_solved": False})
        following._release()


def _get_values(interaction, moment):
    """Return the values of the service interaction that follows another."""
    goes_on = interaction.is_complaint
    since = interaction.date_complaint or interaction.date_done or fields.Datetime.now()
    return {
        "name": interaction.name if goes_on else _get_name(interaction),
        "relationship_id": interaction.relationship_id.id,
        "partner_id": interaction.partner_id.id,
        "user_id": interaction.user_id.id,
        "touchpoint_id": interaction.touchpoint_id.id,
        "sale_order_id": interaction.sale_order_id.id,
        "kind": "service",
        "is_complaint": True,
        "is_complaint_open": True,
        "date_complaint": since,
        **answers.get_values(interaction, since),
        "date_escalated": interaction.date_escalated,
        "escalation_id": interaction.escalation_id.id,
        "date_planned": moment,
    }


def _get_name(interaction):
    """Return what the complaint is about; without the words, which may be erased."""
    if interaction.sale_order_id:
        return interaction.env._("Complaint about %s", interaction.sale_order_id.name)
    return interaction.env._(
        "Complaint of %s",
        format_date(interaction.env, interaction.company_id._relationship_today()),
    )


def _find_bearers(interaction):
    """Return what bears the complaint that an interaction was about."""
    first = interaction.complaint_id or interaction
    return interaction.search(
        [
            ("is_complaint_open", "=", True),
            "|",
            ("complaint_id", "=", first.id),
            ("id", "in", (first.id, interaction.id)),
        ]
    )


def _cancel(bearers):
    bearers._filter_pending().write({"state": "cancelled", "reason_code": "by_hand"})


# ----------------------------------------------------------------------
# Shown in red
# ----------------------------------------------------------------------


def find_open(relationships):
    """Return what bears the complaints of each customer.

    :param relationships: ``crm.relationship`` records
    :return: ``{id: crm.interaction records with sudo, the oldest complaint first}``
    """
    # sudo: that a customer has complained concerns all who talk to the customer
    bearers = relationships.env["crm.interaction"].sudo()
    found = bearers.search(
        [
            ("relationship_id", "in", relationships.ids),
            ("is_complaint_open", "=", True),
        ],
        order="date_complaint, id",
    )
    return {
        relationship.id: own
        for relationship, own in found.grouped("relationship_id").items()
    }


def describe(bearers):
    """Return since when complaints are open, and the customer's words; else False."""
    return " · ".join(_describe(bearer) for bearer in bearers) or False


def _describe(bearer):
    env = bearer.env
    tz = bearer.company_id._relationship_tz()
    day = fields.Datetime.context_timestamp(
        bearer.with_context(tz=tz), bearer.date_complaint or bearer.create_date
    )
    return _word(env, day.date(), (bearer.complaint_id or bearer).feedback)


def word(env, found):
    """Return what :func:`describe` does of what was read of complaints.

    :param list found: for each the day of the complaint and the customer's words
    """
    return " · ".join(_word(env, day, words) for day, words in found) or False


def _word(env, day, words):
    since = format_date(env, day)
    words = " ".join((words or "").split())
    if len(words) > SHOWN_CHARS:
        words = words[:SHOWN_CHARS].rstrip() + "…"
    if not words:
        return env._("Complaint not solved since %s", since)
    return env._(
        "Complaint not solved since %(day)s: “%(words)s”", day=since, words=words
    )


# ----------------------------------------------------------------------
# Told to a manager
# ----------------------------------------------------------------------


def escalate(env):
    """Tell a manager of each complaint that waits too long; once, each by itself."""
    # sudo: the job works for all companies
    waiting = (
        env["crm.interaction"]
        .sudo()
        .search(
            [
                ("is_complaint_open", "=", True),
                ("date_escalated", "=", False),
                ("relationship_id.active", "=", True),
            ]
        )
    )
    message = "The complaint of %s could not be told to a manager"
    run_each_apart(waiting.filtered(_waits_too_long), _tell_managers, message)
    run_each_apart(answers.find_late(env), _tell_of_answers, message)


def _waits_too_long(bearer):
    if bearer.state not in PENDING:
        return True
    days = min(bearer.company_id.relationship_complaint_days, MAX_PERIOD)
    since = bearer.date_complaint or bearer.create_date
    return since <= fields.Datetime.now() - timedelta(days=days)


def _tell_managers(bearers):
    for bearer in bearers:
        if activity := _tell(bearer, is_answer=False):
            bearer.write(
                {
                    "date_escalated": fields.Datetime.now(),
                    "escalation_id": activity.id,
                }
            )


def _tell_of_answers(bearers):
    for bearer in bearers:
        if activity := _tell(bearer, is_answer=True):
            bearer.write(
                {
                    "date_answer_told": fields.Datetime.now(),
                    "escalation_id": activity.id,
                }
            )


def _tell(bearer, is_answer):
    """Return the manager's activity about a complaint; the one there is, if any.

    :param bool is_answer: whether it waits for an answer, and not to be solved
    """
    manager = find_manager(bearer)
    if not manager:
        return None
    env = bearer.with_context(lang=manager.lang).env
    told = bearer.with_env(env)
    values = {
        "summary": env._("A complaint is not answered")
        if is_answer
        else env._("A complaint is not solved"),
        "date_deadline": bearer.company_id._relationship_today(),
        "note": Markup("<p>%s</p>")
        % " · ".join(filter(None, (describe(told), answers.describe(told)))),
    }
    known = bearer.escalation_id.filtered("active")
    if known:
        known.write(values)
        return known
    return bearer.partner_id.with_context(
        lang=manager.lang, mail_activity_quick_update=True
    ).activity_schedule(
        act_type_xmlid="mail.mail_activity_data_todo", user_id=manager.id, **values
    )


def find_manager(bearer):
    """Return who is told: the leader of the salesperson's team, else an administrator.

    Not the salesperson, unless there is nobody else.
    """
    env = bearer.env
    company = bearer.company_id
    leader = bearer.user_id.sale_team_id.user_id
    managers = env.ref(MANAGER_GROUP).all_user_ids - env.ref("base.user_root")
    able = (leader | managers.sorted("id"))._filter_staff_of(company)
    return ((able - bearer.user_id) or able or bearer.user_id)[:1]
