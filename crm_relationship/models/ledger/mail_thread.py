from odoo import api, fields, models

from . import noted
from .messages import note_failure

# What people send from the chatter: the channel, by type of message.
NOTED_TYPES = {"comment": "email", "sms": "sms"}


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    @api.model
    def _routing_handle_bounce(self, email_message, message_dict):
        """Let the ledger know that an e-mail came back after it was sent."""
        result = super()._routing_handle_bounce(email_message, message_dict)
        message = message_dict.get("bounced_message")
        if message and self._is_mail_gateway():
            # sudo: the mail gateway acts, not a user
            mails = self.env["mail.mail"].sudo()
            mails = mails.search([("mail_message_id", "in", message.ids)])
            note_failure(mails.crm_interaction_id, "email")
            self.env["crm.interaction"]._find_noted(message)._note_undelivered()
        return result

    def _notify_thread(self, message, msg_vals=False, **kwargs):
        """Note e-mails and SMS to customers from the chatter as interactions."""
        recipients = super()._notify_thread(message, msg_vals=msg_vals, **kwargs)
        waits = self._parse_scheduled_date(kwargs.get("scheduled_date"))
        if self._name in noted.KINDS and not waits and self._is_from_staff(message):
            self._note_message(message, recipients)
        return recipients

    @api.model
    def _parse_scheduled_date(self, scheduled_date):
        """Return the moment for which a message is scheduled, if it lies ahead."""
        if not scheduled_date:
            return None
        moment = self.env["mail.mail"]._parse_scheduled_datetime(scheduled_date)
        moment = moment and moment.replace(tzinfo=None)
        return moment if moment and moment > fields.Datetime.now() else None

    @api.model
    def _is_from_staff(self, message):
        """Tell whether one of us wrote to somebody, and no note, and no robot."""
        return (
            message.message_type in NOTED_TYPES
            and (message.message_type == "sms" or not message.subtype_id.internal)
            and bool(self._get_author(message).filtered(lambda user: not user.share))
        )

    @api.model
    def _get_author(self, message):
        """Return who of us wrote a message, as ``res.users``; mostly whoever asks.

        ``sudo``: who the author is does not depend on who asks.
        """
        author, user = message.sudo().author_id, self.env.user
        return user if author == user.partner_id else author.user_ids

    def _note_message(self, message, recipients):
        """Note a message for each customer among its recipients whom it reaches.

        ``sudo``: the ledger follows, whoever wrote.
        """
        sort = NOTED_TYPES[message.message_type]
        partners = self._get_reached(message, recipients)
        by_customer = partners.grouped("commercial_partner_id")
        document = self.browse(message.res_id)
        if partners:
            self.env["crm.interaction"]._note_contacts(
                noted.Contact(
                    source=message,
                    sort=sort,
                    document=document,
                    partner=people[:1],
                    company=noted.get_company(document),
                    user=self._get_author(message)[:1],
                    moment=fields.Datetime.now(),
                    name=message.subject or message.record_name,
                    touchpoint=noted.choose_touchpoint(self.env, sort),
                )
                for people in by_customer.values()
            )

    @api.model
    def _get_reached(self, message, recipients):
        """Return the people whom a message reaches by email or SMS.

        ``sudo``: the ledger follows, whoever wrote.
        """
        sort = NOTED_TYPES[message.message_type]
        ids = [
            r["id"]
            for r in recipients
            if r["notif"] == sort and r["id"] and r["type"] != "user"
        ]
        failed = message.sudo().notification_ids.filtered(
            lambda n: n.notification_status in ("exception", "bounce")
        )
        return self.env["res.partner"].sudo().browse(ids) - failed.res_partner_id
