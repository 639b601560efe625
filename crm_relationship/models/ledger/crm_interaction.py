from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from .crm_touch_mixin import KIND_BY_OBJECTIVE, OBJECTIVES

PENDING_STATES = ("scheduled", "open")
CLOSED_STATES = ("done", "missed", "cancelled", "skipped")


class CrmInteraction(models.Model):
    """One contact: planned, made or not. The ledger of past and future.

    The activity in the salesperson's queue can vanish (a user is archived, a colleague
    cancels it); this record stays and says what became of the contact, and why.
    """

    _name = "crm.interaction"
    _description = "Customer Contact"
    _order = "date_planned desc, id desc"
    _check_company_auto = True

    name = fields.Char(
        string="Purpose",
        required=True,
        help="What the contact is about.",
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
    segment_id = fields.Many2one(related="relationship_id.segment_id")
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
        help="Chosen when the contact enters the queue, by the customer's wishes.",
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Staff",
        domain="[('share', '=', False)]",
        ondelete="set null",
    )
    plan_line_id = fields.Many2one(
        comodel_name="crm.contact.plan.line",
        ondelete="set null",
    )
    program_step_id = fields.Many2one(
        comodel_name="crm.program.step",
        index="btree_not_null",
        ondelete="set null",
    )
    enrollment_id = fields.Many2one(
        comodel_name="crm.program.enrollment",
        index="btree_not_null",
        ondelete="set null",
    )
    program_id = fields.Many2one(related="enrollment_id.program_id")
    sale_order_id = fields.Many2one(
        comodel_name="sale.order",
        index="btree_not_null",
        ondelete="set null",
    )
    note = fields.Html(string="Guidance", compute="_compute_note")
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
    )
    reason_code = fields.Selection(
        selection=[
            ("channel_refused", "Every channel of this contact is refused"),
            ("blacklisted", "Address on the blacklist"),
            ("no_address", "No address for any channel of this contact"),
            ("no_channel", "None of the channels of this contact is in use"),
            ("archived", "Customer archived"),
            ("plan_changed", "Contact plan changed"),
            ("order_cancelled", "Sales order cancelled"),
            ("merged", "Contact merged; planned twice"),
            ("by_hand", "Cancelled by hand"),
            ("no_answer", "Could not be reached"),
            ("occasion_passed", "The occasion has passed"),
            ("error", "Technical problem; tried again later"),
        ],
        string="Reason",
        help="Why the contact was not made, or not yet.",
    )
    date_due = fields.Date(
        string="Due",
        required=True,
        default=fields.Date.context_today,
        help="Day on which the plan asks for the contact.",
    )
    date_planned = fields.Datetime(
        string="Planned For",
        required=True,
        compute="_compute_date_planned",
        store=True,
        readonly=False,
        precompute=True,
        help="Moment for which the contact is planned.",
    )
    date_retry = fields.Datetime(
        string="Looked at Again On",
        help="Until then nothing is done about the contact.",
    )
    date_done = fields.Datetime(string="Done On")
    attempt_count = fields.Integer(
        string="Attempts",
        help="How often somebody tried to reach the customer without an answer.",
    )
    outcome = fields.Selection(
        selection=[
            ("reached", "Reached"),
            ("sent", "Sent"),
            ("ordered", "Placed an order"),
            ("not_now", "Not now"),
            ("complaint", "Complaint"),
        ],
    )
    sentiment = fields.Selection(
        selection=[
            ("positive", "Happy"),
            ("neutral", "Neutral"),
            ("negative", "Unhappy"),
        ],
    )
    feedback = fields.Text(
        string="What the Customer Said",
        help="The voice of the customer: said, felt, complained of, wished for.",
    )
    cost = fields.Monetary(
        help="Unit cost of the channel + cost of the benefit handed over, in company"
        " currency at the rate of that day. Set when the contact is done; a cost"
        " entered by hand stays. Working time is not in it.",
    )
    activity_id = fields.Many2one(
        comodel_name="mail.activity",
        index="btree_not_null",
        ondelete="set null",
        copy=False,
    )

    _cost_not_negative = models.Constraint(
        "CHECK(cost >= 0)",
        "The cost of a contact cannot be negative.",
    )
    _plan_line_pending_unique = models.UniqueIndex(
        "(relationship_id, plan_line_id) WHERE state IN ('scheduled', 'open')"
        " AND plan_line_id IS NOT NULL",
        "This contact of the plan is already pending for the customer.",
    )
    _step_unique = models.UniqueIndex(
        "(enrollment_id, program_step_id) WHERE state IN ('scheduled', 'open', 'done')"
        " AND enrollment_id IS NOT NULL AND program_step_id IS NOT NULL",
        "This step of the program is planned for the customer already.",
    )
    _release_idx = models.Index("(date_planned, id) WHERE state = 'scheduled'")
    _queue_idx = models.Index("(user_id, date_planned) WHERE state = 'open'")
    # Both columns: what planning looks up is never found by the line alone, and a
    # planner without statistics would do just that.
    _plan_line_idx = models.Index(
        "(plan_line_id, relationship_id) WHERE plan_line_id IS NOT NULL"
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

    @api.depends("plan_line_id.note", "program_step_id.note")
    def _compute_note(self):
        for interaction in self:
            interaction.note = interaction._get_touch().note

    @api.depends("date_due")
    def _compute_date_planned(self):
        """Plan for nine in the morning, company time; the release may know better."""
        for interaction in self:
            company = interaction.company_id or self.env.company
            interaction.date_planned = (
                interaction.date_due
                and company._relationship_time(interaction.date_due)
            )

    # ------------------------------------------------------------------
    # Constrains and CRUD
    # ------------------------------------------------------------------

    @api.constrains("partner_id")
    def _check_partner(self):
        for interaction in self:
            customer = interaction.relationship_id.partner_id
            if interaction.partner_id.commercial_partner_id != customer:
                raise ValidationError(
                    self.env._(
                        "%(contact)s does not belong to the customer %(customer)s.",
                        contact=interaction.partner_id.display_name,
                        customer=customer.display_name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._complete_create_values(vals)
        interactions = super().create(vals_list)
        interactions.filtered(lambda i: i.state in CLOSED_STATES)._after_closing()
        interactions.relationship_id.sudo()._refresh_contact_state()
        return interactions

    @api.model
    def _complete_create_values(self, vals):
        """Fill in the relationship, contact, kind and staff that can be derived."""
        Relationship = self.env["crm.relationship"].sudo()
        if not vals.get("relationship_id"):
            for name in ("relationship_id", "partner_id"):
                if default := self.env.context.get(f"default_{name}"):
                    vals.setdefault(name, default)
        if not vals.get("relationship_id") and vals.get("partner_id"):
            company = self.env["res.company"].browse(
                vals.get("company_id") or self.env.company.id
            )
            partner = self.env["res.partner"].browse(vals["partner_id"])
            vals["relationship_id"] = Relationship._ensure(partner, company).id
        relationship = Relationship.browse(vals.get("relationship_id"))
        vals.setdefault("partner_id", relationship.partner_id.id)
        vals["company_id"] = relationship.company_id.id
        if "user_id" not in vals:
            vals["user_id"] = relationship.user_id.id or self.env.uid
        if vals.get("objective"):
            vals.setdefault("kind", KIND_BY_OBJECTIVE[vals["objective"]])
        if vals.get("state") == "done":
            vals.setdefault("date_done", fields.Datetime.now())

    def write(self, vals):
        """Keep activity, plan and the customer's dates in step with the ledger."""
        closing = self.browse()
        if vals.get("state") in CLOSED_STATES:
            closing = self.filtered(lambda i: i.state not in CLOSED_STATES)
            if vals["state"] == "done":
                vals = {"date_done": fields.Datetime.now(), **vals}
        if {"date_planned", "date_due"} & vals.keys():
            vals = {"date_retry": False, **vals}
        result = super().write(vals)
        closing._after_closing()
        if {
            "date_planned",
            "date_due",
            "user_id",
            "touchpoint_id",
            "name",
        } & vals.keys():
            self._push_to_activity()
        if {"state", "date_planned", "date_due"} & vals.keys():
            self.relationship_id.sudo()._refresh_contact_state()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_done(self):
        if any(interaction.state == "done" for interaction in self):
            raise UserError(
                self.env._(
                    "Contacts that were made stay in the customer's history and cannot"
                    " be deleted."
                )
            )

    def unlink(self):
        """Take the activities along: nothing would close them any more."""
        activities = self.sudo().activity_id.filtered("active")
        relationships = self.relationship_id.sudo()
        result = super().unlink()
        activities.unlink()
        relationships._refresh_contact_state()
        return result

    def _get_touch(self):
        """Return the plan line or program step this contact comes from, if any."""
        self.ensure_one()
        return self.sudo().plan_line_id or self.sudo().program_step_id

    def _filter_pending(self):
        return self.filtered(lambda i: i.state in PENDING_STATES)
