from odoo import api, fields, models


class CrmTouchChannel(models.Model):
    _inherit = "crm.touch.channel"

    program_step_id = fields.Many2one(
        comodel_name="crm.program.step",
        index="btree_not_null",
        ondelete="cascade",
    )

    _touch_exactly_one = models.Constraint(
        "CHECK((plan_line_id IS NULL) <> (program_step_id IS NULL))",
        "A channel belongs to one plan line or to one program step.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            steps = self.env["crm.program.step"]
            ids = {vals.get("program_step_id") for vals in vals_list}
            steps.browse(filter(None, ids)).program_id._before_edit()
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su:
            steps = self.program_step_id
            steps |= steps.browse(vals.get("program_step_id") or ())
            steps.program_id._before_edit()
        return super().write(vals)

    def unlink(self):
        if not self.env.su:
            self.program_step_id.program_id._before_edit()
        return super().unlink()
