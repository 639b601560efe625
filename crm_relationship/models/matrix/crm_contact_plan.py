from odoo import fields, models


class CrmContactPlan(models.Model):
    _inherit = "crm.contact.plan"

    experiment_ids = fields.One2many(
        comodel_name="crm.cadence.experiment",
        inverse_name="trial_plan_id",
        string="Experiments",
        help="Experiments in which half of a segment follows this plan.",
    )
