from datetime import timedelta
from operator import itemgetter

from pytz import timezone, utc

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import SQL, groupby

from ..base.asked import check_seen
from ..base.bounds import (
    MAX_COUNT,
    MAX_MINUTES,
    MAX_TOTAL,
    Bounds,
    day_bounds,
    moment_bounds,
)
from ..touch.crm_touch_mixin import KIND_BY_OBJECTIVE, OBJECTIVES
from . import in_step

PENDING_STATES = ("scheduled", "open")
CLOSED_STATES = ("done", "missed", "cancelled", "skipped")
HISTORY_LENGTH = 10
# Set with a new interaction, and never again.
FIXED_FIELDS = {"relationship_id", "partner_id", "company_id", "date_due"}
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
    activity_id = fields.Many2one(
        comodel_name="mail.activity",
        index="btree_not_null",
        ondelete="set null",
        copy=False,
    )

    duration = fields.Integer(
        string="Duration (minutes)",
        copy=False,
        help="Working time of the interaction in minutes. Taken from the channel when"
        " the interaction is done; enter the time it really took where it differs.",
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

    _due_in_bounds = day_bounds("date_due")
    _planned_in_bounds = moment_bounds("date_planned")
    _retry_in_bounds = moment_bounds("date_retry")
    _asked_in_bounds = moment_bounds("date_asked")
    _done_in_bounds = moment_bounds("date_done")
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
    _release_idx = models.Index("(date_planned, id) WHERE state = 'scheduled'")
    _queue_idx = models.Index("(user_id, date_planned) WHERE state = 'open'")
    _stand_in_idx = models.Index(
        "(user_id, relationship_id) WHERE state = 'open' AND for_user_id IS NOT NULL"
    )
    _attempt_idx = models.Index("(company_id, date_attempt) WHERE state = 'missed'")
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
    # Taken up
    # ------------------------------------------------------------------

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
