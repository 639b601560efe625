from odoo import models

from ..base.asked import check_records


class SmsComposer(models.TransientModel):
    _inherit = "sms.composer"

    def action_send_sms(self):
        check_records(self)
        if len(self) != 1:
            return super().action_send_sms()
        return self._carry_out(super().action_send_sms)
