from collections import defaultdict
from contextvars import ContextVar

from markupsafe import Markup

from odoo import fields, models

from ..base.figures import format_count
from ..base.holding import holding
from ..courtesy.gatekeeper import Listener
from ..courtesy.voices import PHONE_KINDS

# The models whose records are people; messages about others belong to a document.
PEOPLE_MODELS = ("res.partner", "crm.lead")
# Whether what is composed comes from the ledger, which has asked the gate itself.
FROM_LEDGER = ContextVar("crm_relationship.from_ledger", default=False)
# What has been left out since somebody pressed the button: {record: words}.
LEFT_OUT = ContextVar("crm_relationship.left_out", default=None)
# How many names are listed, and for how many records it is looked up beforehand.
SHOWN_NAMES = 20
CHECKED_BEFORE = 2000


class CrmComposerMixin(models.AbstractModel):
    """Odoo's own way of writing to customers: who must not get it, and what was sent.

    A message to many people leaves out who refused it, and whoever sends it is told
    whom and why, before and afterwards. A message to one, or about a document such as
    an invoice, is the sender's own decision: the sender is warned.
    """

    _name = "crm.composer.mixin"
    _description = "Message to Customers"

    contact_kind = fields.Selection(
        selection=[
            ("relationship", "Greeting, tip or question: nothing is sold"),
            ("selling", "Offer or newsletter"),
            ("service", "Service for what was bought"),
        ],
        string="What It Is About",
        default="selling",
        groups="base.group_user",
        help="Whoever refused offers gets none, but goes on getting service.",
    )
    is_to_people = fields.Boolean(
        compute="_compute_contact_warning",
        groups="base.group_user",
        help="The message goes to many people and is not about a document.",
    )
    contact_warning = fields.Html(
        string="Refused",
        compute="_compute_contact_warning",
        sanitize=False,
        groups="base.group_user",
        help="Who among the recipients has refused to be contacted this way.",
    )

    # ------------------------------------------------------------------
    # What each composer says of itself
    # ------------------------------------------------------------------

    def _get_channel_kind(self):
        """Return the kind of ``crm.touchpoint`` that these messages are."""
        raise NotImplementedError

    def _get_people_model(self):
        """Return the name of the model of the records that are written to."""
        raise NotImplementedError

    def _is_to_many(self):
        """Tell whether each record gets a message of its own, as in a mailing."""
        raise NotImplementedError

    def _get_composed_records(self):
        """Return the records that are written to, or about."""
        raise NotImplementedError

    def _get_addressees(self, records):
        """Return ``{record id: (res.partner, {(kind, address)})}``."""
        raise NotImplementedError

    # ------------------------------------------------------------------
    # Who must not get it
    # ------------------------------------------------------------------

    def _compute_contact_warning(self):
        for composer in self:
            composer.is_to_people = composer._goes_to_people()
            composer.contact_warning = composer._warn()

    def _goes_to_people(self):
        return self._is_to_many() and self._get_people_model() in PEOPLE_MODELS

    def _warn(self):
        """Return what the sender should know before the message is sent."""
        records = self._get_composed_records()
        if not records or (self._is_to_many() and not self._goes_to_people()):
            return False
        if len(records) > CHECKED_BEFORE:
            return self.env._(
                "Customers who refused this are left out. Whom, and why, you are told"
                " when the messages are queued."
            )
        refused = self._find_refused(self._get_addressees(records))
        if not refused:
            return False
        intro = (
            self.env._("%s of the recipients refused this and are left out:")
            if self._goes_to_people()
            else self.env._(
                "%s of the recipients refused this. Send it only if they have to get"
                " it, like an invoice or an answer:"
            )
        )
        names = Markup("<br/>").join(self._list(self._word_refused(refused)))
        return Markup("%s<br/>%s") % (intro % len(refused), names)

    def _find_refused(self, addressees):
        """Return ``{record id: reason}`` of those who refused.

        :param dict addressees: as returned by ``_get_addressees``
        """
        people = self.env["res.partner"].union(*(p for p, _own in addressees.values()))
        loose = set().union(*(own for _people, own in addressees.values()))
        # sudo: what is refused counts, whoever may not see the contact
        people = people.sudo()
        holders = people._find_holders(loose)
        listener = Listener(people | holders, fields.Datetime.now())
        judge = self._get_judge(listener)
        reasons = {partner.id: judge(partner) for partner in people | holders}
        by_address = defaultdict(set)
        for partner in holders:
            for address in partner._get_addresses_in_use():
                by_address[address].add(partner.id)
        refused = {}
        for id_, (partners, own) in addressees.items():
            speaking = set(partners.ids).union(*(by_address[key] for key in own))
            if said := sorted(filter(None, (reasons[p] for p in speaking))):
                refused[id_] = said[0]
        return refused

    def _get_judge(self, listener):
        """Return the function that says why a contact must not get it, else None."""
        channel = self._get_channel_kind()
        address = "phone" if channel in PHONE_KINDS else channel
        kind = self._get_contact_kind()
        channel_ids = self._get_channels().ids
        # sudo: whether a consent is needed is no secret to whoever writes
        own_company = self.env.company.sudo()
        return lambda partner: listener.get_refusal(
            partner, kind, address, channel_ids, partner.company_id or own_company
        )

    def _get_contact_kind(self):
        if self._get_people_model() not in PEOPLE_MODELS:
            return "service"
        # sudo: it is the composer's own, whoever sends
        return self.sudo().contact_kind if self._is_to_many() else "relationship"

    def _get_channels(self):
        # sudo: channels are no secret
        channels = self.env["crm.touchpoint"].sudo()
        return channels.search([("kind", "=", self._get_channel_kind())])

    def _leave_out(self, addressees):
        """Return the ids of records that must not get a message to many people.

        :param dict addressees: as returned by ``_get_addressees``
        """
        if FROM_LEDGER.get() or not self._goes_to_people():
            return {}
        refused = self._find_refused(addressees)
        words = self._word_refused(refused)
        left_out = LEFT_OUT.get()
        if left_out is not None:
            left_out.update(words)
        return words

    # ------------------------------------------------------------------
    # Told in words
    # ------------------------------------------------------------------

    def _word_refused(self, refused):
        """Return ``{record id: "name: reason"}``.

        :param dict refused: as returned by ``_find_refused``
        """
        reasons = dict(
            self.env["crm.interaction"]
            ._fields["reason_code"]
            ._description_selection(self.env)
        )
        records = self.env[self._get_addressee_model()].browse(refused)
        return {
            record.id: f"{record.display_name}: {reasons[refused[record.id]]}"
            for record in records
        }

    def _get_addressee_model(self):
        """Return the name of the model by whose records addressees are told apart."""
        return self._get_people_model()

    def _list(self, words):
        """Return the lines of a list that is short enough to be read."""
        lines = sorted(words.values())
        if len(lines) > SHOWN_NAMES:
            rest = len(lines) - SHOWN_NAMES
            lines = [*lines[:SHOWN_NAMES], self.env._("… and %s more", rest)]
        return lines

    def _tell_left_out(self, send):
        """Return the action after sending; it tells who was left out, and why.

        :param send: Odoo's own method, without arguments
        """
        with holding(LEFT_OUT, {}):
            action = send()
            words = LEFT_OUT.get()
        if not words:
            return action
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning",
                "sticky": True,
                "title": self.env._(
                    "Not sent to %s who refused this",
                    format_count(self.env, len(words)),
                ),
                "message": "\n".join(self._list(words)),
                "next": action or {"type": "ir.actions.act_window_close"},
            },
        }

    # ------------------------------------------------------------------
    # What was sent
    # ------------------------------------------------------------------

    def _note_sent(self, addressees, name):
        """Note in the ledger who was written to.

        :param dict addressees: of those who get it, as of ``_get_addressees``
        :param str name: what it was about
        """
        if FROM_LEDGER.get() or not self._goes_to_people():
            return
        people = self.env["res.partner"].union(*(p for p, _own in addressees.values()))
        self.env["crm.interaction"]._note_composed(
            people, self._get_channels(), self._get_contact_kind(), name
        )
