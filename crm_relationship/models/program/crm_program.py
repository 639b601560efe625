from collections import Counter
from datetime import timedelta
from operator import itemgetter

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import ormcache

from ..base.apart import log_failure, run_apart
from ..base.asked import check_one, refuse_id
from ..base.bounds import (
    MAX_AMOUNT,
    MAX_COUNT,
    MAX_HORIZON,
    MAX_PERIOD,
    MAX_TIMES,
    Bounds,
    day_bounds,
    sequence_bounds,
)
from ..base.deletion import check_unused
from ..base.figures import format_amount
from ..base.opened import open_records
from ..base.user_filter import UserFilter, find_unreadable
from ..customer.lifecycle import LIFECYCLE_STAGES
from ..portfolio.comparison import get_sheets
from ..portfolio.winback import Winback
from ..touch.crm_touch_mixin import KIND_BY_OBJECTIVE, OBJECTIVES
from . import entry, gallery, spending
from .approval import DRAFT, RUNNING
from .balance import get_balance_warning
from .drawing import DRAWN, draw
from .expectation import METRICS, describe
from .faults import find_archived
from .holdout import (
    DECIDING,
    MAX_HOLDOUT,
    MAX_RESULT_DAYS,
    check_by_hand,
    check_undecided,
    describe_power,
    start_measuring,
    without_what_nobody_chooses,
)
from .picture import ProgramPicture
from .priority import HIGH, LOW, USUAL
from .result import ProgramResult
from .target_count import LISTED, describe_target, tell_target
from .triggers import NIGHTLY, TRIGGERS

REASON_LIMIT = 500
MANAGERS = "sales_team.group_sale_manager"
# So many days pass before somebody is told once more that a program stands still.
WARNED = 30
# A step is still made so many days late, by the nightly job that makes up for failures.
LATE_DAYS = 1
# What is chosen for a trigger; without it, nothing starts the program.
TRIGGER_FIELDS = (
    "lifecycle_stage",
    "occasion_id",
    "from_segment_ids",
    "to_segment_ids",
    "date_field",
    "order_what",
    "product_tmpl_ids",
    "product_categ_ids",
    "days_before",
)
# In the currency of the company whose customers the program is for.
AMOUNTS = ("budget", "order_amount")
# Whatever programs ask, these decide whose an order is, and of which day.
ALWAYS_WATCHED = ("company_id", "date_order", "partner_id")
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
    trigger = fields.Selection(
        selection=[(name, trigger.label) for name, trigger in TRIGGERS.items()],
        required=True,
        default="manual",
        # else every customer would also get the copy's interactions before it is edited
        copy=False,
        tracking=True,
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
    order_domain = fields.Char(
        string="Order Filter",
        help="Only orders that match this filter start the program.",
    )
    order_rank = fields.Selection(
        selection=[
            ("any", "Any order"),
            ("first", "The customer's first order"),
            ("repeat", "Any order but the first"),
        ],
        string="Which Order",
        required=True,
        default="any",
    )
    order_what = fields.Selection(
        selection=[
            ("any", "Any product"),
            ("products", "Certain products"),
            ("categories", "Certain product categories"),
        ],
        string="What Was Ordered",
        required=True,
        default="any",
    )
    product_tmpl_ids = fields.Many2many(
        comodel_name="product.template",
        string="Products",
        context={"active_test": False},
        help="The order contains at least one of these.",
    )
    product_categ_ids = fields.Many2many(
        comodel_name="product.category",
        string="Product Categories",
        help="The order contains at least one product of these, or of a category below"
        " them.",
    )
    team_ids = fields.Many2many(
        comodel_name="crm.team",
        string="Sales Teams",
        ondelete="restrict",
        context={"active_test": False},
        help="Only orders of these teams. Left empty, the team does not matter.",
    )
    order_amount = fields.Monetary(
        string="Amount at Least",
        currency_field="cost_currency_id",
        help="Only orders of this amount or more, without taxes, in the currency of the"
        " company that sells. 0 is any amount.",
    )
    lifecycle_stage = fields.Selection(
        string="Life Cycle Stage", selection=LIFECYCLE_STAGES
    )
    occasion_id = fields.Many2one(
        comodel_name="crm.occasion",
        index="btree_not_null",
        ondelete="restrict",
    )
    from_segment_ids = fields.Many2many(
        comodel_name="crm.segment",
        relation="crm_program_from_segment_rel",
        ondelete="restrict",
        context={"active_test": False},
        help="Only customers who come from one of these segments. Left empty, it does"
        " not matter where they come from.",
    )
    to_segment_ids = fields.Many2many(
        comodel_name="crm.segment",
        relation="crm_program_to_segment_rel",
        ondelete="restrict",
        context={"active_test": False},
        help="Only customers who enter one of these segments. Left empty, it does not"
        " matter where they go.",
    )
    wait_days = fields.Integer(
        string="Days without an Answer",
        default=7,
        help="This number of days after it was sent, a quotation counts as not"
        " answered.",
    )
    referral_buys = fields.Boolean(
        string="Once They Buy",
        help="The program starts with the first purchase of whoever was brought, and"
        " not as soon as it is noted who brought them.",
    )
    date_field = fields.Selection(
        selection="_select_date_fields",
        string="Date",
        help="The date on the contact that starts the program.",
    )
    date_yearly = fields.Boolean(
        string="Every Year",
        help="The program starts each year on this day, and not only once.",
    )
    days_before = fields.Integer(
        help="The program starts this number of days before; 0 is on the day itself.",
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
    date_warned = fields.Date(
        string="Responsible Warned On",
        readonly=True,
        copy=False,
        help="When whoever is responsible was last told that nothing starts the program"
        " any more.",
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
    expected_metric = fields.Selection(
        selection=METRICS,
        string="Expected",
        help="What is counted among those who enter. A purchase counts from the day"
        " after.",
    )
    expected_value = fields.Integer(
        string="Expected (%)",
        default=50,
        help="Of a hundred customers who enter, this many.",
    )
    expected_note = fields.Char(
        compute="_compute_expected_note",
        groups="sales_team.group_sale_manager",
        help="What is expected, and what came so far.",
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

    # Ready-made programs, and the drawing of the steps

    is_ready_made = fields.Boolean(
        string="Ready-Made",
        readonly=True,
        copy=False,
        help="Stands in the gallery, to be used as it is or as a start.",
    )
    made_from_id = fields.Many2one(
        comodel_name="crm.program",
        index="btree_not_null",
        readonly=True,
        copy=False,
        ondelete="set null",
        help="The ready-made program that this one was made from.",
    )
    made_ids = fields.One2many(
        comodel_name="crm.program",
        inverse_name="made_from_id",
        context={"active_test": False},
        help="The programs that were made from this one.",
    )
    is_in_use = fields.Boolean(
        compute="_compute_is_in_use",
        help="Enrolls customers, itself or as a program that was made from it.",
    )

    drawing = fields.Json(
        compute="_compute_drawing",
        exportable=False,
        help="What the drawing of the program shows: start, steps and end.",
    )

    picture = fields.Html(
        compute="_compute_picture",
        sanitize=False,
        groups="base.group_user",
        help="How many entered in each of the last 26 weeks, and what became of them.",
    )

    for_everybody = fields.Boolean(
        string="Everybody Gets It",
        compute="_compute_for_everybody",
        store=True,
        readonly=False,
        tracking=True,
        help="Service, and what follows a complaint: nobody is ever kept aside from it,"
        " neither from this program alone nor from all programs.",
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
    holdout_round = fields.Integer(
        string="Measurements",
        copy=False,
        readonly=True,
        aggregator=None,
        groups="base.group_user",
        help="How often it was begun to measure. Only those to whom chance gave a group"
        " in the last one are compared.",
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
    budget = fields.Monetary(
        currency_field="cost_currency_id",
        help="What the program may cost: interactions, time and benefits. What it has"
        " cost is told beside it; nobody is held back. 0 is no budget.",
    )
    budget_note = fields.Char(
        string="Spent",
        compute="_compute_budget_note",
        groups="sales_team.group_sale_manager",
        help="What the program has cost so far: interactions, time and benefits.",
    )

    _budget_in_bounds = Bounds("budget", 0, MAX_AMOUNT)
    _expected_in_bounds = Bounds("expected_value", 1, 100)
    _holdout_share_in_bounds = Bounds("holdout_share", 0, MAX_HOLDOUT)
    _holdout_from_in_bounds = day_bounds("holdout_from")
    _holdout_until_in_bounds = day_bounds("holdout_until")
    _holdout_round_in_bounds = Bounds("holdout_round", 0, MAX_COUNT)
    _result_days_in_bounds = Bounds("result_days", 7, MAX_RESULT_DAYS)
    _order_amount_in_bounds = Bounds("order_amount", 0, MAX_AMOUNT)
    _reenroll_days_in_bounds = Bounds("reenroll_days", 1, MAX_PERIOD)
    _merge_days_in_bounds = Bounds("merge_days", 0, MAX_HORIZON)
    _daily_limit_in_bounds = Bounds("daily_limit", 0, MAX_TIMES)
    _date_warned_in_bounds = day_bounds("date_warned")
    _wait_days_in_bounds = Bounds("wait_days", 1, MAX_PERIOD)
    _days_before_in_bounds = Bounds("days_before", 0, MAX_HORIZON)
    _sequence_in_bounds = sequence_bounds()
    _start_in_bounds = day_bounds("date_start")
    _end_in_bounds = day_bounds("date_end")
    _dates_in_order = models.Constraint(
        "CHECK(date_end IS NULL OR date_start IS NULL OR date_start <= date_end)",
        "A program cannot end before it starts.",
    )

    @api.model
    def _select_date_fields(self):
        """Return the dates of a contact that may start a program: ``[(name, label)]``.

        Which are on a contact depends on the apps; whoever may not see one is not
        offered it.
        """
        contact = self.env["res.partner"]
        return sorted(
            (
                (name, field._description_string(self.env))
                for name, field in contact._fields.items()
                if field.type in ("date", "datetime")
                and field.column_type
                and field.store
                and not field.company_dependent
                and name != "write_date"
                and contact._has_field_access(field, "read")
            ),
            key=itemgetter(1),
        )

    @api.depends("objective")
    def _compute_activity_kind(self):
        for program in self:
            program.activity_kind = KIND_BY_OBJECTIVE.get(
                program.objective, "relationship"
            )

    @api.depends(
        "failure",
        "trigger",
        "occasion_id.date_ids.date",
        "occasion_id.date_ids.recurring",
        *TRIGGER_FIELDS,
        *FILTERS,
    )
    def _compute_problem(self):
        for program in self:
            program.problem = (
                TRIGGERS[program.trigger].get_missing(program)
                or TRIGGERS[program.trigger].get_warning(program)
                or program._get_filter_problem()
                or program._get_step_problem()
                or program.failure
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

    @api.depends("active", "state", "made_ids.active", "made_ids.state")
    def _compute_is_in_use(self):
        for program in self:
            running = (program | program.made_ids).filtered("active")
            program.is_in_use = RUNNING in running.mapped("state")

    @api.depends(*DRAWN)
    @api.depends_context("lang", "uid", "company")
    def _compute_drawing(self):
        drawings = draw(self)
        for program in self:
            program.drawing = drawings[program]

    @api.depends_context("company", "lang", "uid")
    def _compute_picture(self):
        for program in self:
            known = program._origin
            program.picture = known and ProgramPicture(known).render()

    @api.depends("benefit_ids", "segment_ids", "company_id")
    def _compute_benefit_warning(self):
        for program in self:
            program.benefit_warning = program.benefit_ids._get_warning(
                program._get_reached_segments()
            )

    @api.depends("objective", "trigger")
    def _compute_worthwhile_only(self):
        """Win back only where it pays; who complained is asked in any case."""
        for program in self:
            program.worthwhile_only = (
                program.objective == "recovery" and program.trigger != "complaint"
            )

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

    @api.constrains("trigger", *TRIGGER_FIELDS)
    def _check_trigger(self):
        for program in self:
            if missing := TRIGGERS[program.trigger].get_missing(program):
                raise ValidationError(missing)

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

    @api.constrains("holdout_until")
    def _check_holdout_until(self):
        for program in self:
            # a share that is new gets its days when it is saved
            if program.holdout_from and not program.holdout_until:
                raise ValidationError(
                    self.env._(
                        "Say until when customers of “%(program)s” are kept aside:"
                        " without a last day, nothing is ever decided.",
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

    @api.depends("trigger")
    def _compute_for_everybody(self):
        for program in self:
            program.for_everybody = program.trigger == "complaint"

    @api.depends(
        "holdout_share", "partner_domain", "result_days", "segment_ids", "trigger"
    )
    @api.depends_context("company", "lang")
    def _compute_holdout_hint(self):
        for program in self:
            known = program._origin
            company = known.company_id or self.env.company
            program.holdout_hint = bool(known) and describe_power(known, company)

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

    @api.depends("company_id", "expected_metric", "expected_value", "result_days")
    @api.depends_context("company", "lang")
    def _compute_expected_note(self):
        for program in self:
            known = program._origin
            company = known.company_id or self.env.company
            program.expected_note = describe(program, company)

    @api.depends("budget", "company_id")
    @api.depends_context("company", "lang")
    def _compute_budget_note(self):
        for program in self:
            known = program._origin
            company = known.company_id or self.env.company
            program.budget_note = known and spending.describe(known, company)

    def _compute_archived_warning(self):
        for program in self:
            program.archived_warning = " ".join(find_archived(program)) or False

    # ------------------------------------------------------------------
    # Spreadsheet
    # ------------------------------------------------------------------

    @api.model
    def _check_reader(self):
        """Let those have results who see them on the program."""
        self.check_access("read")
        self._check_field_access(self._fields["result"], "read")

    @api.model
    def _get_sheets(self, domain):
        """Return the results of programs that are measured."""
        programs = self.search(domain & Domain("holdout_from", "!=", False))
        return get_sheets(
            self.env,
            [
                ProgramResult(program, program.company_id or self.env.company)
                for program in programs
            ],
        )

    @api.depends("holdout_from", "holdout_until", "result_days")
    @api.depends_context("company", "lang")
    def _compute_result(self):
        for program in self:
            known = program._origin
            company = known.company_id or self.env.company
            program.result = (
                known._is_measured() and ProgramResult(known, company).render()
            )

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            vals_list = [without_what_nobody_chooses(vals) for vals in vals_list]
        programs = super().create(vals_list)
        for program in programs.filtered("holdout_share"):
            start_measuring(program)
        self.env.registry.clear_cache()
        return programs

    def write(self, vals):
        share = vals.get("holdout_share")
        changed = self.filtered(lambda p: share and share != p.holdout_share)
        if not self.env.su:
            check_by_hand(self, vals)
        if vals.keys() & set(DECIDING) and not (self.env.su and "holdout_from" in vals):
            check_undecided(self - changed, vals)
        back = self.filtered(lambda p: vals.get("active") and not p.active)
        result = super().write(vals)
        for program in changed:
            start_measuring(program)
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

    @api.model
    @ormcache()
    def _get_watched(self):
        """Return which fields of orders in which state matter: ``{state: names}``.

        ``order_line`` stands for all that is ordered. Of any company's programs that
        customers go through, for it is kept for everybody; so that saving an order
        costs nothing where no program asks for anything.
        """
        # sudo: what a program asks of an order does not depend on who changes it
        programs = self.sudo().search(
            ["|", ("state", "!=", DRAFT), ("date_published", "!=", False)]
        )
        watched = {"sale": set(ALWAYS_WATCHED), "sent": set()}
        for program in programs:
            state = "sent" if program.trigger == "quotation" else "sale"
            watched[state] |= TRIGGERS[program.trigger].get_watched(program)
        return watched

    def _keeps_aside(self, company):
        """Tell whether part of those who enter today are kept aside."""
        self.ensure_one()
        return bool(
            self.holdout_share
            and self._is_measured()
            and not self._is_for_everybody()
            and self.holdout_from <= company._relationship_today() <= self.holdout_until
        )

    def _is_measured(self):
        return bool(self.holdout_from and self.holdout_until)

    def _is_for_everybody(self):
        """Tell whether nobody is ever kept aside from the program."""
        return self.for_everybody or self.trigger == "complaint"

    def action_measure_anew(self):
        """Begin to measure again, from today and with the same share."""
        check_one(self)
        self.check_access("write")
        if self.holdout_share:
            start_measuring(self)
        return {"type": "ir.actions.client", "tag": "soft_reload"}

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

    def action_use_ready_made(self):
        """Make a draft of a ready-made program, and open it."""
        check_one(self)
        return {
            "type": "ir.actions.act_window",
            "res_model": "crm.program",
            "res_id": gallery.use(self).id,
            "views": [(False, "form")],
        }

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

    @api.model
    def _get_running(self, trigger, company):
        """Return the programs with this trigger, or these, that enroll customers today.

        Those that lack what starts them enroll nobody; they show what it is.
        """
        today = company._relationship_today()
        return self.search_fetch(
            [
                ("state", "=", "running"),
                ("trigger", "in", [trigger] if isinstance(trigger, str) else trigger),
                ("company_id", "in", (company.id, False)),
                "|",
                ("date_start", "=", False),
                ("date_start", "<=", today),
                "|",
                ("date_end", "=", False),
                ("date_end", ">=", today),
            ]
        ).filtered(lambda p: not TRIGGERS[p.trigger].get_missing(p))

    def _is_over_for(self, day, today):
        """Tell whether every step is past for somebody who entered on a day."""
        self.ensure_one()
        limit = today - timedelta(days=LATE_DAYS)
        return day < limit and all(step._get_day(day) < limit for step in self.step_ids)

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

    def _is_about(self, lines):
        """Tell whether lines of a sales order have what the program is about.

        What was chosen and deleted since, nobody can tell any more.
        """
        self.ensure_one()
        products = lines.product_id.product_tmpl_id
        if self.order_what == "products" and self.product_tmpl_ids:
            return bool(products & self.product_tmpl_ids)
        if self.order_what == "categories" and self.product_categ_ids:
            below = [("categ_id", "child_of", self.product_categ_ids.ids)]
            return bool(products.filtered_domain(below))
        return True

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
    def _enroll_lifecycle(self, company):
        """Enroll customers who entered the stage that starts a life cycle program."""
        self._enroll_by("lifecycle", company)

    @api.model
    def _enroll_occasions(self, company):
        """Enroll whomever the nightly triggers find; occasions within the horizon."""
        self._end_those_over(company)
        for trigger in NIGHTLY:
            self._enroll_by(trigger, company)
        for program in self._get_running(tuple(TRIGGERS), company):
            if TRIGGERS[program.trigger].get_warning(program):
                program._run_apart(program._warn_responsible, company)

    def _enroll_by(self, trigger, company):
        """Enroll whoever a trigger finds, each program by itself."""
        for program in self._get_running(trigger, company):
            program._run_apart(program._enroll_found, company)

    def _warn_responsible(self, company):
        """Tell whoever is responsible, once a month, that the program stands still."""
        today = company._relationship_today()
        user = self.user_id or self.env["res.users"].search(
            [
                ("all_group_ids", "in", self.env.ref(MANAGERS).ids),
                ("company_ids", "in", company.ids),
                ("share", "=", False),
            ],
            limit=1,
        )
        told = self.date_warned
        if not user or (told and (today - told).days < WARNED):
            return
        program = self.with_context(lang=user.lang)
        program.activity_schedule(
            act_type_xmlid="mail.mail_activity_data_todo",
            date_deadline=today,
            summary=program.env._("Nothing starts this program any more"),
            note=TRIGGERS[program.trigger].get_warning(program),
            user_id=user.id,
        )
        self.date_warned = today

    def _enroll_found(self, company):
        self.ensure_one()
        self.env.flush_all()
        entry.enroll_found(self, TRIGGERS[self.trigger].find(self, company))

    @api.model
    def _start(self, trigger, partners, company, day=None):
        """Start the programs that wait for something, for other modules to call.

        Each program by itself: a failure is shown on it, and stops nobody's work. Those
        who are not in its target, go through it or may not enter again are left out.

        :param str trigger: a value of ``trigger``; a module adds its own by
            ``selection_add``, and a class to ``TRIGGERS``
        :param partners: ``res.partner`` records to whom it happened
        :param date day: first day of the programs; today by default
        """
        # sudo: what starts a program does not depend on who makes it happen
        programs = self.sudo()._get_running(trigger, company)
        if programs:
            relationships = self.env["crm.relationship"].sudo()
            relationships = relationships._ensure(partners, company)
            for program in programs:
                program._run_apart(program._enroll_those, company, relationships, day)

    def _enroll_those(self, company, relationships, day):
        self.ensure_one()
        day = day or company._relationship_today()
        suited = relationships.filtered_domain(self._get_target_domain())
        self._enroll(suited, dict.fromkeys(suited, day))

    def _enroll_reached(self, company, orders=None):
        """Enroll for the orders that have come so far: of these, or of the last days.

        Each in a run of its own, or together with others that came so far with it.
        """
        self.ensure_one()
        self.env.flush_all()
        rows = self.env.execute_query(
            TRIGGERS[self.trigger].find(self, company, orders)
        )
        found = self.env["sale.order"].browse(id_ for [id_] in rows)
        reached = found.filtered(lambda order: order._stands_for(self))
        self.env["crm.program.enrollment"]._enroll_orders(
            self, {self: reached}, company._relationship_today()
        )

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

    def _get_beginning(self):
        """Return since when orders start the program."""
        self.ensure_one()
        return self.date_published or self.create_date

    def _get_first_day(self):
        """Return the first day whose events count; anything earlier is history.

        Also of a program that was to start long before it was published.
        """
        self.ensure_one()
        published = self.date_published and self.date_published.date()
        start = self.date_start or published or self.create_date.date()
        return max(start, published or start)

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

    def _convert_amounts(self, company, former):
        """Convert the amounts to the currency that a company has now, and say so.

        :param former: ``res.currency`` that it had until now
        """
        for program in self:
            names = [name for name in AMOUNTS if program[name]]
            before = {name: program[name] for name in names}
            program.write({n: company._convert_cost(before[n], former) for n in names})
            for name in names:
                program._message_log(
                    body=program.env._(
                        "%(amount)s: %(before)s was converted to %(now)s, because the"
                        " currency of the company was changed.",
                        amount=program._fields[name]._description_string(program.env),
                        before=format_amount(program.env, before[name], former),
                        now=format_amount(
                            program.env, program[name], company.currency_id
                        ),
                    )
                )

    def _note_amounts(self, company):
        """Say that amounts count in another currency for the customers of a company."""
        for program in self:
            for name in AMOUNTS:
                if program[name]:
                    program._message_log(
                        body=program.env._(
                            "%(amount)s counts in %(currency)s for customers of"
                            " %(company)s from now on, because the currency of that"
                            " company was changed. The number stayed: check it.",
                            amount=program._fields[name]._description_string(
                                program.env
                            ),
                            currency=company.currency_id.name,
                            company=company.name,
                        )
                    )

    def _get_unworthy(self, relationships):
        """Return customers who are expected to bring less than the program costs."""
        self.ensure_one()
        if not self.worthwhile_only:
            return relationships.browse()
        costs = {
            company: self._get_cost_per_customer(company)
            for company in relationships.company_id
        }
        winback = Winback(relationships.company_id)
        return relationships.filtered(
            lambda r: not winback.is_worth(r, costs[r.company_id])
        )

    def _tell_worth(self, relationship):
        """Return why the program is, or is not, worth its cost for a customer.

        :return: sentences, or ``False`` where that is not asked
        """
        self.ensure_one()
        if not self.worthwhile_only or not relationship:
            return False
        company = relationship.company_id
        cost = self._get_cost_per_customer(company)
        return Winback(company).tell(relationship, cost)
