from contextvars import ContextVar

from odoo import api, models

from . import undisturbed

# Whether a change is being taken back, which plans what was planned before.
TAKING_BACK = ContextVar("crm_relationship.taking_back", default=False)


class CrmContactPlanLine(models.Model):
    """What a cadence experiment compares does not change unnoticed."""

    _inherit = "crm.contact.plan.line"

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        undisturbed.check_untried(lines.plan_id)
        undisturbed.note_changes(undisturbed.find_running(lines.plan_id))
        return lines

    def write(self, vals):
        plans = self.plan_id
        undisturbed.check_untried(plans)
        result = super().write(vals)
        if undisturbed.DISTURBING & vals.keys():
            undisturbed.check_untried(self.plan_id - plans)
            plans |= self.plan_id
            undisturbed.note_changes(undisturbed.find_running(plans))
        return result

    def unlink(self):
        undisturbed.check_untried(self.plan_id)
        experiments = undisturbed.find_running(self.plan_id)
        result = super().unlink()
        undisturbed.note_changes(experiments)
        return result

    def _follow_cadence(self):
        if not TAKING_BACK.get():
            super()._follow_cadence()
