from odoo import api, fields, models
from odoo.fields import Domain


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
        compute="_compute_segment_color",
        search="_search_segment_color",
        compute_sudo=True,
        groups="base.group_user",
    )

    @api.depends("relationship_id")
    @api.depends_context("company")
    def _compute_segment_id(self):
        for partner in self:
            partner.segment_id = partner.relationship_id.segment_id

    @api.depends("segment_id.color")
    @api.depends_context("company")
    def _compute_segment_color(self):
        """No related field: Odoo would let everybody search through one."""
        for partner in self:
            partner.segment_color = partner.segment_id.color

    @api.model
    def _search_segment_id(self, operator, value):
        return self._search_in_relationship("segment_id", operator, value)

    @api.model
    def _search_segment_color(self, operator, value):
        if operator in Domain.NEGATIVE_OPERATORS:
            return NotImplemented
        # sudo: the color is shown on the contact to those who may not read segments
        segments = self.env["crm.segment"].sudo().with_context(active_test=False)
        found = segments.search([("color", operator, value)])
        return self._search_in_relationship("segment_id", "in", found.ids)
