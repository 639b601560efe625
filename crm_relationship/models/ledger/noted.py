"""Interactions that took place elsewhere: activities, e-mails and SMS, meetings."""

from datetime import datetime
from typing import Any, NamedTuple

from odoo.fields import Domain
from odoo.tools import groupby

from ..base.crm_bounds_mixin import MAX_CHARS

# The documents whose activities and messages are interactions with a customer, and the
# kind of interaction they are.
KINDS = {
    "res.partner": "relationship",
    "crm.relationship": "relationship",
    "crm.lead": "selling",
    "sale.order": "selling",
}


class Contact(NamedTuple):
    """Something that was done for a customer."""

    source: Any
    """The record that tells of it."""
    sort: str
    """activity, email, sms or meeting"""
    document: Any
    """The record on which it was done; it says what kind of interaction it is."""
    partner: Any
    """``res.partner``"""
    company: Any
    user: Any
    moment: datetime
    """UTC"""
    name: str
    touchpoint: Any
    """``crm.touchpoint``, possibly empty"""
    feedback: str = ""


def find_relationships(env, contacts):
    """Return pairs (contact, its ``crm.relationship``) of those with customers.

    Our own companies are nobody's customers, seen or not.
    """
    pairs = []
    own_partners = env["res.company"]._get_own_partner_ids()
    for company, own in groupby(contacts, lambda contact: contact.company):
        customers = {contact: contact.partner.commercial_partner_id for contact in own}
        relationships = env["crm.relationship"].search_fetch(
            [
                ("company_id", "=", company.id),
                ("partner_id", "in", [customer.id for customer in customers.values()]),
            ]
        )
        by_customer = {r.partner_id.id: r for r in relationships}
        for contact, customer in customers.items():
            if customer.id in by_customer and customer.id not in own_partners:
                pairs.append((contact, by_customer[customer.id]))
    return pairs


def get_values(contact, relationship):
    """Return the values of the interaction that notes a contact."""
    day = relationship.company_id._relationship_day(contact.moment)
    sent = contact.sort in ("email", "sms")
    channel, company = contact.touchpoint, relationship.company_id
    return {
        "name": (contact.name or "")[:MAX_CHARS],
        "relationship_id": relationship.id,
        "partner_id": contact.partner.id,
        "kind": KINDS.get(contact.document._name, "relationship"),
        "touchpoint_id": channel.id,
        # what closing would note, without a second query
        "duration": channel.duration,
        "cost": channel.currency_id._convert(
            channel.unit_cost, company.currency_id, company, contact.moment
        ),
        "user_id": contact.user.id,
        "state": "done",
        "outcome": "sent" if sent else "reached",
        "feedback": contact.feedback or False,
        "date_due": day,
        "date_planned": contact.moment,
        "date_done": contact.moment,
        "source": contact.sort,
        "source_model": contact.source._name,
        "source_id": contact.source.id,
    }


def get_key(vals):
    return vals["source_model"], vals["source_id"], vals["relationship_id"]


def find_known(ledger, vals_list):
    """Return the keys of what is noted already."""
    domain = Domain.OR(
        Domain("source_model", "=", model)
        & Domain("source_id", "in", [vals["source_id"] for vals in own])
        for model, own in groupby(vals_list, lambda vals: vals["source_model"])
    )
    rows = ledger.search_fetch(domain, ["source_model", "source_id", "relationship_id"])
    return {(r.source_model, r.source_id, r.relationship_id.id) for r in rows}


def get_customers(document):
    """Return the partner of a document of ``KINDS``."""
    return document if document._name == "res.partner" else document.partner_id


def get_document(source):
    """Return the record on which a source is found."""
    if source._name == "mail.message":
        return source.env[source.model].browse(source.res_id)
    if source._name == "mail.activity":
        return source.env[source.res_model].browse(source.res_id)
    return source


def get_company(document):
    """Return the company for which something was done on a document."""
    own = document.company_id if "company_id" in document._fields else None
    return own or document.env.company


def choose_touchpoint(env, kind):
    """Return the channel in use of a kind, possibly none.

    ``sudo``: whoever writes to a customer need not see the settings.
    """
    in_use = env["crm.touchpoint"].sudo()._get_in_use()
    return in_use.filtered(lambda touchpoint: touchpoint.kind == kind)[:1]
