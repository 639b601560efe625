from odoo import fields, models


class CrmContactPlan(models.Model):
    _inherit = "crm.contact.plan"

    segment_ids = fields.One2many(
        comodel_name="crm.segment",
        inverse_name="plan_id",
        string="Segments",
    )
