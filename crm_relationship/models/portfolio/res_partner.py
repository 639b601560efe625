from odoo import api, fields, models

from ..customer.lifecycle import LIFECYCLE_STAGES


class ResPartner(models.Model):
    _inherit = "res.partner"

    lifecycle_stage = fields.Selection(
        string="Life Cycle Stage",
        selection=LIFECYCLE_STAGES,
        compute="_compute_lifecycle_stage",
        search="_search_lifecycle_stage",
        compute_sudo=True,
        groups="base.group_user",
    )

    @api.depends("relationship_id")
    @api.depends_context("company")
    def _compute_lifecycle_stage(self):
        for partner in self:
            partner.lifecycle_stage = partner.relationship_id.lifecycle_stage

    @api.model
    def _search_lifecycle_stage(self, operator, value):
        return self._search_in_relationship("lifecycle_stage", operator, value)
