from odoo import fields, models

from ...engine.feasibility import WEEKS_PER_YEAR
from .promises import Need


class CrmSegment(models.Model):
    _inherit = "crm.segment"

    qualified_user_ids = fields.Many2many(
        comodel_name="res.users",
        relation="crm_segment_qualified_user_rel",
        column1="segment_id",
        column2="user_id",
        string="Qualified Salespeople",
        domain="[('share', '=', False)]",
        copy=False,
        help="Salespeople who are qualified for the customers of this segment. Whoever"
        " is named for no segment at all may serve the customers of all of them.",
    )

    def _get_matrix_warning(self, change):
        """Tell that people have no time for what a cell would ask for."""
        if change.hours <= 0 or change.touchpoint.mode != "personal":
            return super()._get_matrix_warning(change)
        more = Need(
            change.interactions / WEEKS_PER_YEAR, change.hours * 60 / WEEKS_PER_YEAR
        )
        return self.env["crm.feasibility"]._warn(lambda promises: more)
