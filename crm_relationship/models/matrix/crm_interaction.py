from odoo import api, models


class CrmInteraction(models.Model):
    _inherit = "crm.interaction"

    @api.model
    def _before_scheduling(self, company):
        """End experiments first: what is planned then follows the segments again."""
        super()._before_scheduling(company)
        self.env["crm.cadence.experiment"]._end_due(company)
