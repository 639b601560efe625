"""What is about a person who is to be forgotten, and what each step takes away."""

from odoo import Command
from odoo.tools import SQL

from ..base.figures import format_count
from .erased import Erased, literal

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


class Forgetting(Erased):
    """Deletes what is about the person alone, and empties what has to stay."""

    # ------------------------------------------------------------------
    # What was done with the person
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

    # ------------------------------------------------------------------
    # What the books need
    # ------------------------------------------------------------------

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

    def _keep_documents(self):
        if not self.orders and not self.invoices:
            return
        self.kept.append(
            self.env._(
                "Sales orders (%(orders)s) and invoices (%(invoices)s): the books need"
                " them. They name “%(nobody)s” and no address.",
                orders=format_count(self.env, len(self.orders)),
                invoices=format_count(self.env, len(self.invoices)),
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
                    files=format_count(self.env, files),
                )
            )

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
                    count=format_count(self.env, len(used)),
                )
            )

    # ------------------------------------------------------------------
    # What was written
    # ------------------------------------------------------------------

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
                ("email_from", "ilike", literal(email)),
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

    # ------------------------------------------------------------------
    # Wishes, and who it was
    # ------------------------------------------------------------------

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
