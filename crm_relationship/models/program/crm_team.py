from odoo import api, models

from ..base.deletion import check_unused


class CrmTeam(models.Model):
    """A team whose orders start a program: without it, any order would."""

    _inherit = "crm.team"

    @api.ondelete(at_uninstall=False)
    def _unlink_except_starting_programs(self):
        check_unused(self)
