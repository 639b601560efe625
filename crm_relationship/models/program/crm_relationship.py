from odoo import api, fields, models


class CrmRelationship(models.Model):
    """The programs a customer goes through."""

    _inherit = "crm.relationship"

    enrollment_ids = fields.One2many(
        comodel_name="crm.program.enrollment",
        inverse_name="relationship_id",
        string="Programs",
    )

    @api.model
    def _follow_refresh(self, company):
        super()._follow_refresh(company)
        self.env["crm.program"]._enroll_lifecycle(company)

    def _hand_over_to(self, target):
        super()._hand_over_to(target)
        self.enrollment_ids.write({"relationship_id": target.id})
