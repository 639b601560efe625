from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from ..base.asked import check_records
from ..base.bounds import MAX_PERIOD, clamp_day_sql, clamp_sql, day_bounds
from ..ledger.planner import placement_sql, staff_sql


class CrmProgramEnrollment(models.Model):
    _name = "crm.program.enrollment"
    _inherit = ["crm.by.hand.mixin", "crm.record.mixin"]
    _description = "Program Enrollment"
    _order = "date desc, id desc"
    _rec_name = "program_id"

    program_id = fields.Many2one(
        comodel_name="crm.program",
        required=True,
        index=True,
        ondelete="restrict",
    )
    objective = fields.Selection(related="program_id.objective")
    relationship_id = fields.Many2one(
        comodel_name="crm.relationship",
        required=True,
        index=True,
        ondelete="cascade",
    )
    partner_id = fields.Many2one(related="relationship_id.partner_id", store=True)
    company_id = fields.Many2one(related="relationship_id.company_id", store=True)
    sale_order_id = fields.Many2one(
        comodel_name="sale.order",
        string="Sales Order",
        index="btree_not_null",
        ondelete="set null",
    )
    date = fields.Date(
        string="Start",
        required=True,
        default=fields.Date.context_today,
        help="Day from which the delays of the steps count.",
    )
    state = fields.Selection(
        selection=[
            ("running", "Running"),
            ("completed", "Completed"),
            ("stopped", "Stopped"),
            ("control", "Control group"),
        ],
        required=True,
        default="running",
        index=True,
    )
    stop_reason = fields.Selection(
        selection=[
            ("order_cancelled", "Sales order cancelled"),
            ("by_hand", "Stopped manually"),
        ],
    )
    interaction_ids = fields.One2many(
        comodel_name="crm.interaction",
        inverse_name="enrollment_id",
        string="Interactions",
    )

    _date_in_bounds = day_bounds("date")
    _program_order_unique = models.UniqueIndex(
        "(program_id, sale_order_id) WHERE sale_order_id IS NOT NULL",
        "This sales order already started the program.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        if self._is_by_hand():
            raise AccessError(
                self.env._(
                    "Customers enter a program with a sales order, or by “Enroll in a"
                    " program” in the list of customers."
                )
            )
        return super().create(vals_list)

    def write(self, vals):
        if self._is_by_hand():
            self._check_by_hand(vals, self._get_fields_by_hand())
        return super().write(vals)

    def action_stop(self):
        """Stop what is running of these.

        ``sudo``: stopping also cancels interactions, which methods alone do.
        """
        check_records(self)
        self.check_access("write")
        self.sudo()._stop("by_hand")

    def _stop(self, reason):
        """Stop running enrollments; their pending interactions are cancelled, not lost.

        :param str reason: value of ``stop_reason`` and of the interactions' reason.
        """
        running = self.filtered(lambda e: e.state == "running")
        running.write({"state": "stopped", "stop_reason": reason})
        running.interaction_ids._filter_pending().write(
            {"state": "cancelled", "reason_code": reason}
        )

    def _complete_when_done(self):
        """Mark enrollments as completed when no interaction is pending any more."""
        running = self.filtered(lambda e: e.state == "running")
        pending = self.env["crm.interaction"]._read_group(
            [
                ("enrollment_id", "in", running.ids),
                ("state", "in", ("scheduled", "open")),
            ],
            ["enrollment_id"],
        )
        unfinished = self.browse().union(*(enrollment for [enrollment] in pending))
        (running - unfinished).write({"state": "completed"})

    @api.model
    def _enroll_orders(self, programs, orders):
        """Enroll the customers of confirmed orders, two queries however many there are.

        An order that was cancelled and confirmed again continues where it stopped:
        steps already carried out are not repeated. SQL because ten orders confirmed at
        once must not cost more queries than one, and a customer new to the portfolio
        has no relationship record yet.

        :param dict orders: for each program the ``sale.order`` records that start it.
        :return: the enrollments of these orders.
        """
        pairs = [
            (program.id, order.id) for program in programs for order in orders[program]
        ]
        if not pairs:
            return self
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                INSERT INTO crm_program_enrollment
                    (program_id, sale_order_id, relationship_id, partner_id, company_id,
                     date, state, create_uid, create_date, write_uid, write_date)
                SELECT pair.program_id, o.id, r.id, r.partner_id, r.company_id,
                       %(day)s,
                       'running', %(uid)s, %(now)s, %(uid)s, %(now)s
                  FROM (VALUES %(pairs)s) AS pair (program_id, order_id)
                  JOIN sale_order o ON o.id = pair.order_id
                  JOIN res_partner p ON p.id = o.partner_id
                  JOIN res_company c ON c.id = o.company_id
                  JOIN res_partner cp ON cp.id = c.partner_id
                  JOIN crm_relationship r
                    ON r.partner_id = p.commercial_partner_id
                   AND r.company_id = o.company_id
                ON CONFLICT (program_id, sale_order_id) WHERE sale_order_id IS NOT NULL
                DO UPDATE SET state = 'running', stop_reason = NULL,
                              date = EXCLUDED.date,
                              write_uid = EXCLUDED.write_uid,
                              write_date = EXCLUDED.write_date
                    WHERE crm_program_enrollment.state = 'stopped'
                      AND crm_program_enrollment.stop_reason = 'order_cancelled'
             RETURNING id
                """,
                uid=self.env.uid,
                now=self.env.cr.now(),
                day=clamp_day_sql(
                    SQL(
                        "(o.date_order AT TIME ZONE 'UTC'"
                        " AT TIME ZONE COALESCE(cp.tz, 'UTC'))::date"
                    )
                ),
                pairs=SQL(", ").join(SQL("%s", pair) for pair in pairs),
            )
        )
        enrollments = self.browse(id_ for [id_] in rows)
        enrollments.invalidate_recordset()
        enrollments._place_steps()
        return enrollments

    def _place_steps(self):
        """Schedule the steps of running enrollments that are not yet in the ledger."""
        if not self:
            return
        self.env.flush_all()
        interactions = self.env["crm.interaction"]
        relationships = self.env.execute_query(
            SQL(
                """
                INSERT INTO crm_interaction (%(columns)s)
                SELECT %(values)s
                  FROM crm_program_enrollment e
                  JOIN crm_program program ON program.id = e.program_id
                  JOIN crm_program_step touch ON touch.program_id = program.id
                  JOIN crm_relationship r ON r.id = e.relationship_id
                  JOIN res_company c ON c.id = r.company_id
                  JOIN res_partner cp ON cp.id = c.partner_id
             LEFT JOIN sale_order o ON o.id = e.sale_order_id
            CROSS JOIN LATERAL (
                    SELECT COALESCE(o.partner_id, r.partner_id) AS partner_id,
                           (e.date + (%(delay)s || ' ' || touch.delay_unit)::interval)
                           ::date AS day
                  ) due
                 WHERE e.id IN %(enrollments)s AND e.state = 'running' AND r.active
                   AND NOT EXISTS (
                       SELECT FROM crm_interaction i
                        WHERE i.enrollment_id = e.id AND i.program_step_id = touch.id
                          AND i.state IN ('scheduled', 'open', 'done'))
                ON CONFLICT DO NOTHING
             RETURNING relationship_id
                """,
                enrollments=tuple(self.ids),
                delay=clamp_sql(SQL("touch.delay"), 0, MAX_PERIOD),
                **placement_sql(
                    self.env,
                    objective=SQL("program.objective"),
                    kind=SQL("program.activity_kind"),
                    program_step_id=SQL("touch.id"),
                    enrollment_id=SQL("e.id"),
                    sale_order_id=SQL("e.sale_order_id"),
                    user_id=staff_sql(
                        self.env,
                        SQL("touch.user_id"),
                        SQL("r.user_id"),
                        SQL("r.backup_user_id"),
                        SQL("o.user_id"),
                    ),
                ),
            )
        )
        interactions.invalidate_model()
        self.invalidate_recordset(["interaction_ids"])
        self.env["crm.relationship"].browse(
            {id_ for [id_] in relationships}
        )._refresh_contact_state()
