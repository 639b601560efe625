from odoo import fields, models


class CrmCadenceMixin(models.AbstractModel):
    """How often something takes place: so many times in so many periods."""

    _name = "crm.cadence.mixin"
    _inherit = ["crm.record.mixin"]
    _description = "Cadence Mixin"

    times = fields.Integer(default=1)
    every = fields.Integer(default=1)
    period = fields.Selection(
        selection=[
            ("day", "days"),
            ("week", "weeks"),
            ("month", "months"),
            ("year", "years"),
        ],
        required=True,
        default="month",
    )
