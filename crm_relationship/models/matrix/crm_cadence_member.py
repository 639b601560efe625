from odoo import fields, models


class CrmCadenceMember(models.Model):
    """A customer of a cadence experiment, in the half that chance gave it."""

    _name = "crm.cadence.member"
    _inherit = ["crm.record.mixin"]
    _description = "Customer in a Cadence Experiment"
    _rec_name = "relationship_id"

    experiment_id = fields.Many2one(
        comodel_name="crm.cadence.experiment",
        required=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(related="experiment_id.company_id", store=True)
    relationship_id = fields.Many2one(
        comodel_name="crm.relationship",
        string="Customer",
        required=True,
        index=True,
        ondelete="cascade",
    )
    is_tried = fields.Boolean(
        string="Other Cadence",
        help="In the half that follows the other cadence.",
    )
