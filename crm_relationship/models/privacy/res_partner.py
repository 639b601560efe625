from contextlib import contextmanager

from odoo import Command, api, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL, format_date

from ..courtesy.res_partner import MANAGER_GROUP

ADDRESS_FIELDS = frozenset(("email", "phone", "country_id"))
# What tells who a person is. Country and tax number stay: accounting needs them.
ERASED_FIELDS = (
    "email",
    "phone",
    "street",
    "street2",
    "zip",
    "city",
    "state_id",
    "birthdate",
    "comment",
    "website",
    "function",
    "company_name",
    "ref",
    "barcode",
    "image_1920",
    "tz",
    "partner_latitude",
    "partner_longitude",
    "own_email_mark",
    "own_phone_mark",
)
LEAD_FIELDS = (
    "email_from",
    "phone",
    "function",
    "website",
    "street",
    "street2",
    "zip",
    "city",
    "description",
)


class ResPartner(models.Model):
    """Erasing a person's data, and keeping the person's addresses silent afterwards."""

    _inherit = "res.partner"

    # ------------------------------------------------------------------
    # Silence after an erasure
    # ------------------------------------------------------------------

    def _follow_create(self):
        super()._follow_create()
        self._silence_suppressed(self._get_addresses())

    @contextmanager
    def _watching_addresses(self, vals):
        if not ADDRESS_FIELDS & vals.keys():
            yield
            return
        before = self._get_addresses()
        yield
        after = self._get_addresses()
        self._silence_suppressed({p: after[p] - before[p] for p in after})

    def _get_addresses(self):
        """Return {contact as superuser: {("email" or "phone", address)}}."""
        Suppression = self.env["crm.suppression"]
        return {partner: Suppression._get_addresses(partner) for partner in self.sudo()}

    @api.model
    def _silence_suppressed(self, addresses):
        """Set "do not contact" where an address belongs to somebody who was erased.

        The refusal counts as the customer's own, who asked for the erasure: only the
        customer takes it back. ``sudo``: whoever creates a contact need not know why.

        :param dict addresses: the new ones, as of ``_get_addresses``
        """
        matches = self.env["crm.suppression"].sudo()._get_matches(addresses)
        by_date = {}
        for partner, date in matches.items():
            if not partner.do_not_contact:
                by_date[date] = by_date.get(date, self.sudo().browse()) | partner
        for date, partners in by_date.items():
            reason = self.env._(
                "The owner of this address had all personal data erased on %(date)s",
                date=format_date(self.env, date),
            )
            partners._change_preferences(
                {"do_not_contact": True, "do_not_contact_reason": reason},
                "import",
                by_customer=True,
            )
            partners._blacklist_addresses()

    def _blacklist_addresses(self):
        """Let the rest of Odoo, which asks its own blacklists, be silent as well."""
        emails = self.filtered("email_normalized").mapped("email_normalized")
        phones = self.filtered("phone_sanitized").mapped("phone_sanitized")
        self.env["mail.blacklist"].create([{"email": email} for email in emails])
        self.env["phone.blacklist"].create([{"number": number} for number in phones])

    # ------------------------------------------------------------------
    # Erasure
    # ------------------------------------------------------------------

    def action_erase_contact_data(self):
        self._erase_contact_data()
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    def _erase_contact_data(self):
        """Forget who these contacts are; documents and figures stay.

        What is left of an address is a hash in ``crm.suppression``. Sales orders and
        invoices stay, and name "Erased contact N" from then on.

        :raises AccessError: when the user is no sales administrator
        :raises UserError: when a contact is a member of staff or a company
        """
        if not (
            self.env.user.has_group(MANAGER_GROUP) or self.env.user._is_superuser()
        ):
            raise AccessError(
                self.env._("Only a sales administrator erases the data of a contact.")
            )
        self.check_access("write")
        # sudo: the traces lie in models that a sales administrator may not write, such
        # as users, messages and blacklists.
        contacts = self.sudo().with_context(
            tracking_disable=True, mail_notrack=True, active_test=False
        )
        contacts._check_erasable()
        self.env["crm.suppression"].sudo()._add(contacts)
        contacts._erase_users()
        contacts._erase_interactions()
        contacts._erase_defections()
        contacts._erase_relationships()
        contacts._erase_leads()
        contacts._erase_blacklisted()
        contacts._erase_wishes()
        contacts._erase_identity()
        contacts._cancel_contacts()
        contacts._erase_messages()
        contacts._erase_history()

    def _check_erasable(self):
        for partner in self:
            if any(user._is_internal() for user in partner.user_ids):
                raise UserError(
                    self.env._(
                        "%(contact)s is a member of staff. Archive the user and take"
                        " away the access rights before you erase the contact.",
                        contact=partner.display_name,
                    )
                )
            if self.env["res.company"].search_count(
                [("partner_id", "=", partner.id)], limit=1
            ):
                raise UserError(
                    self.env._(
                        "%(contact)s is one of your companies and cannot be erased.",
                        contact=partner.display_name,
                    )
                )

    def _erase_users(self):
        """Close the portal accounts; their logins are addresses, too."""
        for user in self.user_ids:
            user.write(
                {"active": False, "login": f"erased-{user.id}", "signature": False}
            )

    def _erase_interactions(self):
        """Take the customer's words out of the ledger; that contact was made stays."""
        interactions = self.env["crm.interaction"].search(
            [("partner_id", "in", self.ids)]
        )
        interactions.write({"feedback": False})

    def _erase_defections(self):
        """Forget what the customer, or the person who was asked, said on leaving."""
        defections = self.env["crm.defection"].search(
            [
                "|",
                ("partner_id", "in", self.ids),
                ("interaction_id.partner_id", "in", self.ids),
            ]
        )
        defections.write({"note": False})

    def _erase_relationships(self):
        """Forget what staff wrote about the customer; figures and segments stay."""
        relationships = self.env["crm.relationship"].search(
            [("partner_id", "in", self.ids)]
        )
        relationships.filtered("lock_reason").lock_reason = self.env._(
            "The personal data were erased"
        )
        relationships.segment_move_ids.reason = False
        relationships.write({"customer_properties": False})

    def _erase_leads(self):
        leads = self.env["crm.lead"].search([("partner_id", "in", self.ids)])
        nobody = self.env._("Erased contact")
        for lead in leads:
            lead.name = lead.name.replace(lead.partner_id.name or lead.name, nobody)
        leads.message_ids.unlink()
        leads.write(
            {"contact_name": nobody, "partner_name": False}
            | dict.fromkeys(LEAD_FIELDS, False)
        )

    def _erase_blacklisted(self):
        """Take the plain addresses from the blacklists; the hashes take their place."""
        emails = [address for address in self.mapped("email_normalized") if address]
        phones = [number for number in self.mapped("phone_sanitized") if number]
        self.env["mail.blacklist"].search([("email", "in", emails)]).unlink()
        self.env["phone.blacklist"].search([("number", "in", phones)]).unlink()

    def _erase_wishes(self):
        """Forget the wishes but one: whoever was erased is never contacted again."""
        self._change_preferences(
            {
                "preferred_touchpoint_id": False,
                "refused_touchpoint_ids": [Command.clear()],
                "contact_window_id": False,
                "contact_snooze_until": False,
                "consent_relationship": "unknown",
                "consent_selling": "unknown",
                "staff_requirement_ids": [Command.clear()],
                "do_not_contact": True,
                "do_not_contact_reason": self.env._("The personal data were erased"),
            },
            "import",
            by_customer=True,
        )

    def _erase_identity(self):
        known = [name for name in ERASED_FIELDS if name in self._fields]
        # With archived users in sight, Odoo would not archive their contact.
        for partner in self.with_context(active_test=True):
            partner.write(
                {
                    "name": self.env._("Erased contact %(number)s", number=partner.id),
                    "active": False,
                    "category_id": [Command.clear()],
                }
                | dict.fromkeys(known, False)
            )

    def _erase_messages(self):
        """Delete what was written to, by and about the contact on the contact itself.

        Messages on other documents stay, without the address of their author.
        """
        on_contact = [("res_model", "=", self._name), ("res_id", "in", self.ids)]
        self.env["mail.activity"].search(on_contact).unlink()
        self.env["ir.attachment"].search(
            [*on_contact, ("res_field", "=", False)]
        ).unlink()
        self.env["mail.message"].search(
            [("model", "=", self._name), ("res_id", "in", self.ids)]
        ).unlink()
        self.env["mail.message"].search(
            [("author_id", "in", self.ids)]
        ).email_from = False
        self.env["mail.followers"].search(
            ["|", *["&", *on_contact], ("partner_id", "in", self.ids)]
        ).unlink()
        self.env["sms.sms"].search([("partner_id", "in", self.ids)]).unlink()

    def _erase_history(self):
        """Delete the history of the wishes.

        Raw SQL because the ORM refuses it to everybody: the history goes with an
        erasure and with nothing else.
        """
        self.env.flush_all()
        self.env.execute_query(
            SQL(
                "DELETE FROM crm_preference_change WHERE partner_id IN %s RETURNING id",
                tuple(self.ids),
            )
        )
        self.env.invalidate_all()
