"""Nothing reaches a person any more who is to be forgotten."""

from odoo import Command
from odoo.tools import SQL, email_normalize
from odoo.tools.mail import email_split_and_format_normalize

from .erased import Erased, literal
from .words import join, phone_word

# How a user logs in; kept in columns that the ORM does not show.
CREDENTIALS = ("password", "totp_secret", "oauth_uid", "oauth_access_token")
DEVICE_TABLES = (
    ("res_device_log", "user_id"),
    ("res_users_apikeys", "user_id"),
    ("auth_totp_device", "user_id"),
    ("auth_passkey_key", "create_uid"),
)


class Stopping(Erased):
    """Takes back what waits to be sent to the person, and closes the accounts."""

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
                ("email_to", "ilike", literal(email)),
                ("email_cc", "ilike", literal(email)),
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
