from odoo import fields, models


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
