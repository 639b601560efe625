from contextlib import nullcontext
from datetime import timedelta
from operator import itemgetter

from dateutil.relativedelta import relativedelta
from pytz import timezone, utc

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL, groupby

from ...engine.gate import OK
from ..base.apart import log_failure, run_apart, run_each_apart
from ..base.asked import check_one, check_records, check_seen
from ..base.bounds import (
    MAX_COUNT,
    MAX_MINUTES,
    MAX_TOTAL,
    Bounds,
    day_bounds,
    moment_bounds,
)
from ..base.crm_bounds_mixin import MAX_CHARS
from ..base.holding import holding
from ..base.jobs import start_job
from ..base.known import KnownFloat
from ..base.statistics import refresh_statistics
from ..courtesy.gatekeeper import Gatekeeper, Rules
from ..touch.crm_touch_mixin import KIND_BY_OBJECTIVE, OBJECTIVES
from . import advice, answers, attempts, complaints, delivery, in_step, noted, visit
from .address import has_all_addresses, lacks_address
from .messages import SENDING, recall
from .planner import OCCASION_GRACE_DAYS, Planner
from .release import Release
from .whatsapp import make_url

RELATIONSHIPS_PER_BATCH = 50_000
PENDING_STATES = ("scheduled", "open")
CLOSED_STATES = ("done", "missed", "cancelled", "skipped")
HISTORY_LENGTH = 10
# Reasons for which the gate moves an interaction to a later moment.
MOVED_BY_GATE = (
    "too_frequent",
    "outside_window",
    "snoozed",
    "step_first",
    "over_capacity",
    "absent",
)
MOVED_BY_WISHES = ("snoozed", "outside_window")
# What came of an interaction can be corrected for so long, then it is history.
CORRECTION_TIME = timedelta(days=1)
# Nobody who plans an interaction further ahead means it.
YEARS_AHEAD = 2
# "No answer" once more within this time is the same attempt, clicked twice.
SAME_ATTEMPT = timedelta(minutes=10)
# Set with a new interaction, and never again.
FIXED_FIELDS = {"relationship_id", "partner_id", "company_id", "date_due"}
# A message counts as sent when the system has sent it.
OUTCOMES_BY_HAND = ("reached", "ordered", "not_now", "complaint", "solved")
ALL_DOCUMENTS = "sales_team.group_sale_salesman_all_leads"
# Why somebody cancels an interaction, to be counted.
CANCEL_REASONS = [
    ("settled", "Settled in another interaction"),
    ("customer", "The customer does not want it"),
    ("pointless", "No longer has a point"),
    ("wrong_person", "Wrong customer or person"),
    ("mistake", "Planned by mistake"),
    ("no_time", "No time for it"),
    ("other", "Another reason"),
]
# Clocks of several servers never quite agree.
CLOCK_TOLERANCE = timedelta(minutes=5)


class CrmInteraction(models.Model):
    """One interaction: planned, done or not. The ledger of past and future.

    The activity in the salesperson's queue can vanish (a user is archived, a colleague
    cancels it); this record stays and says what became of the interaction, and why.
    """

    _name = "crm.interaction"
    _inherit = [
        "crm.by.hand.mixin",
        "crm.record.mixin",
        "crm.customer.search.mixin",
    ]
    _description = "Interaction"
    _order = "date_planned desc, id desc"
    _check_company_auto = True

    name = fields.Char(
        string="Purpose",
        required=True,
        help="What the interaction is about.",
    )
    relationship_id = fields.Many2one(
        comodel_name="crm.relationship",
        required=True,
        index=True,
        ondelete="cascade",
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Contact",
        required=True,
        index=True,
        ondelete="restrict",
        help="The person who is contacted.",
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        default=lambda self: self.env.company,
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    email = fields.Char(related="partner_id.email")
    phone = fields.Char(related="partner_id.phone")
    objective = fields.Selection(selection=OBJECTIVES)
    kind = fields.Selection(
        selection=[
            ("relationship", "Relationship"),
            ("selling", "Selling"),
            ("service", "Service"),
        ],
        required=True,
        default="relationship",
    )
    touchpoint_id = fields.Many2one(
        comodel_name="crm.touchpoint",
        string="Channel",
        ondelete="restrict",
        help="Chosen when the interaction enters the queue, by the customer's"
        " preferences.",
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Salesperson",
        domain="[('share', '=', False)]",
        ondelete="set null",
    )
    for_user_id = fields.Many2one(
        comodel_name="res.users",
        string="Instead Of",
        ondelete="set null",
        readonly=True,
        copy=False,
        help="The salesperson in whose place a stand-in does it. What is still open"
        " when that person is back goes back as well.",
    )
    plan_line_id = fields.Many2one(
        comodel_name="crm.contact.plan.line",
        ondelete="set null",
        copy=False,
    )
    sale_order_id = fields.Many2one(
        comodel_name="sale.order",
        string="Sales Order",
        index="btree_not_null",
        ondelete="set null",
        copy=False,
    )
    note = fields.Html(string="Guidance", compute="_compute_note")
    activity_note = fields.Html(
        string="Note on the Activity",
        readonly=True,
        copy=False,
        help="What somebody wrote on the activity; whoever gets it next reads it, too.",
    )
    state = fields.Selection(
        selection=[
            ("scheduled", "Scheduled"),
            ("open", "In the queue"),
            ("done", "Done"),
            ("missed", "Missed"),
            ("cancelled", "Cancelled"),
            ("skipped", "Skipped"),
        ],
        required=True,
        default="scheduled",
        copy=False,
    )
    reason_code = fields.Selection(
        selection=[
            ("channel_refused", "Every channel of this interaction is refused"),
            ("blacklisted", "Address on the blacklist"),
            ("no_address", "No address for any channel of this interaction"),
            ("already_sent", "Already sent to this address"),
            ("no_channel", "None of the channels of this interaction is in use"),
            ("archived", "Customer archived"),
            ("plan_changed", "Contact plan changed"),
            ("order_cancelled", "Sales order cancelled"),
            ("order_returned", "Everything returned"),
            ("order_changed", "Sales order changed"),
            ("merged", "Contact merged; planned twice"),
            ("by_hand", "Cancelled manually"),
            ("no_answer", "Could not be reached"),
            ("occasion_passed", "The occasion has passed"),
            ("undelivered", "The message could not be delivered"),
            ("error", "Technical problem; tried again later"),
            ("preview", "In Preview: not live yet"),
            ("other_company", "The customer belongs to another company"),
            ("do_not_contact", "The customer does not want to be contacted"),
            ("snoozed", "The customer asked for a pause"),
            ("no_consent", "No consent for this kind of interaction"),
            ("complaint_open", "A complaint is open; selling waits"),
            (
                "relationship_first",
                "Relationship interactions come first; selling waits",
            ),
            ("too_frequent", "Contacted often enough for now"),
            ("outside_window", "Outside the hours that suit the customer"),
            ("quiet_hours", "Quiet hours: customers are not disturbed"),
            ("outside_work", "Outside the salesperson's working hours"),
            ("over_capacity", "More is due than the salesperson has time for"),
            ("absent", "The salesperson is absent, and nobody stands in"),
            ("step_first", "An earlier step of the program comes first"),
        ],
        string="Reason",
        copy=False,
        help="Why the interaction was not done, or not yet.",
    )
    cancel_reason = fields.Selection(
        selection=CANCEL_REASONS,
        string="Reason for Cancelling",
        copy=False,
        readonly=True,
        help="Why somebody cancelled the interaction.",
    )
    date_due = fields.Date(
        string="Due",
        required=True,
        default=fields.Date.context_today,
        help="Day on which the plan asks for the interaction.",
    )
    date_planned = fields.Datetime(
        string="Planned For",
        required=True,
        compute="_compute_date_planned",
        store=True,
        readonly=False,
        precompute=True,
        help="Moment for which the interaction is planned.",
    )
    date_retry = fields.Datetime(
        string="Next Check On",
        copy=False,
        help="Until then nothing is done about the interaction.",
    )
    date_asked = fields.Datetime(
        string="Asked For",
        readonly=True,
        copy=False,
        help="Moment that somebody chose, for the customer or for another reason. The"
        " interaction is never made earlier, and stays on that day.",
    )
    date_done = fields.Datetime(string="Done On", copy=False)
    attempt_count = fields.Integer(
        string="Attempts",
        copy=False,
        help="How often somebody tried to reach the customer without an answer.",
    )
    date_attempt = fields.Datetime(
        string="Last Attempt On",
        copy=False,
        help="When somebody last tried to reach the customer without an answer.",
    )
    outcome = fields.Selection(
        selection=[
            ("reached", "Reached"),
            ("sent", "Sent"),
            ("ordered", "Placed an order"),
            ("not_now", "Not now"),
            ("complaint", "Complaint"),
            ("solved", "Complaint solved"),
        ],
        copy=False,
    )
    sentiment = fields.Selection(
        selection=[
            ("positive", "Happy"),
            ("neutral", "Neutral"),
            ("negative", "Unhappy"),
        ],
        copy=False,
    )
    feedback = fields.Text(
        string="What the Customer Said",
        copy=False,
        help="The voice of the customer: what was said, felt, complained about or"
        " asked for.",
    )
    cost = fields.Monetary(
        copy=False,
        help="Unit cost of the channel + cost of the benefit handed over, in company"
        " currency at the rate of that day. Set when the interaction is done; a cost"
        " entered manually stays. Working time is not in it.",
    )
    failed_touchpoint_ids = fields.Many2many(
        comodel_name="crm.touchpoint",
        string="Channels That Failed",
        copy=False,
        help="Channels through which a message was sent that did not arrive. They are"
        " not tried again.",
    )
    activity_id = fields.Many2one(
        comodel_name="mail.activity",
        index="btree_not_null",
        ondelete="set null",
        copy=False,
    )

    source = fields.Selection(
        selection=[
            ("activity", "Activity"),
            ("email", "Email from the chatter"),
            ("sms", "SMS from the chatter"),
            ("meeting", "Meeting"),
            ("composer", "Message to many, written in Odoo"),
        ],
        string="Noted From",
        copy=False,
        help="Where an interaction that was not planned here took place. Empty: it was"
        " planned here.",
    )
    source_model = fields.Char(copy=False)
    source_id = fields.Many2oneReference(
        model_field="source_model",
        copy=False,
    )
    duration = fields.Integer(
        string="Duration (minutes)",
        copy=False,
        help="Working time of the interaction in minutes. Taken from the channel when"
        " the interaction is done; enter the time it really took where it differs.",
    )

    is_complaint = fields.Boolean(
        copy=False,
        help="Until it is solved, nothing is sold to this customer.",
    )
    is_complaint_open = fields.Boolean(
        string="Complaint Not Solved",
        copy=False,
        help="Nothing but “Solved” ends a complaint: no talk and no cancellation does.",
    )
    complaint_id = fields.Many2one(
        comodel_name="crm.interaction",
        string="Complained At",
        index="btree_not_null",
        ondelete="set null",
        copy=False,
        help="The interaction in which the customer complained.",
    )
    date_complaint = fields.Datetime(string="Complaint Since", copy=False)
    date_escalated = fields.Datetime(
        string="Manager Told On",
        copy=False,
        help="When a manager was told that the complaint is not solved.",
    )
    escalation_id = fields.Many2one(
        comodel_name="mail.activity",
        string="Manager's Activity",
        index="btree_not_null",
        ondelete="set null",
        copy=False,
    )
    answer_due = fields.Datetime(
        string="Answer By",
        index="btree_not_null",
        copy=False,
        help="Until when the customer who complained is to be answered, by the working"
        " hours of the company.",
    )
    date_solved = fields.Datetime(
        string="Complaint Solved On",
        index="btree_not_null",
        readonly=True,
        copy=False,
        help="When the complaint that this interaction was about was solved.",
    )
    date_answered = fields.Datetime(
        string="Answered On",
        copy=False,
        help="When somebody first talked with the customer about the complaint.",
    )
    answered_in_time = fields.Selection(
        selection=[("yes", "In time"), ("no", "Late")],
        string="Answered",
        copy=False,
        help="Noted on the first talk about a complaint: whether it was in time.",
    )
    answer_hours = KnownFloat(
        string="Working Hours until the Answer",
        digits=(16, 2),
        aggregator="avg",
        copy=False,
        help="Noted on the first talk about a complaint: working hours of the company"
        " from the complaint until then.",
    )
    date_answer_told = fields.Datetime(
        string="Manager Told of the Answer On",
        copy=False,
        help="When a manager was told that nobody had answered in time.",
    )
    answer_note = fields.Char(
        string="Answer",
        compute="_compute_answer_note",
        help="Until when to answer the complaint, on the company's clock.",
    )
    is_answer_late = fields.Boolean(
        string="Answer Late",
        compute="_compute_answer_note",
        search="_search_is_answer_late",
        help="The customer has complained and waits, although the time is over.",
    )
    complaint_note = fields.Char(
        string="Complaint",
        compute="_compute_complaint_note",
        help="Complaints of the customer that are not solved, in the customer's words.",
    )
    override_reason = fields.Char(
        string="Reason for Going Ahead",
        size=500,
        copy=False,
        help="Why the interaction took place although the system advised against it.",
    )
    gate_message = fields.Char(
        string="Advice",
        compute="_compute_gate_message",
        help="Why this interaction should not take place now, and from when it may.",
    )
    is_reason_needed = fields.Boolean(compute="_compute_gate_message")
    gate_overview = fields.Html(
        string="Allowed Channels",
        compute="_compute_gate_overview",
        sanitize=False,
        help="For each channel, whether the customer may be contacted through it.",
    )
    is_correctable = fields.Boolean(
        compute="_compute_is_correctable",
        help="What came of the interaction can still be entered or corrected.",
    )
    channel_icon = fields.Char(related="touchpoint_id.activity_type_id.icon")
    channel_kind = fields.Selection(related="touchpoint_id.kind")
    customer_id = fields.Many2one(
        related="relationship_id.partner_id",
        string="Customer",
    )
    last_contact_date = fields.Date(related="relationship_id.last_contact_date")
    history_ids = fields.One2many(
        comodel_name="crm.interaction",
        string="Earlier Interactions",
        compute="_compute_history_ids",
    )

    # One visit to the customer: see `visit`
    along_id = fields.Many2one(
        comodel_name="crm.interaction",
        string="Done Along With",
        index="btree_not_null",
        ondelete="set null",
        copy=False,
        help="Another interaction with the customer on the same occasion. Both count"
        " as one: for the limits, the cost and the time.",
    )
    also_due_ids = fields.Many2many(
        comodel_name="crm.interaction",
        compute="_compute_also_due",
    )
    also_due = fields.Char(
        compute="_compute_also_due",
        help="What else is in the queue for this customer these days: one visit, call"
        " or message may do for all.",
    )
    together_ids = fields.Many2many(
        comodel_name="crm.interaction",
        string="Close as Well",
        compute="_compute_together_ids",
        inverse="_inverse_together_ids",
        help="They get the same outcome. Together they count as one interaction.",
    )

    _due_in_bounds = day_bounds("date_due")
    _planned_in_bounds = moment_bounds("date_planned")
    _retry_in_bounds = moment_bounds("date_retry")
    _asked_in_bounds = moment_bounds("date_asked")
    _done_in_bounds = moment_bounds("date_done")
    _complaint_in_bounds = moment_bounds("date_complaint")
    _escalated_in_bounds = moment_bounds("date_escalated")
    _answer_due_in_bounds = moment_bounds("answer_due")
    _solved_in_bounds = moment_bounds("date_solved")
    _answered_in_bounds = moment_bounds("date_answered")
    _answer_told_in_bounds = moment_bounds("date_answer_told")
    _answer_hours_in_bounds = Bounds("answer_hours", 0, MAX_TOTAL)
    _attempts_in_bounds = Bounds("attempt_count", 0, MAX_COUNT)
    _cost_in_bounds = Bounds("cost", high=MAX_TOTAL)
    _duration_in_bounds = Bounds("duration", high=MAX_MINUTES)
    _cost_not_negative = models.Constraint(
        "CHECK(cost >= 0)",
        "The cost of an interaction cannot be negative.",
    )
    _duration_not_negative = models.Constraint(
        "CHECK(duration >= 0)",
        "The duration of an interaction cannot be negative.",
    )
    _plan_line_pending_unique = models.UniqueIndex(
        "(relationship_id, plan_line_id) WHERE state IN ('scheduled', 'open')"
        " AND plan_line_id IS NOT NULL",
        "This interaction of the plan is already pending for the customer.",
    )
    _source_unique = models.UniqueIndex(
        "(source_id, source_model, relationship_id) WHERE source_id <> 0",
        "This interaction is noted already.",
    )
    _complaint_idx = models.Index("(relationship_id) WHERE is_complaint_open")
    _release_idx = models.Index("(date_planned, id) WHERE state = 'scheduled'")
    _queue_idx = models.Index("(user_id, date_planned) WHERE state = 'open'")
    _stand_in_idx = models.Index(
        "(user_id, relationship_id) WHERE state = 'open' AND for_user_id IS NOT NULL"
    )
    _attempt_idx = models.Index("(company_id, date_attempt) WHERE state = 'missed'")
    _answered_idx = models.Index(
        "(company_id, date_answered) WHERE answered_in_time IS NOT NULL"
    )
    # Both columns: planning never looks up the line alone, and a query planner without
    # statistics would use an index on the line alone.
    _plan_line_idx = models.Index(
        "(plan_line_id, relationship_id) WHERE plan_line_id IS NOT NULL"
    )
    # The last few talks with a customer, however many there were.
    _history_idx = models.Index(
        "(relationship_id, date_done DESC, id DESC) WHERE state = 'done'"
    )
    # Everything the channel matrix sums up, so that it need not read the ledger itself.
    _done_idx = models.Index(
        "(company_id, date_done)"
        " INCLUDE (relationship_id, touchpoint_id, cost, duration)"
        " WHERE state = 'done'"
    )

    # ------------------------------------------------------------------
    # Compute
    # ------------------------------------------------------------------

    @api.depends("name", "partner_id")
    def _compute_display_name(self):
        for interaction in self:
            interaction.display_name = (
                f"{interaction.partner_id.display_name}: {interaction.name}"
                if interaction.partner_id
                else interaction.name
            )

    @api.depends("plan_line_id.note")
    def _compute_note(self):
        for interaction in self:
            interaction.note = interaction._get_touch().note

    @api.depends("date_due")
    def _compute_date_planned(self):
        """Plan for nine in the morning, company time; the release may improve on it."""
        for interaction in self:
            company = interaction.company_id or self.env.company
            interaction.date_planned = (
                interaction.date_due
                and company._relationship_time(interaction.date_due)
            )

    @api.depends("state", "date_done")
    def _compute_is_correctable(self):
        since = fields.Datetime.now() - CORRECTION_TIME
        for interaction in self:
            interaction.is_correctable = interaction.state in PENDING_STATES or (
                interaction.state == "done"
                and bool(interaction.date_done)
                and interaction.date_done >= since
            )

    @api.depends("is_complaint_open", "answer_due", "date_answered")
    @api.depends_context("lang")
    def _compute_answer_note(self):
        for interaction in self:
            interaction.answer_note = answers.describe(interaction)
            interaction.is_answer_late = answers.is_late(interaction)

    @api.model
    def _search_is_answer_late(self, operator, value):
        if operator != "in" or True not in value or len(value) > 1:
            return NotImplemented
        return (
            Domain("is_complaint_open", "=", True)
            & Domain("date_answered", "=", False)
            & Domain("answer_due", "<", fields.Datetime.now())
        )

    @api.depends("relationship_id", "is_complaint_open")
    @api.depends_context("lang")
    def _compute_complaint_note(self):
        found = complaints.find_open(self.relationship_id)
        for interaction in self:
            bearers = found.get(interaction.relationship_id.id, self.browse())
            interaction.complaint_note = complaints.describe(bearers)

    @api.depends("relationship_id")
    def _compute_history_ids(self):
        """The last interactions with the customer; read for one record at a time."""
        for interaction in self:
            interaction.history_ids = self.search(
                [
                    ("relationship_id", "=", interaction.relationship_id.id),
                    ("relationship_id", "!=", False),
                    ("state", "=", "done"),
                    ("id", "!=", interaction._origin.id),
                ],
                order="date_done desc, id desc",
                limit=HISTORY_LENGTH,
            )

    @api.depends("relationship_id", "state", "date_planned")
    def _compute_also_due(self):
        pending = self._filter_pending()
        found = visit.find_also_due(pending) if pending else {}
        for interaction in self:
            others = found.get(interaction, self.browse())
            interaction.also_due_ids = others
            interaction.also_due = bool(others) and visit.describe(others)

    @api.depends("state")
    def _compute_together_ids(self):
        along = visit.find_along(self._origin).sudo(False)
        by_first = along.grouped("along_id")
        for interaction in self:
            interaction.together_ids = by_first.get(interaction._origin, self.browse())

    def _inverse_together_ids(self):
        """Keep what is ticked until the first one is closed.

        ``sudo``: which one goes along is written by this method alone, after asking
        whether the user may write both.
        """
        for interaction in self:
            ticked = interaction.together_ids & interaction.also_due_ids
            ticked.check_access("write")
            known = visit.find_along(interaction)
            (known - ticked).along_id = False
            (ticked.sudo() - known).along_id = interaction

    # ------------------------------------------------------------------
    # Constrains and CRUD
    # ------------------------------------------------------------------

    @api.constrains("partner_id")
    def _check_partner(self):
        for interaction in self:
            customer = interaction.relationship_id.partner_id
            if interaction.partner_id.commercial_partner_id != customer:
                check_seen(interaction.partner_id + customer)
                raise ValidationError(
                    self.env._(
                        "%(contact)s does not belong to the customer %(customer)s.",
                        contact=interaction.partner_id.display_name,
                        customer=customer.display_name,
                    )
                )

    @api.constrains("date_done")
    def _check_date_done(self):
        limit = fields.Datetime.now() + CLOCK_TOLERANCE
        for interaction in self:
            if interaction.date_done and interaction.date_done > limit:
                raise ValidationError(
                    self.env._(
                        "“%(contact)s” cannot have been done in the future. Enter the"
                        " day on which it took place.",
                        contact=interaction.name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        if self._is_by_hand():
            allowed = self._get_fields_by_hand() - {"outcome"} | FIXED_FIELDS
            vals_list = [self._begin_by_hand(vals, allowed) for vals in vals_list]
        interactions = super().create(self._complete_create_values(vals_list))
        if self._is_by_hand():
            interactions._check_planned_by_hand()
        closed = interactions.filtered(lambda i: i.state in CLOSED_STATES)
        # sudo: the dates follow for those, too, who may not write them
        pending = (interactions - closed).relationship_id.sudo()
        closed._after_closing()  # which brings the dates in step
        pending._refresh_contact_state()
        return interactions

    @api.model
    def _complete_create_values(self, vals_list):
        """Return values with relationship, contact, kind and salesperson filled in.

        As far as they can be derived, in as many queries for many contacts as for one.

        ``sudo``: whoever plans an interaction with a colleague's customer may not read
        the relationship. The new record is checked by the rules of the ledger.
        """
        vals_list = [self._add_page_defaults(vals) for vals in vals_list]
        vals_list = self._add_relationships(vals_list)
        Relationship = self.env["crm.relationship"].sudo()
        named = Relationship.browse(
            {vals["relationship_id"] for vals in vals_list if vals["relationship_id"]}
        )
        by_id = {relationship.id: relationship for relationship in named}
        return [
            self._add_derived_values(
                vals, by_id.get(vals["relationship_id"], Relationship)
            )
            for vals in vals_list
        ]

    @api.model
    def _add_page_defaults(self, vals):
        """Return values with the customer on whose page the contact is made."""
        if vals.get("relationship_id"):
            return vals
        names = ("relationship_id", "partner_id")
        defaults = {name: self.env.context.get(f"default_{name}") for name in names}
        return {**{name: id_ for name, id_ in defaults.items() if id_}, **vals}

    @api.model
    def _add_relationships(self, vals_list):
        """Return values with the customer's relationship, which is made where missing.

        False where they name no customer.

        ``sudo``: a relationship begins with its first interaction; whether the user may
        see the customer and work in the company is asked before.
        """
        keys = [self._get_customer_key(vals) for vals in vals_list]
        if self._is_by_hand():
            self._check_customer_keys(keys)
        found = {}
        for company_id, own in groupby(set(filter(None, keys)), itemgetter(0)):
            company = self.env["res.company"].browse(company_id)
            partners = self.env["res.partner"].browse(id_ for _company, id_ in own)
            made = self.env["crm.relationship"].sudo()._ensure(partners, company)
            by_customer = made.grouped("partner_id")
            for partner in partners:
                customer = partner.commercial_partner_id
                found[company_id, partner.id] = by_customer[customer].id
        return [
            {**vals, "relationship_id": vals.get("relationship_id") or found.get(key)}
            for vals, key in zip(vals_list, keys, strict=True)
        ]

    @api.model
    def _check_customer_keys(self, keys):
        """Refuse customers and companies that the user may not see."""
        keys = [key for key in keys if key]
        self.env["res.partner"].browse({id_ for _company, id_ in keys}).check_access(
            "read"
        )
        if {company_id for company_id, _partner in keys} - set(self.env.companies.ids):
            raise AccessError(
                self.env._(
                    "You can plan interactions for the companies you work in only."
                    " Choose one of them at the top of the screen."
                )
            )

    @api.model
    def _get_customer_key(self, vals):
        """Return the ids (company, contact) of values that name no relationship."""
        if vals.get("relationship_id") or not vals.get("partner_id"):
            return None
        return vals.get("company_id") or self.env.company.id, vals["partner_id"]

    @api.model
    def _add_derived_values(self, vals, relationship):
        """Return values with what follows from the relationship and from each other."""
        company = relationship.company_id
        # the company first: Odoo would read it back to round the cost
        own = {"company_id": company.id, "partner_id": relationship.partner_id.id}
        vals = {**own, **vals, "company_id": company.id}
        if "user_id" not in vals:
            own = self.env.user._filter_staff_of(company)
            vals["user_id"] = (relationship._get_staff() or own).id
        if vals.get("objective"):
            vals.setdefault("kind", KIND_BY_OBJECTIVE[vals["objective"]])
        if vals.get("state") == "done":
            vals.setdefault("date_done", fields.Datetime.now())
        return vals

    def write(self, vals):
        """Keep activity, plan and the customer's dates in step with the ledger."""
        by_hand = self._is_by_hand()
        before = self._check_write_by_hand(vals) if by_hand else {}
        closing = self.browse()
        if vals.get("state") in CLOSED_STATES:
            closing = self.filtered(lambda i: i.state not in CLOSED_STATES)
            if vals["state"] == "done":
                vals = {"date_done": fields.Datetime.now(), **vals}
        if {"date_planned", "date_due"} & vals.keys():
            vals = {"date_retry": False, **vals}
        if by_hand and "date_planned" in vals:
            asked = vals["date_planned"]
            vals = {"reason_code": False, **vals, "date_asked": asked}
        if "user_id" in vals:
            vals = {"for_user_id": False, **vals}
        result = super().write(vals)
        if vals.get("state") == "scheduled":
            self._give_back()
        if by_hand:
            self._check_planned_by_hand(vals)
            self._follow_correction(before)
            if "date_planned" in vals:
                self._look_again()
        closing._after_closing()
        if in_step.PUSHED_FIELDS & vals.keys():
            in_step.push(self)
        if {"state", "date_planned", "date_due"} & vals.keys():
            # sudo: the dates follow for those, too, who may not write them
            self.relationship_id.sudo()._refresh_contact_state()
        if {"feedback", "state"} & vals.keys():
            self._follow_feedback()
        return result

    def _give_back(self):
        """Let what is in no queue any more be that of its own salesperson again."""
        for owner, interactions in (
            self.filtered("for_user_id").grouped("for_user_id").items()
        ):
            interactions.user_id = owner

    @api.ondelete(at_uninstall=False)
    def _unlink_except_done(self):
        if any(interaction.state == "done" for interaction in self):
            raise UserError(
                self.env._(
                    "Interactions that are done stay in the customer's history and"
                    " cannot be deleted."
                )
            )

    def unlink(self):
        """Delete the activities as well: nothing would close them any more.

        ``sudo``: they may be in a colleague's queue; whether the user may delete the
        interaction is checked.
        """
        activities = self.sudo().activity_id.filtered("active")
        relationships = self.relationship_id.sudo()
        result = super().unlink()
        activities.unlink()
        relationships._refresh_contact_state()
        self._look_again_at(relationships)
        return result

    # ------------------------------------------------------------------
    # By hand
    # ------------------------------------------------------------------

    @api.model
    def _get_fields_by_hand(self):
        return {
            *super()._get_fields_by_hand(),
            "name",
            "touchpoint_id",
            "user_id",
            "objective",
            "kind",
            "date_planned",
            "override_reason",
            "together_ids",
            *self._get_correctable_fields(),
        }

    @api.model
    def _get_correctable_fields(self):
        """Return the names of the fields that say what came of an interaction."""
        return {"outcome", "sentiment", "feedback", "cost", "duration"}

    @api.model
    def _get_free_fields(self):
        """Return the names of fields that other records guard; rooms add theirs."""
        return set()

    def _check_write_by_hand(self, vals):
        """Refuse what people may not change.

        Of what is planned, they change what is planned; of what is closed, nothing but
        what came of it, for a day. Who did it, and when, stays in any case.

        :return: as ``_get_outcomes``
        """
        free = self._get_free_fields()
        pending = self._filter_pending()
        if pending:
            allowed = self._get_fields_by_hand() | free
            if all(interaction.state == "scheduled" for interaction in pending):
                # nobody has it in the queue yet; it stays with the same customer
                allowed.add("partner_id")
            pending._check_by_hand(vals, allowed)
        closed = self - pending
        if closed:
            correctable = self._get_correctable_fields()
            if not self.env.user.has_group(ALL_DOCUMENTS):
                correctable.discard("cost")
            closed._check_by_hand(vals, correctable | free)
            if correctable & vals.keys():
                closed._check_correctable(vals)
        return self._get_outcomes()

    def _check_correctable(self, vals):
        for interaction in self:
            if not interaction.is_correctable:
                raise AccessError(
                    self.env._(
                        "“%(contact)s” is history: what came of an interaction can be"
                        " corrected for a day after it was done. Plan another"
                        " interaction to note what is new.",
                        contact=interaction.name,
                    )
                )
        if "outcome" in vals and not vals["outcome"]:
            raise UserError(
                self.env._("Say what came of the interaction: choose an outcome.")
            )

    def _get_by_hand_error(self, name):
        if name == "state":
            return AccessError(
                self.env._(
                    "What became of an interaction is not entered as its state. Use"
                    " the buttons “Done”, “No answer” and “Cancel”."
                )
            )
        if self - self._filter_pending():
            return AccessError(
                self.env._(
                    "This interaction is closed: “%(field)s” stays as it is. Plan"
                    " another interaction instead.",
                    field=self._fields[name]._description_string(self.env),
                )
            )
        return super()._get_by_hand_error(name)

    def _check_planned_by_hand(self, names=("date_planned", "date_due", "user_id")):
        """Refuse days, people and outcomes that nobody can mean.

        :param names: names of the fields that somebody has set
        """
        self._check_not_too_far_ahead(set(names))
        if "user_id" in names:
            self._check_staff()
        if "outcome" in names and "sent" in self.mapped("outcome"):
            raise UserError(
                self.env._(
                    "Only a message of the system counts as sent. Choose another"
                    " outcome."
                )
            )
        if "outcome" in names:
            self.filtered(lambda i: i.outcome == "solved")._check_complaint()

    def _check_complaint(self):
        """Refuse to solve what is no complaint."""
        if not all(interaction.is_complaint for interaction in self):
            raise UserError(
                self.env._("Only a complaint is solved. Choose another outcome.")
            )

    def _check_words(self):
        """Refuse a complaint without words: whoever settles it has nothing else."""
        if not all((interaction.feedback or "").strip() for interaction in self):
            raise UserError(self.env._("Write down what the customer complains about."))

    def _check_not_too_far_ahead(self, names):
        limit = fields.Datetime.now() + relativedelta(years=YEARS_AHEAD)
        limits = {"date_planned": limit, "date_due": limit.date()}
        for interaction in self:
            if any(interaction[n] > limits[n] for n in limits.keys() & names):
                raise UserError(
                    self.env._(
                        "An interaction can be planned at most %(count)s years ahead."
                        " Choose an earlier day.",
                        count=YEARS_AHEAD,
                    )
                )

    def _check_staff(self):
        for interaction in self:
            staff = interaction.user_id
            if staff and not staff._filter_staff_of(interaction.company_id):
                raise UserError(
                    self.env._(
                        "%(staff)s does not work in %(company)s and cannot take on its"
                        " interactions. Choose somebody who does.",
                        staff=staff.name,
                        company=interaction.company_id.name,
                    )
                )

    def _get_outcomes(self):
        """Return what came of those that are done: ``{interaction: {field: value}}``"""
        names = self._get_correctable_fields()
        done = self.filtered(lambda i: i.state == "done")
        return {interaction: {n: interaction[n] for n in names} for interaction in done}

    def _follow_correction(self, before):
        """Keep in the customer's chatter what was corrected, and act on a complaint.

        :param dict before: as returned by ``_get_outcomes``
        """
        for interaction, old in before.items():
            lines = [
                f"{self._fields[name]._description_string(self.env)}:"
                f" {interaction._show(name, value)} → "
                f"{interaction._show(name, interaction[name])}"
                for name, value in old.items()
                if value and value != interaction[name]
            ]
            if lines:
                # sudo: whoever may correct it need not be allowed to write the contact
                interaction.partner_id.sudo()._message_log(
                    body=self.env._(
                        "Correction of “%(contact)s”. %(changes)s",
                        contact=interaction.name,
                        changes=", ".join(sorted(lines)),
                    ),
                    author_id=self.env.user.partner_id.id,
                )
            if interaction.outcome != old["outcome"]:
                # sudo: what follows from a complaint is written by the system
                complaints.follow_correction(interaction.sudo(), old["outcome"])

    def _show(self, name, value):
        """Return a value as people read it."""
        field = self._fields[name]
        if field.type == "selection":
            return dict(field._description_selection(self.env)).get(value, "")
        return value or ""

    def _take_up(self):
        """Let the same action elsewhere wait, and start from what it leaves behind.

        The later of two gets PostgreSQL's serialization error, and Odoo repeats its
        request. SQL because the ORM's lock gives up instead of waiting.

        :return: these interactions, to be written by a method: ``sudo`` because what
            follows from closing one is written by the system alone
        :raises AccessError: when the user may not change them
        """
        self.check_access("write")
        if self.ids:
            self.env.execute_query(
                SQL(
                    "SELECT FROM crm_interaction WHERE id = ANY(%s) ORDER BY id"
                    " FOR NO KEY UPDATE",
                    self.ids,
                )
            )
        return self.sudo()

    def _check_pending(self):
        for interaction in self - self._filter_pending():
            raise UserError(
                self.env._(
                    "“%(contact)s” is closed already. Reload the page to see its"
                    " present state.",
                    contact=interaction.display_name,
                )
            )

    def _get_touch(self):
        """Return the plan line (or other touch) this contact comes from, if any.

        ``sudo``: what to say and through which channels, also for a person who may not
        see the plan; nothing is written.
        """
        self.ensure_one()
        return self.sudo().plan_line_id

    def _filter_pending(self):
        return self.filtered(lambda i: i.state in PENDING_STATES)

    # ------------------------------------------------------------------
    # Planned manually
    # ------------------------------------------------------------------

    def action_plan(self):
        """Put a manually planned interaction into the queue at once if it is due soon.

        What is in the queue already stays there as it is.
        """
        check_one(self)
        planned = self._take_up()
        planned._check_pending()
        close = {"type": "ir.actions.act_window_close"}
        if self.state != "scheduled":
            return close
        day, moment = planned._get_deadline(), planned.date_planned
        if not planned._get_touch():
            planned.write({"date_due": day, "date_planned": moment})
        horizon = planned.company_id._get_queue_horizon()
        if moment < fields.Datetime.now() + horizon:
            planned._release()
        if not self.reason_code:
            return close
        return self._notify_planned(moment, close)

    def _notify_planned(self, moment, then):
        """Return the action that tells what became of an interaction, and why.

        :param datetime moment: for which it was planned
        :param dict then: the action that follows
        """
        self.ensure_one()
        reasons = dict(self._fields["reason_code"]._description_selection(self.env))
        message = reasons[self.reason_code]
        if self.state in PENDING_STATES and self.date_planned != moment:
            message = self.env._(
                "%(reason)s. Planned for %(moment)s instead.",
                reason=message,
                moment=advice.local_moment(self, self.date_planned),
            )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning",
                "sticky": True,
                "title": self._get_plan_title(),
                "message": message,
                "next": then,
            },
        }

    def _get_plan_title(self):
        """Return what became of an interaction not planned as requested."""
        self.ensure_one()
        if self.state in PENDING_STATES:
            return self.env._("This interaction has to wait")
        return self.env._("This interaction is not allowed")

    # ------------------------------------------------------------------
    # What became of it
    # ------------------------------------------------------------------

    def action_open_outcome(self):
        """Ask for the outcome in a dialog: the first of the two taps."""
        check_one(self)
        return {
            "type": "ir.actions.act_window",
            "name": self.display_name,
            "res_model": "crm.interaction",
            "res_id": self.id,
            "views": [
                (
                    self.env.ref(
                        "crm_relationship.crm_interaction_view_form_outcome"
                    ).id,
                    "form",
                )
            ],
            "target": "new",
        }

    def action_note_preference(self):
        """Ask what the customer refuses, where the salesperson stands.

        The context key ``reached`` says that this interaction has taken place.
        """
        check_one(self)
        self.check_access("read")
        return self.partner_id._open_note(
            interaction_id=self.id,
            touchpoint_id=self.touchpoint_id.id,
            is_done=bool(self.env.context.get("reached"))
            and self.state in PENDING_STATES,
        )

    def action_done(self):
        """Close as done; the outcome comes from the context key ``outcome``."""
        check_records(self)
        outcome = self.env.context.get("outcome") or "reached"
        if outcome not in OUTCOMES_BY_HAND:
            raise UserError(
                self.env._(
                    "“%(value)s” is no outcome of an interaction. Use one of the"
                    " buttons.",
                    value=outcome,
                )
            )
        if outcome == "complaint" and self.env.context.get("words_needed"):
            self._check_words()
        self._close_done({"outcome": outcome})
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    def _close_done(self, vals):
        """Close pending interactions as done.

        :param dict vals: outcome, sentiment, feedback … to record with it.
        :raises UserError: when an interaction is already closed, or the gate does not
            allow it and there is neither a reason nor a right to go ahead.
        """
        pending = self._take_up()
        pending._check_pending()
        if vals.get("outcome") == "solved":
            pending._check_complaint()
        advice.check(pending, vals.get("override_reason"))
        along = visit.find_along(self)
        for other in along:
            other._check_not_refused(other.touchpoint_id)
        pending.write({"state": "done", "reason_code": False, **vals})
        for first, others in along.grouped("along_id").items():
            said = {"sentiment": first.sentiment} if first.sentiment else {}
            others.write({"state": "done", "reason_code": False, **said, **vals})

    def action_no_answer(self):
        """Try again some days later; after the last attempt, close as missed."""
        check_records(self)
        now = fields.Datetime.now()
        pending = self._take_up()._filter_pending()
        pending |= visit.find_along(pending)
        if self._is_by_hand():
            pending = pending.filtered(lambda i: not i._is_just_tried())
        pending._change_channel()
        moments = attempts.get_next(pending, now)
        for (moment, count), interactions in pending.grouped(
            lambda i: (moments[i], i.attempt_count + 1)
        ).items():
            vals = {
                "attempt_count": count,
                "date_attempt": now,
                "reason_code": "no_answer",
                **({"date_planned": moment} if moment else {"state": "missed"}),
            }
            interactions.write(vals)
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    def _is_just_tried(self):
        """Tell whether "no answer" was tapped moments ago: that is the same attempt."""
        self.ensure_one()
        since = fields.Datetime.now() - SAME_ATTEMPT
        return bool(self.date_attempt) and self.date_attempt > since

    def _change_channel(self):
        """Let the next attempt go through another channel, if any; rooms know when."""

    def action_whatsapp(self):
        """Open the conversation with the customer, the text of the plan ready in it."""
        check_one(self)
        self.check_access("read")
        self._check_not_refused(self._get_touchpoint("whatsapp"))
        return {
            "type": "ir.actions.act_url",
            "url": make_url(self.partner_id, self._get_whatsapp_text()),
            "target": "new",
        }

    def _get_whatsapp_text(self):
        """Return the text message of the plan or program, in the customer's language.

        ``sudo``: it is filled in from the contact by whoever reads the interaction.
        """
        if text := self._get_spoken_text():
            return text
        touch = self._get_touch().sudo().with_company(self.company_id)
        template = touch.sms_template_id
        if not template:
            return ""
        self._before_sending()
        with holding(SENDING, tuple(self.ids)):
            bodies = template._render_field(
                "body", self.partner_id.ids, compute_lang=True
            )
        return bodies[self.partner_id.id]

    def _get_spoken_text(self):
        """Return what a person sends or says, where it is no message; rooms know it."""
        self.ensure_one()
        return ""

    def _get_touchpoint(self, kind):
        """Return the channel of a kind: that of this interaction, else one in use."""
        self.ensure_one()
        own = self.touchpoint_id
        return own if own.kind == kind else noted.choose_touchpoint(self.env, kind)

    def _check_not_refused(self, touchpoint):
        """Refuse to reach a customer who has refused to be reached so.

        :param touchpoint: the ``crm.touchpoint`` through which
        :raises UserError: with the customer's refusal
        """
        now = fields.Datetime.now()
        keeper = Gatekeeper(self, now)
        decision = self._ask(keeper, touchpoint, now)
        if not decision.allowed and advice.is_refusal(
            self, decision.reason_code, keeper
        ):
            raise UserError(advice.word(self, decision, keeper, touchpoint))

    def action_cancel(self):
        check_records(self)
        self._cancel()
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    def _cancel(self, reason=False):
        """Close as cancelled what is still pending.

        :param str reason: value of ``cancel_reason``
        """
        pending = self._take_up()._filter_pending()
        pending.write(
            {"state": "cancelled", "reason_code": "by_hand", "cancel_reason": reason}
        )

    def _after_closing(self):
        """Do what follows once an interaction is done, missed, cancelled or skipped.

        ``sudo``: the activity may be a colleague's, and the next interaction is planned
        by the system.
        """
        if not self:
            return
        done = self.filtered(lambda i: i.state == "done")
        done._note_cost()
        done._note_owner()
        in_step.close(done)
        (self - done).sudo().activity_id.filtered("active").unlink()
        (self - done)._look_again()
        if complaining := done.filtered(lambda i: i.outcome == "complaint"):
            complaints.open_service(complaining.sudo())
        complaints.follow_closing(self.sudo().filtered("is_complaint_open"))
        self._follow_closing()
        for company, interactions in self.sudo().grouped("company_id").items():
            interactions._schedule(company, interactions.relationship_id.ids)

    def _note_owner(self):
        """Record whose customer it was, where somebody else did it.

        Not where the plan or program wanted that other person. ``sudo``: it is noted
        by the system, and whose customer it is may be out of sight.
        """
        for interaction in self.sudo():
            owner = interaction.relationship_id.user_id
            if (
                owner
                and interaction.user_id
                and owner != interaction.user_id
                and not interaction.for_user_id
                and not interaction._get_touch().user_id
            ):
                interaction.for_user_id = owner

    def _note_cost(self):
        """Record the cost and the time of the channel; what was entered stays.

        What was done along with another one takes no time and no channel of its own.
        """
        for interaction in self.filtered(lambda i: i.along_id.state != "done"):
            touchpoint = interaction.touchpoint_id
            if not interaction.cost and touchpoint.unit_cost:
                interaction.cost = touchpoint.currency_id._convert(
                    touchpoint.unit_cost,
                    interaction.currency_id,
                    interaction.company_id,
                    interaction.date_done,
                )
            if not interaction.duration:
                interaction.duration = touchpoint.duration

    def _offering_undo(self):
        """Return the context in which Odoo's own buttons close these.

        Rooms that can take it back offer that.
        """
        return nullcontext()

    def _follow_closing(self):
        """Do what else follows when interactions are closed; rooms add theirs."""

    def _follow_feedback(self):
        """Do what follows from what the customer said; rooms add theirs."""

    def action_solve_complaint(self):
        """End a complaint about which nothing is planned any more."""
        check_one(self)
        bearer = self._take_up()
        if self.state in PENDING_STATES:
            return self.action_open_outcome()
        if bearer.is_complaint_open:
            complaints.solve(bearer)
            bearer.partner_id._message_log(
                body=self.env._("“%(contact)s” is solved.", contact=self.name),
                author_id=self.env.user.partner_id.id,
            )
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    def _before_sending(self):
        """Do what has to come before messages are written; rooms add theirs."""

    def _bring_along(self):
        """Have ready what these bring to the customer, such as a coupon.

        Asked before they enter a queue or are sent. Addons that tie us to other apps
        add theirs. What is not needed after all is taken back in ``_follow_closing``.

        :return: those that cannot have it: ``{reason_code: interactions}``. Their
            messages are not sent; people go ahead, and read in the guidance why.
        """
        return {}

    # ------------------------------------------------------------------
    # Messages that did not arrive, or must not leave any more
    # ------------------------------------------------------------------

    def _filter_sent(self, kind=None):
        """Return those that count as done because a message was sent.

        :param str kind: the kind of channel through which; any by default
        """
        return self.filtered(
            lambda i: i.state == "done"
            and i.outcome == "sent"
            and kind in (None, i.touchpoint_id.kind)
        )

    def _take_back(self, vals):
        """Let sent interactions no longer count as done: nothing reached the customer.

        :param dict vals: what becomes of them instead
        """
        self.write(
            {"outcome": False, "date_done": False, "cost": 0, "duration": 0, **vals}
        )
        self._look_again()

    def _recall(self, reason):
        """Recall the messages of these that wait in a queue; what has left has left.

        ``sudo``: whoever may stop them need not see queues.

        :param str reason: value of ``reason_code``
        :return: the interactions that are cancelled
        """
        return recall(self.sudo()._filter_sent(), reason)

    def _get_moot_reason(self):
        """Return why a message that waits has lost its cause, if so; rooms add theirs.

        :return: a value of ``reason_code``, else ``None``
        """
        self.ensure_one()
        # sudo: whether a plan is in use does not depend on who asks
        line = self.sudo().plan_line_id
        if line and not (line.active and line.plan_id.active):
            return "plan_changed"
        return None

    def _follow_failure(self, kind, passing=False):
        """Reopen those whose message did not arrive; rooms do what else follows.

        :param str kind: kind of the channel of the messages
        :param bool passing: whether the provider failed, and not the address
        """
        delivery.follow_failure(self, kind, passing)

    def _follow_reopening(self):
        """Do what else follows when interactions are reopened; rooms add theirs."""

    def _follow_release(self):
        """Do what else follows what the release has stored; rooms add theirs."""

    # ------------------------------------------------------------------
    # What took place elsewhere
    # ------------------------------------------------------------------

    @api.model
    def _note_contacts(self, contacts):
        """Enter what was done for customers without being planned here.

        It restarts the clock and counts for the limits like any other interaction.
        Those who are no customers yet are left out, and nothing is noted twice.

        ``sudo``: the ledger notes it, whoever did it.

        :param list contacts: a ``noted.Contact`` each
        :return: the interactions
        """
        by_key = noted.find_relationships(self.sudo().env, contacts)
        vals_list = [
            noted.get_values(contact, relationship)
            for (contact, relationship) in by_key
        ]
        known = noted.find_known(self.sudo(), vals_list)
        return self.sudo().create(
            [vals for vals in vals_list if noted.get_key(vals) not in known]
        )

    @api.model
    def _find_noted(self, sources):
        """Return the interactions that were noted from some records, as superuser."""
        # sudo: whether something was noted does not depend on who asks
        return self.sudo().search(
            [("source_model", "=", sources._name), ("source_id", "in", sources.ids)]
        )

    def _note_undelivered(self, passing=False):
        """Let e-mails and SMS from the chatter that came back not count any more.

        :param bool passing: whether the provider failed, and not the address
        """
        sent = self._filter_sent()
        sent._take_back({"state": "skipped", "reason_code": "undelivered"})

    def _take_out(self):
        """Take back what was noted of something that did not take place after all."""
        if self:
            self._take_back({"state": "cancelled", "reason_code": "by_hand"})
            self.write({"source_id": False})

    def action_open_source(self):
        """Open the record on which an interaction took place that was noted here."""
        check_one(self)
        self.check_access("read")
        source = self.source_id and self.env[self.source_model].browse(self.source_id)
        if not source or not source.exists():
            raise UserError(
                self.env._(
                    "What this interaction was noted from does not exist any more."
                )
            )
        return noted.get_document(source)._get_records_action()

    # ------------------------------------------------------------------
    # The gate
    # ------------------------------------------------------------------

    @api.depends("touchpoint_id", "partner_id", "kind", "state", "date_planned")
    def _compute_gate_message(self):
        now = fields.Datetime.now()
        pending = self._filter_pending().filtered("partner_id")
        keeper = Gatekeeper(pending, now)
        (self - pending).gate_message = False
        (self - pending).is_reason_needed = False
        for interaction in pending:
            decision = interaction._ask(keeper, interaction.touchpoint_id, now)
            interaction.is_reason_needed = advice.needs_reason(
                interaction, decision, keeper
            )
            interaction.gate_message = (
                False
                if decision.allowed
                else advice.word(
                    interaction, decision, keeper, interaction.touchpoint_id
                )
            )

    @api.depends("touchpoint_id", "partner_id", "kind")
    def _compute_gate_overview(self):
        for interaction in self:
            interaction.gate_overview = (
                interaction.partner_id and advice.render_overview(interaction)
            )

    def _ask(self, keeper, touchpoint, when):
        """Return what the gate decides on this interaction through a channel."""
        self.ensure_one()
        is_message = bool(self._get_touch_template(touchpoint))
        return keeper.judge(self, touchpoint, when, is_message)

    def _may_sell_first(self):
        """Tell whether this contact may sell before the relationship is cared for."""
        self.ensure_one()
        return False

    def _get_candidates(self, rules=None):
        """Return the channels to try, best first, as a list.

        A channel that a person chose for this interaction is the only one. What a
        salesperson could not use for want of a number or address comes last; of a
        message the gate asks the same.

        :param Rules rules: kept by whoever asks for many interactions
        """
        self.ensure_one()
        rules, partner = rules or Rules(), self.partner_id
        preferred = partner._get_contact_wish("preferred_touchpoint_id")
        touch = self._get_touch()
        if touch:
            candidates = rules.get_candidates(touch, preferred)
        else:
            chosen = self.touchpoint_id or preferred
            candidates = chosen or self.env["crm.touchpoint"]._get_in_use()
        if failed := self.failed_touchpoint_ids:
            candidates = [channel for channel in candidates if channel not in failed]
        if has_all_addresses(partner):
            return list(candidates)

        def is_out_of_use(touchpoint):
            return lacks_address(
                partner, rules.get_kind(touchpoint)
            ) and not self._get_touch_template(touchpoint)

        return sorted(candidates, key=is_out_of_use)

    def _get_touch_template(self, touchpoint):
        """Return the template to send this interaction with; empty for a person's."""
        if touchpoint.mode != "automated":
            return self.env["mail.template"]
        touch = self._get_touch()
        return touch and touch._get_template(touchpoint)

    @api.model
    def _reconsider(self, partners):
        """Ask the gate again about pending interactions after wishes have changed.

        Whatever is in a queue but no longer allowed as it stands leaves the queue and
        is released again: through another channel, at another time, or closed with the
        reason. What a contact refuses holds for others of the same address.
        """
        concerned = Domain("partner_id", "child_of", partners.ids) | Domain(
            "partner_id", "in", partners._find_sharing().ids
        )
        pending = self.search_fetch(concerned & Domain("state", "in", PENDING_STATES))
        if not pending:
            return
        pending._ask_again()
        now = fields.Datetime.now()
        keeper = Gatekeeper(pending, now, knows_work=False)
        barred = pending.filtered(
            lambda i: i.state == "open"
            and i._ask(keeper, i.touchpoint_id, max(now, i.date_planned)).reason_code
            not in (OK, *advice.ABOUT_PLANNING)
        )
        activities = barred.activity_id
        barred.write({"state": "scheduled", "activity_id": False})
        activities.filtered("active").unlink()
        if barred:
            Release(self.env).release_safely(barred)

    def _ask_again(self):
        """Let what waits of these because of what somebody wished wait no longer.

        Whether it has to wait all the same, the release finds out at once.
        """
        waiting = self.filtered(lambda i: i.state == "scheduled")
        moved = waiting.filtered(lambda i: i.reason_code in MOVED_BY_WISHES)
        retried = waiting.filtered("date_retry")
        moved._plan_as_wanted()
        (retried - moved).write({"date_retry": False})
        if moved | retried:
            start_job(self.env, "release")

    def _read_contact_history(self, since):
        """Return what the gate needs to know of past interactions; one query.

        SQL because a customer's whole history is boiled down to four figures. A message
        that waits in its queue counts as done, and would be the last one that sold:
        these are not held against themselves.

        :param datetime since: those done and open after it are listed, in UTC
        :return: rows (relationship id, moments, ids, number of relationship
            interactions since the last selling one, whether a complaint is open)
        """
        self.flush_model()
        return self.env.execute_query(
            SQL(
                """
                WITH contact AS (
                    SELECT i.*, CASE WHEN state = 'done' THEN date_done
                                     ELSE date_planned END AS moment,
                           state = 'done' AND along_id IS NOT NULL AS is_along
                      FROM crm_interaction i
                     WHERE relationship_id = ANY(%(ids)s)
                       AND (state IN ('done', 'open')
                            OR is_complaint_open)
                ), selling AS (
                    SELECT relationship_id, max(date_done) AS last
                      FROM contact
                     WHERE state = 'done' AND kind = 'selling'
                       AND NOT id = ANY(%(asked)s)
                  GROUP BY relationship_id
                )
                SELECT relationship_id,
                       array_agg(moment ORDER BY moment, id)
                           FILTER (WHERE kind <> 'service' AND moment > %(since)s
                                   AND NOT is_along),
                       array_agg(id ORDER BY moment, id)
                           FILTER (WHERE kind <> 'service' AND moment > %(since)s
                                   AND NOT is_along),
                       count(*) FILTER (
                           WHERE state = 'done' AND kind = 'relationship'
                             AND moment > COALESCE(selling.last, '-infinity')),
                       COALESCE(bool_or(is_complaint_open), FALSE)
                  FROM contact LEFT JOIN selling USING (relationship_id)
              GROUP BY relationship_id
                """,
                ids=self.relationship_id.ids,
                asked=self.ids,
                since=since,
            )
        )

    def _read_earlier(self):
        """Return what is pending and comes before each of these; rooms add theirs.

        :return: ``{id: [(id of an earlier one, moment it is planned for, days between
            the two)]}``
        """
        return {}

    def _get_wanted_moment(self):
        """Return the moment for which the interaction is wanted.

        That is the day of the plan, too, where the gate has moved it: a place may have
        become free in the meantime. But neither before what somebody asked for, nor
        too soon after an attempt that found nobody.
        """
        self.ensure_one()
        if self.reason_code not in MOVED_BY_GATE:
            return self.date_planned
        company = self.company_id
        wanted = self.date_asked or company._relationship_time(self.date_due)
        if self.date_attempt:
            tz = self._get_staff_tz(self.user_id)
            again = company._relationship_time(
                *attempts.get_retry(self, self.date_attempt), tz
            )
            wanted = max(wanted, again)
        return wanted

    def _hand_to(self, staff):
        """Let somebody else make these, possibly nobody, as customers change hands.

        A hook: rooms find another day for what does not fit.

        :param staff: ``res.users``
        """
        self.write({"user_id": staff.id})

    def _look_again(self):
        """Let those wait no longer that wait for a place which these may have held."""
        self._look_again_at(self.relationship_id)

    @api.model
    def _look_again_at(self, relationships):
        """Let what waits for a place under the limits of these customers look for one.

        ``sudo``: whose place becomes free does not depend on who asks.
        """
        waiting = self.sudo().search(
            [
                ("relationship_id", "in", relationships.ids),
                ("state", "=", "scheduled"),
                ("reason_code", "=", "too_frequent"),
            ]
        )
        if waiting:
            waiting._plan_as_wanted()
            start_job(self.env, "release")

    def _get_priority(self):
        """Return how important what asks for it is; rooms know more.

        :return: a number, 0 is usual
        """
        return 0

    def _plan_as_wanted(self):
        """Let the next release look at these, as if nothing had moved them."""
        for moment, own in self.grouped(lambda i: i._get_wanted_moment()).items():
            own.write({"date_planned": max(moment, fields.Datetime.now())})

    def _read_follow_ups(self):
        """Return the state of each customer's follow-up of the last purchase.

        :return: rows (relationship id, moment of the first one made or None, whether
            one is still to come)
        """
        return self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT ON (relationship_id) relationship_id,
                       min(date_done) FILTER (WHERE state = 'done'),
                       COALESCE(bool_or(state IN ('scheduled', 'open')), FALSE)
                  FROM crm_interaction
                 WHERE relationship_id = ANY(%s) AND sale_order_id IS NOT NULL
                   AND kind = 'relationship' AND state <> 'cancelled'
              GROUP BY relationship_id, sale_order_id
              ORDER BY relationship_id, sale_order_id DESC
                """,
                self.relationship_id.ids,
            )
        )

    # ------------------------------------------------------------------
    # Written past the ledger
    # ------------------------------------------------------------------

    @api.model
    def _note_composed(self, people, channels, kind, name):
        """Note messages to many people that somebody wrote in one of Odoo's composers.

        Not for colleagues and for those who are nothing but suppliers: they are no
        customers by being written to. ``sudo``: the ledger is written by methods, and
        whoever may write to a contact need not be a salesperson.

        :param people: ``res.partner`` records, one message each
        :param channels: ``crm.touchpoint`` records that it may be, best first
        :param str kind: relationship, selling or service
        :param str name: what it was about
        """
        automated = channels.filtered(lambda c: c.mode == "automated")
        rows = [
            {
                "name": (name or self.env._("Message"))[:MAX_CHARS],
                "partner_id": person.id,
                "company_id": (person.company_id or self.env.company).id,
                "touchpoint_id": (automated or channels)[:1].id,
                "kind": kind,
                "source": "composer",
                "state": "done",
                "outcome": "sent",
            }
            for person in people.sudo()
            if not (
                person.partner_share is False
                or (person.supplier_rank and not person.customer_rank)
            )
        ]
        self.sudo().create(rows)

    # ------------------------------------------------------------------
    # On the clock of whoever makes it
    # ------------------------------------------------------------------

    def _get_deadline(self, staff=None, moment=None):
        """Return the day of the interaction in the salesperson's time zone.

        :param staff: a ``res.users`` record other than the one assigned.
        :param datetime moment: a UTC moment other than the planned one.
        """
        self.ensure_one()
        tz = timezone(self._get_staff_tz(self.user_id if staff is None else staff))
        return utc.localize(moment or self.date_planned).astimezone(tz).date()

    def _get_staff_tz(self, staff):
        self.ensure_one()
        return staff.tz or self.company_id._relationship_tz()

    # ------------------------------------------------------------------
    # Planning
    # ------------------------------------------------------------------

    @api.model
    def _follow_clock(self, company, former_tz, former_hour):
        """Plan for the company's hour what was planned for its former one.

        What is planned for another hour was asked for at that moment, and what is in a
        queue has been seen there: both stay.

        :param str former_tz: name of the time zone that the company had
        """
        local = SQL("(date_planned AT TIME ZONE 'UTC' AT TIME ZONE %s)", former_tz)
        self.flush_model(["date_planned", "company_id", "state"])
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_interaction
                   SET date_planned = (%(local)s::date + make_time(%(hour)s, 0, 0))
                                      AT TIME ZONE %(tz)s AT TIME ZONE 'UTC'
                 WHERE company_id = %(company)s
                   AND state = 'scheduled'
                   AND %(local)s::time = make_time(%(former_hour)s, 0, 0)
                """,
                local=local,
                tz=company._relationship_tz(),
                company=company.id,
                hour=company._get_planned_hour(),
                former_hour=former_hour,
            )
        )
        self.invalidate_model(["date_planned"])

    @api.model
    def _cron_schedule(self):
        """Plan the missing interactions of all companies, in committed batches."""
        # sudo: the job works for all companies, whichever its user works in
        companies = self.env["res.company"].sudo().search([])
        companies._remind_who_stopped()
        refresh_statistics(self.env)
        Relationship = self.env["crm.relationship"]
        self.env["ir.cron"]._commit_progress(
            remaining=Relationship.search_count([("company_id", "in", companies.ids)])
        )
        for company in companies:
            error = run_apart(self.env, self._before_scheduling, company)
            if error:
                log_failure(error, "What goes before planning failed: %s", company.id)
            last_id = 0
            while ids := Relationship.search(
                [("company_id", "=", company.id), ("id", ">", last_id)],
                order="id",
                limit=RELATIONSHIPS_PER_BATCH,
            ).ids:
                last_id = ids[-1]
                self._schedule_safely(company, Relationship.browse(ids))
                if not self.env["ir.cron"]._commit_progress(len(ids)):
                    return

    @api.model
    def _schedule_safely(self, company, relationships):
        """Plan for some customers; if that fails, leave out the plans that fail.

        A plan that failed shows it in its form and list.
        """
        if not run_apart(self.env, self._schedule, company, relationships.ids):
            # those that failed before are all right again
            self.env["crm.contact.plan"].search(
                [("failure", "!=", False), ("company_id", "in", (company.id, False))]
            )._note_failure(None, company)
            return
        for plan, followers in relationships.grouped("effective_plan_id").items():
            error = run_apart(self.env, self._schedule, company, followers.ids)
            if error:
                log_failure(
                    error, "Plan %s: nothing planned for %s", plan.id, followers.ids
                )
            plan._note_failure(error, company)

    @api.model
    def _before_scheduling(self, company):
        """Do what has to come before a company's interactions are planned."""
        self.env["calendar.event"]._note_past_meetings(company)

    @api.model
    def _schedule(self, company, relationship_ids=None):
        """Cancel what a changed plan no longer asks for, and plan what is missing.

        :param list relationship_ids: only these; all of the company when ``None``.
        :return: number of interactions planned.
        """
        return Planner(self.env, company).plan(relationship_ids)

    @api.model
    def _trigger_schedule(self):
        start_job(self.env, "schedule")

    # ------------------------------------------------------------------
    # Release
    # ------------------------------------------------------------------

    @api.model
    def _cron_release(self):
        """Release all interactions due within each company's horizon."""
        refresh_statistics(self.env)
        self._miss_passed_occasions()
        if error := run_apart(self.env, self._close_senseless):
            log_failure(error, "What makes no sense any more was not closed")
        self._requeue_orphans()
        complaints.escalate(self.env)
        self._make_room()
        Release(self.env).run()

    @api.model
    def _close_senseless(self):
        """Close what waits and makes no sense any more; rooms know what that is."""

    def _drop_senseless(self):
        """Close those of these that make no sense any more, or not yet.

        Rooms know which.

        :return: the others
        """
        return self

    @api.model
    def _make_room(self):
        """Take out of the queues what nobody has time for; rooms know what that is."""

    @api.model
    def _miss_passed_occasions(self):
        """Close interactions for an occasion that has passed."""
        limit = fields.Date.today() - timedelta(days=OCCASION_GRACE_DAYS)
        passed = self.search(
            Domain("state", "in", ("scheduled", "open"))
            & Domain("date_due", "<", limit)
            & self._get_occasion_domain()
        )
        run_each_apart(
            passed,
            lambda those: those.write(
                {"state": "missed", "reason_code": "occasion_passed"}
            ),
            "%s could not be closed",
        )

    @api.model
    def _get_occasion_domain(self):
        """Return which interactions make sense on the day of an occasion only."""
        return Domain("plan_line_id.occasion_id", "!=", False)

    @api.model
    def _requeue_orphans(self):
        """Reschedule interactions whose activity vanished and that nobody closed."""
        orphans = self.search(
            [
                ("state", "=", "open"),
                "|",
                ("activity_id", "=", False),
                ("activity_id.active", "=", False),
            ]
        )
        run_each_apart(
            orphans,
            lambda those: those.write({"state": "scheduled", "activity_id": False}),
            "%s could not be put back",
        )

    @api.model
    def _drop_passed(self, today, waiting):
        """Cancel what waited in Preview until it was too late; rooms add theirs.

        :param date today: in the company that goes live
        :param SQL waiting: condition on ``crm_interaction i``
        """

    @api.model
    def _get_urgency_sql(self):
        """Return the order in which what is due finds a place; rooms know more.

        The query it goes into names ``crm_interaction i`` and ``res_company c``. The
        customer comes before the id: in which order rows were made is up to PostgreSQL.
        """
        return SQL("i.date_planned, i.relationship_id, i.id")

    def _fit_verdicts(self, verdicts, keeper, sequence):
        """Return what becomes of these, where the days of people are limited.

        Rooms that know what people can do override this.

        :param list verdicts: what the gate allows, a ``Verdict`` each
        """
        return verdicts

    def _release(self):
        """Ask the gate about each; hand over, defer, or close with a reason."""
        Release(self.env).release(self)

    def _get_own_staff(self):
        """Return whose interaction it is, whoever stands in for that person."""
        self.ensure_one()
        return self.for_user_id or self.user_id

    def _find_stand_ins(self, keeper, moments=None):
        """Return who makes interactions of those who are away on their day.

        Rooms that know it override this.

        :param Gatekeeper keeper: who knows by whom they would be made, and when
        :param dict moments: ``{interaction: UTC moment}`` of that day, where it is none
            for which they are planned
        :return: ``{interaction: res.users}``
        """
        return {}
