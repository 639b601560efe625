"""Automated interactions: email and SMS.

Messages are queued in the transaction that closes the interaction, and Odoo's own
queues send them: a crash neither loses nor duplicates one. They are sent as mass
messages, because only for those Odoo respects its blacklists, and are logged in the
contact's chatter. The queues ask the gate again, for each message directly before it
leaves: "at once" is what customers are promised when they unsubscribe.
"""

import logging
from contextlib import contextmanager

import psycopg2

from odoo import fields

from ..base.holding import holding
from ..courtesy.gatekeeper import Gatekeeper
from .crm_composer_mixin import FROM_LEDGER
from .live import PREVIEW, may_go

_logger = logging.getLogger(__name__)

UNSENT_STATES = ("cancel", "canceled", "exception", "error")


@holding(FROM_LEDGER, True)
def send(interactions, template, touchpoint):
    """Queue one message for each interaction and close it.

    :param interactions: ``crm.interaction`` records
    :param template: ``mail.template`` or ``sms.template`` of ``res.partner``
    :param touchpoint: automated ``crm.touchpoint``
    """
    queue = _queue_emails if touchpoint.kind == "email" else _queue_sms
    remaining = interactions
    while remaining:
        # One message per person and call: Odoo takes a second one for a duplicate.
        batch = interactions.browse().union(
            *(contacts[:1] for contacts in remaining.grouped("partner_id").values())
        )
        remaining -= batch
        batch.write({"touchpoint_id": touchpoint.id, "date_retry": False})
        messages = queue(batch, template)
        for interaction, message in messages.items():
            message.crm_interaction_id = interaction
        refused = batch.filtered(lambda i, m=messages: m[i].state in UNSENT_STATES)
        refused.write({"state": "skipped", "reason_code": "no_address"})
        (batch - refused).write(
            {
                "state": "done",
                "outcome": "sent",
                "reason_code": False,
                "date_done": fields.Datetime.now(),
            }
        )


def _queue_emails(interactions, template):
    """Queue one email for each interaction; no two of the same person.

    :return: dict from interaction to ``mail.mail``
    """
    composer = interactions.env["mail.compose.message"].create(
        {
            "composition_mode": "mass_mail",
            "model": "res.partner",
            "res_ids": interactions.partner_id.ids,
            "template_id": template.id,
            "force_send": False,
            "auto_delete": False,
        }
    )
    mails, _messages = composer._action_send_mail()
    by_partner = {mail.res_id: mail for mail in mails}
    return {i: by_partner[i.partner_id.id] for i in interactions}


def _queue_sms(interactions, template):
    """Queue one SMS for each interaction; no two of the same person.

    :return: dict from interaction to ``sms.sms``
    """
    messages = interactions.partner_id._message_sms_schedule_mass(template=template)
    by_partner = messages.grouped("partner_id")
    return {i: by_partner[i.partner_id] for i in interactions}


def may_leave(message, cancel, guard, rules):
    """Tell whether a message may leave now; asked directly before it does.

    Where the gate cannot be asked, this message alone stays in its queue and is tried
    again with the next run.

    :param message: one ``mail.mail`` or ``sms.sms`` of a contact
    :param cancel: method that cancels a message the customer has refused since
    :param guard: context manager that undoes what a failure leaves in the database
    :param Rules rules: what companies set, new at the start of a batch; what the
        customer wishes, and the history, are read anew for each message
    :raises psycopg2.OperationalError: on a conflict with another transaction
    """
    try:
        with guard:
            return _ask_gate(message, cancel, rules)
    except psycopg2.OperationalError:
        raise
    except Exception:
        _logger.exception(
            "%s %s is withheld: the gate failed", message._name, message.id
        )
        return False


@contextmanager
def rolled_back_on_failure(cr):
    """Guard a transaction that holds nothing else, without the cost of a savepoint."""
    try:
        yield
        cr.flush()
    except Exception:
        cr.rollback()
        raise


def _ask_gate(message, cancel, rules):
    # sudo: the queue sends for whoever started it, and closes this one contact.
    interaction = message.sudo().crm_interaction_id
    touchpoint = interaction.touchpoint_id
    if not may_go(interaction, touchpoint, is_message=True):
        _take_back(interaction, "cancelled", PREVIEW)
        cancel(message)
        return False
    now = fields.Datetime.now()
    decision = Gatekeeper(interaction, now, rules).judge(
        interaction, touchpoint, now, is_message=True
    )
    if not decision.allowed and not decision.earliest:
        _take_back(interaction, "skipped", decision.reason_code)
        cancel(message)
    return decision.allowed


def _take_back(interaction, state, reason):
    """Note that a message that was queued does not leave, and why."""
    interaction.write(
        {
            "state": state,
            "reason_code": reason,
            "outcome": False,
            "date_done": False,
            "cost": 0,
            "duration": 0,
        }
    )
