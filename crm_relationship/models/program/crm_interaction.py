from odoo import api, fields, models


class CrmInteraction(models.Model):
    """Interactions that are steps of a program."""

    _inherit = "crm.interaction"

    program_step_id = fields.Many2one(
        comodel_name="crm.program.step",
        index="btree_not_null",
        ondelete="set null",
        copy=False,
    )
    enrollment_id = fields.Many2one(
        comodel_name="crm.program.enrollment",
        index="btree_not_null",
        ondelete="set null",
        copy=False,
    )
    program_id = fields.Many2one(related="enrollment_id.program_id")

    _step_unique = models.UniqueIndex(
        "(enrollment_id, program_step_id) WHERE state IN ('scheduled', 'open', 'done')"
        " AND enrollment_id IS NOT NULL AND program_step_id IS NOT NULL",
        "This step of the program is planned for the customer already.",
    )

    @api.depends("program_step_id.note")
    def _compute_note(self):
        return super()._compute_note()

    @api.depends("program_step_id.benefit_id")
    def _compute_benefit_id(self):
        return super()._compute_benefit_id()

    def _get_touch(self):
        # sudo: as for a plan line
        return super()._get_touch() or self.sudo().program_step_id

    def _may_sell_first(self):
        # sudo: the gate's answer does not depend on who asks
        program = self.sudo().enrollment_id.program_id
        return program.skip_relationship_first or super()._may_sell_first()

    def _follow_closing(self):
        super()._follow_closing()
        # sudo: an enrollment is written by the system alone
        self.enrollment_id.sudo()._complete_when_done()

    def _follow_reopening(self):
        super()._follow_reopening()
        # sudo: as in ``_follow_closing``
        ended = self.enrollment_id.sudo()
        ended.filtered(lambda e: e.state == "completed").state = "running"

    def _get_moot_reason(self):
        # sudo: whether an order stands does not depend on who asks
        order = self.sudo().enrollment_id.sale_order_id
        if order.state == "cancel":
            return "order_cancelled"
        return super()._get_moot_reason()

    @api.model
    def _before_scheduling(self, company):
        super()._before_scheduling(company)
        self.env["sale.order"]._catch_up_programs(company)
        self.env["crm.program"]._enroll_occasions(company)
