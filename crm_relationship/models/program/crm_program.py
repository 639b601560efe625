from collections import Counter
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

from ..base.apart import log_failure, run_apart
from ..base.asked import check_one
from ..base.bounds import Bounds, day_bounds, sequence_bounds
from ..base.deletion import check_unused
from ..base.opened import open_records
from ..base.user_filter import UserFilter, find_unreadable
from ..customer.lifecycle import LIFECYCLE_STAGES
from ..touch.crm_touch_mixin import KIND_BY_OBJECTIVE, OBJECTIVES
from .holdout import MAX_HOLDOUT, MAX_RESULT_DAYS, describe_power
from .result import ProgramResult

REASON_LIMIT = 500
MEASURED_DAYS = 90
# A step is still made so many days late, by the nightly job that makes up for failures.
LATE_DAYS = 1
FILTERS = {"partner_domain": "res.partner", "order_domain": "sale.order"}


class CrmProgram(models.Model):
    _name = "crm.program"
    _inherit = ["mail.thread", "crm.copy.mixin", "crm.failure.mixin"]
    _description = "Program"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        comodel_name="res.company",
        index=True,
        help="Left empty, the program runs in all companies.",
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Responsible",
        domain="[('share', '=', False)]",
        default=lambda self: self.env.user,
    )
    objective = fields.Selection(
        selection=OBJECTIVES,
        required=True,
        default="relationship",
        tracking=True,
    )
    activity_kind = fields.Selection(
        selection=[
            ("relationship", "Relationship activity"),
            ("selling", "Selling activity"),
        ],
        compute="_compute_activity_kind",
        store=True,
        help="Relationship and recovery programs have no link to a sale; retention and"
        " referral programs sell.",
    )
    trigger = fields.Selection(
        selection=[
            ("sale_confirmed", "A sales order is confirmed"),
            ("lifecycle", "A customer enters a life cycle stage"),
            ("occasion", "An occasion of the customer"),
            ("manual", "Customers are enrolled manually"),
        ],
        required=True,
        default="manual",
        # else every customer would also get the copy's interactions before it is edited
        copy=False,
        tracking=True,
    )
    segment_ids = fields.Many2many(
        comodel_name="crm.segment",
        string="Segments",
        help="Only customers of these segments. Left empty, the segment does not"
        " matter.",
    )
    partner_domain = fields.Char(
        string="Customer Filter",
        help="Only customers who match this filter.",
    )
    order_domain = fields.Char(
        string="Order Filter",
        help="Only orders that match this filter start the program.",
    )
    lifecycle_stage = fields.Selection(
        string="Life Cycle Stage", selection=LIFECYCLE_STAGES
    )
    occasion_id = fields.Many2one(
        comodel_name="crm.occasion",
        index="btree_not_null",
        ondelete="restrict",
    )
    date_start = fields.Date(
        default=lambda self: self.env.company._relationship_today(),
        help="Nobody is enrolled before this day.",
    )
    date_end = fields.Date(
        string="End Date",
        help="Nobody is enrolled after this day.",
    )
    benefit = fields.Text(
        string="Benefit in Words",
        translate=True,
        help="What the customer gains from the program.",
    )
    expected_result = fields.Text(
        translate=True,
        help="What the company expects, so that the outcome can be held against it.",
    )
    step_ids = fields.One2many(
        comodel_name="crm.program.step",
        inverse_name="program_id",
        string="Steps",
        copy=True,
    )
    enrollment_ids = fields.One2many(
        comodel_name="crm.program.enrollment",
        inverse_name="program_id",
        string="Enrollments",
    )
    problem = fields.Char(
        compute="_compute_problem",
        help="Why the program enrolls nobody at present.",
    )
    running_count = fields.Integer(
        string="Running",
        compute="_compute_enrollment_counts",
        help="How many customers are going through the program now.",
    )
    enrollment_count = fields.Integer(
        string="Enrolled",
        compute="_compute_enrollment_counts",
        help="How often customers entered the program, since it began.",
    )
    interaction_done_count = fields.Integer(
        string="Interactions Done",
        compute="_compute_interaction_counts",
        help="Interactions of the program that are done.",
    )
    interaction_count = fields.Integer(
        compute="_compute_interaction_counts",
        help="All interactions of the program: planned, done, and not done.",
    )

    holdout_share = fields.Integer(
        string="Kept Aside (%)",
        copy=False,
        tracking=True,
        help="Of a hundred customers who enter, this many are kept aside, chosen by"
        " chance: they get nothing of this program, and everything else. What the"
        " program brings is the difference between the two groups.",
    )
    holdout_from = fields.Date(
        string="Measured From",
        copy=False,
        readonly=True,
        help="Who entered before customers were kept aside does not count: nobody"
        " chose them by chance.",
    )
    holdout_until = fields.Date(
        string="Measured Until",
        copy=False,
        tracking=True,
        help="Who enters later is no longer kept aside and does not count.",
    )
    result_days = fields.Integer(
        string="Days to Buy",
        default=90,
        help="What customers buy within this number of days after they entered counts.",
    )
    holdout_hint = fields.Char(
        compute="_compute_holdout_hint",
        help="How small an effect can be found with this share: the smallest difference"
        " in buyers that is proven 4 times out of 5.",
        groups="sales_team.group_sale_manager",
    )
    result = fields.Html(
        compute="_compute_result",
        sanitize=False,
        groups="sales_team.group_sale_manager",
        help="What the customers of both groups bought, and whether the difference is"
        " more than chance.",
    )

    benefit_ids = fields.Many2many(
        comodel_name="crm.benefit",
        string="Benefits",
        ondelete="restrict",
        help="What each customer of the program gets, besides the benefits of its"
        " steps.",
    )
    benefit_warning = fields.Char(
        compute="_compute_benefit_warning",
        help="Names the segments that the program is for but that a benefit does not"
        " suit. A program without segments is for all of them. A warning only.",
    )
    skip_relationship_first = fields.Boolean(
        string="Sell without Relationship Interactions First",
        tracking=True,
        help="The interactions of this program may sell although the company's rule"
        " asks for relationship interactions first.",
    )
    skip_relationship_first_reason = fields.Char(
        string="Reason for Selling First",
        tracking=True,
    )
    worthwhile_only = fields.Boolean(
        string="Only Where It Pays Off",
        compute="_compute_worthwhile_only",
        store=True,
        readonly=False,
        tracking=True,
        help="Automatically enrolls only customers from whom more margin is expected"
        " within the next 12 months than the program costs for each customer.",
    )
    cost_currency_id = fields.Many2one(
        comodel_name="res.currency",
        compute="_compute_cost_per_customer",
    )
    cost_per_customer = fields.Monetary(
        string="Cost per Customer",
        currency_field="cost_currency_id",
        compute="_compute_cost_per_customer",
        help="Sum over the steps of: unit cost of the first channel + its minutes ÷ 60"
        " × cost of an hour + cost of the benefit; plus the benefits of the program. A"
        " recovery program costs at least the cost of winning back in the settings.",
    )

    _holdout_share_in_bounds = Bounds("holdout_share", 0, MAX_HOLDOUT)
    _holdout_from_in_bounds = day_bounds("holdout_from")
    _holdout_until_in_bounds = day_bounds("holdout_until")
    _result_days_in_bounds = Bounds("result_days", 7, MAX_RESULT_DAYS)
    _sequence_in_bounds = sequence_bounds()
    _start_in_bounds = day_bounds("date_start")
    _end_in_bounds = day_bounds("date_end")
    _dates_in_order = models.Constraint(
        "CHECK(date_end IS NULL OR date_start IS NULL OR date_start <= date_end)",
        "A program cannot end before it starts.",
    )

    @api.depends("objective")
    def _compute_activity_kind(self):
        for program in self:
            program.activity_kind = KIND_BY_OBJECTIVE.get(
                program.objective, "relationship"
            )

    @api.depends("failure", *FILTERS)
    def _compute_problem(self):
        for program in self:
            program.problem = program._get_filter_problem() or program.failure

    def _compute_enrollment_counts(self):
        running, total = Counter(), Counter()
        for program, state, count in self.env["crm.program.enrollment"]._read_group(
            [("program_id", "in", self.ids)], ["program_id", "state"], ["__count"]
        ):
            total[program] += count
            running[program] += count if state == "running" else 0
        for program in self:
            program.running_count = running[program]
            program.enrollment_count = total[program]

    def _compute_interaction_counts(self):
        done, total = Counter(), Counter()
        for program, state, count in self.env["crm.interaction"]._read_group(
            [("enrollment_id.program_id", "in", self.ids)],
            ["program_id", "state"],
            ["__count"],
        ):
            total[program] += count
            done[program] += count if state == "done" else 0
        for program in self:
            program.interaction_done_count = done[program]
            program.interaction_count = total[program]

    @api.depends("benefit_ids", "segment_ids", "company_id")
    def _compute_benefit_warning(self):
        for program in self:
            program.benefit_warning = program.benefit_ids._get_warning(
                program._get_reached_segments()
            )

    @api.depends("objective")
    def _compute_worthwhile_only(self):
        for program in self:
            program.worthwhile_only = program.objective == "recovery"

    @api.depends(
        "objective",
        "company_id",
        "benefit_ids.cost",
        "step_ids.benefit_id.cost",
        "step_ids.touchpoint_ids.unit_cost",
        "step_ids.touchpoint_ids.duration",
    )
    @api.depends_context("company")
    def _compute_cost_per_customer(self):
        for program in self:
            company = program.company_id or self.env.company
            program.cost_currency_id = company.currency_id
            program.cost_per_customer = program._get_cost_per_customer(company)

    @api.constrains("name", "active", "step_ids")
    def _check_steps(self):
        for program in self:
            if program.active and not program.step_ids:
                raise ValidationError(
                    self.env._(
                        "Program “%(program)s” has no steps, so nobody would be"
                        " contacted. Add at least one step, or archive the program"
                        " until it is ready.",
                        program=program.name,
                    )
                )

    @api.constrains("trigger", "lifecycle_stage", "occasion_id")
    def _check_trigger(self):
        for program in self:
            if program.trigger == "lifecycle" and not program.lifecycle_stage:
                raise ValidationError(
                    self.env._("Choose the life cycle stage that starts the program.")
                )
            if program.trigger == "occasion" and not program.occasion_id:
                raise ValidationError(
                    self.env._("Choose the occasion that starts the program.")
                )

    @api.constrains("partner_domain", "order_domain")
    def _check_domains(self):
        for program in self:
            for field_name in FILTERS:
                if error := program._get_filter(field_name).error:
                    raise ValidationError(
                        self.env._(
                            "A filter of program “%(program)s” cannot be read:"
                            " %(error)s",
                            program=program.name,
                            error=error,
                        )
                    )

    @api.constrains("benefit_ids", "company_id")
    def _check_benefit_company(self):
        for program in self:
            program.benefit_ids._check_usable_by(program.company_id, program.name)
        self.step_ids._check_benefit_company()

    @api.constrains("skip_relationship_first", "skip_relationship_first_reason")
    def _check_skip_reason(self):
        for program in self:
            reason = (program.skip_relationship_first_reason or "").strip()
            if program.skip_relationship_first and not reason:
                raise ValidationError(
                    self.env._(
                        "Say why program “%(program)s” may sell without relationship"
                        " interactions first.",
                        program=program.name,
                    )
                )
            if len(reason) > REASON_LIMIT:
                raise ValidationError(
                    self.env._(
                        "The reason of program “%(program)s” is too long: at most"
                        " %(limit)s characters are kept.",
                        program=program.name,
                        limit=REASON_LIMIT,
                    )
                )

    @api.depends(
        "holdout_share", "partner_domain", "result_days", "segment_ids", "trigger"
    )
    @api.depends_context("company", "lang")
    def _compute_holdout_hint(self):
        for program in self:
            known = program._origin
            company = known.company_id or self.env.company
            program.holdout_hint = bool(known) and describe_power(known, company)

    @api.depends("holdout_from", "holdout_until", "result_days")
    @api.depends_context("company", "lang")
    def _compute_result(self):
        for program in self:
            known = program._origin
            company = known.company_id or self.env.company
            program.result = known.holdout_from and self.env["ir.qweb"]._render(
                "crm_relationship.program_result",
                ProgramResult(known, company).get_values(),
            )

    @api.model_create_multi
    def create(self, vals_list):
        programs = super().create(vals_list)
        programs.filtered("holdout_share")._start_measuring()
        return programs

    def write(self, vals):
        share = vals.get("holdout_share")
        changed = self.filtered(lambda p: share and share != p.holdout_share)
        result = super().write(vals)
        changed._start_measuring()
        if vals.get("active") is False:
            self._stop_runs()
        return result

    def _start_measuring(self):
        """Measure from today: shares that change are not mixed in one result."""
        for program in self:
            company = program.company_id or self.env.company
            today = company._relationship_today()
            program.holdout_from = today
            if not program.holdout_until or program.holdout_until < today:
                program.holdout_until = today + timedelta(days=MEASURED_DAYS)

    def _keeps_aside(self, company):
        """Tell whether part of those who enter today are kept aside."""
        self.ensure_one()
        return bool(
            self.holdout_share
            and self.holdout_from <= company._relationship_today() <= self.holdout_until
        )

    def _stop_runs(self):
        """Stop whoever goes through these programs: they are in use no more.

        Messages of those that have completed them are asked once more before they
        leave.

        ``sudo``: a program has customers in every company; whether the user may archive
        it has been checked.
        """
        running = [("program_id", "in", self.ids), ("state", "=", "running")]
        enrollments = self.env["crm.program.enrollment"].sudo().search(running)
        for program, stopped in enrollments.grouped("program_id").items():
            stopped._stop("program_archived")
            program.message_post(
                body=self.env._(
                    "Archived while customers were going through it: %(count)s"
                    " enrollments stopped, and what was planned for them is cancelled.",
                    count=len(stopped),
                )
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        check_unused(self)

    def _get_filter(self, field_name):
        """Return one of the filters as a ``UserFilter``."""
        self.ensure_one()
        return UserFilter(self.env, FILTERS[field_name], self[field_name])

    def _get_filter_problem(self):
        """Return which filter cannot be read any more, in words; else ``False``.

        Asked with the rights of the job that uses it: its author was asked when it was
        saved.
        """
        self.ensure_one()
        # sudo: whether they can be read, not what they find
        broken = find_unreadable(
            {
                field_name: (self._get_filter(field_name), self.env[model].sudo())
                for field_name, model in FILTERS.items()
            }
        )
        for field_name, error in broken.items():
            return self.env._(
                "The %(filter)s cannot be read any more: %(error)s",
                filter=self._fields[field_name]._description_string(self.env),
                error=error,
            )
        return False

    def action_view_enrollments(self):
        check_one(self)
        return open_records(self, "crm_program_enrollment_action_program")

    def action_view_interactions(self):
        check_one(self)
        return open_records(self, "crm_interaction_action_program")

    # ------------------------------------------------------------------
    # Enrollment
    # ------------------------------------------------------------------

    @api.model
    def _get_running(self, trigger, company):
        """Return the programs with this trigger that enroll customers today."""
        today = company._relationship_today()
        return self.search_fetch(
            [
                ("trigger", "=", trigger),
                ("company_id", "in", (company.id, False)),
                "|",
                ("date_start", "=", False),
                ("date_start", "<=", today),
                "|",
                ("date_end", "=", False),
                ("date_end", ">=", today),
            ]
        )

    def _is_over_for(self, day, today):
        """Tell whether every step is past for somebody who entered on a day."""
        self.ensure_one()
        limit = today - timedelta(days=LATE_DAYS)
        return day < limit and all(step._get_day(day) < limit for step in self.step_ids)

    def _get_target_domain(self):
        """Return the domain of ``crm.relationship`` records the program is for."""
        self.ensure_one()
        domain = Domain("active", "=", True)
        if self.segment_ids:
            domain &= Domain("segment_id", "in", self.segment_ids.ids)
        partner_filter = self._get_filter("partner_domain")
        if not partner_filter.takes_all:
            domain &= Domain("partner_id", "any", partner_filter.domain)
        if self.worthwhile_only:
            # sudo: the costs of each company; which customers are seen, others decide
            companies = self.company_id or self.env["res.company"].sudo().search([])
            domain &= self.env["crm.relationship"]._worth_more(
                {company: self._get_cost_per_customer(company) for company in companies}
            )
        return domain

    def _get_reached_segments(self):
        """Return the program's segments; without any, all that its company uses."""
        self.ensure_one()
        if self.segment_ids:
            return self.segment_ids
        companies = self.company_id or self.env.companies
        return self.env["crm.segment"].search(
            [("company_id", "in", [*companies.ids, False])]
        )

    def _enroll(self, relationships, dates=None):
        """Enroll customers: all of them, whatever the program's target.

        :param dict dates: first day of the program by relationship; today by default.
        :raises UserError: when the program has no steps.
        :return: the new ``crm.program.enrollment`` records; customers who are already
            going through the program are left out.
        """
        self.ensure_one()
        if not self.step_ids:
            raise UserError(
                self.env._(
                    "Program “%(program)s” has no steps. Add at least one before you"
                    " enroll customers.",
                    program=self.name,
                )
            )
        self._check_company_of(relationships)
        self._queue_up()
        dates = dates or {}
        # sudo: an enrollment is made by methods; callers ask whether the user may
        Enrollment = self.env["crm.program.enrollment"].sudo()
        running = Enrollment.search(
            [
                ("program_id", "=", self.id),
                ("relationship_id", "in", relationships.ids),
                ("state", "=", "running"),
            ]
        )
        aside = Enrollment._find_aside(self, relationships)
        today = fields.Date.context_today(self)
        enrollments = Enrollment.create(
            [
                {
                    "program_id": self.id,
                    "relationship_id": relationship.id,
                    "date": dates.get(relationship, today),
                }
                for relationship in relationships
                - running.relationship_id
                - aside.relationship_id
            ]
        )
        enrollments._keep_aside(self)
        enrollments._place_steps()
        return enrollments.with_env(self.env)

    def _check_company_of(self, relationships):
        """Refuse customers of a company that does not use this program."""
        for company in relationships.company_id - self.company_id:
            if self.company_id:
                raise UserError(
                    self.env._(
                        "“%(program)s” is a program of %(own)s. Choose another one for"
                        " customers of %(company)s.",
                        program=self.name,
                        own=self.company_id.name,
                        company=company.name,
                    )
                )

    def _queue_up(self):
        """Let one after the other enroll customers: nobody is to enter twice.

        Updating the row makes the later of two wait and then fail with a serialization
        error, after which Odoo repeats its request; a mere lock would let it go on
        without seeing whom the first one enrolled. SQL because nothing changes.
        """
        self.env.cr.execute(
            SQL("UPDATE crm_program SET write_date = write_date WHERE id = %s", self.id)
        )

    @api.model
    def _enroll_lifecycle(self, company):
        """Enroll customers who entered the stage that starts a life cycle program."""
        for program in self._get_running("lifecycle", company):
            program._run_apart(program._enroll_entered, company)

    @api.model
    def _enroll_occasions(self, company):
        """Enroll the customers whose occasion lies within the company's horizon."""
        for program in self._get_running("occasion", company):
            program._run_apart(program._enroll_by_occasion, company)

    def _run_apart(self, work, company):
        """Do the work of one program by itself; if it fails, the program shows why."""
        self.ensure_one()
        error = run_apart(self.env, work, company)
        if error:
            log_failure(error, "Program %s enrolled nobody", self.id)
        self._note_failure(error, company)

    def _enroll_entered(self, company):
        self.ensure_one()
        Relationship = self.env["crm.relationship"]
        entered = Relationship.search(
            self._get_target_domain()
            & Domain("company_id", "=", company.id)
            & Domain("lifecycle_stage", "=", self.lifecycle_stage)
            & Domain("lifecycle_date", ">=", self._get_first_day())
        )
        enrolled = self.env["crm.program.enrollment"]._read_group(
            [
                ("program_id", "=", self.id),
                ("relationship_id", "in", entered.ids),
            ],
            ["relationship_id"],
            ["date:max"],
        )
        known = Relationship.union(
            *(r for r, last_date in enrolled if last_date >= r.lifecycle_date)
        )
        self._enroll(entered - known)

    def _enroll_by_occasion(self, company):
        """Enroll customers; each one's program begins on the day of the occasion.

        SQL because the next occurrence of a birthday is a computation over the whole
        base.
        """
        self.ensure_one()
        Relationship = self.env["crm.relationship"]
        target = self._get_target_domain() & Domain("company_id", "=", company.id)
        rows = self.env.execute_query(
            SQL(
                """
                SELECT r.id, min(occurrence.day)
                  FROM crm_relationship r
                  JOIN crm_occasion o ON o.id = %(occasion)s
            CROSS JOIN LATERAL (%(occurrences)s) occurrence
                 WHERE r.id IN %(target)s AND occurrence.day < %(until)s
                   AND NOT EXISTS (
                       SELECT FROM crm_program_enrollment e
                        WHERE e.relationship_id = r.id
                          AND e.program_id = %(program)s
                          AND e.date = occurrence.day)
              GROUP BY r.id
                """,
                occasion=self.occasion_id.id,
                occurrences=self.occasion_id._get_occurrences_sql(
                    SQL("%s", company._relationship_today())
                ),
                target=Relationship._search(target).subselect(),
                until=company._relationship_today() + company._get_queue_horizon(),
                program=self.id,
            )
        )
        dates = {Relationship.browse(id_): day for id_, day in rows}
        self._enroll(Relationship.union(*dates), dates)

    def _get_first_day(self):
        """Return the first day whose events count; anything earlier is history."""
        self.ensure_one()
        return self.date_start or self.create_date.date()

    # ------------------------------------------------------------------
    # What it costs, and for whom it pays
    # ------------------------------------------------------------------

    def _get_cost_per_customer(self, company):
        """Return the cost for one customer of a company, in its currency, as of today.

        ``sudo``: the cost of an interaction counts even for users who may not see the
        settings.
        """
        program = self.sudo()
        program.ensure_one()
        company = company.sudo()
        today = company._relationship_today()
        benefits = program.benefit_ids.filtered("active")
        cost = benefits._get_company_cost(company, today)
        for step in program.step_ids:
            touchpoint = step._get_candidates(self.env["crm.touchpoint"].sudo())[:1]
            if touchpoint:
                cost += touchpoint.currency_id._convert(
                    touchpoint.unit_cost, company.currency_id, company, today
                )
                cost += company._get_working_cost(touchpoint.duration)
            benefit = step.benefit_id.filtered("active")
            cost += benefit._get_company_cost(company, today)
        if program.objective == "recovery":
            cost = max(cost, company.relationship_winback_cost)
        return company.currency_id.round(cost)

    def _get_unworthy(self, relationships):
        """Return customers who are expected to bring less than the program costs."""
        self.ensure_one()
        if not self.worthwhile_only:
            return relationships.browse()
        costs = {
            company: self._get_cost_per_customer(company)
            for company in relationships.company_id
        }
        return relationships.filtered(lambda r: r.winback_value <= costs[r.company_id])
