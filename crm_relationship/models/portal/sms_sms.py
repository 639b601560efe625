from odoo import models

from .res_partner import PREFERENCES_PATH


class SmsSms(models.Model):
    _inherit = "sms.sms"

    def _send_with_api(self, *args, **kwargs):
        """Give the customer a way out; an SMS that is sent again already has it."""
        for sms in self.filtered("crm_interaction_id"):
            if f"{PREFERENCES_PATH}/" not in (sms.body or ""):
                # sudo: the queue sends for whoever started it, and reads this
                # interaction.
                interaction = sms.sudo().crm_interaction_id
                sms.body = interaction._add_way_out_to_sms(sms.body)
        return super()._send_with_api(*args, **kwargs)
