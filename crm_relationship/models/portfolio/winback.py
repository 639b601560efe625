"""Whether a customer is worth winning back: what to expect, and what a try costs.

What is expected is a likelihood × a value. Of customers at risk the forecast knows the
likelihood that they are customers still. Of those who are lost it is the share of lost
customers who came back within a year, as the company has seen; before it has seen
enough of them, they count as if they came back, and the words say so.
"""

from functools import cached_property

from odoo.fields import Domain

from ..base.figures import format_amount

LOST = "lost"
WINBACK_STAGES = ("at_risk", LOST)


class Winback:
    """What is to be expected of the customers of some companies."""

    def __init__(self, companies):
        self.env, self.companies = companies.env, companies

    @cached_property
    def chances(self):
        """The share of lost customers who came back, by company; read for the lost."""
        return self.companies._get_return_chances()

    def get_value(self, relationship):
        """Return the margin to expect within 12 months, or ``False``."""
        if relationship.lifecycle_stage != LOST:
            return relationship.value_12m
        value = relationship.active_value
        return value and value * self.chances.get(relationship.company_id, 1)

    def is_worth(self, relationship, cost):
        value = self.get_value(relationship)
        return value is not False and value > cost

    def get_domain(self, company, cost):
        """Return the domain of the customers of a company for whom a cost pays off."""
        lost = Domain("lifecycle_stage", "=", LOST)
        chance = self.chances.get(company, 1)
        came_back = (
            Domain("active_value", ">", cost / chance) if chance else Domain.FALSE
        )
        return Domain("company_id", "=", company.id) & (
            (~lost & Domain("value_12m", ">", cost)) | (lost & came_back)
        )

    def tell(self, relationship, cost):
        """Return in sentences what to expect of a customer, and what a try costs."""
        env, currency = self.env, relationship.currency_id
        expected = self.get_value(relationship)
        if expected is False:
            return env._(
                "What to expect of this customer is not known yet, so nobody can say"
                " that it pays off. A try costs %(cost)s.",
                cost=format_amount(env, cost, currency),
            )
        amounts = {
            "cost": format_amount(env, cost, currency),
            "expected": format_amount(env, expected, currency),
        }
        verdict = (
            env._("A try costs %(cost)s: it pays off.", **amounts)
            if self.is_worth(relationship, cost)
            else env._("A try costs %(cost)s: it does not pay off.", **amounts)
        )
        return f"{self._tell_expected(relationship, amounts)} {verdict}"

    def _tell_expected(self, relationship, amounts):
        env, value = self.env, relationship.active_value
        if value:
            amounts["value"] = format_amount(env, value, relationship.currency_id)
        if relationship.lifecycle_stage != LOST:
            if not value:
                return env._("Expected within 12 months: %(expected)s.", **amounts)
            return env._(
                "Likely to buy again: %(chance)s%%. That would be %(value)s within 12"
                " months, so %(expected)s can be expected.",
                chance=round(100 * relationship.value_12m / value),
                **amounts,
            )
        chance = self.chances.get(relationship.company_id)
        if chance is None:
            return env._(
                "%(expected)s within 12 months, if the customer comes back. How many"
                " lost customers do is not known here yet.",
                **amounts,
            )
        return env._(
            "Of the lost customers here, %(chance)s%% came back within a year. That"
            " would be %(value)s within 12 months, so %(expected)s can be expected.",
            chance=round(100 * chance),
            **{"value": amounts["expected"], **amounts},
        )
