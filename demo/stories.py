"""What the file does not tell: past interactions, new sales, today's outcomes.

Each story is told once in a database, in one transaction with the mark that it is
told, and through the same methods that users call. Who gets what follows from numbers.
"""

import contextlib
import random
from datetime import timedelta

from odoo import fields
from odoo.fields import Command

from demo import make
from devtool.console import step

HISTORY_SHARE = 0.25  # of the customers have been contacted before
HISTORY_DAYS = 90
BATCH = 200
QUOTATIONS = 6
# Of the interactions that are due, this share is done before the report.
OUTCOME_SHARE = 0.3
NO_ANSWER_SHARE = 0.15  # of those

SAID = {
    "positive": (
        "Very happy with the last order.",
        "Loved the recommendation, wants more of the same artist.",
        "Thanked us for asking; told a friend about the shop.",
    ),
    "neutral": (
        "All in order.",
        "Busy, but glad to hear from us.",
        "Asks for a list of what is new each month.",
    ),
    "negative": (
        "The parcel took too long.",
        "One case was cracked; was not asked about it before.",
    ),
}
FEELINGS = (("positive", 5), ("neutral", 4), ("negative", 1))


@contextlib.contextmanager
def _once(env, name):
    """Yield whether the story is still to be told; mark it told and commit."""
    parameters = env["ir.config_parameter"].sudo()
    key = f"crm_relationship.demo_{name}"
    told = bool(parameters.get_param(key))
    yield not told
    parameters.set_param(key, "told")
    env.cr.commit()


def _impression(dice):
    """Return a sentiment and the customer's words."""
    sentiment = dice.choices(*zip(*FEELINGS, strict=True))[0]
    return {"sentiment": sentiment, "feedback": dice.choice(SAID[sentiment])}


def past_contacts(env, partners):
    """Record interactions of the last months, as if the addon had been there."""
    with step("past interactions"), _once(env, "history") as untold:
        if not untold:
            return
        touchpoints = env["crm.touchpoint"].search([("mode", "=", "personal")])
        rows = [
            _past_contact(number, partner, touchpoints)
            for number, partner in sorted(partners.items())
            if random.Random(f"history {number}").random() < HISTORY_SHARE
        ]
        for start in range(0, len(rows), BATCH):
            env["crm.interaction"].create(rows[start : start + BATCH])


def _past_contact(number, partner, touchpoints):
    dice = random.Random(f"past contact {number}")
    touchpoints -= partner.refused_touchpoint_ids
    touchpoint = partner.preferred_touchpoint_id or touchpoints[:1]
    moment = fields.Datetime.now() - timedelta(
        days=dice.randint(1, HISTORY_DAYS), minutes=dice.randint(0, 300)
    )
    return {
        "name": "How are you enjoying your music?",
        "partner_id": partner.id,
        "user_id": partner.user_id.id,
        "objective": "relationship",
        "touchpoint_id": touchpoint.id,
        "state": "done",
        "date_due": moment.date(),
        "date_planned": moment,
        "date_done": moment,
        **(_sent(touchpoint) if touchpoint.mode == "automated" else _talk(dice)),
    }


def _talk(dice):
    return {"outcome": "reached", **_impression(dice)}


def _sent(touchpoint):
    """Return what the ledger knows of a message that was sent: nobody said anything."""
    kind = "mail" if touchpoint.kind == "email" else touchpoint.kind
    template = touchpoint.env.ref(f"crm_relationship.{kind}_template_greeting")
    return {"outcome": "sent", f"{template._table}_id": template.id}


def new_sales(env, partners):
    """Quote some customers and confirm one order now: its follow-ups are placed."""
    with step("new sales"), _once(env, "sales") as untold:
        if not untold:
            return
        product = env["product.product"].search([("name", "=", "CD Pop")], limit=1)
        loyal = [partners[number] for number in sorted(partners)[: QUOTATIONS + 1]]
        prospects = env["res.partner"].create(
            [
                {"name": name, "email": f"{name.split()[0].lower()}@example.com"}
                for name in ("Larasati Putri", "Marcus Webb")
            ]
        )
        orders = env["sale.order"].create(
            [
                {
                    "partner_id": partner.id,
                    "user_id": partner.user_id.id,
                    "order_line": [
                        Command.create(
                            {
                                "product_id": product.id,
                                "product_uom_qty": quantity,
                                "tax_ids": [Command.clear()],
                            }
                        )
                    ],
                }
                for quantity, partner in enumerate([*loyal, *prospects], 1)
            ]
        )
        for order, tag in zip(orders, make.order_tags(env), strict=False):
            order.tag_ids = tag
        orders[0].action_confirm()


def outcomes(env, today):
    """Let the salespeople carry out some of the due interactions, each their own."""
    with step("today's outcomes"), _once(env, "outcomes") as untold:
        if not untold:
            return
        due = env["crm.interaction"].search(
            [
                ("state", "=", "open"),
                ("date_due", "<=", today),
                ("user_id.login", "!=", False),
            ],
            order="id",
        )
        for contact in due:
            dice = random.Random(f"outcome {contact.partner_id.ref or contact.id}")
            if dice.random() < OUTCOME_SHARE:
                _close(contact.with_user(contact.user_id), dice)


def _close(contact, dice):
    if dice.random() < NO_ANSWER_SHARE:
        contact.action_no_answer()
        return
    impression = _impression(dice)
    complaint = impression["sentiment"] == "negative" and dice.random() < 0.3
    contact.write(impression)
    contact.with_context(outcome="complaint" if complaint else "reached").action_done()
