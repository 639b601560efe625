from odoo import api, fields, models


class CrmTouchMixin(models.AbstractModel):
    """What the customer gets with a touch."""

    _inherit = "crm.touch.mixin"

    benefit_id = fields.Many2one(
        comodel_name="crm.benefit",
        index="btree_not_null",
        ondelete="restrict",
        help="What the customer gets with this interaction.",
    )
    benefit_warning = fields.Char(
        compute="_compute_benefit_warning",
        help="Names the segments that are reached but that the benefit does not suit."
        " A warning only: it can be used anyway.",
    )

    @api.depends("benefit_id")
    def _compute_benefit_warning(self):
        for touch in self:
            touch.benefit_warning = touch.benefit_id._get_warning(
                touch._get_reached_segments()
            )

    @api.constrains("benefit_id")
    def _check_benefit_company(self):
        for touch in self:
            touch.benefit_id._check_usable_by(touch._get_company(), touch.name)

    def _get_reached_segments(self):
        """Return the segments whose customers get this interaction."""
        return self.env["crm.segment"]

    def _get_company(self):
        """Return the company the interaction is limited to; empty: not limited."""
        return self.env["res.company"]
