from odoo import api, fields, models

from ..base.deletion import check_unused


class CrmDefectionReason(models.Model):
    _name = "crm.defection.reason"
    _description = "Lost Customer Reason"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    avoidable = fields.Boolean(
        help="The company could have prevented it: these are the causes to work on.",
    )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        check_unused(self)
