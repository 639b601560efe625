from odoo import models


class ResCompany(models.Model):
    _inherit = "res.company"

    def _convert_costs(self, currency):
        """Convert the costs of benefits as well; ``sudo``: as for channels."""
        super()._convert_costs(currency)
        benefits = self.env["crm.benefit"].sudo().with_context(active_test=False)
        for benefit in benefits.search([("currency_id", "=", currency.id)]):
            benefit.write(
                {
                    "cost": self._convert_cost(benefit.cost, currency),
                    "currency_id": self.currency_id.id,
                }
            )
