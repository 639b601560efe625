"""Whose wishes hold for a contact: the firm's, and those of the same address."""

from collections import defaultdict
from functools import cached_property

from odoo import fields
from odoo.tools import SQL

from ...engine.voices import (
    COLLEAGUE,
    FIRM,
    OTHER,
    OWN,
    SAME,
    United,
    Voice,
    says,
    unite,
)

PHONE_KINDS = ("call", "whatsapp", "sms")
CONSENTS = ("consent_relationship", "consent_selling")
# What holds for those who have said nothing, as most have not.
SILENCE = United()
# What is read of a record that speaks for somebody else.
SPOKEN_FIELDS = (
    "name",
    "email",
    "email_normalized",
    "phone_sanitized",
    "commercial_partner_id",
    "contact_window_id",
    "contact_snooze_until",
    "do_not_contact",
    "refused_touchpoint_ids",
    *CONSENTS,
)

# That contact ``p`` says nothing, not even that a contact is welcome.
SILENT = SQL(
    """
    p.commercial_partner_id = p.id AND p.do_not_contact IS NOT TRUE
    AND p.contact_snooze_until IS NULL AND p.contact_window_id IS NULL
    AND COALESCE(p.consent_relationship, 'unknown') = 'unknown'
    AND COALESCE(p.consent_selling, 'unknown') = 'unknown'
    AND NOT EXISTS (SELECT FROM res_partner_refused_touchpoint_rel r
                     WHERE r.partner_id = p.id)
    """
)


def get_address_kind(touchpoint):
    """Return which kind of address a ``crm.touchpoint`` uses: email, phone or None."""
    return get_address_of(touchpoint.kind)


def get_address_of(kind):
    """Return which kind of address channels of a kind use: email, phone or None."""
    if kind in PHONE_KINDS:
        return "phone"
    return "email" if kind == "email" else None


class Voices:
    """Adds up what all records say that speak for some contacts.

    Everything is read when it is made, in as many queries for many contacts as for one;
    for a contact whose address nobody else has, in one. It reads as superuser: a
    refusal holds, whoever may not see the record on which it was noted. Archived
    records speak as well: who was archived did not take a refusal back.
    """

    def __init__(self, partners):
        self.env = partners.sudo().with_context(active_test=False).env
        self._people = self.env["res.partner"].browse(partners.ids)
        self._today = fields.Date.today()
        self._voices = {}
        self._united = {}
        asked = self._people | self._people.commercial_partner_id
        self._addresses = {
            partner: partner._get_addresses_in_use() for partner in asked
        }
        self._by_id = {partner.id: partner for partner in self._addresses}
        self._blacklisted = set()
        self._silent = set()
        self._sharing = defaultdict(self.env["res.partner"].browse)
        self._find(set().union(*self._addresses.values()))

    # ------------------------------------------------------------------
    # What holds
    # ------------------------------------------------------------------

    def unite(self, partner):
        """Return what all say for a contact, as ``engine.voices.United``."""
        if self._is_silent(partner):
            return SILENCE
        id_ = partner.id
        if id_ not in self._united:
            self._united[id_] = unite(
                self._get_voices(partner).values(), self._today, self._get_kind
            )
        return self._united[id_]

    def is_overruled(self, partner):
        """Tell whether others refuse for a person what the person does not refuse."""
        voices = self._get_voices(partner).values()
        own = [voice for voice in voices if voice.nearness == OWN]
        return any(
            getattr(self.unite(partner), name)
            != getattr(unite(own, self._today, self._get_kind), name)
            for name in ("do_not_contact", "pause_until", "refused", "closed")
        )

    def get_window(self, partner):
        """Return the hours that suit a person, a ``resource.calendar``, if any.

        The person's own, on whichever record, rather than the firm's: they are no
        refusal, and the firm's staff know best when it suits them.
        """
        if self._is_silent(partner):
            return self.env["resource.calendar"]
        by_nearness = {}
        for record, voice in self._get_voices(partner).items():
            if calendar := record.contact_window_id:
                by_nearness.setdefault(voice.nearness, calendar)
        for nearness in (OWN, SAME, FIRM):
            if nearness in by_nearness:
                return by_nearness[nearness]
        return self.env["resource.calendar"]

    @cached_property
    def windows(self):
        """The hours of all people and of those who speak for them."""
        everybody = self._people.union(*self._addresses, *self._sharing.values())
        return everybody.contact_window_id

    def get_requirements(self, partner):
        """Return what person and firm ask of the staff, ``crm.staff.requirement``."""
        if not self._requirement_ids:
            return self.env["crm.staff.requirement"]
        near = self._people.browse().concat(
            *(
                record
                for record, voice in self._get_voices(partner).items()
                if voice.nearness in (OWN, SAME, FIRM)
            )
        )
        return near.staff_requirement_ids.with_prefetch(self._requirement_ids)

    @cached_property
    def _requirement_ids(self):
        everybody = self._people.union(*self._addresses, *self._sharing.values())
        return everybody.staff_requirement_ids.ids

    def is_blacklisted(self, partner, kind):
        """Tell whether any address of that kind is on one of Odoo's blacklists."""
        if not self._blacklisted:
            return False
        own = self._addresses.get(self._browse(partner), ())
        return any(key[0] == kind and key in self._blacklisted for key in own)

    def get_sources(self, partner, reason, kind, touchpoint):
        """Return the other contacts on which is noted what a decision comes from.

        None where the person's own record says the same.

        :param str reason: one of ``engine.gate.REASONS``
        :param str kind: of the interaction
        """
        address = get_address_kind(touchpoint)
        saying = {
            record: voice.nearness
            for record, voice in self._get_voices(partner).items()
            if says(voice, reason, kind, touchpoint.id, address)
        }
        nobody = self.env["res.partner"].browse()
        return nobody if OWN in saying.values() else nobody.union(*saying)

    # ------------------------------------------------------------------
    # Who speaks
    # ------------------------------------------------------------------

    def _browse(self, partner):
        """Return a contact as it is stored, also where a form is being filled in."""
        if partner.id in self._by_id:
            return self._by_id[partner.id]
        id_ = partner._origin.id
        return self._by_id.get(id_) or self.env["res.partner"].browse(id_)

    def _get_kind(self, touchpoint_id):
        return get_address_kind(self.env["crm.touchpoint"].browse(touchpoint_id))

    def _is_silent(self, partner):
        """Tell whether nobody says anything for a person, who is no firm's."""
        return partner.id in self._silent and not self._get_twins(
            self._by_id[partner.id]
        )

    def _get_voices(self, partner):
        """Return ``{record: Voice}`` of all that speak for a contact."""
        person = self._browse(partner)
        if person.id not in self._voices:
            firm, twins = person.commercial_partner_id, self._get_twins(person)
            nearness = {person: OWN}
            if firm != person:
                nearness[firm] = FIRM
                # the firm entered twice is the same firm
                for record in self._get_twins(firm):
                    if have_same_name(record, firm):
                        nearness[record] = FIRM
            for record in twins.keys() - nearness.keys():
                nearness[record] = self._get_nearness(record, person)
            self._voices[person.id] = {
                record: self._listen(record, near, twins.get(record, frozenset()))
                for record, near in nearness.items()
            }
        return self._voices[person.id]

    def _get_twins(self, partner):
        """Return ``{record: kinds of address}`` of those with the same address."""
        if not self._sharing:
            return {}
        shared = defaultdict(set)
        for key in self._addresses.get(partner, ()):
            for record in self._sharing.get(key, ()):
                if record != partner:
                    shared[record].add(key[0])
        return {record: frozenset(kinds) for record, kinds in shared.items()}

    @staticmethod
    def _get_nearness(record, person):
        if have_same_name(record, person):
            return SAME
        firm = person.commercial_partner_id
        return COLLEAGUE if record.commercial_partner_id == firm else OTHER

    def _listen(self, record, nearness, shared):
        return Voice(
            nearness=nearness,
            shared=shared,
            do_not_contact=record.do_not_contact,
            pause_until=record.contact_snooze_until or None,
            consent_relationship=record.consent_relationship or "unknown",
            consent_selling=record.consent_selling or "unknown",
            refused=frozenset(record.refused_touchpoint_ids.ids),
            unsubscribed=shared and shared & self._unsubscribed.get(record, set()),
        )

    # ------------------------------------------------------------------
    # Reading
    # ------------------------------------------------------------------

    def _find(self, addresses):
        """Note who shares these addresses and refuses something, and the blacklists.

        And which of the people say nothing themselves; of those without an address that
        is not worth a query.
        """
        if not addresses:
            return
        self._flush()
        rows = self.env.execute_query(
            SQL(
                """
                %(sharing)s
                UNION ALL SELECT NULL, 'email', email FROM mail_blacklist
                           WHERE active AND email = ANY(%(emails)s)
                UNION ALL SELECT NULL, 'phone', number FROM phone_blacklist
                           WHERE active AND number = ANY(%(phones)s)
                UNION ALL SELECT p.id, 'silent', NULL FROM res_partner p
                           WHERE p.id = ANY(%(people)s) AND %(silent)s
                """,
                sharing=sharing_sql(addresses, self._speaks_sql()),
                emails=get_by_kind(addresses, "email"),
                phones=get_by_kind(addresses, "phone"),
                people=self._people.ids,
                silent=SILENT,
            )
        )
        self._blacklisted = {(kind, address) for id_, kind, address in rows if not id_}
        self._silent = {id_ for id_, kind, _address in rows if kind == "silent"}
        speaking = {id_ for id_, kind, _address in rows if id_ and not kind}
        found = self.env["res.partner"].browse(speaking)
        found.fetch(SPOKEN_FIELDS)
        for record in found:
            for key in record._get_addresses_in_use() & addresses:
                self._sharing[key] |= record

    def _flush(self):
        self.env["res.partner"].flush_model()
        self.env["crm.staff.requirement"].flush_model()
        self.env["mail.blacklist"].flush_model(["email", "active"])
        self.env["phone.blacklist"].flush_model(["number", "active"])

    def _speaks_sql(self):
        """Return the condition that a contact ``p`` has anything to say."""
        return SQL(
            """(p.do_not_contact OR p.contact_snooze_until >= %s
                OR p.consent_relationship = 'refused' OR p.consent_selling = 'refused'
                OR p.contact_window_id IS NOT NULL
                OR EXISTS (SELECT FROM res_partner_refused_touchpoint_rel r
                            WHERE r.partner_id = p.id)
                OR EXISTS (SELECT FROM crm_staff_requirement s
                            WHERE s.partner_id = p.id))""",
            self._today,
        )

    @cached_property
    def _unsubscribed(self):
        """Who, sharing an address, refused selling by one click: ``{record: kinds}``.

        The click was in an e-mail, so it closes that address.
        """
        refusing = self._people.browse().union(*self._sharing.values())
        refusing = refusing.filtered(lambda r: r.consent_selling == "refused")
        refusals = refusing._get_customer_refusals() if refusing else {}
        return {
            refusing.browse(id_): {"email"}
            for id_, rows in refusals.items()
            if (row := rows.get(("consent_selling", False)))
            and row.source == "unsubscribe"
        }


def get_by_kind(addresses, kind):
    """Return the addresses of one kind, in order."""
    return sorted(address for own, address in addresses if own == kind)


def sharing_sql(addresses, condition=None):
    """Return the query of the contacts that have one of some addresses.

    Each branch uses an index of its own. The last finds those with several addresses in
    one field, of which Odoo normalizes only the first; its conditions are those of the
    index, word for word.

    :param set addresses: ``{("email" or "phone", address)}``
    :param SQL condition: on the contact, ``p``
    :return: rows (id, NULL, NULL)
    """
    emails = get_by_kind(addresses, "email")
    return SQL(
        """
        SELECT p.id, NULL::varchar AS kind, NULL::varchar AS address FROM res_partner p
         WHERE p.email_normalized = ANY(%(emails)s) AND %(condition)s
        UNION ALL SELECT p.id, NULL, NULL FROM res_partner p
         WHERE p.phone_sanitized = ANY(%(phones)s) AND %(condition)s
        UNION ALL SELECT p.id, NULL, NULL FROM res_partner p
         WHERE p.email ~ '@.*@'
           AND regexp_split_to_array(lower(p.email), '[\\s,;<>"]+') && %(words)s
           AND %(condition)s
        """,
        emails=emails,
        words=[email.lower() for email in emails],
        phones=get_by_kind(addresses, "phone"),
        condition=condition or SQL("TRUE"),
    )


def have_same_name(record, other):
    """Tell whether two contacts are called the same, and are called anything."""
    name = _simplify(record.name)
    return bool(name) and name == _simplify(other.name)


def _simplify(name):
    return " ".join((name or "").casefold().split())
