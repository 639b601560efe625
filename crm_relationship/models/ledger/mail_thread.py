from odoo import api, models


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    @api.model
    def _routing_handle_bounce(self, email_message, message_dict):
        """Let the ledger know that an e-mail came back after it was sent."""
        result = super()._routing_handle_bounce(email_message, message_dict)
        message = message_dict["bounced_message"]
        if message and self._is_mail_gateway():
            # sudo: the mail gateway acts, not a user
            mails = self.env["mail.mail"].sudo()
            mails = mails.search([("mail_message_id", "in", message.ids)])
            mails.crm_interaction_id._follow_failure("email")
        return result
