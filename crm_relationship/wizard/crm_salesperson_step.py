from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.base.asked import check_one
from ..models.customer.salesperson import APART, LEADERS, count_steps

# Counts of the dialog, and the steps that each counts.
COUNTS = {
    "same_count": ("same", "nobody"),
    "dedicated_changed_count": ("dedicated_changed",),
    "dedicated_filled_count": ("dedicated_filled",),
    "contact_changed_count": ("contact_changed",),
    "contact_filled_count": ("contact_filled",),
    "unable_count": ("unable",),
    "elsewhere_count": ("elsewhere",),
}


class CrmSalespersonStep(models.TransientModel):
    """One salesperson for each customer: who leads, and what that would change.

    It is shown before anything changes, with the customers behind each number.
    """

    _name = "crm.salesperson.step"
    _inherit = ["crm.record.mixin"]
    _description = "One Salesperson for Each Customer"
    _rec_name = "company_id"

    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        readonly=True,
        default=lambda self: self.env.company,
    )
    leader = fields.Selection(
        selection=LEADERS,
        string="Who Leads",
        required=True,
        default=lambda self: self.env.company.sudo().relationship_salesperson or APART,
    )
    is_pending = fields.Boolean(
        related="company_id.relationship_salesperson_pending",
        string="Being Carried Out",
    )
    same_count = fields.Integer(
        string="Stay as They Are",
        compute="_compute_counts",
        help="The same person is named in both places, or nobody is in either.",
    )
    dedicated_changed_count = fields.Integer(
        string="Get another dedicated salesperson",
        compute="_compute_counts",
        help="Two people are named, and the contact's salesperson wins: the customer is"
        " handed over, with what is planned.",
    )
    dedicated_filled_count = fields.Integer(
        string="Get a dedicated salesperson",
        compute="_compute_counts",
        help="Only on the contact somebody is named.",
    )
    contact_changed_count = fields.Integer(
        string="Get another salesperson on the contact",
        compute="_compute_counts",
        help="Two people are named, and the dedicated salesperson wins. Where the"
        " contact's salesperson does not work in this company, the same happens in"
        " either case.",
    )
    contact_filled_count = fields.Integer(
        string="Get a salesperson on the contact",
        compute="_compute_counts",
        help="Only the dedicated salesperson is named.",
    )
    unable_count = fields.Integer(
        string="Nobody can serve",
        compute="_compute_counts",
        help="Who is named does not work in this company, or no longer. Nothing changes"
        " there; choose somebody.",
    )
    elsewhere_count = fields.Integer(
        string="Kept apart",
        compute="_compute_counts",
        help="These customers belong to another company, or one that keeps both in step"
        " has served them longer. On the contact one person is named for all companies:"
        " the one of that company.",
    )

    @api.depends("company_id", "leader")
    def _compute_counts(self):
        """Count for whoever may decide; sudo: those who see nobody count nobody."""
        for wizard in self:
            found = {}
            if wizard.leader != APART and wizard._may_decide():
                found = count_steps(wizard.company_id.sudo(), wizard.leader)
            for name, steps in COUNTS.items():
                wizard[name] = sum(found.get(step, 0) for step in steps)

    def _may_decide(self):
        return (
            self.env.user.has_group("sales_team.group_sale_manager")
            and self.company_id in self.env.companies
        )

    def _check_may_decide(self):
        check_one(self)
        if not self._may_decide():
            raise UserError(
                self.env._(
                    "Only sales administrators of %(company)s decide this.",
                    company=self.company_id.name,
                )
            )

    def action_apply(self):
        """Keep both salespeople in step from now on, or apart.

        ``sudo``: a sales administrator decides it, who need not have the right to
        settings, and it goes for customers of everybody.
        """
        self._check_may_decide()
        self.company_id.sudo()._keep_salespeople(self.leader)
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    def action_view_dedicated_changed(self):
        return self._view_customers("dedicated_changed_count")

    def action_view_dedicated_filled(self):
        return self._view_customers("dedicated_filled_count")

    def action_view_contact_changed(self):
        return self._view_customers("contact_changed_count")

    def action_view_contact_filled(self):
        return self._view_customers("contact_filled_count")

    def action_view_unable(self):
        return self._view_customers("unable_count")

    def action_view_elsewhere(self):
        return self._view_customers("elsewhere_count")

    def _view_customers(self, name):
        """Open the customers whom one of the counts counts."""
        self._check_may_decide()
        if self.leader == APART:
            raise UserError(self.env._("Kept apart, nothing changes for anybody."))
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_relationship.crm_relationship_action_step"
        )
        title = self._fields[name]._description_string(self.env)
        return {
            **action,
            "name": title,
            "display_name": title,
            "domain": [
                ("company_id", "=", self.company_id.id),
                (f"step_if_{self.leader}", "in", list(COUNTS[name])),
            ],
        }
