"""Automated interactions: email and SMS.

Messages are queued in the transaction that closes the interaction, and Odoo's own
queues send them: a crash neither loses nor duplicates one. They are sent as mass
messages, because only for those Odoo respects its blacklists, and are logged in the
contact's chatter. The queues ask the gate again, for each message directly before it
leaves: "at once" is what customers are promised when they unsubscribe.
"""

import logging
from contextlib import contextmanager
from contextvars import ContextVar

import psycopg2

from odoo import fields
from odoo.fields import Domain

from ..base.apart import log_failure, run_apart
from ..base.holding import holding
from ..courtesy.gatekeeper import Gatekeeper
from .crm_composer_mixin import FROM_LEDGER
from .live import PREVIEW, may_go

# The ids of the interactions whose messages are being written, for templates that say
# what a message is about.
SENDING = ContextVar("crm_relationship.sending", default=())

_logger = logging.getLogger(__name__)

# What the channels are called for the models of Odoo's queues.
MESSAGE_KINDS = {"mail.mail": "email", "sms.sms": "sms"}
UNSENT_STATES = ("cancel", "canceled", "exception", "error")


@holding(FROM_LEDGER, True)
def send(interactions, template, touchpoint):
    """Queue one message for each interaction and close it.

    :param interactions: ``crm.interaction`` records
    :param template: ``mail.template`` or ``sms.template`` of ``res.partner``
    :param touchpoint: automated ``crm.touchpoint``
    """
    queue = _queue_emails if touchpoint.kind == "email" else _queue_sms
    field = f"{template._table}_id"
    remaining = interactions
    while remaining:
        # One message per person and call: Odoo takes a second one for a duplicate.
        batch = interactions.browse().union(
            *(contacts[:1] for contacts in remaining.grouped("partner_id").values())
        )
        remaining -= batch
        batch.write(
            {"touchpoint_id": touchpoint.id, "date_retry": False, field: template.id}
        )
        batch._before_sending()
        with holding(SENDING, tuple(batch.ids)):
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
    queued = {i: by_partner[i.partner_id] for i in interactions}
    # sudo: reports on a delivery find their way by trackers, which are Odoo's own
    interactions.env["sms.tracker"].sudo().create(
        [
            {"sms_uuid": sms.uuid, "crm_interaction_id": interaction.id}
            for interaction, sms in queued.items()
        ]
    )
    return queued


def note_failure(interactions, kind, passing=False):
    """Reopen interactions whose message did not arrive; the queue goes on in any case.

    :param interactions: ``crm.interaction`` records
    :param str kind: "email" or "sms"
    :param bool passing: whether the provider failed, and not the address
    """
    # sudo: the queue sends for whoever started it
    sent = interactions.sudo()._filter_sent(kind)
    if sent:
        error = run_apart(sent.env, sent._follow_failure, kind, passing)
        if error:
            log_failure(error, "Interactions %s are not reopened", sent.ids)


def recall(interactions, reason):
    """Cancel messages that wait in a queue, and the interactions they belong to.

    In a conflict with a worker that is sending one of them, this transaction waits and
    is repeated, and then finds that it has left.

    :param interactions: ``crm.interaction`` records that count as sent, as superuser
    :param str reason: value of ``reason_code``
    :return: those whose message was recalled
    """
    if not interactions:
        return interactions
    waiting = Domain("crm_interaction_id", "in", interactions.ids) & Domain(
        "state", "=", "outgoing"
    )
    mails = interactions.env["mail.mail"].search(waiting)
    texts = interactions.env["sms.sms"].search(waiting)
    recalled = mails.crm_interaction_id | texts.crm_interaction_id
    if recalled:
        recalled._take_back({"state": "cancelled", "reason_code": reason})
        mails.cancel()
        texts.action_set_canceled()
    return recalled


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


def _get_moot_reason(message, interaction, rules):
    """Return why a message must not leave although the gate may allow it, if so.

    Someone may put a failed message back into its queue after the customer was called
    instead.
    """
    touchpoint = interaction.touchpoint_id
    kind = MESSAGE_KINDS[message._name]
    if interaction.state != "done" or rules.get_kind(touchpoint) != kind:
        return "by_hand"
    if not may_go(interaction, touchpoint, is_message=True, known=rules.live):
        return PREVIEW
    return interaction._get_moot_reason()


def _ask_gate(message, cancel, rules):
    # sudo: the queue sends for whoever started it, and closes this one contact.
    interaction = message.sudo().crm_interaction_id
    moot = _get_moot_reason(message, interaction, rules)
    if moot:
        interaction._filter_sent()._take_back(
            {"state": "cancelled", "reason_code": moot}
        )
        cancel(message)
        return False
    now = fields.Datetime.now()
    decision = Gatekeeper(interaction, now, rules).judge(
        interaction, interaction.touchpoint_id, now, is_message=True
    )
    if not decision.allowed and not decision.earliest:
        interaction._take_back(
            {"state": "skipped", "reason_code": decision.reason_code}
        )
        cancel(message)
    return decision.allowed
