"""The mail queue, with the gate asked for each message against once for all.

A mail server that answers at once takes the e-mails, so that what is measured is Odoo's
own work, a commit for each e-mail included. With a real one the ratio is nearer to 1.
"""

from contextlib import ExitStack
from unittest.mock import patch

from odoo import fields

from bench.measure import alternate, ratio

MAILS = 100  # a turn; small, so that the two take turns often
REPEATS = 7
LIMIT = 1.2


def mailqueue(env):
    """Return the figure; the e-mails stay in the database, sent."""
    env["crm.contact.cap"].search([]).unlink()
    # at night nothing leaves, whoever asks
    env.company.quiet_hour_to = env.company.quiet_hour_from
    env.company._go_live(env["crm.touchpoint"].search([("mode", "=", "automated")]))
    relationships = _relationships(env)
    for partner in relationships.partner_id:
        partner.email = partner.email or f"bench{partner.id}@example.com"
    template = _make_template(env)
    env.cr.commit()
    batches = [_queue(env, relationships, template) for _turn in range(2 * REPEATS + 2)]
    with ExitStack() as stack:
        for patched in _no_network():
            stack.enter_context(patched)
        _send(env, batches.pop(), ask=_ask_each)  # these two fill caches
        _send(env, batches.pop(), ask=_ask_once)
        taken = alternate(
            REPEATS,
            each=lambda: _send(env, batches.pop(), ask=_ask_each),
            once=lambda: _send(env, batches.pop(), ask=_ask_once),
        )
    note = f"{len(relationships)} e-mails, gate asked for each against once for all"
    return [
        ratio("mail_queue_of_batch_gate", LIMIT, taken["each"], taken["once"], note)
    ]


def _relationships(env):
    """Return customers who do not refuse e-mail: all of theirs are to leave."""
    touchpoint = env.ref("crm_relationship.crm_touchpoint_email")
    willing = [("partner_id.refused_touchpoint_ids", "not in", touchpoint.ids)]
    return env["crm.relationship"].search(willing, limit=MAILS, order="id DESC")


def _make_template(env):
    return env["mail.template"].create(
        {
            "name": "Bench",
            "model_id": env["ir.model"]._get_id("res.partner"),
            "subject": "Bench",
            "body_html": "<p>Hello</p>",
            "partner_to": "{{ object.id }}",
            "use_default_to": False,
        }
    )


def _queue(env, relationships, template):
    """Return the ids of one queued e-mail for each relationship."""
    from odoo.addons.crm_relationship.models.ledger.messages import send

    touchpoint = env.ref("crm_relationship.crm_touchpoint_email")
    contacts = env["crm.interaction"].create(
        [
            {
                "name": "Bench",
                "relationship_id": relationship.id,
                "kind": "service",
                "touchpoint_id": touchpoint.id,
                "date_planned": fields.Datetime.now(),
            }
            for relationship in relationships
        ]
    )
    send(contacts, template, touchpoint)
    env.cr.commit()
    mails = env["mail.mail"].search(
        [("crm_interaction_id", "in", contacts.ids), ("state", "=", "outgoing")],
        order="id",
    )
    return mails.ids


def _no_network():
    from odoo.addons.base.models.ir_mail_server import IrMail_Server

    yield patch.object(IrMail_Server, "_connect__", lambda server, **kwargs: None)
    yield patch.object(
        IrMail_Server,
        "send_email",
        lambda server, message, *args, **kwargs: message["Message-Id"],
    )


def _send(env, mail_ids, ask):
    """Send as the queue does: a commit after each e-mail."""
    env.invalidate_all()
    mails = env["mail.mail"].browse(mail_ids)
    done = set()

    def note(ids):
        new = set(ids) - done
        done.update(new)
        env["ir.cron"]._commit_progress(len(new))

    with ask(mails):
        mails.send(
            auto_commit=True,
            post_send_callback=note,
        )
    left = env["mail.mail"].search_count(
        [("id", "in", mail_ids), ("state", "=", "sent")]
    )
    if left != len(mail_ids):
        raise SystemExit(f"Only {left} of {len(mail_ids)} e-mails were sent.")


def _ask_each(_mails):
    return ExitStack()


def _ask_once(mails):
    """Judge the batch beforehand and let Odoo send it, as before version 19.0.1.2.0."""
    from odoo.addons.crm_relationship.models.courtesy.gatekeeper import Gatekeeper
    from odoo.addons.crm_relationship.models.ledger.mail_mail import MailMail

    now = fields.Datetime.now()
    keeper = Gatekeeper(mails.crm_interaction_id, now)
    allowed = {
        mail.id
        for mail in mails
        if keeper.judge(
            mail.crm_interaction_id,
            mail.crm_interaction_id.touchpoint_id,
            now,
            is_message=True,
        ).allowed
    }

    def send(batch, **kwargs):
        batch = batch.filtered(lambda mail: mail.id in allowed)
        return super(MailMail, batch)._send(**kwargs)

    return patch.object(MailMail, "_send", send)
