from odoo import api, fields, models

from ..base.bounds import Bounds
from .holdout import MAX_HOLDOUT, MAX_RESULT_DAYS

MANAGERS = "sales_team.group_sale_manager,base.group_system"


class ResCompany(models.Model):
    """Who approves programs, how much may sell, and who is kept aside from all."""

    _inherit = "res.company"

    program_four_eyes = fields.Boolean(
        string="Programs Are Approved",
        groups="base.group_user",
        help="Another sales manager than the one who changed a program last has to"
        " approve it before customers enter.",
    )

    relationship_holdout_share = fields.Integer(
        string="Kept Aside from All Programs",
        default=0,
        groups="base.group_user",
        help="Of a hundred customers for whom a program starts, this many are kept"
        " aside, chosen by chance: they get no program at all, apart from those that"
        " everybody gets, and everything else. 0 is nobody. 5 to 15 are usual.",
    )
    relationship_holdout_months = fields.Integer(
        string="Chosen Anew Every (months)",
        default=6,
        groups=MANAGERS,
        help="After this many months it is chosen anew who is kept aside. What the"
        " earlier groups bought stays countable. Another number counts from the next"
        " period on.",
    )
    relationship_holdout_days = fields.Integer(
        string="Days to Buy",
        default=90,
        groups=MANAGERS,
        help="What customers buy within this number of days after their first program"
        " would have started counts. Another number counts from the next period on.",
    )

    relationship_selling_share = fields.Integer(
        string="Share of Selling at Most (%)",
        default=50,
        groups="base.group_user",
        help="Of a hundred interactions that care for the relationship or sell, at most"
        " this many should sell. A program that would exceed it warns; nothing is held"
        " back. 0 turns the warning off.",
    )

    _relationship_selling_share_in_bounds = Bounds(
        "relationship_selling_share", high=100
    )
    _holdout_share_in_bounds = Bounds("relationship_holdout_share", 0, MAX_HOLDOUT)
    _holdout_months_in_bounds = Bounds("relationship_holdout_months", 1, 24)
    _holdout_days_in_bounds = Bounds("relationship_holdout_days", 7, MAX_RESULT_DAYS)

    def write(self, vals):
        """Begin a period where the share changes: two shares are never mixed.

        ``sudo``: periods are written by methods alone; amounts of programs follow the
        currency, whoever changes it.
        """
        former = {c: c.relationship_holdout_share for c in self}
        currency = vals.get("currency_id") and self.sudo()._get_common_currency()
        result = super().write(vals)
        if currency and currency != self.currency_id:
            self.sudo()._take_over_shared_amounts(currency)
        if "relationship_holdout_share" in vals:
            for company in self.sudo():
                if former[company] != company.relationship_holdout_share:
                    company.env["crm.holdout"]._begin(company)
        return result

    @api.model
    def _get_common_currency(self):
        """Return the currency of all companies; none where they have several."""
        common = self.search([]).currency_id
        return common if len(common) == 1 else common.browse()

    def _convert_own_amounts(self, currency):
        """Convert what programs of this company may cost, and ask of orders."""
        programs = self.env["crm.program"].with_context(active_test=False)
        programs.search([("company_id", "=", self.id)])._convert_amounts(self, currency)
        return super()._convert_own_amounts(currency)

    def _take_over_shared_amounts(self, currency):
        """Convert the amounts of programs for all companies, if one rate fits all.

        :param currency: ``res.currency`` that all companies had until now
        """
        programs = self.env["crm.program"].with_context(active_test=False)
        shared = programs.search([("company_id", "=", False)])
        if self._get_common_currency():
            shared._convert_amounts(self[:1], currency)
        else:
            shared._note_amounts(self[:1])
