from odoo import fields, models
from odoo.tools import email_normalize


class MailMail(models.Model):
    _inherit = "mail.mail"

    crm_interaction_id = fields.Many2one(
        comodel_name="crm.interaction",
        string="Customer Contact",
        index="btree_not_null",
        ondelete="set null",
    )

    def send(self, *args, **kwargs):
        """Ask the gate again: the customer may have refused since this was queued."""
        ours = self.filtered("crm_interaction_id")
        if not ours:
            return super().send(*args, **kwargs)
        allowed = ours.crm_interaction_id._withhold(ours, cancel=type(ours).cancel)
        return super(MailMail, (self - ours) + allowed).send(*args, **kwargs)

    def _prepare_outgoing_list(self, mail_server=False, doc_to_followers=None):
        """Give the customer a way out; copies to others do not carry it."""
        results = super()._prepare_outgoing_list(
            mail_server=mail_server, doc_to_followers=doc_to_followers
        )
        # sudo: the queue sends for whoever started it, and reads this one contact.
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
