from odoo import api, models


class MailBlacklist(models.Model):
    _name = "mail.blacklist"
    _inherit = ["mail.blacklist", "crm.blacklist.mixin"]

    @api.model
    def _get_address_kind(self):
        return "email"
