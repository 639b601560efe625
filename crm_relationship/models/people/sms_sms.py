from odoo import api, fields, models
from odoo.fields import Domain

from ..base.bounds import moment_bounds
from .carrying import get_departure


class SmsSms(models.Model):
    """What salespeople have just sent can be recalled for some seconds."""

    _inherit = "sms.sms"

    crm_departure = fields.Datetime(
        string="Sent On",
        default=lambda self: get_departure(),
        groups="base.group_user",
        help="Until then whoever sent it can recall it.",
    )

    _crm_departure_in_bounds = moment_bounds("crm_departure")

    @api.model
    def _get_may_leave_domain(self):
        now = fields.Datetime.now()
        return super()._get_may_leave_domain() & (
            Domain("crm_departure", "=", False) | Domain("crm_departure", "<=", now)
        )
