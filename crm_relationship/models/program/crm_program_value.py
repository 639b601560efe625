from odoo import api, fields, models


class CrmProgram(models.Model):
    """What a program costs for each customer, and for whom it pays."""

    _inherit = "crm.program"

    worthwhile_only = fields.Boolean(
        string="Only Where It Pays",
        compute="_compute_worthwhile_only",
        store=True,
        readonly=False,
        tracking=True,
        help="Enrolls by itself only customers from whom more margin is expected within"
        " the next 12 months than the program costs for each customer.",
    )
    cost_currency_id = fields.Many2one(
        comodel_name="res.currency",
        compute="_compute_cost_per_customer",
    )
    cost_per_customer = fields.Monetary(
        currency_field="cost_currency_id",
        compute="_compute_cost_per_customer",
        help="Sum over the steps of: unit cost of the first touch point + its minutes ÷"
        " 60 × cost of an hour + cost of the benefit; plus the benefits of the program."
        " A recovery program costs at least the cost of winning back in the settings.",
    )

    @api.depends("objective")
    def _compute_worthwhile_only(self):
        for program in self:
            program.worthwhile_only = program.objective == "recovery"

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

    def _get_cost_per_customer(self, company):
        """Return the cost for one customer of a company, in its currency, as of today.

        ``sudo``: what a contact costs counts, whoever may see the settings.
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
                cost += touchpoint.duration / 60 * company.relationship_hourly_cost
            benefit = step.benefit_id.filtered("active")
            cost += benefit._get_company_cost(company, today)
        if program.objective == "recovery":
            cost = max(cost, company.relationship_winback_cost)
        return company.currency_id.round(cost)

    def _get_target_domain(self):
        domain = super()._get_target_domain()
        if self.worthwhile_only:
            companies = self.company_id or self.env["res.company"].sudo().search([])
            domain &= self.env["crm.relationship"]._worth_more(
                {company: self._get_cost_per_customer(company) for company in companies}
            )
        return domain

    def _get_unworthy(self, relationships):
        """Return the customers for whom the program costs more than is expected."""
        self.ensure_one()
        if not self.worthwhile_only:
            return relationships.browse()
        costs = {
            company: self._get_cost_per_customer(company)
            for company in relationships.company_id
        }
        return relationships.filtered(lambda r: r.winback_value <= costs[r.company_id])
