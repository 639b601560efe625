"""The customer on one page: what is told in cards, and the line of time."""

from datetime import datetime, time
from typing import NamedTuple

from odoo.tools.misc import format_date

from ..base.figures import format_amount

# So much fits beside the rest of the page; the whole line is bounded as well.
SHOWN, SHOWN_OF_ALL = 10, 500
PLANNED_SHOWN = 4
# As in the selection `sentiment`: icon and color of how the customer seemed.
MOODS = {
    "positive": ("fa-smile-o", "text-success"),
    "neutral": ("fa-meh-o", "text-muted"),
    "negative": ("fa-frown-o", "text-danger"),
}


class Line(NamedTuple):
    """One line of a card."""

    text: str
    style: str = ""
    url: str = ""
    icon: str = ""


class Card(NamedTuple):
    """What is known of a customer in one respect."""

    rank: int
    title: str
    icon: str
    lines: list


class Entry(NamedTuple):
    """Something that happened, on the line of time."""

    moment: datetime
    """UTC"""
    icon: str
    title: str
    detail: str = ""
    words: str = ""
    """What the customer said."""
    mood: str | bool = False
    style: str = ""
    url: str = ""


class Timeline:
    """What happened with a customer: interactions, orders and mood, the latest first.

    Everybody sees in it what they may open, and no more: it asks with the rights of
    the user. Whoever stands in is told all, and opens nothing. It costs as many queries
    for a long history as for a short one.
    """

    def __init__(self, relationship, limit=SHOWN):
        self.relationship = relationship
        self.env = relationship.env
        self.company = relationship.company_id
        self.limit = limit
        self._stands_in = relationship._is_served_for_somebody()

    def _get_records(self, model):
        """Return a model, to be searched for what is told.

        ``sudo`` for whoever stands in: earlier talks and orders of this customer.
        """
        records = self.env[model]
        return records.sudo() if self._stands_in else records

    def _get_url(self, path):
        return "" if self._stands_in else path

    def render(self):
        """Return the line of time as HTML."""
        # one more than shown tells whether there are others
        entries = self.relationship._get_timeline_entries(self, self.limit + 1)
        entries = sorted(entries, key=lambda entry: entry.moment, reverse=True)
        moods = dict(
            self.env["crm.interaction"]
            ._fields["sentiment"]
            ._description_selection(self.env)
        )
        return self.env["ir.qweb"]._render(
            "crm_relationship.relationship_timeline",
            {
                "entries": entries[: self.limit],
                "has_more": len(entries) > self.limit,
                "limit": self.limit,
                "day": self.day,
                "moods": {
                    mood: (*MOODS[mood], word)
                    for mood, word in moods.items()
                    if mood in MOODS
                },
            },
        )

    def day(self, moment):
        """Return a UTC moment as a day on the company's clock, in words."""
        return format_date(
            self.env, self.company._relationship_day(moment), date_format="medium"
        )

    def noon(self, day):
        """Return a moment for what is known by its day only: that day, for sorting."""
        return datetime.combine(day, time(12))

    def get_interactions(self, limit):
        """Return what was done with the customer, as entries."""
        interactions = self._get_records("crm.interaction").search(
            [("relationship_id", "=", self.relationship.id), ("state", "=", "done")],
            order="date_done desc, id desc",
            limit=limit,
        )
        outcomes = dict(
            interactions._fields["outcome"]._description_selection(self.env)
        )
        return [
            Entry(
                moment=interaction.date_done,
                icon=interaction.channel_icon or "fa-comment-o",
                title=interaction.name,
                detail=" · ".join(
                    filter(
                        None,
                        (
                            interaction.touchpoint_id.name,
                            outcomes.get(interaction.outcome),
                            interaction.user_id.name,
                        ),
                    )
                ),
                words=interaction.feedback or "",
                mood=interaction.sentiment,
                style="text-danger" if interaction.outcome == "complaint" else "",
                url=self._get_url(f"/odoo/customer-contacts/{interaction.id}"),
            )
            for interaction in interactions
        ]

    def get_orders(self, limit):
        """Return the customer's sales orders, as entries."""
        orders = self._get_records("sale.order").search(
            [
                (
                    "partner_id.commercial_partner_id",
                    "=",
                    self.relationship.partner_id.id,
                ),
                ("company_id", "=", self.company.id),
                ("state", "=", "sale"),
            ],
            order="date_order desc, id desc",
            limit=limit,
        )
        return [
            Entry(
                moment=order.date_order,
                icon="fa-shopping-cart",
                title=self.env._("Sales order %(number)s", number=order.name),
                detail=format_amount(self.env, order.amount_total, order.currency_id),
                style="fw-bold",
                url=self._get_url(f"/odoo/orders/{order.id}"),
            )
            for order in orders
        ]


def make_planned_card(relationship):
    """Return the card of what is planned with a customer."""
    env = relationship.env
    pending = env["crm.interaction"].search(
        [
            ("relationship_id", "=", relationship.id),
            ("state", "in", ("scheduled", "open")),
        ],
        order="date_planned, id",
        limit=PLANNED_SHOWN + 1,
    )
    lines = [
        Line(
            " · ".join(
                filter(
                    None,
                    (
                        format_date(
                            env, interaction._get_deadline(), date_format="medium"
                        ),
                        interaction.touchpoint_id.name,
                        interaction.name,
                    ),
                )
            ),
            icon=interaction.channel_icon or "fa-comment-o",
            url=f"/odoo/customer-contacts/{interaction.id}",
        )
        for interaction in pending[:PLANNED_SHOWN]
    ]
    if len(pending) > PLANNED_SHOWN:
        lines.append(Line(env._("and more under “Interactions”"), style="text-muted"))
    if not pending:
        states = relationship._fields["coverage_state"]._description_selection(env)
        lines = [
            Line(env._("Nothing is planned."), style="text-warning"),
            Line(dict(states)[relationship.coverage_state], style="text-muted"),
        ]
    return Card(10, env._("What Is Planned"), "fa-calendar", lines)


def make_preferences_card(relationship):
    """Return the card of what the customer wishes."""
    env, partner = relationship.env, relationship.partner_id
    lines = [
        *_get_refusals(partner),
        *_get_wishes(partner),
        *_get_consents(partner),
    ] or [Line(env._("No preferences known yet"), style="text-muted")]
    return Card(20, env._("Contact Preferences"), "fa-heart-o", lines)


def _get_refusals(partner):
    env, refusals = partner.env, []
    if partner.do_not_contact:
        reason = partner.do_not_contact_reason
        refusals.append(
            env._("Do not contact: %(reason)s", reason=reason)
            if reason
            else env._("Do not contact")
        )
    if partner.contact_snooze_until:
        day = format_date(env, partner.contact_snooze_until, date_format="medium")
        refusals.append(env._("Pause until %(day)s", day=day))
    if partner.refused_touchpoint_ids:
        names = ", ".join(partner.refused_touchpoint_ids.mapped("name"))
        refusals.append(env._("Refuses: %(channels)s", channels=names))
    return [Line(text, style="text-danger", icon="fa-ban") for text in refusals]


def _get_wishes(partner):
    env, wishes = partner.env, []
    if channel := partner.preferred_touchpoint_id:
        wishes.append(env._("Prefers: %(channel)s", channel=channel.name))
    if window := partner.contact_window_id:
        wishes.append(env._("When: %(hours)s", hours=window.display_name))
    if requirements := partner.staff_requirement_ids:
        names = ", ".join(requirements.tag_id.mapped("name"))
        wishes.append(env._("Salesperson: %(attributes)s", attributes=names))
    return [Line(text, icon="fa-check") for text in wishes]


def _get_consents(partner):
    lines = []
    for name in ("consent_relationship", "consent_selling"):
        field = partner._fields[name]
        answers = dict(field._description_selection(partner.env))
        if partner[name] in ("granted", "refused"):
            label = field._description_string(partner.env)
            is_refused = partner[name] == "refused"
            lines.append(
                Line(
                    f"{label}: {answers[partner[name]]}",
                    style="text-danger" if is_refused else "",
                    icon="fa-ban" if is_refused else "fa-check",
                )
            )
    return lines
