"""Preview or live: what may leave a company, and what waits until somebody says so.

One rule, asked where something would leave: by the release, before anything enters a
queue, and once more by the queues of e-mail and SMS. Planning, enrolling and refreshing
know nothing of it, so that in Preview the ledger shows what would happen.
"""

from odoo.tools import SQL

PREVIEW = "preview"
"""The reason of what waits for, or was stopped by, a company or channel not live."""


def may_go(interaction, touchpoint, is_message, known=None):
    """Tell whether an interaction may enter a queue, or a message leave.

    :param touchpoint: the ``crm.touchpoint`` through which it would go
    :param bool is_message: whether the system sends it, and not a person
    :param dict known: of the companies, kept by whoever asks for many, one by one
    """
    known = {} if known is None else known
    company_id = interaction.company_id.id
    if company_id not in known:
        known[company_id] = _read(interaction.company_id)
    is_live, channel_ids = known[company_id]
    if is_message:
        return is_live and touchpoint.id in channel_ids
    return is_live or not comes_from_system(interaction)


def _read(company):
    """Return whether a company is live, and the ids of the channels that are."""
    # sudo: that binds those, too, who may not read its settings
    company = company.sudo()
    return company.relationship_state == "live", set(company.live_touchpoint_ids.ids)


def comes_from_system(interaction):
    """Tell whether nobody planned an interaction manually.

    Rows of the planner name no author; what follows an order belongs to it, whoever
    confirmed it. A complaint was noted by a person and never waits.
    """
    follows_order = interaction.sale_order_id and not interaction.is_complaint
    return bool(follows_order or not interaction.create_uid)


def from_system_sql():
    """Return :func:`comes_from_system` as a condition on ``crm_interaction i``."""
    return SQL(
        "(i.create_uid IS NULL"
        " OR (i.sale_order_id IS NOT NULL AND i.is_complaint IS NOT TRUE))"
    )


def may_go_sql():
    """Return whether something of it may go: on ``crm_interaction i``, company ``c``.

    Channels are chosen when an interaction is due, so they are asked afterwards.
    """
    return SQL("(c.relationship_state = 'live' OR NOT %s)", from_system_sql())
