from odoo import fields, models

from ..base.bounds import sequence_bounds


class CrmTouchChannel(models.Model):
    """One channel in the order of preference of a line or step.

    A many2many is read in the order of its comodel; a plan line or step needs an order
    of its own ("WhatsApp, else a call, else a visit"), which this table holds. Each
    model of touches adds a field that refers to it.
    """

    _name = "crm.touch.channel"
    _inherit = ["crm.record.mixin"]
    _description = "Channel of a Planned Interaction"
    _order = "sequence, id"

    touchpoint_id = fields.Many2one(
        comodel_name="crm.touchpoint",
        string="Channel",
        required=True,
        index=True,
        ondelete="restrict",
    )
    sequence = fields.Integer(default=10)

    _sequence_in_bounds = sequence_bounds()
