"""What the gate says of an interaction, in words, and who may go ahead all the same."""

from odoo import fields
from odoo.exceptions import UserError
from odoo.tools import format_datetime

from ..courtesy.gatekeeper import Gatekeeper
from .address import lacks_address, word_missing

# When something is planned; what took place, or is in a queue, needs no reason for it.
ABOUT_PLANNING = ("quiet_hours", "outside_work")
# What the customer has said no to: nobody can override it.
REFUSALS = ("do_not_contact", "channel_refused", "blacklisted")


def check(interactions, override_reason=None):
    """Refuse to mark interactions as done that the gate does not allow now.

    :param str override_reason: why the person went ahead anyway; logged in the
        customer's chatter. It does not override a customer's own refusal.
    :raises UserError: with the reason, the date from which it is allowed, and what
        the person can do.
    """
    now = fields.Datetime.now()
    keeper = Gatekeeper(interactions, now)
    for interaction in interactions:
        decision = interaction._ask(keeper, interaction.touchpoint_id, now)
        if decision.allowed or decision.reason_code in ABOUT_PLANNING:
            continue
        advice = word(interaction, decision, keeper, interaction.touchpoint_id)
        if is_refusal(interaction, decision.reason_code, keeper):
            raise UserError(
                interactions.env._(
                    "%(advice)s\n\nThis cannot be overridden: the customer said"
                    " so. Cancel the interaction, or use another channel.",
                    advice=advice,
                )
            )
        reason = override_reason or interaction.override_reason
        if not reason:
            raise UserError(
                interactions.env._(
                    "%(advice)s\n\nIf the interaction took place anyway, say why"
                    " in “Reason for Going Ahead”.",
                    advice=advice,
                )
            )
        interaction.override_reason = reason
        # sudo: whoever may close it need not be allowed to write the contact
        interaction.partner_id.sudo()._message_log(
            body=interactions.env._(
                "“%(contact)s” took place against this advice: %(advice)s"
                " Reason given: %(reason)s",
                contact=interaction.name,
                advice=advice,
                reason=reason,
            ),
            author_id=interactions.env.user.partner_id.id,
        )


def needs_reason(interaction, decision, keeper):
    """Tell whether somebody who goes ahead is asked why."""
    return (
        not decision.allowed
        and decision.reason_code not in ABOUT_PLANNING
        and not is_refusal(interaction, decision.reason_code, keeper)
    )


def is_refusal(interaction, reason_code, keeper):
    """Tell whether a reason is the customer's own no."""
    if reason_code == "no_consent":
        said = keeper.voices.unite(interaction.partner_id)
        return getattr(said, f"consent_{interaction.kind}") == "refused"
    return reason_code in REFUSALS


def word(interaction, decision, keeper, touchpoint):
    """Return a decision in plain words: whose word it is, and when it changes.

    :param decision: on this interaction through ``touchpoint``
    :param keeper: the ``Gatekeeper`` that decided
    """
    if decision.allowed:
        return interaction.env._("Allowed now")
    reasons = dict(
        interaction._fields["reason_code"]._description_selection(interaction.env)
    )
    reason = reasons[decision.reason_code]
    sources = keeper.voices.get_sources(
        interaction.partner_id, decision.reason_code, interaction.kind, touchpoint
    )
    told = _tell_refusal(
        interaction, decision.reason_code, sources or interaction.partner_id, touchpoint
    )
    if told:
        reason = told
    if sources:
        reason = interaction.env._(
            "%(reason)s (noted on %(contacts)s)",
            reason=reason,
            contacts=_name_sources(interaction.env, sources),
        )
    if not decision.earliest:
        return reason
    return interaction.env._(
        "%(reason)s. Possible from %(moment)s.",
        reason=reason,
        moment=local_moment(interaction, decision.earliest),
    )


def _tell_refusal(interaction, reason_code, contacts, touchpoint):
    """Return a refusal with its day and author, else ``None``.

    :param contacts: on which it is noted
    """
    kinds = {
        "channel_refused": "refused_channel",
        "do_not_contact": "do_not_contact",
        "no_consent": f"consent_{interaction.kind}",
    }
    kind = kinds.get(reason_code)
    refusal = kind and interaction.env["crm.preference.change"]._get_refusal(
        contacts._origin, kind, touchpoint
    )
    if not refusal:
        return None
    if reason_code == "channel_refused":
        return interaction.env._("Refused on %(day)s by %(who)s", **refusal)
    reasons = dict(
        interaction._fields["reason_code"]._description_selection(interaction.env)
    )
    return interaction.env._(
        "%(reason)s: refused on %(day)s by %(who)s",
        reason=reasons[reason_code],
        **refusal,
    )


def _name_sources(env, contacts):
    """Return the names of contacts, as far as the user may read them."""
    readable = contacts.with_env(env).sudo(False)._filtered_access("read")
    names = sorted(readable.mapped("display_name"))
    if len(readable) < len(contacts):
        names.append(env._("another entry with this address or number"))
    return ", ".join(names)


def local_moment(interaction, moment):
    """Return a UTC moment as text on the clock of the user who reads it."""
    tz = interaction.env.user.tz or interaction.company_id._relationship_tz()
    return format_datetime(interaction.env, moment, tz=tz, dt_format="short")


def render_overview(interactions):
    """Return a table: channels by kinds of interaction, each allowed, or why not.

    All interactions in ``interactions`` are with the same person; one column for each.
    """
    now = fields.Datetime.now()
    keeper = Gatekeeper(interactions, now)
    kinds = dict(interactions._fields["kind"]._description_selection(interactions.env))
    rows = []
    for touchpoint in interactions.env["crm.touchpoint"].search_fetch([]):
        decisions = [i._ask(keeper, touchpoint, now) for i in interactions]
        rows.append(
            {
                "name": touchpoint.name,
                "icon": touchpoint.activity_type_id.icon,
                "cells": [
                    _judge_channel(interaction, decision, keeper, touchpoint)
                    for interaction, decision in zip(
                        interactions, decisions, strict=True
                    )
                ],
            }
        )
    return interactions.env["ir.qweb"]._render(
        "crm_relationship.gate_overview",
        {
            "kinds": [kinds[interaction.kind] for interaction in interactions],
            "rows": rows,
        },
    )


def _judge_channel(interaction, decision, keeper, touchpoint):
    """Return whether a channel may be used now, and what to say of it.

    Nobody is called without a number, whatever is allowed.

    :return: ``(bool, str)``
    """
    if decision.allowed and lacks_address(interaction.partner_id, touchpoint.kind):
        return False, word_missing(interaction.env, touchpoint.kind)
    return decision.allowed, word(interaction, decision, keeper, touchpoint)
