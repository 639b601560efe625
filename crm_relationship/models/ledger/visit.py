"""One visit: several interactions with a customer that are due within a few days.

They are offered together, closed together, and count as one: once for the limits, and
with the cost and the time of one.
"""

from datetime import timedelta

from odoo import fields

from ..base.figures import format_count

# So far ahead, what is in the queue is done on the same occasion.
WITHIN = timedelta(days=7)
# So many of them are told by name on a card.
NAMED = 2


def find_also_due(interactions):
    """Return what else is due of the same customers, as far as the user sees it.

    :param interactions: pending ``crm.interaction`` records
    :return: ``{interaction: others}``
    """
    waiting = interactions.search(
        [
            ("relationship_id", "in", interactions.relationship_id.ids),
            ("relationship_id", "!=", False),
            ("state", "=", "open"),
            # a complaint is solved by itself
            ("is_complaint", "=", False),
        ],
        order="date_planned, id",
    )
    by_customer = waiting.grouped("relationship_id")
    now = fields.Datetime.now()
    return {
        interaction: by_customer.get(
            interaction.relationship_id, waiting.browse()
        ).filtered(
            lambda other, own=interaction: (
                other.id != own._origin.id
                and other.date_planned <= max(own.date_planned or now, now) + WITHIN
            )
        )
        for interaction in interactions
    }


def describe(others):
    """Return in one line what else is due."""
    names = ", ".join(others[:NAMED].mapped("name"))
    if len(others) <= NAMED:
        return names
    return others.env._(
        "%(names)s and %(count)s more",
        names=names,
        count=format_count(others.env, len(others) - NAMED),
    )


def find_along(interactions):
    """Return what is to be closed along with some interactions.

    ``sudo``: whoever ticked it was allowed to write it.
    """
    return interactions.sudo().search(
        [
            ("along_id", "in", interactions.ids),
            ("state", "in", ("scheduled", "open")),
            ("id", "not in", interactions.ids),
        ]
    )
