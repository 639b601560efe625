from odoo import api, models

from .deletion import check_unused


class CrmSegment(models.Model):
    """A segment that a benefit names stays.

    A benefit whose last segment vanished would suit everybody all at once.
    """

    _inherit = "crm.segment"

    @api.ondelete(at_uninstall=False)
    def _unlink_except_named_by_benefit(self):
        check_unused(self)
