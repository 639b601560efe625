"""How soon complaints are answered: due, told to a manager when late, and measured.

A complaint is answered by the first talk about it that took place, whether it is solved
by then or not. It has to be answered within some working hours of the company
(``relationship_answer_hours``); when that is over is noted as the complaint opens, and
goes along with what bears it. What was done is noted once, on the interaction that
answered.
"""

from datetime import timedelta

from odoo import fields
from odoo.tools import format_datetime

# A weekday alone says which day it is.
WEEK = timedelta(days=6)


def get_due(company, moment):
    """Return until when a complaint of a moment is to be answered, in UTC."""
    hours = company._get_answer_hours()
    return company._add_working_hours(moment, hours)


def get_values(interaction, moment):
    """Return what bears a complaint of its answer, for what bears it from now on.

    :param interaction: the one before, or in which the customer complained
    :param datetime moment: when the customer complained
    """
    return {
        "answer_due": interaction.answer_due or get_due(interaction.company_id, moment),
        "date_answered": interaction.date_answered,
        "date_answer_told": interaction.date_answer_told,
    }


def note(bearers):
    """Note that these complaints are answered, and whether in time; the first counts.

    :param bearers: ``crm.interaction`` records with sudo, done or settled
    """
    for bearer in bearers.filtered(lambda b: not b.date_answered):
        company = bearer.company_id
        moment = bearer.date_done or fields.Datetime.now()
        since = bearer.date_complaint or bearer.create_date
        due = bearer.answer_due or get_due(company, since)
        bearer.write(
            {
                "answer_due": due,
                "date_answered": moment,
                "answered_in_time": "yes" if moment <= due else "no",
                "answer_hours": company._count_working_hours(since, moment),
            }
        )


def withdraw(interactions):
    """Forget how soon was answered what was no complaint."""
    interactions.write(
        {
            "answer_due": False,
            "date_answered": False,
            "answered_in_time": False,
            "answer_hours": False,
        }
    )


def find_late(env):
    """Return what bears a complaint that nobody has answered in time, nor told of."""
    # sudo: the job works for all companies
    return (
        env["crm.interaction"]
        .sudo()
        .search(
            [
                ("is_complaint_open", "=", True),
                ("relationship_id.active", "=", True),
                ("date_answered", "=", False),
                ("date_answer_told", "=", False),
                ("date_escalated", "=", False),
                ("answer_due", "<", fields.Datetime.now()),
            ]
        )
    )


def is_late(bearer):
    """Tell whether the customer still waits, although the time is over."""
    return bool(
        bearer.is_complaint_open
        and not bearer.date_answered
        and bearer.answer_due
        and bearer.answer_due < fields.Datetime.now()
    )


def describe(bearer):
    """Return until when to answer an open complaint, on the company's clock."""
    if not bearer.is_complaint_open or bearer.date_answered or not bearer.answer_due:
        return False
    env, due = bearer.env, bearer.answer_due
    is_near = abs(due - fields.Datetime.now()) < WEEK
    moment = format_datetime(
        env,
        due,
        tz=bearer.company_id._relationship_tz(),
        dt_format="EEE HH:mm" if is_near else "short",
    )
    if is_late(bearer):
        return env._("Answer was due %s", moment)
    return env._("Answer by %s", moment)


def describe_first(bearers):
    """Return until when to answer the most urgent of a customer's complaints."""
    waiting = bearers.filtered(lambda b: b.answer_due and not b.date_answered)
    first = waiting.sorted("answer_due")[:1]
    return first and describe(first) or False


def complete(env):
    """Note of open complaints from before until when to answer them, and who did.

    Of whom a manager was told, nobody is told again.
    """
    # sudo: for an update, which goes for everybody
    ledger = env["crm.interaction"].sudo()
    bearers = ledger.search(
        [("is_complaint_open", "=", True), ("answer_due", "=", False)]
    )
    for bearer in bearers:
        since = bearer.date_complaint or bearer.create_date
        first = bearer.complaint_id
        bearer.write(
            {
                "answer_due": get_due(bearer.company_id, since),
                "date_answer_told": bearer.date_escalated,
            }
        )
        talks = first and ledger.search(
            [
                ("complaint_id", "=", first.id),
                ("is_complaint", "=", True),
                ("state", "=", "done"),
            ],
            order="date_done, id",
            limit=1,
        )
        if talks:
            note(talks)
            bearer.date_answered = talks.date_answered
