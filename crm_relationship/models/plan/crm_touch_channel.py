from odoo import fields, models


class CrmTouchChannel(models.Model):
    _inherit = "crm.touch.channel"

    plan_line_id = fields.Many2one(
        comodel_name="crm.contact.plan.line",
        index="btree_not_null",
        ondelete="cascade",
    )
