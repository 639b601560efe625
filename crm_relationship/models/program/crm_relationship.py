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
        # An order that changed hands between the two went through the program twice.
        taken = {(e.program_id, e.sale_order_id) for e in target.enrollment_ids}
        self.enrollment_ids.filtered(
            lambda e: e.sale_order_id and (e.program_id, e.sale_order_id) in taken
        ).write({"sale_order_id": False})
        self.enrollment_ids.write({"relationship_id": target.id})
