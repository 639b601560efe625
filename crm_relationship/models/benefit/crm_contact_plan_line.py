from odoo import api, models


class CrmContactPlanLine(models.Model):
    _inherit = "crm.contact.plan.line"

    @api.depends("plan_id.segment_ids")
    def _compute_benefit_warning(self):
        return super()._compute_benefit_warning()

    def _get_reached_segments(self):
        return self.plan_id.segment_ids

    def _get_company(self):
        return self.plan_id.company_id
