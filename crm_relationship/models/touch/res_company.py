from odoo import fields, models

from ..base.bounds import MAX_AMOUNT


class ResCompany(models.Model):
    """Costs follow the currency of the company."""

    _inherit = "res.company"

    def write(self, vals):
        former = {c: c.currency_id for c in self} if vals.get("currency_id") else {}
        result = super().write(vals)
        for company, currency in former.items():
            if company.currency_id != currency:
                # sudo: the settings follow, whoever sets up the company
                company.sudo()._convert_own_amounts(currency)
        if former:
            left = self.currency_id.union(*former.values()) - self.currency_id
            self[:1]._take_over_costs(left)
        return result

    def _convert_own_amounts(self, currency):
        """Convert what is this company's alone, at the rate of today; rooms add theirs.

        Amounts of documents are not: they stay what they were on their day.

        :param currency: ``res.currency`` that this company had until now
        """
        self.ensure_one()

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
        converted = currency._convert(
            amount, self.currency_id, self, fields.Date.context_today(self)
        )
        return min(converted, MAX_AMOUNT)
