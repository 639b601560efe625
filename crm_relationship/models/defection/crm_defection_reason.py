from odoo import api, fields, models

from ..base.bounds import sequence_bounds
from ..base.deletion import check_unused


class CrmDefectionReason(models.Model):
    _name = "crm.defection.reason"
    _inherit = ["crm.record.mixin"]
    _description = "Lost Customer Reason"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    avoidable = fields.Boolean(
        help="The company could have prevented it: these are the causes to work on.",
    )

    _sequence_in_bounds = sequence_bounds()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        check_unused(self)
