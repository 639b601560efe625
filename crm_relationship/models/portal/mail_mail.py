from odoo import models
from odoo.tools import email_normalize


class MailMail(models.Model):
    _inherit = "mail.mail"

    def _prepare_outgoing_list(self, mail_server=False, doc_to_followers=None):
        """Give the customer a way out; copies to others do not carry it."""
        results = super()._prepare_outgoing_list(
            mail_server=mail_server, doc_to_followers=doc_to_followers
        )
        # sudo: the queue sends for whoever started it, and reads this one interaction.
        interaction = self.sudo().crm_interaction_id
        for values in results:
            if interaction and self._goes_to(interaction.partner_id, values):
                interaction._add_way_out_to_email(values)
        return results

    @staticmethod
    def _goes_to(person, values):
        if values["partner_id"]:
            return values["partner_id"] == person
        own = email_normalize(person.email, strict=False)
        return bool(own) and values["email_to_normalized"] == [own]
