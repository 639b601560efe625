from odoo import api, models


class PhoneBlacklist(models.Model):
    _name = "phone.blacklist"
    _inherit = ["phone.blacklist", "crm.blacklist.mixin"]

    @api.model
    def _get_address_kind(self):
        return "phone"
