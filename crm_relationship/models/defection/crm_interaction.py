from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..ledger.crm_interaction import PENDING_STATES

# So soon after a goodbye the customer is asked why.
ASKED_AFTER = timedelta(days=1)
# Who has just been asked is not asked once more within this time.
ASKED_ENOUGH = timedelta(days=60)


class CrmInteraction(models.Model):
    """An exit interview asks a lost customer for the reason.

    One that somebody has planned for a loss, or one of the plan for lost customers:
    whatever asks a lost customer back, or why.
    """

    _inherit = "crm.interaction"

    reason_code = fields.Selection(
        selection_add=[
            ("lost", "The customer was lost; this was meant for the time before"),
            ("returned", "The customer has bought again"),
            ("asked_already", "The customer is asked, or was, at another time"),
        ],
    )
    defection_ids = fields.One2many(
        comodel_name="crm.defection",
        string="Lost Customer",
        inverse_name="interaction_id",
    )
    is_exit_interview = fields.Boolean(
        compute="_compute_is_exit_interview",
        help="The customer is lost and is asked why.",
    )
    defection_reason_id = fields.Many2one(
        comodel_name="crm.defection.reason",
        string="Lost Reason",
        compute="_compute_defection_reason_id",
        inverse="_inverse_defection_reason_id",
        help="Why the customer was lost, recorded with the lost customer.",
    )

    @api.depends("defection_ids", "objective", "relationship_id.lifecycle_stage")
    def _compute_is_exit_interview(self):
        """Tell of each whether the customer is asked why.

        ``sudo``: who holds the interview need not be the customer's salesperson.
        """
        for interaction in self:
            known = interaction.sudo()
            interaction.is_exit_interview = bool(known.defection_ids) or (
                known.objective == "recovery"
                and known.relationship_id.lifecycle_stage == "lost"
            )

    @api.depends("is_exit_interview", "relationship_id.defection_ids.reason_id")
    def _compute_defection_reason_id(self):
        """Tell what is known of the reason; ``sudo``: as above."""
        for interaction in self:
            interaction.defection_reason_id = (
                interaction.is_exit_interview
                and interaction.sudo()._get_loss().reason_id
            )

    def _get_loss(self):
        """Return the loss that the interview is about, possibly none."""
        self.ensure_one()
        return self.defection_ids[:1] or self.relationship_id.open_defection_id

    def _inverse_defection_reason_id(self):
        """Record the reason with the loss; the loss as well, where nobody has yet.

        ``sudo``: a loss follows from the customer's stage, and is tied to whoever asks.
        The reason is written with the user's own rights.
        """
        for interaction in self:
            reason = interaction.defection_reason_id
            known = interaction.sudo()
            if not interaction.is_exit_interview:
                if reason:
                    raise UserError(
                        self.env._(
                            "%(customer)s is not lost: there is no reason to record.",
                            customer=known.customer_id.display_name,
                        )
                    )
                continue
            loss = known._get_loss() or known.relationship_id._create_defections({})
            if not loss.interaction_id:
                loss.interaction_id = known
            loss.with_env(interaction.env).reason_id = reason

    @api.model
    def _get_free_fields(self):
        """The reason is that of the lost customer, who says who may record it."""
        return super()._get_free_fields() | {"defection_reason_id"}

    def _follow_feedback(self):
        """Keep the words of an exit interview with the defection.

        ``sudo``: somebody other than the customer's salesperson may hold the interview.
        """
        super()._follow_feedback()
        interviews = self.sudo().filtered(
            lambda i: i.objective == "recovery" and i.state == "done"
        )
        for interview in interviews.filtered("is_exit_interview"):
            loss = interview._get_loss()
            if loss and not loss.interaction_id:
                loss.interaction_id = interview
        if spoken := interviews.filtered("feedback"):
            spoken.defection_ids._note_interviews()

    # ------------------------------------------------------------------
    # What becomes of the plan when a customer is lost, and returns
    # ------------------------------------------------------------------

    @api.model
    def _schedule(self, company, relationship_ids=None):
        """Let the interview that the plan asks for come soon after a goodbye."""
        concerned = self._filter_lost(relationship_ids)
        planned = super()._schedule(company, relationship_ids)
        if concerned is None or concerned:
            self._ask_soon(company, concerned)
        return planned

    @api.model
    def _filter_lost(self, relationship_ids):
        """Return which of some customers are lost; ``None`` for all of a company.

        ``sudo``: whoever closes an interaction of theirs.
        """
        if relationship_ids is None:
            return None
        relationships = self.env["crm.relationship"].sudo().browse(relationship_ids)
        return relationships.filtered(lambda r: r.lifecycle_stage == "lost").ids

    @api.model
    def _ask_soon(self, company, relationship_ids=None):
        """Ask those who said goodbye within days, and once.

        Otherwise the plan for lost customers would ask them on a day of its own, maybe
        half a year later. ``sudo``: whoever records the goodbye.
        """
        domain = Domain("company_id", "=", company.id) & Domain(
            [("declared", "=", True), ("date_returned", "=", False)]
        )
        recent = company._relationship_today() - ASKED_ENOUGH
        domain &= Domain("date", ">=", recent)
        if relationship_ids is not None:
            domain &= Domain("relationship_id", "in", relationship_ids)
        losses = self.env["crm.defection"].sudo().search(domain)
        if not losses:
            return
        due = company._relationship_today() + ASKED_ENOUGH
        planned = self.sudo().search(
            [
                ("relationship_id", "in", losses.relationship_id.ids),
                ("state", "=", "scheduled"),
                ("objective", "=", "recovery"),
                ("plan_line_id", "!=", False),
                ("plan_line_id.occasion_id", "=", False),
            ],
            order="date_planned, id",
        )
        by_customer = planned.grouped("relationship_id")
        to_ask = losses.filtered(
            lambda d: d._needs_interview() and d.relationship_id in by_customer
        )
        to_ask -= to_ask._filter_refusing()
        for loss in losses:
            own = by_customer.get(loss.relationship_id, planned.browse())
            if loss in to_ask:
                loss._take_interview(own[:1])
            elif not loss._needs_interview():
                others = own - loss.interaction_id
                others.filtered(lambda i: i.date_due <= due).write(
                    {"state": "cancelled", "reason_code": "asked_already"}
                )

    def _end_former_stage(self):
        """Take out of plan and queue what was meant for a customer who has left."""
        ended = self._filter_pending().filtered(
            lambda i: (
                i.plan_line_id
                and i.kind != "service"
                and not i.is_complaint
                and i.objective != "recovery"
            )
        )
        ended.write({"state": "cancelled", "reason_code": "lost"})

    @api.model
    def _get_left_behind(self, company):
        """Return what waits in queues for customers who have become others since.

        :return: what was meant for customers before they were lost, and what asks
            customers why who have bought again
        """
        waiting = Domain("company_id", "=", company.id) & Domain("state", "=", "open")
        of_plan = Domain("plan_line_id", "!=", False)
        is_lost = Domain("relationship_id.lifecycle_stage", "=", "lost")
        is_back = ~Domain("relationship_id.lifecycle_stage", "in", ("lost", "at_risk"))
        asks_back = Domain("objective", "=", "recovery")
        own = Domain("defection_ids.date_returned", "!=", False)
        left = self.search(
            waiting & of_plan & ((is_lost & ~asks_back) | (is_back & asks_back))
        ).filtered(
            lambda i: i.plan_line_id.plan_id != i.relationship_id.effective_plan_id
        )
        lost = left.filtered(lambda i: i.relationship_id.lifecycle_stage == "lost")
        pending = Domain("state", "in", PENDING_STATES)
        returned = self.search(Domain("company_id", "=", company.id) & pending & own)
        return lost, (left - lost) | returned
