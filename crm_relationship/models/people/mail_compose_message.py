from odoo import models

from ..base.asked import check_records


class MailComposeMessage(models.TransientModel):
    _inherit = "mail.compose.message"

    def action_send_mail(self):
        check_records(self)
        if len(self) != 1:
            return super().action_send_mail()
        return self._carry_out(super().action_send_mail)
