from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.base.asked import check_one
from ..models.ledger.crm_interaction_outcome import OUTCOMES_BY_HAND
from ..models.ledger.noted import choose_touchpoint
from ..models.people.undo import Watch


class CrmInteractionLog(models.TransientModel):
    """What happened today with a customer although nobody had planned it."""

    _name = "crm.interaction.log"
    _inherit = ["crm.record.mixin"]
    _description = "Log an Interaction"

    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Contact",
        required=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        default=lambda self: self.env.company,
    )
    phone = fields.Char(related="partner_id.phone", readonly=False)
    email = fields.Char(related="partner_id.email", readonly=False)
    touchpoint_id = fields.Many2one(
        comodel_name="crm.touchpoint",
        string="Channel",
        required=True,
        default=lambda self: choose_touchpoint(self.env, "call"),
    )
    channel_kind = fields.Selection(related="touchpoint_id.kind")
    direction = fields.Selection(
        selection=[
            ("out", "We contacted the customer"),
            ("in", "The customer contacted us"),
        ],
        string="Who Contacted Whom",
        required=True,
        default="out",
    )
    kind = fields.Selection(
        selection="_get_kinds",
        string="About",
        required=True,
        default="relationship",
    )
    name = fields.Char(string="Purpose")
    feedback = fields.Text(string="What the Customer Said")
    sentiment = fields.Selection(
        selection="_get_sentiments",
        string="The Customer Seemed",
    )
    placed_order_id = fields.Many2one(
        comodel_name="sale.order",
        string="Order Placed",
    )
    gate_message = fields.Char(
        string="Advice",
        compute="_compute_gate_message",
        help="Why this interaction should not have taken place.",
    )
    is_reason_needed = fields.Boolean(compute="_compute_gate_message")
    override_reason = fields.Char(string="Reason for Going Ahead", size=500)

    @api.model
    def _get_kinds(self):
        kind = self.env["crm.interaction"]._fields["kind"]
        return kind._description_selection(self.env)

    @api.model
    def _get_sentiments(self):
        sentiment = self.env["crm.interaction"]._fields["sentiment"]
        return sentiment._description_selection(self.env)

    @api.depends("partner_id", "touchpoint_id", "kind", "direction", "company_id")
    def _compute_gate_message(self):
        """``sudo``: the answer takes into account what others have done."""
        self.gate_message = self.is_reason_needed = False
        for log in self.filtered(lambda log: log.partner_id and log.direction == "out"):
            imagined = (
                self.env["crm.interaction"]
                .sudo()
                .new(
                    {
                        "partner_id": log.partner_id.id,
                        "relationship_id": log._get_relationship().id,
                        "company_id": log.company_id.id,
                        "kind": log.kind,
                        "touchpoint_id": log.touchpoint_id.id,
                    }
                )
            )
            log.gate_message, log.is_reason_needed = imagined._get_advice(
                log.touchpoint_id
            )

    def _get_relationship(self):
        # sudo: a relationship counts, whoever may see it
        return (
            self.env["crm.relationship"]
            .sudo()
            .search(
                [
                    ("partner_id", "=", self.partner_id.commercial_partner_id.id),
                    ("company_id", "=", self.company_id.id),
                ]
            )
        )

    def action_log(self):
        """Enter it into the ledger as done; the outcome is the context key's.

        Whoever was called by the customer has asked nobody's leave, so the gate is
        asked about our own calls only.
        """
        check_one(self)
        outcome = self.env.context.get("outcome")
        if outcome not in OUTCOMES_BY_HAND:
            raise UserError(self.env._("Say what came of it: use one of the buttons."))
        if outcome == "complaint" and not (self.feedback or "").strip():
            raise UserError(self.env._("Write down what the customer complains about."))
        interaction = self._enter()
        watch = Watch(interaction, is_new=True)
        interaction._note_talk(
            {
                "outcome": outcome,
                "direction": self.direction,
                "feedback": self.feedback,
                "sentiment": self.sentiment,
                "placed_order_id": self.placed_order_id.id,
                "override_reason": self.override_reason,
            }
        )
        moved = interaction._move_replaced()
        return watch.offer(
            {"type": "ir.actions.client", "tag": "soft_reload"},
            interaction._tell_done(moved),
        )

    def _enter(self):
        """Return the interaction, entered as if it were planned for now."""
        values = {
            "name": self.name or self.touchpoint_id.name,
            "partner_id": self.partner_id.id,
            "company_id": self.company_id.id,
            "touchpoint_id": self.touchpoint_id.id,
            "kind": self.kind,
        }
        if self.env.user._filter_staff_of(self.company_id):
            values["user_id"] = self.env.uid
        return self.env["crm.interaction"].create(values)
