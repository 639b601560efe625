"""What becomes of interactions whose message did not arrive, or left late."""

from datetime import timedelta

from odoo import fields

from .release import RETRY_AFTER_ERROR, Release

# Messages that leave within this time have not waited.
QUEUE_TIME = timedelta(hours=1)


def follow_failure(interactions, kind, passing=False):
    """Reopen interactions whose message did not arrive, through another channel.

    Where the provider could not be reached, the same channel is tried again later,
    but not for ever. What has lost its cause in the meantime stays closed.
    ``sudo``: the queue sends for whoever started it.

    :param str kind: kind of the channel of the messages
    :param bool passing: whether the provider failed, and not the address
    """
    sent = interactions.sudo()._filter_sent(kind)
    for interaction in sent:
        touchpoint = interaction.touchpoint_id
        again = passing and (
            interaction.attempt_count + 1
            < interaction.company_id.relationship_max_attempts
        )
        if not again:
            interaction.failed_touchpoint_ids += touchpoint
        if interaction._get_moot_reason() or _has_successor_in_queue(interaction):
            state = {"state": "skipped", "reason_code": "undelivered"}
        elif again:
            retry = fields.Datetime.now() + RETRY_AFTER_ERROR
            state = {"state": "scheduled", "reason_code": "error"}
            state |= {"date_planned": retry, "date_retry": retry}
        else:
            state = {"state": "scheduled", "reason_code": "undelivered"}
        state["attempt_count"] = interaction.attempt_count + passing
        interaction._take_back({"touchpoint_id": touchpoint.id, **state})
    sent.filtered(lambda i: i.state == "skipped")._after_closing()
    reopened = sent._filter_pending()
    reopened._follow_reopening()
    due = reopened.filtered(lambda i: i.reason_code == "undelivered")
    due.touchpoint_id = False
    Release(due.env).release_safely(due)


def _has_successor_in_queue(interaction):
    """Tell whether the next one of the plan line is in somebody's queue already.

    One that is merely scheduled is deleted: it was placed because this one seemed
    to be done.
    """
    if not interaction.plan_line_id:
        return False
    successor = interaction.search(
        [
            ("relationship_id", "=", interaction.relationship_id.id),
            ("plan_line_id", "=", interaction.plan_line_id.id),
            ("state", "in", ("scheduled", "open")),
        ]
    )
    scheduled = successor.filtered(lambda i: i.state == "scheduled")
    scheduled.unlink()
    return bool(successor - scheduled)


def note_left(interactions, kind):
    """Let a message that waited long count from when it left.

    A queue may have stood still for days; the next message is not to follow at
    once. Most leave within minutes, and nothing is written.
    """
    now = fields.Datetime.now()
    late = interactions._filter_sent(kind).filtered(
        lambda i: i.date_done < now - QUEUE_TIME
    )
    if late:
        late.write({"date_done": now})
        late.relationship_id._refresh_contact_state()


def note_cancelled(interactions, kind):
    """Close interactions whose message somebody took out of its queue.

    ``sudo``: whoever may do that need not see the ledger.
    """
    sent = interactions.sudo()._filter_sent(kind)
    sent._take_back({"state": "cancelled", "reason_code": "by_hand"})
