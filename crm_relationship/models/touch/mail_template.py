from odoo import api, models

from ..base.deletion import check_unused


class MailTemplate(models.Model):
    _inherit = "mail.template"

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        check_unused(self)
