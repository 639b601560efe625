from odoo import fields, models


class CrmInteraction(models.Model):
    _inherit = "crm.interaction"

    segment_id = fields.Many2one(related="relationship_id.segment_id")
    segment_color = fields.Integer(related="segment_id.color", string="Segment Color")
