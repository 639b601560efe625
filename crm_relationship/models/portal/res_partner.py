import re
from binascii import Error as Base64Error
from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools.misc import hash_sign, verify_hash_signed

from ..courtesy.res_partner_address import ADDRESSES
from ..courtesy.voices import Voices
from .disclosure import Disclosure, iso

LINK_DAYS = 180
LINK_SALT = "crm_relationship.link_salt"
# Of links sent before version 19.0.1.2.0; the last expires 180 days after the update.
UNBOUND_SCOPE = "crm_relationship.preferences"
# What a token looks like; nothing else, and nothing longer, is decoded at all.
TOKEN_PATTERN = re.compile(r"[\w-]{1,200}", re.ASCII)
PREFERENCES_PATH = "/contact-preferences"
# The page shows the latest; the download holds all.
SHOWN_CONTACTS = 20


class ResPartner(models.Model):
    """What people may know about their own interactions, wishes and data.

    The portal calls these methods with ``sudo()`` on exactly one contact, found by
    login or by signed link. They read what belongs to this contact and nothing else: no
    colleague's data, and no note, sentiment or assessment by salespeople.
    """

    _inherit = "res.partner"

    # ------------------------------------------------------------------
    # The link that opens the page without a login
    # ------------------------------------------------------------------

    # A link holds the id of the person and Odoo's own signature (HMAC with the secret
    # of the database) over id, expiry and what it is bound to: its purpose and, for the
    # page, the address it was sent to and how often the person made links invalid. None
    # of that is in the link, and nothing is stored: a link can neither be guessed nor
    # be read from the database, and says nothing about the person.

    link_generation = fields.Integer(
        copy=False,
        groups=fields.NO_ACCESS,
        help="How often this person has made all earlier links invalid.",
    )

    def _get_preferences_token(self, kind=None):
        """Return the signed part of the link to the page.

        :param str kind: "email" or "phone": to which address of this person it is sent
        """
        self.ensure_one()
        kind = kind or ("email" if self.email_normalized else "phone")
        return self._sign(self._get_page_scope(kind))

    def _get_preferences_url(self, kind=None):
        """Return the address of this person's page, for a message to this person.

        Never show it to anybody else, colleagues included: whoever opens it speaks for
        the customer.
        """
        token = self._get_preferences_token(kind)
        return f"{self.get_base_url()}{PREFERENCES_PATH}/{self.id}/{token}"

    def _get_unsubscribe_url(self, subject):
        """Return the address that unsubscribes, and does nothing else.

        :param str subject: as of ``_unsubscribe``
        """
        self.ensure_one()
        token = self._sign(self._get_link_scope("unsubscribe", subject))
        path = f"{PREFERENCES_PATH}/{self.id}/{token}/unsubscribe/{subject}"
        return f"{self.get_base_url()}{path}"

    def _sign(self, scope):
        return hash_sign(
            self.env(su=True), scope, self.id, expiration=timedelta(days=LINK_DAYS)
        )

    @api.model
    def _get_link_scope(self, *bound_to):
        """Return what a link is bound to.

        The salt tells a copy of the database from production: `data/neutralize.sql`.
        """
        # sudo: settings of the system are for administrators.
        salt = self.env["ir.config_parameter"].sudo().get_param(LINK_SALT) or ""
        return repr(("crm_relationship.link", salt, *bound_to))

    def _get_page_scope(self, kind):
        # sudo: nobody reads the number of generations.
        person = self.sudo()
        address = person[ADDRESSES[kind][0]] or ""
        return self._get_link_scope("page", kind, address, person.link_generation)

    @api.model
    def _find_by_page_link(self, partner_id, token):
        """Return whose page a link opens, archived or not, and where it was sent to.

        A link that was altered, has expired, was made for another contact, for another
        purpose or for an address that the contact no longer has opens nothing; the
        caller cannot tell which it was.

        :return: ``res.partner`` or none, and a kind of ``ADDRESSES``; no kind for a
            link of an earlier version, which was bound to no address
        """
        partner = self._find_linked(partner_id, token)
        for kind in ADDRESSES if partner else ():
            if self._is_signed(partner_id, token, partner._get_page_scope(kind)):
                return partner, kind
        if (
            partner.id == partner_id
            and not partner.link_generation
            and self._is_signed(partner_id, token, UNBOUND_SCOPE)
        ):
            return partner, None
        return self.browse(), None

    @api.model
    def _find_by_unsubscribe_link(self, partner_id, token, subject):
        """Return whom a link unsubscribes, archived or not, else none.

        It works whatever became of the address, after a merge, and after the person
        has made all links to the page invalid. The page can unsubscribe as well, so
        the link to it is good for that, too, and so is that of an earlier version.
        """
        partner = self._find_linked(partner_id, token)
        scopes = (self._get_link_scope("unsubscribe", subject), UNBOUND_SCOPE)
        if partner and any(self._is_signed(partner_id, token, s) for s in scopes):
            return partner
        return self._find_by_page_link(partner_id, token)[0]

    @api.model
    def _find_linked(self, partner_id, token):
        """Return the contact that a link names, or the one it was merged into."""
        if not TOKEN_PATTERN.fullmatch(token) or not 0 < partner_id < 2**31:
            return self.browse()
        partner = self.browse(partner_id).exists()
        return partner or self.env["crm.merged.contact"]._find(partner_id)

    @api.model
    def _is_signed(self, partner_id, token, scope):
        try:
            return verify_hash_signed(self.env(su=True), scope, token) == partner_id
        except (Base64Error, ValueError):
            return False

    def _revoke_links(self):
        """Make all links to this person's page invalid that were sent until now.

        Links that unsubscribe go on working: they can only mean less contact, and who
        sends a message must hear them.
        """
        self.ensure_one()
        # sudo: nobody writes the number of generations.
        self.sudo().link_generation += 1
        self._message_log(
            body=self.env._("The customer made all earlier links to the page invalid.")
        )

    # ------------------------------------------------------------------
    # What is shown
    # ------------------------------------------------------------------

    def _get_portal_staff(self):
        """Return who serves this person: ``[(res.company, res.users)]``."""
        self.ensure_one()
        relationships = self.env["crm.relationship"].search(
            [("partner_id", "=", self.commercial_partner_id.id)], order="company_id, id"
        )
        return [
            (relationship.company_id, relationship.user_id)
            for relationship in relationships
            if relationship.user_id._filter_staff_of(relationship.company_id)
        ]

    def _get_portal_touchpoints(self):
        """Return the channels a person may choose from, including the chosen ones."""
        self.ensure_one()
        chosen = self.preferred_touchpoint_id | self.refused_touchpoint_ids
        return self.env["crm.touchpoint"].search(
            Domain("is_offered", "=", True) | Domain("id", "in", chosen.ids)
        )

    def _get_portal_windows(self):
        """Return the hours a person may choose from, including the current ones."""
        self.ensure_one()
        offered = self.env["resource.calendar"].search(
            [("is_contact_window", "=", True), ("company_id", "=", False)]
        )
        return offered | self.contact_window_id

    def _get_portal_contacts_domain(self):
        return Domain("partner_id", "=", self.id) & Domain("state", "=", "done")

    def _get_portal_contacts(self, limit=None):
        """Return past interactions as plain values, latest first."""
        self.ensure_one()
        Interaction = self.env["crm.interaction"]
        kinds = dict(Interaction._fields["kind"]._description_selection(self.env))
        contacts = Interaction.search(
            self._get_portal_contacts_domain(),
            order="date_done desc, id desc",
            limit=limit,
        )
        return [
            {
                "date": contact.date_done,
                "channel": contact.touchpoint_id.name or "",
                "purpose": contact.name,
                "kind": contact.kind,
                "kind_label": kinds[contact.kind],
                "company": contact.company_id.name,
            }
            for contact in contacts
        ]

    def _get_portal_consents(self):
        """Return what a person may agree to, in the words of the page.

        The words are kept with the answer: they are what the person agreed to.
        """
        self.ensure_one()
        return [
            {
                "name": "consent_relationship",
                "state": self.consent_relationship,
                "since": self.consent_relationship_date,
                "title": self.env._("Staying in touch"),
                "text": self.env._(
                    "Greetings on your birthday and on big days, tips, visits, and"
                    " questions about how we are serving you. Nothing is sold."
                ),
                "granted": self.env._("Yes, please stay in touch"),
                "refused": self.env._("No, I do not want this"),
            },
            {
                "name": "consent_selling",
                "state": self.consent_selling,
                "since": self.consent_selling_date,
                "title": self.env._("Offers"),
                "text": self.env._(
                    "New products, promotions and offers that may suit you. Service for"
                    " what you have bought goes on even without them."
                ),
                "granted": self.env._("Yes, please send me offers"),
                "refused": self.env._("No, I do not want offers"),
            },
        ]

    def _is_contacted_less(self):
        """Tell whether others refuse more for this person than the page shows.

        The firm, or another contact with the same address or number. The page does not
        say who: it may be somebody else.
        """
        self.ensure_one()
        return Voices(self).is_overruled(self)

    def _get_consent_wording(self, name, state):
        """Return the very words a person agreed to, or refused."""
        consent = next(c for c in self._get_portal_consents() if c["name"] == name)
        return f"{consent['title']}: {consent['text']} – {consent[state]}"

    def _get_portal_today(self):
        """Return today's date where this person lives."""
        tz = self._get_contact_tz() or self.env.company._relationship_tz()
        return fields.Date.context_today(self.with_context(tz=tz))

    # ------------------------------------------------------------------
    # Download
    # ------------------------------------------------------------------

    def _get_portal_data(self):
        """Return all that belongs to this person, as plain values for JSON.

        Times are UTC, in ISO 8601. By whom a contact was made, and the reasons that
        staff typed, are not in it; see ``Disclosure``.
        """
        self.ensure_one()
        return {
            "generated": iso(fields.Datetime.now()),
            "person": self._get_portal_person(),
            "staff": [
                {"company": company.name, "name": user.name}
                for company, user in self._get_portal_staff()
            ],
            "wishes": self._get_portal_wishes(),
            "history": self._get_portal_history(),
            **Disclosure(self).get_data(),
        }

    def _get_portal_person(self):
        return {
            "name": self.name,
            "email": self.email or None,
            "phone": self.phone or None,
            "street": self.street or None,
            "street2": self.street2 or None,
            "zip": self.zip or None,
            "city": self.city or None,
            "state": self.state_id.name or None,
            "country": self.country_id.code or None,
            "language": self.lang or None,
            "timezone": self.tz or None,
            "birthdate": iso(self.birthdate),
        }

    def _get_portal_wishes(self):
        return {
            "preferred_channel": self.preferred_touchpoint_id.name or None,
            "refused_channels": self.refused_touchpoint_ids.mapped("name"),
            "contact_hours": self.contact_window_id.name or None,
            "pause_until": iso(self.contact_snooze_until),
            "do_not_contact": self.do_not_contact,
            "do_not_contact_reason": self._get_own_reason(),
            "consent_relationship": self.consent_relationship,
            "consent_relationship_since": iso(self.consent_relationship_date),
            "consent_selling": self.consent_selling,
            "consent_selling_since": iso(self.consent_selling_date),
            "staff": [
                {"wish": requirement.tag_id.name, "level": requirement.level}
                for requirement in self.staff_requirement_ids
            ],
        }

    def _get_own_reason(self):
        """Return why the person wants no contact, unless staff typed the reason."""
        reason = self.do_not_contact_reason
        latest = self.env["crm.preference.change"].search(
            [("partner_id", "=", self.id), ("kind", "=", "do_not_contact_reason")],
            order="id desc",
            limit=1,
        )
        is_own = latest.by_customer and latest.new_value == reason
        return (reason if is_own else None) or None

    def _get_portal_history(self):
        rows = self.env["crm.preference.change"].search(
            [("partner_id", "=", self.id)], order="id"
        )
        # the reasons of staff are none of the wishes
        internal = rows.filtered(
            lambda row: row.kind == "do_not_contact_reason" and not row.by_customer
        )
        return [
            {
                "date": iso(row.date),
                "wish": row.kind,
                "channel": row.touchpoint_id.name or None,
                "from": self._get_shown_value(row, row.old_value, internal),
                "to": row.new_value or None,
                "source": row.source,
                "by_you": row.by_customer,
                # why the company decided so is not the customer's word either
                "wording": (row.decided_by != "company" and row.wording) or None,
            }
            for row in rows - internal
        ]

    @staticmethod
    def _get_shown_value(row, value, internal):
        """Return what a wish was before, unless it was a reason that staff typed."""
        is_reason = row.kind == "do_not_contact_reason"
        if is_reason and value in internal.mapped("new_value"):
            return None
        return value or None

    # ------------------------------------------------------------------
    # Erasure
    # ------------------------------------------------------------------

    def _get_erasure_request(self):
        """Return the open request to erase this person's data, a ``mail.activity``."""
        self.ensure_one()
        activity_type = self._get_erasure_activity_type()
        domain = [
            ("res_model", "=", "res.partner"),
            ("res_id", "=", self.id),
            ("activity_type_id", "=", activity_type.id),
        ]
        if activity_type == self.env.ref("mail.mail_activity_data_todo"):
            # those that people make are about something else
            domain.append(("automated", "=", True))
        return self.env["mail.activity"].search(domain, limit=1)

    def _get_erasure_activity_type(self):
        """Return our type; where an administrator has deleted it, Odoo's to-do."""
        own = self.env.ref(
            "crm_relationship.mail_activity_type_erasure", raise_if_not_found=False
        )
        return own or self.env.ref("mail.mail_activity_data_todo")

    def _request_erasure(self, words=""):
        """Ask a sales administrator to erase this person's data; only once at a time.

        :param str words: what the person added; kept as plain text
        :return: ``mail.activity``, the one that was already open or a new one
        """
        self.ensure_one()
        self._take_turns()
        activity = self._get_erasure_request()
        if activity:
            return activity
        # The activity may be cancelled; the log entry stays.
        self._message_log(
            body=self.env._("The customer asked to have all personal data erased.")
        )
        note = Markup("<p>%s</p>") % words if words else False
        return self.activity_schedule(
            activity_type_id=self._get_erasure_activity_type().id,
            date_deadline=fields.Date.add(fields.Date.context_today(self), days=7),
            summary=self.env._("Erase the personal data, as the customer asked"),
            note=note,
            user_id=self._get_erasure_user().id,
        )

    def _get_erasure_user(self):
        """Return who decides: a sales administrator, preferably the salesperson.

        A manager of the customer's companies before others; nobody who may not see the
        contact.
        """
        managers = self.env.ref("sales_team.group_sale_manager").all_user_ids.filtered(
            lambda user: user.active
            and not user.share
            and (not self.company_id or self.company_id in user.company_ids)
        )
        staff = self.env["res.users"].union(
            *(user for _company, user in self._get_portal_staff())
        )
        # Odoo's own robot reads no activities.
        managers -= self.env.ref("base.user_root")
        companies = (
            self.env["crm.relationship"]
            .search([("partner_id", "=", self.commercial_partner_id.id)])
            .company_id
        )
        near = managers.filtered(lambda user: companies & user.company_ids)
        return ((staff & managers) or near or managers or staff)[:1]
