from collections import Counter

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import ormcache

from ..base.apart import log_failure, run_apart
from ..base.asked import check_one, refuse_id
from ..base.bounds import (
    MAX_HORIZON,
    MAX_PERIOD,
    MAX_TIMES,
    Bounds,
    day_bounds,
    sequence_bounds,
)
from ..base.deletion import check_unused
from ..base.figures import format_count
from ..base.opened import open_records
from ..base.user_filter import UserFilter, find_unreadable
from ..touch.crm_touch_mixin import KIND_BY_OBJECTIVE, OBJECTIVES
from . import entry
from .approval import RUNNING
from .balance import get_balance_warning
from .faults import find_archived
from .priority import HIGH, LOW, USUAL
from .target_count import LISTED, describe_target, tell_target

REASON_LIMIT = 500
# What is kept in memory about all programs follows from these.
CACHED = {
    "active",
    "end_on_purchase",
    "order_amount",
    "order_domain",
    "order_what",
    "state",
    "team_ids",
    "trigger",
}
FILTERS = {"partner_domain": "res.partner", "order_domain": "sale.order"}


class CrmProgram(models.Model):
    _name = "crm.program"
    _inherit = [
        "mail.thread",
        "mail.activity.mixin",
        "crm.copy.mixin",
        "crm.failure.mixin",
        "crm.program.steps.mixin",
        "crm.program.publishing.mixin",
        "crm.spreadsheet.mixin",
    ]
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
    # archived ones too: a choice that became empty would take in everybody
    segment_ids = fields.Many2many(
        comodel_name="crm.segment",
        string="Segments",
        ondelete="restrict",
        context={"active_test": False},
        help="Only customers of these segments. Left empty, the segment does not"
        " matter.",
    )
    partner_domain = fields.Char(
        string="Customer Filter",
        help="Only customers who match this filter.",
    )
    date_start = fields.Date(
        default=lambda self: self.env.company._relationship_today(),
        help="Nobody is enrolled before this day.",
    )
    date_end = fields.Date(
        string="End Date",
        help="Nobody is enrolled after this day.",
    )
    reenroll = fields.Selection(
        selection=[
            ("always", "Always"),
            ("after", "After a number of days"),
            ("never", "Never"),
        ],
        string="Enter Again",
        required=True,
        default="always",
        help="Whether a customer who has been through the program may enter it again.",
    )
    reenroll_days = fields.Integer(
        string="Days until Again",
        default=90,
        help="A customer may enter again this number of days after entering.",
    )
    merge_rule = fields.Selection(
        selection=[
            ("join", "One run for all of them"),
            ("restart", "The last one starts the program again"),
            ("parallel", "A run for each of them"),
        ],
        string="Several Orders",
        required=True,
        default="join",
        help="What becomes of sales orders that one person places shortly after one"
        " another. One run names all of them; started again, what is still planned"
        " for the earlier order is cancelled.",
    )
    merge_days = fields.Integer(
        string="Within Days",
        default=1,
        help="A sales order within this number of days after the first one counts"
        " as placed shortly after it.",
    )
    priority = fields.Selection(
        selection=[(LOW, "Low"), (USUAL, "Normal"), (HIGH, "High")],
        required=True,
        default=USUAL,
        tracking=True,
        help="Which program comes first where limits, or somebody's time, allow only"
        " some of what is due. What waits for a place keeps it before everything of the"
        " same or a lower priority that comes later. Contact plans have the normal"
        " priority; service comes before everything.",
    )
    daily_limit = fields.Integer(
        string="At Most a Day",
        help="No more customers than this enter on one day; the others follow on the"
        " next days. 0 is no limit.",
    )
    spread_by_time = fields.Boolean(
        string="As People Have Time",
        help="Customers begin on days on which whoever makes the first step has time,"
        " besides all that is planned already.",
    )
    end_on_purchase = fields.Boolean(
        string="The customer buys",
        help="A later sales order ends the program for the customer.",
    )
    end_on_answer = fields.Boolean(
        string="The customer answers",
        help="Whoever was reached by a step of the program gets no further ones.",
    )
    end_on_complaint = fields.Boolean(string="The customer complains")
    end_on_refusal = fields.Boolean(
        string="The customer refuses something",
        help="Any refusal of the customer: of a channel, or of all interactions.",
    )
    end_on_segment = fields.Boolean(
        string="The customer moves to a segment outside the target",
    )
    end_on_date = fields.Boolean(
        string="The program is over",
        help="On the day after the end date, whatever is still planned is cancelled.",
    )
    benefit = fields.Text(
        string="Benefit in Words",
        translate=True,
        help="What the customer gains from the program.",
    )
    step_ids = fields.One2many(
        comodel_name="crm.program.step",
        inverse_name="program_id",
        string="Steps",
        domain=[("version", "=", 0)],
        copy=True,
    )
    enrollment_ids = fields.One2many(
        comodel_name="crm.program.enrollment",
        inverse_name="program_id",
        string="Enrollments",
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

    target_note = fields.Char(
        string="At Present",
        compute="_compute_target_note",
        groups="sales_team.group_sale_manager",
        help="How many customers are in the target, and how many of them could be"
        " contacted today.",
    )
    target_counts = fields.Json(
        string="At Present",
        compute="_compute_target_note",
        exportable=False,
        groups="sales_team.group_sale_manager",
        help="How many customers are in the target, and how many of them could be"
        " contacted today. Each number opens its list.",
    )
    archived_warning = fields.Char(
        compute="_compute_archived_warning",
        groups="sales_team.group_sale_manager",
        help="What the program uses and somebody has archived.",
    )
    balance_warning = fields.Char(
        compute="_compute_balance_warning",
        groups="sales_team.group_sale_manager",
        help="What the program does to the balance of relationship and selling.",
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

    _reenroll_days_in_bounds = Bounds("reenroll_days", 1, MAX_PERIOD)
    _merge_days_in_bounds = Bounds("merge_days", 0, MAX_HORIZON)
    _daily_limit_in_bounds = Bounds("daily_limit", 0, MAX_TIMES)
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

    @api.constrains("company_id")
    def _check_company_of_runs(self):
        """What its customers got is part of a program that their people may see.

        ``sudo``: it has customers in every company.
        """
        for program in self.filtered("company_id").sudo():
            others = self.env["crm.program.enrollment"].sudo()
            others = others.search(
                [
                    ("program_id", "=", program.id),
                    ("company_id", "!=", program.company_id.id),
                ],
                limit=1,
            )
            if others:
                raise ValidationError(
                    self.env._(
                        "Customers of %(company)s have entered “%(program)s”, so it"
                        " cannot move to %(own)s alone. Duplicate it for %(own)s"
                        " instead.",
                        company=others.company_id.name,
                        own=program.company_id.name,
                        program=program.name,
                    )
                )

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
        "activity_kind",
        "company_id",
        "partner_domain",
        "segment_ids",
        "worthwhile_only",
    )
    @api.depends_context("company", "lang")
    def _compute_target_note(self):
        for program in self:
            company = program.company_id or self.env.company
            program.target_counts = told = tell_target(program, company)
            program.target_note = describe_target(program.env, told)

    @api.depends(
        "activity_kind",
        "company_id",
        "partner_domain",
        "segment_ids",
        "skip_relationship_first",
        "step_ids",
        "worthwhile_only",
    )
    @api.depends_context("company", "lang")
    def _compute_balance_warning(self):
        for program in self:
            program.balance_warning = get_balance_warning(program)

    def _compute_archived_warning(self):
        for program in self:
            program.archived_warning = " ".join(find_archived(program)) or False

    @api.model_create_multi
    def create(self, vals_list):
        programs = super().create(vals_list)
        self.env.registry.clear_cache()
        return programs

    def write(self, vals):
        back = self.filtered(lambda p: vals.get("active") and not p.active)
        result = super().write(vals)
        if vals.get("active") is False:
            self._stop_runs()
        back._begin_anew()
        if vals.keys() & CACHED:
            self.env.registry.clear_cache()
        return result

    @api.model
    @ormcache()
    def _are_ended_by_sales(self):
        """Tell whether a sale ends runs of some program: of most companies', none.

        ``sudo``: of any company's, for it is kept for everybody.
        """
        ends = Domain("end_on_purchase", "=", True) | Domain(
            "trigger", "=", "quotation"
        )
        return bool(self.sudo().search_count(ends, limit=1))

    def _begin_anew(self):
        """Let what happened while these were archived start nothing.

        ``sudo``: nobody writes when a program was published.
        """
        now = fields.Datetime.now()
        for program in self.sudo():
            program.date_published = program.state == RUNNING and now

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
                    count=format_count(self.env, len(stopped)),
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

    def action_view_target(self, state):
        """Open the customers of the target who can be reached like this at present."""
        check_one(self)
        if state not in LISTED:
            refuse_id(self.env, state)
        return open_records(self, f"crm_relationship_action_target_{state}")

    def action_view_enrollments(self):
        check_one(self)
        return open_records(self, "crm_program_enrollment_action_program")

    def action_view_interactions(self):
        check_one(self)
        return open_records(self, "crm_interaction_action_program")

    # ------------------------------------------------------------------
    # Enrollment
    # ------------------------------------------------------------------

    def _get_target_domain(self):
        """Return the domain of ``crm.relationship`` records the program is for."""
        domain = self._get_chosen_domain()
        if self.worthwhile_only:
            # sudo: the costs of each company; which customers are seen, others decide
            companies = self.company_id or self.env["res.company"].sudo().search([])
            domain &= self.env["crm.relationship"]._worth_more(
                {company: self._get_cost_per_customer(company) for company in companies}
            )
        return domain

    def _get_chosen_domain(self):
        """Return the domain of those chosen for the program, whether it pays or not."""
        self.ensure_one()
        domain = Domain("active", "=", True)
        if self.segment_ids:
            domain &= Domain("segment_id", "in", self.segment_ids.ids)
        partner_filter = self._get_filter("partner_domain")
        if not partner_filter.takes_all:
            domain &= Domain("partner_id", "any", partner_filter.domain)
        return domain

    def _get_reached_segments(self):
        """Return the program's segments; without any, all that its company uses.

        Of no program, as of a step that is being made: all.
        """
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
        return entry.enroll(self, relationships, dates or {})

    @api.model
    def _get_books(self, users, company, first):
        """Return what is left of people's days; rooms that know them override this.

        :return: ``{res.users: engine.capacity.Book}``, from the day ``first`` on
        """
        return {}

    def _run_apart(self, work, company, *args):
        """Do the work of one program by itself; if it fails, the program shows why."""
        self.ensure_one()
        error = run_apart(self.env, work, company, *args)
        if error:
            log_failure(error, "Program %s enrolled nobody", self.id)
        self._note_failure(error, company)
