from odoo import fields, models

from ..base.bounds import Bounds

MAX_DAY = 24 * 60


class ResCompany(models.Model):
    """How much of a working day is for customer contacts."""

    _inherit = "res.company"

    relationship_minutes_day = fields.Integer(
        string="Minutes a Day",
        default=240,
        groups="base.group_user",
        help="Minutes for customer contacts on a whole working day of a salesperson."
        " Each can have others in the profile.",
    )

    _relationship_minutes_in_bounds = Bounds("relationship_minutes_day", 1, MAX_DAY)
