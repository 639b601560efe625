from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL


class CrmRelationship(models.Model):
    """The contact plan a customer follows."""

    _inherit = "crm.relationship"

    plan_id = fields.Many2one(
        comodel_name="crm.contact.plan",
        string="Own Contact Plan",
        index="btree_not_null",
        ondelete="restrict",
        tracking=True,
        help="Goes before the plan of the customer's segment.",
    )
    effective_plan_id = fields.Many2one(
        comodel_name="crm.contact.plan",
        string="Contact Plan in Use",
        compute="_compute_effective_plan_id",
        search="_search_effective_plan_id",
        help="The customer's own plan, or else the plan of the segment.",
    )

    @api.depends("plan_id")
    def _compute_effective_plan_id(self):
        for relationship in self:
            relationship.effective_plan_id = relationship.plan_id

    @api.model
    def _search_effective_plan_id(self, operator, value):
        return Domain("plan_id", operator, value)

    @api.model
    def _effective_plan_sql(self, relationship):
        """Return SQL for the id of the plan that a row of the table follows.

        :param SQL relationship: alias of ``crm_relationship``
        """
        return SQL("%s.plan_id", relationship)

    @api.model
    def _get_plan_fields(self):
        """Return the names of the fields on which the plan in use depends."""
        return {"plan_id"}

    @api.model
    def _get_fields_by_hand(self):
        return super()._get_fields_by_hand() | {"plan_id"}

    @api.model
    def _get_merged_fields(self):
        return [*super()._get_merged_fields(), "plan_id"]
