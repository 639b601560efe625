from odoo import fields, models

from .res_partner_link import PREFERENCES_PATH


class SmsSms(models.Model):
    _inherit = "sms.sms"

    crm_interaction_id = fields.Many2one(
        comodel_name="crm.interaction",
        string="Customer Contact",
        index="btree_not_null",
        ondelete="set null",
    )

    def _send(self, *args, **kwargs):
        """Ask the gate again: the customer may have refused since this was queued."""
        ours = self.filtered("crm_interaction_id")
        if not ours:
            return super()._send(*args, **kwargs)
        allowed = ours.crm_interaction_id._withhold(
            ours, cancel=type(ours).action_set_canceled
        )
        remaining = (self - ours) + allowed
        return super(SmsSms, remaining)._send(*args, **kwargs) if remaining else None

    def _send_with_api(self, *args, **kwargs):
        """Give the customer a way out; an SMS that is tried again has it already."""
        for sms in self.filtered("crm_interaction_id"):
            if f"{PREFERENCES_PATH}/" not in (sms.body or ""):
                # sudo: the queue sends for whoever started it, and reads this contact.
                interaction = sms.sudo().crm_interaction_id
                sms.body = interaction._add_way_out_to_sms(sms.body)
        return super()._send_with_api(*args, **kwargs)
