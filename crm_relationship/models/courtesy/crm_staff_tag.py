from odoo import fields, models


class CrmStaffTag(models.Model):
    """Something a customer may ask of a salesperson: "female", "speaks Javanese"."""

    _name = "crm.staff.tag"
    _inherit = ["crm.record.mixin"]
    _description = "Salesperson Attribute"
    _order = "name, id"

    name = fields.Char(required=True, translate=True)
    user_ids = fields.Many2many(
        comodel_name="res.users",
        relation="crm_staff_tag_user_rel",
        column1="tag_id",
        column2="user_id",
        string="Salespeople",
        domain="[('share', '=', False)]",
        help="Salespeople who have this attribute.",
    )
    active = fields.Boolean(default=True)

    _name_unique = models.Constraint(
        "UNIQUE(name)",
        "There is an attribute of this name already. Use that one.",
    )

    def _get_salespeople(self, company):
        """Return the salespeople of a company of whom all of these are true, by id."""
        found = self.env.ref("sales_team.group_sale_salesman").all_user_ids
        for tag in self:
            found &= tag.user_ids
        return found._filter_staff_of(company).sorted("id")
