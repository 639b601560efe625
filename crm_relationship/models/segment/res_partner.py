from odoo import api, fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    segment_id = fields.Many2one(
        comodel_name="crm.segment",
        compute="_compute_segment_id",
        search="_search_segment_id",
        compute_sudo=True,
        groups="base.group_user",
    )
    segment_color = fields.Integer(
        related="segment_id.color",
        string="Segment Color",
        groups="base.group_user",
    )

    @api.depends("relationship_id")
    @api.depends_context("company")
    def _compute_segment_id(self):
        for partner in self:
            partner.segment_id = partner.relationship_id.segment_id

    @api.model
    def _search_segment_id(self, operator, value):
        return self._search_in_relationship("segment_id", operator, value)
