from odoo import fields, models
from odoo.tools import SQL

from ..models.base.asked import check_one


class CrmInteractionRowMixin(models.AbstractModel):
    """The columns by which a report of a row an interaction is looked at.

    The id of a row is that of the interaction. Whoever inherits returns the SQL of a
    company's rows from ``_company_sql``. What is a setting of the company stands in it
    as a constant: joined to each row it would cost more than all the rest.
    """

    _name = "crm.interaction.row.mixin"
    _inherit = ["crm.record.mixin"]
    _description = "Row of an Interaction"

    company_id = fields.Many2one(comodel_name="res.company", readonly=True)
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        readonly=True,
    )
    segment_id = fields.Many2one(
        comodel_name="crm.segment",
        readonly=True,
        help="The segment in which the customer is today.",
    )
    touchpoint_id = fields.Many2one(
        comodel_name="crm.touchpoint",
        string="Channel",
        readonly=True,
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Salesperson",
        readonly=True,
    )
    program_id = fields.Many2one(comodel_name="crm.program", readonly=True)
    objective = fields.Selection(
        selection=lambda self: self._get_choices("objective"),
        readonly=True,
    )
    kind = fields.Selection(
        selection=lambda self: self._get_choices("kind"),
        readonly=True,
    )
    date = fields.Date(readonly=True)

    def action_view_interaction(self):
        """Open the interaction of the row."""
        check_one(self)
        return {
            "type": "ir.actions.act_window",
            "res_model": "crm.interaction",
            "res_id": self.id,
            "views": [(False, "form")],
        }

    @property
    def _table_query(self):
        """SQL over the ledger, of the companies at work.

        Of all companies for the superuser, with whom Odoo compares a row and its rules.
        """
        companies = self.env.companies
        if self.env.su:
            companies = companies.search([])
        # sudo: how the company counts is a setting
        return SQL(" UNION ALL ").join(
            self._company_sql(company) for company in companies.sudo()
        )

    def _company_sql(self, company):
        """Return SQL of the rows of a company."""
        raise NotImplementedError

    def _get_choices(self, name):
        """Return the choices of a field of interactions, in the user's language."""
        field = self.env["crm.interaction"]._fields[name]
        return field._description_selection(self.env)
