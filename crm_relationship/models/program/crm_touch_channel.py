from odoo import fields, models


class CrmTouchChannel(models.Model):
    _inherit = "crm.touch.channel"

    program_step_id = fields.Many2one(
        comodel_name="crm.program.step",
        index="btree_not_null",
        ondelete="cascade",
    )

    _touch_exactly_one = models.Constraint(
        "CHECK((plan_line_id IS NULL) <> (program_step_id IS NULL))",
        "A channel belongs to one plan line or to one program step.",
    )
