from odoo import api, fields, models
from odoo.fields import Domain

WINBACK_STAGES = ("at_risk", "lost")


class CrmRelationship(models.Model):
    """Whom to win back: only customers from whom more is expected than it costs."""

    _inherit = "crm.relationship"

    winback_value = fields.Monetary(
        string="Value When Won Back",
        compute="_compute_winback_value",
        help="Margin expected within the next 12 months: of a lost customer, as if that"
        " customer had come back, margin a year × retention of all customers; of"
        " others, margin a year × retention of the segment.",
    )
    is_worth_winning_back = fields.Boolean(
        string="Worth Winning Back",
        compute="_compute_is_worth_winning_back",
        search="_search_is_worth_winning_back",
        help="The customer is at risk or lost, and the value when won back is higher"
        " than the cost of winning back in the settings.",
    )

    @api.depends("lifecycle_stage", "value_12m", "yearly_margin")
    def _compute_winback_value(self):
        rates = self._get_winback_rates(self.company_id)
        for relationship in self:
            relationship.winback_value = (
                relationship.yearly_margin * rates[relationship.company_id]
                if relationship.lifecycle_stage == "lost"
                else relationship.value_12m
            )

    @api.depends(
        "lifecycle_stage", "winback_value", "company_id.relationship_winback_cost"
    )
    def _compute_is_worth_winning_back(self):
        for relationship in self:
            relationship.is_worth_winning_back = (
                relationship.lifecycle_stage in WINBACK_STAGES
                and relationship.winback_value
                > relationship.company_id.sudo().relationship_winback_cost
            )

    @api.model
    def _search_is_worth_winning_back(self, operator, value):
        if operator != "in":
            return NotImplemented
        companies = self.env["res.company"].sudo().search([])
        costs = {company: company.relationship_winback_cost for company in companies}
        return Domain("lifecycle_stage", "in", WINBACK_STAGES) & self._worth_more(costs)

    @api.model
    def _worth_more(self, costs):
        """Return the domain of customers from whom more is expected than they cost.

        :param dict costs: amount in company currency by ``res.company``; customers of
            other companies do not match
        """
        rates = self._get_winback_rates(self.env["res.company"].union(*costs))
        lost = Domain("lifecycle_stage", "=", "lost")
        return Domain.OR(
            Domain("company_id", "=", company.id)
            & (
                (~lost & Domain("value_12m", ">", cost))
                | (lost & self._brings_more(rates[company], cost))
            )
            for company, cost in costs.items()
        )

    @api.model
    def _brings_more(self, rate, cost):
        return Domain("yearly_margin", ">", cost / rate) if rate else Domain.FALSE

    @api.model
    def _get_winback_rates(self, companies):
        """Return the retention of all customers by company; ``sudo``: it is a sum."""
        figures = self.env["crm.segment.figure"].sudo()
        return {company: figures._get_total(company).rate_used for company in companies}
