from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..base.asked import check_one
from ..base.bounds import MAX_TOTAL, Bounds, moment_bounds
from ..base.known import KnownFloat
from . import answers, complaints
from .crm_interaction import PENDING_STATES


class CrmInteraction(models.Model):
    """A complaint: open until it is solved, and to be answered in time."""

    _inherit = "crm.interaction"

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

    _complaint_in_bounds = moment_bounds("date_complaint")
    _escalated_in_bounds = moment_bounds("date_escalated")
    _answer_due_in_bounds = moment_bounds("answer_due")
    _solved_in_bounds = moment_bounds("date_solved")
    _answered_in_bounds = moment_bounds("date_answered")
    _answer_told_in_bounds = moment_bounds("date_answer_told")
    _answer_hours_in_bounds = Bounds("answer_hours", 0, MAX_TOTAL)
    _complaint_idx = models.Index("(relationship_id) WHERE is_complaint_open")
    _answered_idx = models.Index(
        "(company_id, date_answered) WHERE answered_in_time IS NOT NULL"
    )

    # ------------------------------------------------------------------
    # Compute
    # ------------------------------------------------------------------

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

    # ------------------------------------------------------------------
    # Business
    # ------------------------------------------------------------------

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
