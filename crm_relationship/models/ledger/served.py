"""Who had a message already, under another name: once to an address is enough."""

from collections import defaultdict
from datetime import timedelta

from odoo.fields import Domain

from ..courtesy.voices import get_address_kind
from .messages import MESSAGE_KINDS

# The same message to the same address within this time is a repetition.
REPETITION = timedelta(days=1)


class Served:
    """Tells which messages would repeat one to the same address.

    One person may be a contact of three firms, and a guest of a web shop is a contact
    anew with each order. Of several messages to one and the same contact, only those of
    the same plan line or program step are its business: two orders that are some days
    apart may come to the same step on the same day. Read at once for a whole batch.
    """

    def __init__(self, interactions, now):
        """Note who of the same addresses has had a message of late.

        :param interactions: ``crm.interaction`` records about to be sent
        """
        # sudo: a message counts, whoever may not see the contact who got it
        self.env = interactions.sudo().with_context(active_test=False).env
        self._addresses = {}
        self._served = defaultdict(set)
        self._touches = set()
        people = self.env["res.partner"].browse(interactions.partner_id.ids)
        others = people._find_sharing() | self._get_sharing(people)
        self._read(people | others, interactions.company_id, now)

    def _get_sharing(self, people):
        """Return those whom any other of them shares an address with."""
        having = defaultdict(people.browse)
        for person in people:
            for address in self._get_addresses(person):
                having[address] |= person
        return people.browse().union(*(those for those in having.values() if those[1:]))

    def _read(self, people, companies, now):
        sent = self.env["crm.interaction"].search(
            Domain("partner_id", "in", people.ids)
            & Domain("company_id", "in", companies.ids)
            & Domain("state", "=", "done")
            & Domain("outcome", "=", "sent")
            & (
                Domain("date_done", ">", now - REPETITION)
                | Domain("id", "in", self._get_waiting(people).ids)
            )
        )
        for interaction in sent:
            touchpoint = interaction.touchpoint_id
            template = interaction._get_touch_template(touchpoint)
            for key in self._get_keys(interaction, touchpoint, template):
                self._served[key].add(interaction.partner_id.id)
            self._touches.add(self._get_touch(interaction))

    def _get_waiting(self, people):
        """Return the interactions whose message has waited in a queue, however long."""
        waiting = self.env["crm.interaction"]
        for model in MESSAGE_KINDS:
            messages = self.env[model].search(
                Domain("crm_interaction_id.partner_id", "in", people.ids)
                & Domain("state", "=", "outgoing")
            )
            waiting |= messages.crm_interaction_id
        return waiting

    def filter_repeated(self, interactions, touchpoint, template):
        """Return those of whom each address has the message; note that of the rest.

        :param interactions: to be sent through a channel, in this order
        """
        repeated = interactions.browse()
        for interaction in interactions:
            keys = self._get_keys(interaction, touchpoint, template)
            own = {interaction.partner_id.id}
            touch = self._get_touch(interaction)
            if (touch and touch in self._touches) or (
                keys and all(self._served[key] - own for key in keys)
            ):
                repeated += interaction
                continue
            self._touches.add(touch)
            for key in keys:
                self._served[key] |= own
        return repeated

    @staticmethod
    def _get_touch(interaction):
        """Return which step or plan line has come to which person, if it is any."""
        touch = interaction._get_touch()
        company = interaction.company_id
        return touch and (touch._name, touch.id, interaction.partner_id.id, company.id)

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
