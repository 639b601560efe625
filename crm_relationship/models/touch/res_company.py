from odoo import fields, models


class ResCompany(models.Model):
    """Costs follow the currency of the company."""

    _inherit = "res.company"

    def write(self, vals):
        former = self.currency_id if vals.get("currency_id") else None
        result = super().write(vals)
        if former:
            self[:1]._take_over_costs(former - self.currency_id)
        return result

    def _take_over_costs(self, currencies):
        """Let costs in currencies that no company uses any more be in this one's.

        An installation enters costs in the currency of that moment. Without the rights
        for several currencies nobody could change it afterwards. ``sudo``: what other
        companies use counts, whoever may not see them.

        :param currencies: ``res.currency`` records that a company has left
        """
        used = self.sudo().with_context(active_test=False).search([]).currency_id
        for currency in currencies - used:
            self.sudo()._convert_costs(currency)

    def _convert_costs(self, currency):
        """Convert what is priced in a currency, at the rate of today; rooms add theirs.

        ``sudo``: the settings follow, whoever sets up the company.
        """
        self.ensure_one()
        channels = self.env["crm.touchpoint"].sudo().with_context(active_test=False)
        for channel in channels.search([("currency_id", "=", currency.id)]):
            channel.write(
                {
                    "unit_cost": self._convert_cost(channel.unit_cost, currency),
                    "currency_id": self.currency_id.id,
                }
            )

    def _convert_cost(self, amount, currency):
        return currency._convert(
            amount, self.currency_id, self, fields.Date.context_today(self)
        )
