from odoo import fields, models

from ..models.base.asked import check_one


class CrmInteractionRowMixin(models.AbstractModel):
    """The columns by which a report of a row an interaction is looked at.

    The id of a row is that of the interaction.
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

    def _get_choices(self, name):
        """Return the choices of a field of interactions, in the user's language."""
        field = self.env["crm.interaction"]._fields[name]
        return field._description_selection(self.env)
