from odoo import models


class CrmBenefit(models.Model):
    _inherit = "crm.benefit"

    def _check_users(self):
        super()._check_users()
        # sudo: programs of other companies use the benefit, too
        programs = self.env["crm.program"].sudo().with_context(active_test=False)
        programs.search([("benefit_ids", "in", self.ids)])._check_benefit_company()
