from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from ..base.asked import check_records
from ..base.bounds import (
    MAX_COUNT,
    MAX_DAYS,
    Bounds,
    clamp_sql,
    day_bounds,
    moment_bounds,
)
from ..ledger.planner import placement_sql, planned_sql, staff_sql
from ..portfolio.winback import Winback
from . import covering, versions
from .crm_program_trigger import LATE_DAYS
from .sense import EXPIRED, local_day
from .trigger_orders import BY_THE_ORDER

STOP_REASONS = [
    ("answered", "Quotation answered"),
    ("purchase", "The customer bought"),
    ("reply", "The customer answered"),
    ("complaint", "The customer complained"),
    ("refusal", "The customer refused"),
    ("segment_changed", "Segment changed"),
    ("period_over", "Program over"),
    ("restarted", "Started again"),
]
"""What a program lets end a run, besides what becomes of its order."""
OPEN = ("draft", "sent")
"""States of a sales order that is a quotation."""


class CrmProgramEnrollment(models.Model):
    _name = "crm.program.enrollment"
    _inherit = [
        "crm.by.hand.mixin",
        "crm.record.mixin",
        "crm.customer.search.mixin",
    ]
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
    date_again = fields.Datetime(
        string="Begun Again On",
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="When the order began it again that had ended it. What the program asks by"
        " then is asked of the order from then on.",
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
    is_control = fields.Boolean(
        string="Kept Aside",
        readonly=True,
        copy=False,
        help="Chosen by chance not to get the program, so that what it brings can be"
        " seen.",
    )
    holdout_round = fields.Integer(
        string="Measurement",
        readonly=True,
        copy=False,
        aggregator=None,
        groups="base.group_user",
        help="Measurement of the program in which chance gave the customer a group; 0"
        " is none.",
    )
    holdout_id = fields.Many2one(
        comodel_name="crm.holdout",
        string="Period",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        groups="sales_team.group_sale_manager",
        help="Period in which chance decided whether the customer gets programs at"
        " all.",
    )
    is_kept_from_all = fields.Boolean(
        string="Kept Aside from All Programs",
        readonly=True,
        copy=False,
        help="Chosen by chance to get none of the programs in the period, so that what"
        " they bring together can be seen.",
    )
    stop_reason = fields.Selection(
        selection=[
            ("order_cancelled", "Sales order cancelled"),
            ("order_returned", "Everything returned"),
            ("order_changed", "Sales order changed"),
            ("by_hand", "Stopped manually"),
            ("lost", "The customer was lost"),
            ("program_archived", "Program archived"),
            ("merged", "Contact merged; in the program twice"),
            *STOP_REASONS,
        ],
    )
    joined_id = fields.Many2one(
        comodel_name="crm.program.enrollment",
        string="Goes Along With",
        index="btree_not_null",
        ondelete="set null",
        help="The enrollment of an order placed at about the same time: both orders are"
        " followed up by the same interactions.",
    )
    joined_ids = fields.One2many(
        comodel_name="crm.program.enrollment",
        inverse_name="joined_id",
        string="Going Along",
    )
    returned_line_ids = fields.Many2many(
        comodel_name="sale.order.line",
        string="Returned",
        help="Lines of the sales order that were delivered and came back.",
    )
    interaction_ids = fields.One2many(
        comodel_name="crm.interaction",
        inverse_name="enrollment_id",
        string="Interactions",
    )
    by_target = fields.Boolean(
        string="Matched the Target",
        readonly=True,
        copy=False,
        help="The customer was among those the program is for when entering, and gets"
        " its steps as long as that is so. Others were chosen manually, and get them"
        " anyway.",
    )
    shift_days = fields.Integer(
        string="Pushed Back (days)",
        readonly=True,
        copy=False,
        help="Days that a step had to wait; those after it keep their distance.",
    )

    version = fields.Integer(
        default=0,
        readonly=True,
        copy=False,
        help="0 follows the steps of today; others those with which the customer"
        " began.",
    )

    worth_note = fields.Char(
        string="Does It Pay Off",
        compute="_compute_worth_note",
        exportable=False,
        help="What is expected of the customer, and what the program costs, as of"
        " today.",
    )

    _version_in_bounds = Bounds("version", 0, MAX_COUNT)
    _round_in_bounds = Bounds("holdout_round", 0, MAX_COUNT)
    _shift_in_bounds = Bounds("shift_days", -MAX_DAYS, MAX_DAYS)
    _date_in_bounds = day_bounds("date")
    _date_again_in_bounds = moment_bounds("date_again")
    _program_order_unique = models.UniqueIndex(
        "(program_id, sale_order_id, relationship_id) WHERE sale_order_id IS NOT NULL",
        "This sales order already started the program.",
    )

    @api.depends("program_id.name", "sale_order_id.name")
    def _compute_display_name(self):
        for enrollment in self:
            # sudo: the number of the order, for those who may not open it
            order = enrollment.sudo().sale_order_id.name
            name = enrollment.program_id.display_name or ""
            enrollment.display_name = f"{name} ({order})" if order else name

    @api.depends_context("lang", "uid")
    def _compute_worth_note(self):
        winback = Winback(self.relationship_id.company_id)
        for enrollment in self:
            enrollment.worth_note = (
                enrollment.program_id._tell_worth(enrollment.relationship_id, winback)
                if enrollment.program_id
                else False
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

    @api.ondelete(at_uninstall=False)
    def _unlink_except_compared(self):
        for enrollment in self._get_compared()[:1]:
            raise UserError(
                self.env._(
                    "%(customer)s cannot be taken out of the result of “%(program)s”:"
                    " chance gave this customer a group, and what both groups bought"
                    " is compared. Stop the program for this customer instead; then"
                    " nothing more comes of it.",
                    customer=enrollment.partner_id.display_name,
                    program=enrollment.program_id.name,
                )
            )

    def _get_compared(self):
        """Return, as ``sudo``, those that count in a result.

        A group counts, whoever may not see the period.
        """
        return self.sudo().filtered(lambda e: e.holdout_round or e.holdout_id)

    def action_stop(self):
        """Stop what is running of these.

        ``sudo``: stopping also cancels interactions, which methods alone do.
        """
        check_records(self)
        self.check_access("write")
        self.sudo()._stop("by_hand")

    def _stop(self, reason):
        """Stop enrollments; what is pending of them is cancelled, not lost.

        Messages that wait in a queue are recalled: also those of an enrollment that
        counts as completed, because they were its last, or gave way to what is still to
        come. Where other orders go along, these go on.

        :param str reason: value of ``stop_reason`` and of the interactions' reason.
        :return: those that were stopped
        """
        ended = self.filtered(lambda e: e.state in ("running", "completed"))
        recalled = ended._get_leaders().interaction_ids._recall(reason)
        gave_way = ended._get_leaders().interaction_ids.filtered(
            lambda i: i.covered_by_id._filter_pending()
        )
        reopened = (recalled | gave_way).enrollment_id
        stopped = ended.filtered(
            lambda e: e.state == "running" or e._get_leaders() & reopened
        )
        stopped.write({"state": "stopped", "stop_reason": reason})
        alone = self.browse()
        for leader in stopped._get_leaders():
            others = (leader | leader.joined_ids).filtered(
                lambda e: e.state == "running"
                or (e.state == "completed" and e._get_leaders() & reopened)
            )
            if others:
                leader._hand_over_run(others)
            else:
                alone |= leader
        alone.interaction_ids._filter_pending().write(
            {"state": "cancelled", "reason_code": reason}
        )
        covering.uncover(alone)
        if reason in BY_THE_ORDER:
            stopped._resume_restarted()
        stopped.interaction_ids.covered_by_id._filter_pending()._refresh_guidance()
        return stopped

    def _resume_restarted(self):
        """Let go on what the same person went through before these orders began anew.

        The last that still stands; steps already carried out are not repeated.
        """
        for own in self.filtered(lambda e: e.program_id.merge_rule == "restart"):
            former = self.search(
                [
                    ("program_id", "=", own.program_id.id),
                    ("relationship_id", "=", own.relationship_id.id),
                    ("state", "=", "stopped"),
                    ("stop_reason", "=", "restarted"),
                    ("date", "<=", own.date),
                ]
            ).filtered(
                lambda e, own=own: e.date
                >= own.date - timedelta(days=own.program_id.merge_days)
                and e.sale_order_id.partner_id == own.sale_order_id.partner_id
                and e._has_standing_order()
            )[:1]
            former.write({"state": "running", "stop_reason": False})
            former._place_steps()

    def _resume(self, ended):
        """Let a run go on that a purchase ended which is none any more.

        What is done is not repeated, and what somebody took out stays out. What came
        while the run was ended is skipped, so that nobody gets all of it at once; after
        a day or two, what was pending then goes on, however late it was.

        :param datetime ended: when the purchase was made
        """
        self.ensure_one()
        run = self | self.joined_ids.filtered(lambda e: e.stop_reason == "purchase")
        standing = run.filtered(lambda e: not e.sale_order_id or e._stands())
        waiting = self._get_cut_off()
        passed = waiting.filtered(lambda i: i._has_passed_since(ended))
        if not standing or waiting == passed:
            return
        run.write({"state": "running", "stop_reason": False})
        (waiting - passed).write(
            {"state": "scheduled", "reason_code": False, "activity_id": False}
        )
        (waiting - passed)._follow_reopening()
        passed.write({"state": "skipped", "reason_code": EXPIRED})
        covering.uncover(self.interaction_ids.covered_by_id.enrollment_id)
        (run - standing)._stop("order_cancelled")

    def _forsake(self, reason):
        """Note of runs that ended otherwise that their order came to nothing."""
        ended = self.filtered(lambda e: (e.state, e.stop_reason) == ("stopped", reason))
        ended.write({"stop_reason": "order_cancelled"})

    def _stands(self):
        """Tell whether the order of this enrollment still is a reason for it."""
        self.ensure_one()
        order = self.sale_order_id
        is_open = self.program_id.trigger == "quotation" and order.state in OPEN
        stands = is_open or order._is_kept()
        return stands and self._is_of_its_customer() and self._is_suited()

    def _get_cut_off(self):
        """Return what was pending of a run when a purchase ended it."""
        interactions = self.interaction_ids.filtered("program_step_id")
        alive = interactions.filtered(
            lambda i: i.state in ("scheduled", "open", "done")
        )
        cut_off = interactions.filtered(
            lambda i: (i.state, i.reason_code) == ("cancelled", "purchase")
            and i.program_step_id not in alive.program_step_id
        )
        by_step = cut_off.grouped("program_step_id").values()
        return cut_off.browse().union(*(those.sorted("id")[-1:] for those in by_step))

    def _get_leaders(self):
        """Return the enrollments that have the interactions of these."""
        joined = self.filtered("joined_id")
        return (self - joined) | joined.joined_id

    def _hand_over_run(self, others):
        """Let other orders go on; what was recalled is placed again, without this one.

        :param others: the enrollments that go along, possibly this one among them
        """
        self.ensure_one()
        heir = self if self in others else others[:1]
        if heir != self:
            interactions = self.interaction_ids
            interactions.write({"enrollment_id": heir.id})
            interactions._filter_pending().sale_order_id = heir.sale_order_id
            self.joined_ids.joined_id = heir
            heir.write({"joined_id": False, "version": self.version})
        others.write({"state": "running"})
        heir._place_steps()

    def _get_followed_orders(self):
        """Return the orders that the interactions of these are about."""
        run = self._get_leaders()
        run |= run.joined_ids
        return run.filtered(lambda e: e.state != "stopped").sale_order_id

    def _is_of_its_customer(self):
        """Tell whether the order still is one of this customer, in this company."""
        self.ensure_one()
        order = self.sale_order_id
        known = self.partner_id | self.interaction_ids.partner_id.commercial_partner_id
        return (
            order.company_id == self.company_id
            and order.partner_id.commercial_partner_id in known
        )

    def _filter_unsuited(self):
        """Return those whose order is no longer what their program asks for."""
        return self.filtered(lambda e: e.sale_order_id and not e._is_suited())

    def _is_suited(self):
        """Tell whether the order is what the program asks for.

        What it asks for since, it does not ask of those who were in it before.
        """
        self.ensure_one()
        since = self.program_id.conditions_since
        return bool(since and (self.date_again or self.create_date) < since) or (
            self.sale_order_id._is_still_for(self.program_id)
        )

    def _has_standing_order(self):
        """Tell whether any order of this run still is a reason for its program."""
        self.ensure_one()
        orders = (self | self.joined_ids).filtered("sale_order_id")
        return any(e.sale_order_id._is_kept() and e._stands() for e in orders)

    def _settle(self):
        """Bring what these have given in step with their orders, which have changed.

        Apps that give something know more.
        """

    def _turn_to(self, partner):
        """Turn to another person of the same customer."""
        others = self.interaction_ids.filtered(lambda i: i.partner_id != partner)
        others._filter_pending().write({"partner_id": partner.id})
        recalled = others._recall("order_changed")
        recalled._follow_reopening()
        recalled.enrollment_id._place_steps()

    def _move_to(self, day):
        """Let running enrollments start on another day.

        What is past by then is not made up for: a step is placed from where it makes
        sense; where there is none left, the enrollment stops.
        """
        running = self.filtered(lambda e: e.state == "running" and e.date != day)
        running.write({"date": day, "shift_days": 0})
        leaders = running - running.filtered("joined_id")
        moved = leaders.interaction_ids._recall("order_changed")
        pending = leaders.interaction_ids._filter_pending()
        pending.write({"state": "cancelled", "reason_code": "order_changed"})
        (running | moved.enrollment_id).write({"state": "running"})
        leaders._place_steps()
        over = (moved | pending).enrollment_id.filtered(
            lambda e: not e.interaction_ids._filter_pending()
        )
        (over | over.joined_ids).filtered(lambda e: e.state != "stopped").write(
            {"state": "stopped", "stop_reason": "order_changed"}
        )

    def _stop_doubles(self):
        """Stop what one customer goes through twice, after two became one.

        An order has a run of its own, unless its program is entered once in all.
        """
        alive = self.filtered(
            lambda e: e.state in ("running", "completed") and not e.joined_id
        )
        doubles = self.browse()
        for program, own in alive.grouped("program_id").items():
            if program.reenroll != "never":
                own = own.filtered(lambda e: e.state == "running")
                own = own.filtered(lambda e: not e.sale_order_id)
            doubles |= own.sorted(lambda e: (e.state, e.date, e.id))[1:]
        doubles.filtered(lambda e: e.state == "running")._stop("merged")

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
        over = (running - unfinished).filtered(lambda e: not e.joined_id)
        over |= over.joined_ids.filtered(lambda e: e.state == "running")
        over.write({"state": "completed"})

    def _place_steps(self, only_ahead=False):
        """Schedule the steps of running enrollments that are not yet in the ledger.

        Steps whose day has long passed are left out: a customer who comes late enters
        where it makes sense, and is not thanked for what is a year ago. Nor is a step
        repeated that was made yesterday or today, for an order that came to nothing.

        :param only_ahead: leave out what comes before anything made, or was closed
        """
        if not self:
            return
        self.env.flush_all()
        interactions = self.env["crm.interaction"]
        rows = self.env.execute_query(self._placement_sql(only_ahead))
        interactions.invalidate_model()
        self.invalidate_recordset(["interaction_ids"])
        self.env["crm.relationship"].browse(
            {relationship_id for relationship_id, _id in rows}
        )._refresh_contact_state()
        placed = {id_ for _relationship_id, id_ in rows}
        self.filtered(lambda e: e.id not in placed)._complete_when_done()

    def _placement_sql(self, only_ahead):
        """Return the insert of the steps that are missing.

        It returns rows (relationship id, enrollment id). The customer, and what the
        customer has, are looked up for each enrollment (``OFFSET 0``): joined,
        PostgreSQL may read all enrollments of the program for each customer of the
        company, where it takes the tables for empty.
        """
        return SQL(
            """
            INSERT INTO crm_interaction (%(columns)s)
            SELECT %(values)s
              FROM (
                  SELECT * FROM crm_program_enrollment
                   WHERE id = ANY(%(enrollments)s) AND state = 'running'
                     AND joined_id IS NULL OFFSET 0
              ) e
        CROSS JOIN LATERAL (
                  SELECT * FROM crm_relationship r
                   WHERE r.id = e.relationship_id AND r.active OFFSET 0
              ) r
              JOIN crm_program program ON program.id = e.program_id
              JOIN crm_program_step touch
                ON touch.program_id = program.id
               AND touch.version = COALESCE(e.version, 0)
              JOIN res_company c ON c.id = r.company_id
              JOIN res_partner cp ON cp.id = c.partner_id
         LEFT JOIN sale_order o ON o.id = e.sale_order_id
        CROSS JOIN LATERAL (
                SELECT make_interval(
                           months => touch.offset_months,
                           days => touch.offset_days + %(shift)s,
                           hours => touch.offset_hours) AS way,
                       CASE e.date
                       WHEN %(order_day)s THEN o.date_order
                       WHEN %(entry_day)s THEN e.create_date
                       ELSE %(opening)s END AS entry
              ) start
        CROSS JOIN LATERAL (
                SELECT CASE WHEN touch.offset_hours <> 0
                            THEN start.way + start.entry END AS moment
              ) timed
        CROSS JOIN LATERAL (
                SELECT COALESCE(o.partner_id, r.partner_id) AS partner_id,
                       COALESCE(%(timed_day)s, (e.date + start.way)::date) AS day
              ) due
             WHERE due.day >= %(today)s - %(late)s
               AND %(is_ahead)s
               AND NOT EXISTS (
                   SELECT FROM (
                       SELECT i.program_step_id FROM crm_interaction i
                        WHERE i.enrollment_id = e.id
                          AND (i.state IN ('scheduled', 'open', 'done')
                               OR i.covered_by_id IS NOT NULL) OFFSET 0
                   ) own
                    WHERE own.program_step_id = touch.id)
               AND NOT EXISTS (
                   SELECT FROM (
                       SELECT COALESCE(step.root_id, step.id) AS root_id,
                              i.partner_id, i.state, i.date_done
                         FROM crm_interaction i
                    LEFT JOIN crm_program_step step ON step.id = i.program_step_id
                        WHERE i.relationship_id = r.id OFFSET 0
                   ) lately
                    WHERE lately.root_id = COALESCE(touch.root_id, touch.id)
                      AND lately.state = 'done' AND lately.date_done > %(yesterday)s
                      AND lately.partner_id = due.partner_id)
          ORDER BY due.day, touch.place, touch.id
            ON CONFLICT DO NOTHING
         RETURNING relationship_id, enrollment_id
            """,
            enrollments=self.ids,
            is_ahead=versions.only_ahead_sql() if only_ahead else SQL("TRUE"),
            yesterday=fields.Datetime.now() - timedelta(days=1),
            today=local_day(SQL("%s::timestamp", fields.Datetime.now())),
            late=LATE_DAYS,
            shift=clamp_sql(SQL("COALESCE(e.shift_days, 0)"), -MAX_DAYS, MAX_DAYS),
            order_day=local_day(SQL("o.date_order")),
            entry_day=local_day(SQL("e.create_date")),
            timed_day=local_day(SQL("timed.moment")),
            opening=planned_sql(SQL("e.date")),
            **placement_sql(
                self.env,
                objective=SQL("program.objective"),
                kind=SQL("program.activity_kind"),
                program_step_id=SQL("touch.id"),
                enrollment_id=SQL("e.id"),
                sale_order_id=SQL("e.sale_order_id"),
                date_planned=SQL(
                    "COALESCE(timed.moment, %s)", planned_sql(SQL("due.day"))
                ),
                date_wanted=SQL("timed.moment"),
                user_id=staff_sql(
                    self.env,
                    SQL("touch.user_id"),
                    SQL("r.user_id"),
                    SQL("r.backup_user_id"),
                    SQL("o.user_id"),
                ),
            ),
        )
