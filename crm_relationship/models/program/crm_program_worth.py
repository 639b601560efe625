from odoo import api, fields, models

from ..base.bounds import MAX_AMOUNT, Bounds
from ..base.figures import format_amount
from ..portfolio.winback import Winback
from . import spending

# In the currency of the company whose customers the program is for.
AMOUNTS = ("budget", "order_amount")


class CrmProgram(models.Model):
    """What a program costs, and for whom it pays."""

    _inherit = "crm.program"

    worthwhile_only = fields.Boolean(
        string="Only Where It Pays Off",
        compute="_compute_worthwhile_only",
        store=True,
        readonly=False,
        tracking=True,
        help="Automatically enrolls only customers from whom more margin is expected"
        " within the next 12 months than the program costs for each customer.",
    )
    cost_currency_id = fields.Many2one(
        comodel_name="res.currency", compute="_compute_cost_per_customer"
    )
    cost_per_customer = fields.Monetary(
        string="Cost per Customer",
        currency_field="cost_currency_id",
        compute="_compute_cost_per_customer",
        help="Sum over the steps of: unit cost of the first channel + its minutes ÷ 60"
        " × cost of an hour + cost of the benefit; plus the benefits of the program. A"
        " recovery program costs at least the cost of winning back in the settings.",
    )
    budget = fields.Monetary(
        currency_field="cost_currency_id",
        help="What the program may cost: interactions, time and benefits. What it has"
        " cost is told beside it; nobody is held back. 0 is no budget.",
    )
    budget_note = fields.Char(
        string="Spent",
        compute="_compute_budget_note",
        groups="sales_team.group_sale_manager",
        help="What the program has cost so far: interactions, time and benefits.",
    )

    _budget_in_bounds = Bounds("budget", 0, MAX_AMOUNT)

    @api.depends("objective", "trigger")
    def _compute_worthwhile_only(self):
        """Win back only where it pays; who complained is asked in any case."""
        for program in self:
            program.worthwhile_only = (
                program.objective == "recovery" and program.trigger != "complaint"
            )

    @api.depends(
        "objective",
        "company_id",
        "benefit_ids.cost",
        "step_ids.benefit_id.cost",
        "step_ids.touchpoint_ids.unit_cost",
        "step_ids.touchpoint_ids.duration",
    )
    @api.depends_context("company")
    def _compute_cost_per_customer(self):
        for program in self:
            company = program.company_id or self.env.company
            program.cost_currency_id = company.currency_id
            program.cost_per_customer = program._get_cost_per_customer(company)

    @api.depends("budget", "company_id")
    @api.depends_context("company", "lang")
    def _compute_budget_note(self):
        for program in self:
            known = program._origin
            company = known.company_id or self.env.company
            program.budget_note = known and spending.describe(known, company)

    def _get_cost_per_customer(self, company):
        """Return the cost for one customer of a company, in its currency, as of today.

        ``sudo``: the cost of an interaction counts even for users who may not see the
        settings.
        """
        program = self.sudo()
        program.ensure_one()
        company = company.sudo()
        today = company._relationship_today()
        benefits = program.benefit_ids.filtered("active")
        cost = benefits._get_company_cost(company, today)
        for step in program.step_ids:
            touchpoint = step._get_candidates(self.env["crm.touchpoint"].sudo())[:1]
            if touchpoint:
                cost += touchpoint.currency_id._convert(
                    touchpoint.unit_cost, company.currency_id, company, today
                )
                cost += company._get_working_cost(touchpoint.duration)
            benefit = step.benefit_id.filtered("active")
            cost += benefit._get_company_cost(company, today)
        if program.objective == "recovery":
            cost = max(cost, company.relationship_winback_cost)
        return company.currency_id.round(cost)

    def _convert_amounts(self, company, former):
        """Convert the amounts to the currency that a company has now, and say so.

        :param former: ``res.currency`` that it had until now
        """
        for program in self:
            names = [name for name in AMOUNTS if program[name]]
            before = {name: program[name] for name in names}
            program.write({n: company._convert_cost(before[n], former) for n in names})
            for name in names:
                program._message_log(
                    body=program.env._(
                        "%(amount)s: %(before)s was converted to %(now)s, because the"
                        " currency of the company was changed.",
                        amount=program._fields[name]._description_string(program.env),
                        before=format_amount(program.env, before[name], former),
                        now=format_amount(
                            program.env, program[name], company.currency_id
                        ),
                    )
                )

    def _note_amounts(self, company):
        """Say that amounts count in another currency for the customers of a company."""
        for program in self:
            for name in AMOUNTS:
                if program[name]:
                    program._message_log(
                        body=program.env._(
                            "%(amount)s counts in %(currency)s for customers of"
                            " %(company)s from now on, because the currency of that"
                            " company was changed. The number stayed: check it.",
                            amount=program._fields[name]._description_string(
                                program.env
                            ),
                            currency=company.currency_id.name,
                            company=company.name,
                        )
                    )

    def _get_unworthy(self, relationships):
        """Return customers who are expected to bring less than the program costs."""
        self.ensure_one()
        if not self.worthwhile_only:
            return relationships.browse()
        costs = {
            company: self._get_cost_per_customer(company)
            for company in relationships.company_id
        }
        winback = Winback(relationships.company_id)
        return relationships.filtered(
            lambda r: not winback.is_worth(r, costs[r.company_id])
        )

    def _tell_worth(self, relationship, winback=None):
        """Return why the program is, or is not, worth its cost for a customer.

        :param Winback winback: of the customer's company, where many are told of
        :return: sentences, or ``False`` where that is not asked
        """
        self.ensure_one()
        if not self.worthwhile_only or not relationship:
            return False
        company = relationship.company_id
        cost = self._get_cost_per_customer(company)
        return (winback or Winback(company)).tell(relationship, cost)
