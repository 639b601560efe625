"""Messages that somebody has just sent, and wants back before they leave."""

from odoo.exceptions import UserError

from . import reach


class Recall:
    """The messages that some interactions were carried out by, as superuser."""

    def __init__(self, env, message_ids):
        """Find them in Odoo's queues.

        ``sudo``: whoever sent a message need not see the queues.
        """
        env = env(su=True)
        self.env = env
        self.messages = env["mail.message"].browse(message_ids)
        sent_with = [("mail_message_id", "in", message_ids)]
        self.mails = env["mail.mail"].search(sent_with)
        self.texts = env["sms.sms"].search(sent_with)

    def check(self):
        """Let the queues wait.

        :raises UserError: when a message has left already, or is about to
        """
        carried = self.mails.mail_message_id | self.texts.mail_message_id
        if carried != self.messages or not all(map(self._waits, self._get_queued())):
            raise UserError(
                self.env._(
                    "The message has been sent, and nobody can call it back. On the"
                    " interaction you can correct what came of it until tomorrow."
                )
            )

    def _get_queued(self):
        return self.mails, self.texts

    def _waits(self, queued):
        return queued.try_lock_for_update() == queued and all(
            message.state == "outgoing" for message in queued
        )

    def take_out(self, interaction):
        """Delete the messages; return the action that opens the text as a draft.

        :param interaction: the one that was carried out, as the user
        """
        texts, person = self.texts.mapped("body"), interaction.partner_id
        message = self.messages[:1]
        draft = {
            "subject": message.subject,
            "body": message.body,
            "attachment_ids": message.attachment_ids.ids,
        }
        for queued in self._get_queued():
            queued.unlink()
        forget(self.messages)
        values = {"crm_interaction_id": interaction.id}
        if texts:
            return reach.write_sms(person, {**values, "body": texts[0]})
        return reach.write_email(person, {**values, **draft})


def forget(messages):
    """Delete messages, on the screen of the user as well: a chatter may show them."""
    if messages:
        user = messages.env.user
        user._bus_send("mail.message/delete", {"message_ids": messages.ids})
        messages.unlink()
