"""Who had a message already, under another name: once to an address is enough."""

from collections import defaultdict
from datetime import timedelta

from odoo.fields import Domain

from ..courtesy.voices import get_address_kind

# The same message to the same address within this time is a repetition.
REPETITION = timedelta(days=1)


class Served:
    """Tells which messages would repeat one to the same address.

    One person may be a contact of three firms, and a guest of a web shop is a contact
    anew with each order. Several messages of a plan or of orders to one and the same
    contact are none of its business. Read at once for a whole batch.
    """

    def __init__(self, interactions, now):
        """Note who of the same addresses has had a message of late.

        :param interactions: ``crm.interaction`` records about to be sent
        """
        # sudo: a message counts, whoever may not see the contact who got it
        self.env = interactions.sudo().with_context(active_test=False).env
        self._addresses = {}
        self._served = defaultdict(set)
        people = self.env["res.partner"].browse(interactions.partner_id.ids)
        others = people._find_sharing() | self._get_sharing(people)
        if others:
            self._read(others, interactions.company_id, now)

    def _get_sharing(self, people):
        """Return those whom any other of them shares an address with."""
        having = defaultdict(people.browse)
        for person in people:
            for address in self._get_addresses(person):
                having[address] |= person
        return people.browse().union(*(those for those in having.values() if those[1:]))

    def _read(self, others, companies, now):
        sent = self.env["crm.interaction"].search(
            Domain("partner_id", "in", others.ids)
            & Domain("company_id", "in", companies.ids)
            & Domain("state", "=", "done")
            & Domain("outcome", "=", "sent")
            & Domain("date_done", ">", now - REPETITION)
        )
        for interaction in sent:
            touchpoint = interaction.touchpoint_id
            template = interaction._get_touch_template(touchpoint)
            for key in self._get_keys(interaction, touchpoint, template):
                self._served[key].add(interaction.partner_id.id)

    def filter_repeated(self, interactions, touchpoint, template):
        """Return those of whom each address has the message; note that of the rest.

        :param interactions: to be sent through a channel, in this order
        """
        repeated = interactions.browse()
        for interaction in interactions:
            keys = self._get_keys(interaction, touchpoint, template)
            own = {interaction.partner_id.id}
            if keys and all(self._served[key] - own for key in keys):
                repeated += interaction
                continue
            for key in keys:
                self._served[key] |= own
        return repeated

    def _get_keys(self, interaction, touchpoint, template):
        """Return what makes two messages one: who sends what to which address."""
        kind = get_address_kind(touchpoint)
        message = interaction.company_id.id, template._name, template.id
        return [
            (*message, address)
            for address in self._get_addresses(interaction.partner_id)
            if address[0] == kind
        ]

    def _get_addresses(self, partner):
        if partner.id not in self._addresses:
            person = partner.with_env(self.env)
            self._addresses[partner.id] = person._get_addresses_in_use()
        return self._addresses[partner.id]
