from markupsafe import Markup

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..ledger.live import PREVIEW


class CrmInteraction(models.Model):
    """Interactions that are steps of a program."""

    _inherit = "crm.interaction"

    reason_code = fields.Selection(
        selection_add=[("program_archived", "Program archived")],
    )
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
    about = fields.Char(
        compute="_compute_about",
        help="The sales orders that the interaction is about, with what the customer"
        " has kept of them.",
    )

    _step_unique = models.UniqueIndex(
        "(enrollment_id, program_step_id) WHERE state IN ('scheduled', 'open', 'done')"
        " AND enrollment_id IS NOT NULL AND program_step_id IS NOT NULL",
        "This step of the program is planned for the customer already.",
    )

    @api.depends("enrollment_id", "partner_id")
    def _compute_about(self):
        # sudo: whoever contacts the customer is told what about
        steps = self.sudo().filtered("enrollment_id").with_env(self.env)
        (self - steps).about = False
        for interaction in steps:
            enrollment = interaction.sudo().enrollment_id
            orders = enrollment._get_followed_orders().sorted("id")
            interaction.about = "; ".join(
                order._describe_kept(interaction.partner_id.lang) for order in orders
            )

    @api.depends("program_step_id.note", "enrollment_id")
    def _compute_note(self):
        result = super()._compute_note()
        # most are no steps of a program, and about nothing
        for interaction in self.filtered("enrollment_id").filtered("about"):
            about = Markup("<p>%s</p>") % self.env._("About: %s", interaction.about)
            interaction.note = (interaction.note or Markup()) + about
        return result

    @api.depends("program_step_id.benefit_id")
    def _compute_benefit_id(self):
        return super()._compute_benefit_id()

    def _get_touch(self):
        # sudo: as for a plan line
        return super()._get_touch() or self.sudo().program_step_id

    @api.model
    def _get_occasion_domain(self):
        own = Domain("enrollment_id.program_id.trigger", "=", "occasion")
        return super()._get_occasion_domain() | own

    def _may_sell_first(self):
        # sudo: the gate's answer does not depend on who asks
        program = self.sudo().enrollment_id.program_id
        return program.skip_relationship_first or super()._may_sell_first()

    def _refresh_guidance(self):
        """Let what is in a queue already say what the customer has kept.

        ``sudo``: the activity may be in anybody's queue.
        """
        self.invalidate_recordset(["about", "note"])
        for interaction in self.sudo().filtered(lambda i: i.activity_id.active):
            interaction.activity_id.note = interaction.note

    def _read_earlier(self):
        """Steps of a program follow one another.

        SQL because only days are compared, of many interactions at once.
        """
        steps = self.filtered("enrollment_id")
        if not steps:
            return super()._read_earlier()
        self.flush_model()
        earlier = {**super()._read_earlier()}
        for id_, before_id, planned in self.env.execute_query(
            SQL(
                """
                SELECT i.id, earlier.id, earlier.date_planned
                  FROM crm_interaction i
                  JOIN crm_interaction earlier
                    ON earlier.enrollment_id = i.enrollment_id
                   AND earlier.state IN ('scheduled', 'open')
                   AND (earlier.date_due, earlier.id) < (i.date_due, i.id)
                 WHERE i.id = ANY(%s)
              ORDER BY i.id, earlier.date_due, earlier.id
                """,
                steps.ids,
            )
        ):
            earlier.setdefault(id_, []).append((before_id, planned))
        return earlier

    def _before_sending(self):
        super()._before_sending()
        self.partner_id.invalidate_recordset(["follow_up_orders"])

    def _follow_closing(self):
        super()._follow_closing()
        # sudo: an enrollment and its steps are written by the system alone
        enrollments = self.enrollment_id.sudo()
        blocked = enrollments.interaction_ids.filtered(
            lambda i: i.state == "scheduled" and i.reason_code == "step_first"
        )
        blocked._plan_as_wanted()
        enrollments._complete_when_done()

    def _follow_reopening(self):
        super()._follow_reopening()
        # sudo: as in ``_follow_closing``
        ended = self.enrollment_id.sudo()
        ended.filtered(lambda e: e.state == "completed").state = "running"

    def _get_moot_reason(self):
        # sudo: whether an order stands does not depend on who asks
        enrollment = self.sudo().enrollment_id
        if enrollment.state == "stopped":
            return enrollment.stop_reason
        if enrollment.sale_order_id.state == "cancel":
            return "order_cancelled"
        if enrollment and not enrollment.program_id.active:
            return "program_archived"
        return super()._get_moot_reason()

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
