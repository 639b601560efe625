from odoo import api, models
from odoo.tools import SQL

from .ending import end_runs


class CrmPreferenceChange(models.Model):
    """A refusal may end programs."""

    _inherit = "crm.preference.change"

    @api.model_create_multi
    def create(self, vals_list):
        changes = super().create(vals_list)
        # sudo: whoever refuses need not see whose customer it is
        refusing = changes.sudo().filtered("is_refusal").partner_id
        if customers := refusing.commercial_partner_id:
            end_runs(self.env, SQL("r.partner_id = ANY(%s)", customers.ids))
        return changes
