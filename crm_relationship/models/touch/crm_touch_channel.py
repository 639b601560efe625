from odoo import fields, models


class CrmTouchChannel(models.Model):
    """One touch point in the order of preference of a touch.

    A many2many reads in the order of its comodel; a touch needs an order of its own
    ("WhatsApp, else a call, else a visit"), which is what this table holds. Each model
    of touches adds a field that refers to it.
    """

    _name = "crm.touch.channel"
    _description = "Touch Point of a Planned Contact"
    _order = "sequence, id"

    touchpoint_id = fields.Many2one(
        comodel_name="crm.touchpoint",
        required=True,
        index=True,
        ondelete="restrict",
    )
    sequence = fields.Integer(default=10)
