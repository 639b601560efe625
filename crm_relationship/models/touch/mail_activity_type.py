from odoo import api, models

from ..base.deletion import check_unused


class MailActivityType(models.Model):
    _inherit = "mail.activity.type"

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        check_unused(self)
