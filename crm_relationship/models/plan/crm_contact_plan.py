from odoo import api, fields, models

from ..base.bounds import sequence_bounds
from ..base.deletion import check_unused


class CrmContactPlan(models.Model):
    _name = "crm.contact.plan"
    _inherit = ["crm.copy.mixin", "crm.failure.mixin"]
    _description = "Contact Plan"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        comodel_name="res.company",
        index=True,
        help="Left empty, all companies may use this plan.",
    )
    line_ids = fields.One2many(
        comodel_name="crm.contact.plan.line",
        inverse_name="plan_id",
        string="Interactions",
        copy=True,
    )

    _sequence_in_bounds = sequence_bounds()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        check_unused(self)

    def unlink(self):
        """Delete the lines first, so that what they have scheduled is cancelled."""
        self.with_context(active_test=False).line_ids.unlink()
        return super().unlink()
