from odoo import models


class CrmBenefit(models.Model):
    _name = "crm.benefit"
    _inherit = ["crm.benefit", "crm.approved.mixin"]

    _step_field = "benefit_id"
    _unnoticed = frozenset(
        (
            *("active", "cost", "currency_id", "sequence"),
            *("segment_ids", "unsuited_segment_ids"),
        )
    )

    def _check_users(self):
        super()._check_users()
        # sudo: programs of other companies use the benefit, too
        programs = self.env["crm.program"].sudo().with_context(active_test=False)
        programs.search([("benefit_ids", "in", self.ids)])._check_benefit_company()
