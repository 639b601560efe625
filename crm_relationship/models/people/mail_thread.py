from odoo import models

from .carrying import CARRIED_OUT


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    def _note_message(self, message, recipients):
        """Close the interaction that a message carries out: it is not noted twice."""
        interaction = CARRIED_OUT.get()
        if interaction and interaction.partner_id in self._get_reached(
            message, recipients
        ):
            interaction._end_message(message)
        return super()._note_message(message, recipients)
