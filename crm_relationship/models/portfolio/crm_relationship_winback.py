"""Who is worth winning back, and for how much."""

from odoo import api, fields, models
from odoo.fields import Domain

from ..base.known import KnownMonetary
from .winback import WINBACK_STAGES, Winback


class CrmRelationship(models.Model):
    """What to expect of a customer who is won back."""

    _inherit = "crm.relationship"

    winback_value = KnownMonetary(
        string="Value When Won Back",
        compute="_compute_winback_value",
        help="Margin expected within the next 12 months: of a lost customer, value if a"
        " customer × share of lost customers who came back within a year, as soon as 30"
        " have been lost for a year, and until then as if that customer came back; of"
        " others, value, 12 months.",
    )
    is_worth_winning_back = fields.Boolean(
        string="Worth Winning Back",
        compute="_compute_is_worth_winning_back",
        search="_search_is_worth_winning_back",
        help="The customer is at risk or lost, and the value when won back is higher"
        " than the cost of winning back in the settings.",
    )

    @api.depends("lifecycle_stage", "value_12m", "active_value")
    def _compute_winback_value(self):
        winback = Winback(self.company_id)
        for relationship in self:
            relationship.winback_value = winback.get_value(relationship)

    @api.depends(
        "lifecycle_stage", "winback_value", "company_id.relationship_winback_cost"
    )
    def _compute_is_worth_winning_back(self):
        """Nobody is, as long as nobody has said what winning back costs.

        ``sudo``: the result, for salespeople who may not see the setting.
        """
        winback = Winback(self.company_id)
        for relationship in self:
            cost = relationship.company_id.sudo().relationship_winback_cost
            relationship.is_worth_winning_back = (
                cost > 0
                and relationship.lifecycle_stage in WINBACK_STAGES
                and winback.is_worth(relationship, cost)
            )

    @api.model
    def _search_is_worth_winning_back(self, operator, value):
        """Return the domain of those who are, or of all when both are asked for.

        ``sudo``: as in the compute; nothing of what is asked goes into it.
        """
        if operator != "in":
            return NotImplemented
        if False in value:
            return Domain.TRUE
        companies = self.env["res.company"].sudo().search([])
        costs = {
            company: company.relationship_winback_cost
            for company in companies
            if company.relationship_winback_cost
        }
        return Domain("lifecycle_stage", "in", WINBACK_STAGES) & self._worth_more(costs)

    @api.model
    def _worth_more(self, costs):
        """Return the domain of customers who are expected to bring more than they cost.

        :param dict costs: amount in company currency by ``res.company``; customers of
            other companies do not match
        """
        winback = Winback(self.env["res.company"].union(*costs))
        return Domain.OR(
            winback.get_domain(company, cost) for company, cost in costs.items()
        )

    def action_set_winback_cost(self):
        """Open the settings, where the cost of winning back is entered."""
        return self.env["ir.actions.act_window"]._for_xml_id(
            "crm_relationship.res_config_settings_action"
        )
