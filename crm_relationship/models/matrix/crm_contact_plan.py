from odoo import fields, models

from . import undisturbed


class CrmContactPlan(models.Model):
    _inherit = "crm.contact.plan"

    experiment_ids = fields.One2many(
        comodel_name="crm.cadence.experiment",
        inverse_name="trial_plan_id",
        string="Experiments",
        help="Experiments in which half of a segment follows this plan.",
    )

    def write(self, vals):
        if vals.keys() - {"name", "sequence"}:
            undisturbed.check_untried(self)
        result = super().write(vals)
        if undisturbed.DISTURBING & vals.keys():
            undisturbed.note_changes(undisturbed.find_running(self))
        return result

    def unlink(self):
        undisturbed.check_untried(self)
        return super().unlink()
