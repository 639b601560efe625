from odoo import api, models

from . import undisturbed


class CrmTouchChannel(models.Model):
    """Through which channels both halves of an experiment are reached stays, too."""

    _inherit = "crm.touch.channel"

    @api.model_create_multi
    def create(self, vals_list):
        channels = super().create(vals_list)
        channels._note_disturbance(channels.plan_line_id.plan_id)
        return channels

    def write(self, vals):
        plans = self.plan_line_id.plan_id
        result = super().write(vals)
        self._note_disturbance(plans | self.plan_line_id.plan_id)
        return result

    def unlink(self):
        plans = self.plan_line_id.plan_id
        result = super().unlink()
        self._note_disturbance(plans)
        return result

    def _note_disturbance(self, plans):
        undisturbed.check_untried(plans)
        undisturbed.note_changes(undisturbed.find_running(plans))
