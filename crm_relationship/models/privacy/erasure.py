"""Forgetting one person: the order of the steps, and what each takes away."""

import re

from odoo import Command
from odoo.tools import SQL, email_normalize, unique
from odoo.tools.mail import email_split_and_format_normalize

from .sweep import SHOWN_ROWS, Sweep
from .words import (
    MIN_DIGITS,
    MIN_NAME,
    MIN_STREET,
    email_word,
    join,
    login_word,
    phone_word,
    text_word,
)

# Contacts of these types are addresses of a person, not people.
PERSON_TYPE = "contact"
TEXT_TYPES = frozenset(("char", "text", "html", "json", "properties", "binary"))
# What tells who somebody is besides texts and pictures.
IDENTITY_FIELDS = (
    "birthdate",
    "birthdate_date",
    "referred_by_id",
    "state_id",
    "tz",
    "partner_latitude",
    "partner_longitude",
)
# Written by the steps themselves, or asked for by the books.
PARTNER_KEPT = frozenset(("name", "vat", "do_not_contact_reason", "erasure_note"))
LEAD_KEPT = frozenset(("name",))
TRANSACTION_FIELDS = (
    "partner_email",
    "partner_phone",
    "partner_address",
    "partner_zip",
    "partner_city",
    "partner_state_id",
)
# How a user logs in; kept in columns that the ORM does not show.
CREDENTIALS = ("password", "totp_secret", "oauth_uid", "oauth_access_token")
DEVICE_TABLES = (
    ("res_device_log", "user_id"),
    ("res_users_apikeys", "user_id"),
    ("auth_totp_device", "user_id"),
    ("auth_passkey_key", "create_uid"),
)


class Erasure:
    """Takes a person out of the database, and tells what has to stay.

    First everything is stopped that could still reach the person, then the records go
    that are about the person alone, then the contact forgets who it was. At the end the
    texts of the whole database are read once for what is left of name, address and
    number, so that nobody has to know all places in which an app may keep them.

    :param contact: one ``res.partner``, as superuser, archived records in sight
    """

    def __init__(self, contact):
        contact.ensure_one()
        self.contact = contact
        self.env = contact.env
        self.people = contact | contact._get_own_addresses()
        self.users = self.people.user_ids
        self.nobody = self.env._("Erased contact")
        self.is_alone = self._is_whole_company()
        self.others = self._get_others()
        self.erased = self.env._("The personal data were erased")
        self.emails = self._get_emails()
        self.phones = self._get_phones()
        self.taken = self._get_taken()
        self.words = self._get_words()
        self.leads = self._get_leads()
        self.orders = self._get_documents("sale.order")
        self.invoices = self._get_documents("account.move")
        # what was agreed and booked: its files stay
        self.sold = self.orders.filtered(lambda order: order.state == "sale")
        self.booked = self.invoices.filtered(lambda move: move.state == "posted")
        self.kept = []

    def run(self):
        """Erase, and return what stays and why, as sentences without personal data."""
        self.env["crm.suppression"]._add(self.people)
        self._stop_messages()
        self._close_accounts()
        self._erase_ledger()
        self.kept += self.people._erase_in_apps()
        self._erase_meetings()
        self._erase_documents()
        self._erase_messages()
        self._erase_bank_accounts()
        self._erase_wishes()
        self._erase_referrals()
        self._erase_identity()
        self._erase_leads()
        self.people._cancel_contacts()
        self._erase_history()
        self._leave_blacklists()
        self._sweep()
        self.kept.append(
            self.env._(
                "A hash of each address and number: so that this person is not"
                " contacted again when the address comes back."
            )
        )
        return self.kept

    # ------------------------------------------------------------------
    # Who it is
    # ------------------------------------------------------------------

    def _is_whole_company(self):
        """Tell whether there is nothing to the person's company but the person.

        Odoo gives a company the address of its first contact: then it is the person's.
        Otherwise it is the company's, and stays.
        """
        company = self.contact.parent_id
        return bool(company) and not (
            company.vat
            or company.child_ids - self.people
            or company.ref_company_ids
            or self._has_documents(company)
        )

    def _get_others(self):
        """Return the domain of everybody else."""
        company = self.contact.parent_id if self.is_alone else self.people.browse()
        return [("id", "not in", (self.people | company).ids)]

    def _has_documents(self, partner):
        return any(
            self.env[model].search_count([("partner_id", "=", partner.id)], limit=1)
            for model in ("sale.order", "account.move")
        )

    def _get_new_name(self, person):
        return self.env._("Erased contact %(number)s", number=person.id)

    @staticmethod
    def _closed(user):
        """Return the login of a closed account."""
        return f"erased-{user.id}"

    @staticmethod
    def _has_new_name(person):
        """Tell whether the contact was erased before, in whatever language."""
        return not person.active and (person.name or "").endswith(f" {person.id}")

    def _get_emails(self):
        """Return the addresses of the person, normalized."""
        Suppression = self.env["crm.suppression"]
        found = {
            address
            for person in self.people
            for kind, address in Suppression._get_addresses(person)
            if kind == "email"
        }
        return found | {
            login for user in self.users if (login := email_normalize(user.login))
        }

    def _get_phones(self):
        """Return the numbers of the person, as international as they are known."""
        return {
            number
            for person in self.people
            if (number := person.phone_sanitized or person.phone)
            and len(re.sub(r"\D", "", number)) >= MIN_DIGITS
        }

    def _get_taken(self):
        """Return the addresses and numbers that somebody else has as well."""
        holders = self.env["res.partner"]._find_holders(
            {("email", email) for email in self.emails}
            | {("phone", phone) for phone in self.phones}
        )
        others = holders.filtered_domain(self.others)
        logins = self.env["res.users"].search(
            [("id", "not in", self.users.ids), ("login", "in", list(self.emails))]
        )
        in_use = set().union(*(other._get_addresses_in_use() for other in others))
        return {*(address for _kind, address in in_use), *logins.mapped("login")}

    def _get_words(self):
        words = [email_word(mail, mail not in self.taken) for mail in self.emails]
        words += [phone_word(phone, phone not in self.taken) for phone in self.phones]
        words += [
            login_word(user.login, own=False)
            for user in self.users
            if not email_normalize(user.login) and user.login != self._closed(user)
        ]
        named = self.people.filtered(lambda person: not self._has_new_name(person))
        for name in unique(filter(None, named.mapped("name"))):
            if len(name) >= MIN_NAME:
                words.append(text_word(name, self._is_telling("name", name)))
        for field in ("street", "street2"):
            for street in unique(filter(None, self.people.mapped(field))):
                if len(street) >= MIN_STREET:
                    words.append(text_word(street, self._is_telling(field, street)))
        return words

    def _is_telling(self, field, text):
        """Tell whether a text can mean this person only.

        One word never does ("Sari" is a customer, a colleague and a product), and no
        text that another contact has, too.
        """
        return len(text.split()) > 1 and not self.env["res.partner"].search_count(
            [*self.others, (field, "=ilike", _literal(text))],
            limit=1,
        )

    def _get_leads(self):
        """Return the person's leads; those without a contact by address or number."""
        self.env.flush_all()
        # SQL: numbers are written in many ways
        numbers = [phone_word(phone, True) for phone in self.phones - self.taken]
        rows = self.env.execute_query(
            SQL(
                "SELECT id FROM crm_lead WHERE partner_id = ANY(%s)"
                " OR partner_id IS NULL"
                " AND (email_normalized = ANY(%s) OR phone ~* %s)",
                self.people.ids,
                list(self.emails - self.taken),
                join(numbers),
            )
        )
        return self.env["crm.lead"].browse(id_ for (id_,) in rows)

    # ------------------------------------------------------------------
    # Nothing reaches the person any more
    # ------------------------------------------------------------------

    def _stop_messages(self):
        """Delete what waits to be sent to the person, from whatever record."""
        self._stop_emails()
        self._stop_sms()
        self._stop_scheduled()

    def _stop_emails(self):
        own = self.emails - self.taken
        domain = [("recipient_ids", "in", self.people.ids)]
        for email in own:
            domain = [
                *("|", "|"),
                *domain,
                ("email_to", "ilike", _literal(email)),
                ("email_cc", "ilike", _literal(email)),
            ]
        mails = self.env["mail.mail"].search(domain)
        alone = mails.browse()
        for mail in mails:
            recipients = mail.recipient_ids - self.people
            to, copy = (self._without(mail[n], own) for n in ("email_to", "email_cc"))
            if recipients or to:
                mail.write(
                    {
                        "recipient_ids": [Command.set(recipients.ids)],
                        "email_to": to,
                        "email_cc": copy,
                    }
                )
            else:
                alone += mail
        self._take_back(alone.filtered(lambda m: m.state == "outgoing"))
        alone.unlink()

    @staticmethod
    def _without(addresses, unwanted):
        """Return a list of addresses, in words, without those of the person."""
        return (
            ", ".join(
                address
                for address in email_split_and_format_normalize(addresses or "")
                if email_normalize(address) not in unwanted
            )
            or False
        )

    def _stop_sms(self):
        self.env.flush_all()
        # SQL: numbers are written in many ways
        numbers = [phone_word(phone, True) for phone in self.phones - self.taken]
        rows = self.env.execute_query(
            SQL(
                "SELECT id FROM sms_sms WHERE partner_id = ANY(%s) OR number ~* %s",
                self.people.ids,
                join(numbers),
            )
        )
        messages = self.env["sms.sms"].browse(id_ for (id_,) in rows)
        self._take_back(messages.filtered(lambda m: m.state == "outgoing"))
        messages.unlink()

    @staticmethod
    def _take_back(messages):
        """Note in the ledger that these did not reach the customer."""
        messages.crm_interaction_id._take_back(
            {"state": "skipped", "reason_code": "do_not_contact"}
        )

    def _stop_scheduled(self):
        Scheduled = self.env["mail.scheduled.message"]
        Scheduled.search(self._domain_on(self.people, self.leads)).unlink()
        for message in Scheduled.search([("partner_ids", "in", self.people.ids)]):
            message.partner_ids -= self.people
            if not message.partner_ids:
                message.unlink()

    def _domain_on(self, *records, model="model"):
        """Return the domain of what is attached to any of the records."""
        parts = [
            ["&", (model, "=", group._name), ("res_id", "in", group.ids)]
            for group in records
        ]
        return ["|"] * (len(parts) - 1) + sum(parts, [])

    def _close_accounts(self):
        """Close the portal accounts; their logins are addresses too.

        Raw SQL because Odoo tells the user of a new login, by e-mail to the address
        that is to be forgotten, and because the ORM does not show all credentials.
        """
        if not self.users:
            return
        self.users.write({"active": False, "signature": False})
        self.env.flush_all()
        ids = self.users.ids
        columns = self._get_columns("res_users")
        cleared = [SQL.identifier(name) for name in CREDENTIALS if name in columns]
        self.env.execute_query(
            SQL(
                "UPDATE res_users SET login = 'erased-' || id, %s WHERE id = ANY(%s)"
                " RETURNING id",
                SQL(", ").join(SQL("%s = NULL", column) for column in cleared),
                ids,
            )
        )
        for table, column in DEVICE_TABLES:
            if self._get_columns(table):
                self._delete_rows(table, column, ids)
        self.env.invalidate_all()
        # open sessions end, because what they were signed with is gone
        self.env.registry.clear_cache()

    def _get_columns(self, table):
        rows = self.env.execute_query(
            SQL(
                "SELECT column_name FROM information_schema.columns"
                " WHERE table_schema = current_schema() AND table_name = %s",
                table,
            )
        )
        return {name for (name,) in rows}

    def _delete_rows(self, table, column, ids):
        self.env.execute_query(
            SQL(
                "DELETE FROM %s WHERE %s = ANY(%s) RETURNING %s",
                SQL.identifier(table),
                SQL.identifier(column),
                list(ids),
                SQL.identifier(column),
            )
        )

    # ------------------------------------------------------------------
    # What is about the person
    # ------------------------------------------------------------------

    def _erase_ledger(self):
        """Take the words out of the ledger; that contact was made stays."""
        people = self.people.ids
        interactions = self.env["crm.interaction"].search(
            [("partner_id", "in", people)]
        )
        interactions.write({"feedback": False, "activity_note": False})
        interactions.filtered("override_reason").write({"override_reason": self.erased})
        # a name that no plan gave is what staff typed about the customer
        interactions.filtered(lambda i: i.name != i._get_touch().name).write(
            {"name": self.env._("Interaction (personal data erased)")}
        )
        self.env["crm.defection"].search(
            [
                "|",
                ("partner_id", "in", people),
                ("interaction_id.partner_id", "in", people),
            ]
        ).write({"note": False})
        relationships = self.env["crm.relationship"].search(
            [("partner_id", "in", people)]
        )
        # the words must not come back with a message about the change
        relationships = relationships.with_context(tracking_disable=True)
        relationships.filtered("lock_reason").lock_reason = self.erased
        relationships.segment_move_ids.reason = False
        relationships.write({"customer_properties": False})

    def _erase_leads(self):
        """Forget who the leads were; that there was one, and what it was worth, stays.

        After the contact itself, from which a lead takes the address anew. Their names
        lose what names the person when the texts are read.
        """
        leads = self.leads
        on_leads = self._domain_on(leads, model="res_model")
        self.env["mail.activity"].search(on_leads).unlink()
        self._delete_attachments(on_leads)
        self._delete_messages(self.env["mail.message"].search(self._domain_on(leads)))
        values = self._get_empty_values(leads, LEAD_KEPT)
        leads.write({**values, "contact_name": self.nobody, "state_id": False})

    def _erase_meetings(self):
        """Take the person out of meetings, and the notes where nobody else came."""
        Event = self.env["calendar.event"].with_context(dont_notify=True)
        events = Event.search(
            [
                *("|", "|"),
                ("partner_ids", "in", self.people.ids),
                ("opportunity_id", "in", self.leads.ids),
                *self._domain_on(self.people, self.leads, model="res_model"),
            ]
        )
        alone = events.filtered(
            lambda event: all(
                any(user._is_internal() for user in other.user_ids)
                for other in event.partner_ids - self.people
            )
        )
        alone.write({"description": False, "location": False})
        self._delete_attachments(self._domain_on(alone, model="res_model"))
        self._delete_messages(self.env["mail.message"].search(self._domain_on(alone)))
        self._delete_invitations(events)
        events.attendee_ids.filtered(
            lambda attendee: attendee.partner_id in self.people
        ).unlink()
        events.write({"partner_ids": [Command.unlink(id_) for id_ in self.people.ids]})

    def _delete_invitations(self, events):
        """Delete the files that invite to meetings: they name all who were invited.

        The texts are read at the end, but no files.
        """
        on_events = self._domain_on(events, model="res_model")
        self._delete_attachments([*on_events, ("mimetype", "=", "text/calendar")])

    def _erase_documents(self):
        """Take the person out of what the books need, and note that it stays."""
        self.orders.write(
            {"signature": False, "signed_by": False, "access_token": False}
        )
        self._forget_invoice_links()
        transactions = self.env["payment.transaction"].search(
            [("partner_id", "in", self.people.ids)]
        )
        transactions.write(
            dict.fromkeys(TRANSACTION_FIELDS, False) | {"partner_name": self.nobody}
        )
        tokens = self.env["payment.token"].search(
            [("partner_id", "in", self.people.ids)]
        )
        tokens.write({"active": False, "payment_details": False})
        drafts = (self.orders - self.sold, self.invoices - self.booked)
        self._delete_attachments(self._domain_on(*drafts, model="res_model"))
        self._keep_documents()

    def _forget_invoice_links(self):
        """Let old links open nothing.

        SQL: a posted invoice cannot be written, and its link is none of its figures.
        """
        self.env.flush_all()
        self.env.execute_query(
            SQL(
                "UPDATE account_move SET access_token = NULL WHERE id = ANY(%s)"
                " RETURNING id",
                self.invoices.ids,
            )
        )
        self.env.invalidate_all()

    def _get_documents(self, model):
        return self.env[model].search([("partner_id", "in", self.people.ids)])

    def _keep_documents(self):
        if not self.orders and not self.invoices:
            return
        self.kept.append(
            self.env._(
                "Sales orders (%(orders)s) and invoices (%(invoices)s): the books need"
                " them. They name “%(nobody)s” and no address.",
                orders=len(self.orders),
                invoices=len(self.invoices),
                nobody=self._get_new_name(self.contact),
            )
        )
        files = self.env["ir.attachment"].search_count(
            [
                *self._domain_on(self.sold, self.booked, model="res_model"),
                ("res_field", "=", False),
            ]
        )
        if files:
            self.kept.append(
                self.env._(
                    "%(files)s files of these orders and invoices, as they were agreed"
                    " and sent: the books need them. Delete manually those that they do"
                    " not need.",
                    files=files,
                )
            )

    def _delete_attachments(self, domain):
        """Delete files; those of fields, such as pictures, go with their fields."""
        self.env["ir.attachment"].search([*domain, ("res_field", "=", False)]).unlink()

    def _erase_messages(self):
        """Delete what was written to and about the person, and by the person anywhere.

        What others wrote on other documents stays, without name and address.
        """
        people = self.people.ids
        on_people = self._domain_on(self.people, model="res_model")
        self.env["mail.activity"].search(on_people).unlink()
        self._delete_attachments(on_people)
        Message = self.env["mail.message"]
        relationships = self.env["crm.relationship"].search(
            [("partner_id", "in", people)]
        )
        self._delete_messages(Message.search(self._domain_on(relationships)))
        self._forget_chats()
        written = [("author_id", "in", people)]
        for email in self.emails - self.taken:
            # where Odoo did not know who wrote
            unknown = ["&", ("author_id", "=", False)]
            written = [
                "|",
                *written,
                *unknown,
                ("email_from", "ilike", _literal(email)),
            ]
        self._delete_messages(
            Message.search(["|", *written, *self._domain_on(self.people)])
        )
        self.env["mail.followers"].search(
            [
                "|",
                ("partner_id", "in", people),
                *self._domain_on(self.people, self.leads, model="res_model"),
            ]
        ).unlink()
        self.env["mail.notification"].search(
            [("res_partner_id", "in", people)]
        ).unlink()
        self.env["discuss.channel.member"].search(
            [("partner_id", "in", people)]
        ).unlink()
        self.env["mail.push.device"].search([("partner_id", "in", people)]).unlink()
        self._forget_ratings()
        self._forget_composers()

    def _forget_chats(self):
        """Delete the conversations between the person and one member of staff."""
        self.env["discuss.channel"].search(
            [
                ("channel_type", "=", "chat"),
                ("channel_member_ids.partner_id", "in", self.people.ids),
            ]
        ).unlink()

    def _delete_messages(self, messages):
        """Delete messages with their files, apart from those of an audit trail."""
        restricted = messages.filtered("account_audit_log_restricted")
        if restricted:
            self.kept.append(
                self.env._(
                    "Lines of a restricted audit trail, without name and address"
                    " (%(count)s): the settings of Accounting forbid to delete them.",
                    count=len(restricted),
                )
            )
        messages -= restricted
        kept = {
            (group._name, id_)
            for group in (self.sold, self.booked)
            for id_ in group.ids
        }
        messages.attachment_ids.filtered(
            lambda file: (file.res_model, file.res_id) not in kept
        ).unlink()
        messages.unlink()

    def _forget_ratings(self):
        if "rating.rating" in self.env:
            self.env["rating.rating"].search(
                [("partner_id", "in", self.people.ids)]
            ).write({"feedback": False})

    def _forget_composers(self):
        """Delete open messages to the person; they hold ids as text."""
        ids = self.people.ids
        pattern = rf"(?<!\d)({'|'.join(map(str, ids))})(?!\d)"
        for model, column in (
            ("mail.compose.message", "model"),
            ("sms.composer", "res_model"),
        ):
            rows = self.env.execute_query(
                SQL(
                    "SELECT id FROM %s WHERE %s = 'res.partner' AND res_ids ~ %s",
                    SQL.identifier(self.env[model]._table),
                    SQL.identifier(column),
                    pattern,
                )
            )
            self.env[model].browse(id_ for (id_,) in rows).unlink()

    def _erase_bank_accounts(self):
        """Delete the bank accounts, apart from those that a payment names."""
        banks = self.env["res.partner.bank"].search(
            [("partner_id", "in", self.people.ids)]
        )
        used = (
            self.env["account.payment"]
            .search([("partner_bank_id", "in", banks.ids)])
            .partner_bank_id
            | self.env["account.move"]
            .search([("partner_bank_id", "in", banks.ids), ("state", "=", "posted")])
            .partner_bank_id
        )
        (banks - used).unlink()
        used.write({"active": False, "acc_holder_name": self.nobody})
        if used:
            self.kept.append(
                self.env._(
                    "%(count)s bank accounts, archived: payments in the books name"
                    " them.",
                    count=len(used),
                )
            )

    def _erase_wishes(self):
        """Forget all wishes but one: an erased person is never contacted again."""
        self.people._change_preferences(
            {
                "preferred_touchpoint_id": False,
                "refused_touchpoint_ids": [Command.clear()],
                "contact_window_id": False,
                "contact_snooze_until": False,
                "consent_relationship": "unknown",
                "consent_selling": "unknown",
                "staff_requirement_ids": [Command.clear()],
                "do_not_contact": True,
                "do_not_contact_reason": self.erased,
            },
            "import",
            by_customer=True,
        )

    def _erase_referrals(self):
        """Forget on their documents who brought them: a friend tells who somebody is.

        Whom they brought stays noted with the nameless contact, for the figures.
        """
        orders = self.env["sale.order"].search(
            [
                ("partner_id", "in", self.people.ids),
                ("referred_by_id", "!=", False),
            ]
        )
        orders.referred_by_id = False
        self.leads.referred_by_id = False

    def _erase_identity(self):
        """Leave of the contact what the books need.

        As an address of its own: Odoo hands the address of a contact on to the company
        the person works for, and an empty one as well.
        """
        values = self._get_empty_values(self.people, PARTNER_KEPT)
        values |= dict.fromkeys(
            (name for name in IDENTITY_FIELDS if name in self.people._fields), False
        )
        if self.contact.commercial_partner_id != self.contact:
            if not self.is_alone:
                values["type"] = "other"
                self._keep_company_address()
        elif not self.sold and not self.booked:
            values["vat"] = False
        elif self.contact.vat:
            self.kept.append(
                self.env._("The tax number: the books need it with the invoices.")
            )
        # If it saw archived users, Odoo would refuse to archive their contact.
        for person in self.people.with_context(active_test=True):
            person.write(
                {
                    **values,
                    "name": self._get_new_name(person),
                    "active": False,
                    "category_id": [Command.clear()],
                }
            )
        self._empty_in_all_companies(self.people)

    def _keep_company_address(self):
        if self.contact.parent_id.street:
            self.kept.append(
                self.env._(
                    "The postal address of %(company)s: it is the company's.",
                    company=self.contact.parent_id.display_name,
                )
            )

    @staticmethod
    def _get_empty_values(records, kept):
        """Return False for every text and picture that somebody can enter."""
        return {
            name: False
            for name, field in records._fields.items()
            if field.type in TEXT_TYPES
            and field.store
            and not field.required
            and not (field.compute and field.readonly)
            and not field.company_dependent
            and name not in kept
        }

    def _empty_in_all_companies(self, records):
        """Forget what each company wrote for itself.

        SQL: the ORM shows the values of one company at a time.
        """
        columns = [
            SQL.identifier(name)
            for name, field in records._fields.items()
            if field.company_dependent and field.type in TEXT_TYPES
        ]
        if not columns:
            return
        self.env.flush_all()
        self.env.execute_query(
            SQL(
                "UPDATE %s SET %s WHERE id = ANY(%s) RETURNING id",
                SQL.identifier(records._table),
                SQL(", ").join(SQL("%s = NULL", column) for column in columns),
                records.ids,
            )
        )
        self.env.invalidate_all()

    def _erase_history(self):
        """Delete the history of the wishes.

        Raw SQL because the ORM refuses it to everybody: only an erasure may delete the
        history.
        """
        self.env.flush_all()
        self._delete_rows("crm_preference_change", "partner_id", self.people.ids)
        self.env.invalidate_all()

    # ------------------------------------------------------------------
    # What is left of name, address and number
    # ------------------------------------------------------------------

    def _sweep(self):
        roots = {"res_partner": self.people.ids, "res_users": self.users.ids}
        found = Sweep(self.env, roots, self.words, self.nobody).run()
        for table, ids in sorted(found.items()):
            self.kept.append(self._describe(table, sorted(ids)))

    def _describe(self, table, ids):
        """Return the sentence that names rows in which words remain."""
        models = self.env["ir.model"].search([])
        label = next(
            (m.name for m in models if m.model.replace(".", "_") == table), table
        )
        shown = ", ".join(f"#{id_}" for id_ in ids[:SHOWN_ROWS])
        if len(ids) > SHOWN_ROWS:
            shown += ", …"
        return self.env._(
            "%(what)s %(ids)s: holds the same words, but may mean somebody else,"
            " belongs to the set-up or is sealed for the books. Look at it.",
            what=label,
            ids=shown,
        )

    def _leave_blacklists(self):
        """Take the plain addresses from the blacklists; the hashes take their place.

        An address that somebody else has as well is refused from now on: whoever writes
        to it reaches the person who was erased.
        """
        for email in self.emails & self.taken:
            self.env["mail.blacklist"]._add(email)
        self.env["phone.blacklist"]._add(sorted(self.phones & self.taken))
        emails = list(self.emails - self.taken)
        phones = list(self.phones - self.taken)
        self.env["mail.blacklist"].search([("email", "in", emails)]).unlink()
        self.env["phone.blacklist"].search([("number", "in", phones)]).unlink()
        if self.taken:
            self.kept.append(
                self.env._(
                    "An address or number that somebody else has as well: there, and on"
                    " the blacklists, it stays."
                )
            )


def _literal(text):
    """Return a text in which no character of a LIKE pattern has a meaning."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
