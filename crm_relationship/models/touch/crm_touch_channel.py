from odoo import fields, models


class CrmTouchChannel(models.Model):
    """One touch point in the order of preference of a plan line or program step.

    A many2many reads in the order of its comodel; a touch needs an order of its own
    ("WhatsApp, else a call, else a visit"), which is what this table holds.
    """

    _name = "crm.touch.channel"
    _description = "Touch Point of a Planned Contact"
    _order = "sequence, id"

    plan_line_id = fields.Many2one(
        comodel_name="crm.contact.plan.line",
        index="btree_not_null",
        ondelete="cascade",
    )
    program_step_id = fields.Many2one(
        comodel_name="crm.program.step",
        index="btree_not_null",
        ondelete="cascade",
    )
    touchpoint_id = fields.Many2one(
        comodel_name="crm.touchpoint",
        required=True,
        index=True,
        ondelete="restrict",
    )
    sequence = fields.Integer(default=10)

    _touch_exactly_one = models.Constraint(
        "CHECK((plan_line_id IS NULL) <> (program_step_id IS NULL))",
        "A touch point belongs to one plan line or to one program step.",
    )
