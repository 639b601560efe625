"""Who is to be forgotten: the records, addresses and words of one person."""

import re

from odoo.tools import SQL, email_normalize, unique

from ..base.figures import format_count
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


def literal(text):
    """Return a text in which no character of a LIKE pattern has a meaning."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


class Erased:
    """Somebody to be forgotten.

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
            [*self.others, (field, "=ilike", literal(text))],
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

    def _get_documents(self, model):
        return self.env[model].search([("partner_id", "in", self.people.ids)])

    # ------------------------------------------------------------------
    # What is deleted, and how
    # ------------------------------------------------------------------

    def _domain_on(self, *records, model="model"):
        """Return the domain of what is attached to any of the records."""
        parts = [
            ["&", (model, "=", group._name), ("res_id", "in", group.ids)]
            for group in records
        ]
        return ["|"] * (len(parts) - 1) + sum(parts, [])

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

    def _delete_attachments(self, domain):
        """Delete files; those of fields, such as pictures, go with their fields."""
        self.env["ir.attachment"].search([*domain, ("res_field", "=", False)]).unlink()

    def _delete_messages(self, messages):
        """Delete messages with their files, apart from those of an audit trail."""
        restricted = messages.filtered("account_audit_log_restricted")
        if restricted:
            self.kept.append(
                self.env._(
                    "Lines of a restricted audit trail, without name and address"
                    " (%(count)s): the settings of Accounting forbid to delete them.",
                    count=format_count(self.env, len(restricted)),
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
