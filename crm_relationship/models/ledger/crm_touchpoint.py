from odoo import api, fields, models


class CrmTouchpoint(models.Model):
    _inherit = "crm.touchpoint"

    waits_for_live = fields.Boolean(
        string="Not Live",
        compute="_compute_waits_for_live",
        help="The channel is automated, and its messages are not sent in the current"
        " company: they wait until somebody goes live with it.",
    )

    @api.depends("mode")
    @api.depends_context("company")
    def _compute_waits_for_live(self):
        # sudo: whether a channel is live, for all who see channels
        live = self.env.company.sudo().live_touchpoint_ids
        for touchpoint in self:
            touchpoint.waits_for_live = (
                touchpoint.mode == "automated" and touchpoint not in live
            )
