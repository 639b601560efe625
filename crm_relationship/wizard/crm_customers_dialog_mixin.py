from odoo import api, fields, models

from ..models.base.figures import format_count

# So many customers are named; more are counted.
NAMED = 3


class CrmCustomersDialogMixin(models.AbstractModel):
    """A dialog about the customers that were selected in a list.

    They may be thousands: a few are named, the others counted.
    """

    _name = "crm.customers.dialog.mixin"
    _inherit = ["crm.record.mixin"]
    _description = "Dialog about Customers"

    relationship_ids = fields.Many2many(
        comodel_name="crm.relationship",
        string="Customers",
        required=True,
        default=lambda self: self._default_relationship_ids(),
    )
    customer_summary = fields.Char(
        string="For",
        compute="_compute_customer_summary",
    )

    def _default_relationship_ids(self):
        if self.env.context.get("active_model") != "crm.relationship":
            return False
        return (
            self.env["crm.relationship"].browse(self.env.context["active_ids"]).exists()
        )

    @api.depends("relationship_ids")
    @api.depends_context("lang")
    def _compute_customer_summary(self):
        for dialog in self:
            customers = dialog.relationship_ids._origin
            names = ", ".join(customers[:NAMED].mapped("display_name"))
            more = len(customers) - NAMED
            dialog.customer_summary = (
                self.env._(
                    "%(names)s and %(count)s more",
                    names=names,
                    count=format_count(self.env, more),
                )
                if more > 0
                else names
            )
