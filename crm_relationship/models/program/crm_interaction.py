from odoo import api, fields, models
from odoo.tools import SQL

from ..ledger.live import PREVIEW


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

    @api.model
    def _drop_passed(self, today, waiting):
        """Nobody is thanked weeks after the purchase; SQL because it may be months of
        orders. Steps whose day is still to come take place.
        """
        super()._drop_passed(today, waiting)
        enrollments = self.env.execute_query(
            SQL(
                """
                UPDATE crm_interaction i
                   SET state = 'cancelled', reason_code = %s, write_date = %s
                 WHERE %s AND i.enrollment_id IS NOT NULL AND i.date_due < %s
             RETURNING i.enrollment_id
                """,
                PREVIEW,
                self.env.cr.now(),
                waiting,
                today,
            )
        )
        self.invalidate_model()
        self.env["crm.program.enrollment"].browse(
            {id_ for [id_] in enrollments}
        )._complete_when_done()

    @api.model
    def _before_scheduling(self, company):
        super()._before_scheduling(company)
        self.env["sale.order"]._catch_up_programs(company)
        self.env["crm.program"]._enroll_occasions(company)
