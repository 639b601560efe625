from odoo import api, models


class CrmContactPlan(models.Model):
    _inherit = "crm.contact.plan"

    @api.constrains("company_id")
    def _check_benefit_company(self):
        self.line_ids._check_benefit_company()
