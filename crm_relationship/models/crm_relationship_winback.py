from odoo import api, fields, models
from odoo.fields import Domain

WINBACK_STAGES = ("at_risk", "lost")


class CrmRelationship(models.Model):
    """Whom to win back: only customers from whom more is expected than it costs."""

    _inherit = "crm.relationship"

    is_worth_winning_back = fields.Boolean(
        string="Worth Winning Back",
        compute="_compute_is_worth_winning_back",
        search="_search_is_worth_winning_back",
        help="The customer is at risk or lost, and the margin expected within the next"
        " 12 months (margin a year × share of the customers of the segment who are"
        " still active a year later) is higher than what winning a customer back costs,"
        " by the settings of the company. As long as nobody knows how many lost"
        " customers come back, nothing is expected of them.",
    )

    @api.depends("lifecycle_stage", "value_12m", "company_id.relationship_winback_cost")
    def _compute_is_worth_winning_back(self):
        for relationship in self:
            relationship.is_worth_winning_back = (
                relationship.lifecycle_stage in WINBACK_STAGES
                and relationship.value_12m
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
        return Domain.OR(
            Domain("company_id", "=", company.id) & Domain("value_12m", ">", cost)
            for company, cost in costs.items()
        )
