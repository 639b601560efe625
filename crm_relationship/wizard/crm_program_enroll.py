from odoo import fields, models


class CrmProgramEnroll(models.TransientModel):
    _name = "crm.program.enroll"
    _description = "Enrol Customers in a Program"

    program_id = fields.Many2one(
        comodel_name="crm.program",
        required=True,
        domain="[('step_ids', '!=', False)]",
        help="The customers go through the steps of this program, beginning today.",
    )
    relationship_ids = fields.Many2many(
        comodel_name="crm.relationship",
        string="Customers",
        required=True,
        default=lambda self: self._default_relationship_ids(),
    )

    def _default_relationship_ids(self):
        if self.env.context.get("active_model") != "crm.relationship":
            return False
        return self.env["crm.relationship"].browse(self.env.context["active_ids"])

    def action_enroll(self):
        """Enrol the customers and tell how many entered, and how many were in it."""
        self.ensure_one()
        enrolled = len(self.program_id._enroll(self.relationship_ids))
        already = len(self.relationship_ids) - enrolled
        message = self.env._(
            "%(enrolled)s customers entered “%(program)s”.",
            enrolled=enrolled,
            program=self.program_id.name,
        )
        if already:
            message += " " + self.env._(
                "%(already)s were going through it already.", already=already
            )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success" if enrolled else "info",
                "message": message,
                "next": {"type": "ir.actions.act_window_close"},
            },
        }
