from functools import partial

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.misc import format_date

from ..base.asked import check_records, check_seen
from ..base.bounds import day_bounds
from .facts import CustomerFacts
from .rules import SegmentRules

LOCK_FIELDS = ("locked_segment_id", "lock_reason", "lock_until")


class CrmRelationship(models.Model):
    """The customer's segment: found by the rules, or kept manually."""

    _inherit = "crm.relationship"

    # Written by the portfolio refresh
    segment_id = fields.Many2one(
        comodel_name="crm.segment",
        index="btree_not_null",
        ondelete="set null",
    )
    segment_color = fields.Integer(related="segment_id.color", string="Segment Color")
    segment_move_ids = fields.One2many(
        comodel_name="crm.segment.move",
        inverse_name="relationship_id",
        string="Segment Changes",
    )
    # Decided by salespeople
    locked_segment_id = fields.Many2one(
        comodel_name="crm.segment",
        string="Kept in Segment",
        index="btree_not_null",
        ondelete="set null",
        tracking=True,
        help="The customer stays in this segment, whatever the rules say.",
    )
    lock_reason = fields.Char(
        string="Kept Because",
        tracking=True,
        help="Why the rules do not decide on the customer's segment.",
    )
    lock_until = fields.Date(
        string="Kept Until",
        tracking=True,
        help="Last day on which the segment is kept. Left empty, it is kept until"
        " somebody releases it.",
    )
    kept_note = fields.Char(
        string="Kept Manually",
        compute="_compute_kept_note",
        help="In which segment the customer is kept, until when, and why. Empty when"
        " the rules decide.",
    )

    _lock_in_bounds = day_bounds("lock_until")

    @api.depends(*LOCK_FIELDS, "company_id")
    @api.depends_context("lang")
    def _compute_kept_note(self):
        for relationship in self:
            if not relationship._is_kept():
                relationship.kept_note = False
                continue
            # sudo: the name, for users who may not read another company's segment
            values = {
                "segment": relationship.locked_segment_id.sudo().name,
                "reason": relationship.lock_reason,
            }
            if relationship.lock_until:
                relationship.kept_note = self.env._(
                    "Kept manually in %(segment)s until %(day)s: %(reason)s",
                    day=format_date(
                        self.env, relationship.lock_until, date_format="medium"
                    ),
                    **values,
                )
            else:
                relationship.kept_note = self.env._(
                    "Kept manually in %(segment)s: %(reason)s", **values
                )

    @api.constrains("locked_segment_id", "lock_reason", "company_id")
    def _check_lock(self):
        for relationship in self.filtered("locked_segment_id"):
            segment = relationship.locked_segment_id
            if not (relationship.lock_reason or "").strip():
                check_seen(segment)
                raise ValidationError(
                    self.env._(
                        "Say why %(customer)s is kept in %(segment)s: others have to"
                        " understand it later.",
                        customer=relationship.display_name,
                        segment=segment.name,
                    )
                )
            if segment.company_id and segment.company_id != relationship.company_id:
                check_seen(segment)
                raise ValidationError(
                    self.env._(
                        "%(segment)s is a segment of %(other)s. Choose one of"
                        " %(company)s, or one that all companies use.",
                        segment=segment.name,
                        other=segment.company_id.name,
                        company=relationship.company_id.name,
                    )
                )

    def _is_kept(self):
        """Return whether the customer is kept in a segment manually today."""
        self.ensure_one()
        # sudo: whether it is in use, also for those who may not read the segment
        segment = self.locked_segment_id.sudo()
        return bool(segment.active) and (
            not self.lock_until
            or self.lock_until >= self.company_id._relationship_today()
        )

    def _lock_segment(self, segment, reason, until=False):
        """Keep these customers in a segment, from now until the day ``until``."""
        self.write(
            {
                "locked_segment_id": segment.id,
                "lock_reason": reason,
                "lock_until": until,
            }
        )
        self._move_to(segment, self.env._("Kept manually: %(why)s", why=reason))

    def action_release_segment(self):
        """Let the rules decide again, at once, on those who were kept.

        ``sudo``: a segment changes with a move that says why, never by hand.
        """
        check_records(self)
        self.check_access("write")
        kept = self.sudo().filtered(lambda r: any(r[name] for name in LOCK_FIELDS))
        kept.write(dict.fromkeys(LOCK_FIELDS, False))
        kept._follow_rules(self.env._("Released manually"))

    def _follow_rules(self, reason):
        """Move these customers where the rules put them, by their current figures."""
        for company, relationships in self.grouped("company_id").items():
            rules = SegmentRules(self.env, company)
            facts = CustomerFacts(rules, relationships)
            place = partial(rules.first_fitting, facts=facts)
            for segment, moving in relationships.grouped(place).items():
                moving._move_to(segment, reason)

    def _move_to(self, segment, reason):
        """Put these customers into a segment, and record the move and the reason."""
        moving = self.filtered(lambda r: r.segment_id.id != segment.id)
        # sudo: the trace is written by the system alone
        self.env["crm.segment.move"].sudo().create(
            [
                {
                    "relationship_id": relationship.id,
                    "company_id": relationship.company_id.id,
                    "date": relationship.company_id._relationship_today(),
                    "from_segment_id": relationship.segment_id.id,
                    "to_segment_id": segment.id,
                    "from_stage": relationship.lifecycle_stage,
                    "to_stage": relationship.lifecycle_stage,
                    "rfm_code": relationship.rfm_code,
                    "reason": reason,
                }
                for relationship in moving
            ]
        )
        if moving:
            moving.write({"segment_id": segment.id})

    # ------------------------------------------------------------------
    # For other rooms
    # ------------------------------------------------------------------

    @api.depends("segment_id.plan_id")
    def _compute_effective_plan_id(self):
        """Let the plan of the segment stand in where the customer has none."""
        super()._compute_effective_plan_id()
        for relationship in self.filtered(lambda r: not r.effective_plan_id):
            relationship.effective_plan_id = relationship.segment_id.plan_id

    @api.model
    def _search_effective_plan_id(self, operator, value):
        if operator in Domain.NEGATIVE_OPERATORS:
            return NotImplemented
        own = super()._search_effective_plan_id(operator, value)
        of_segment = Domain("segment_id.plan_id", operator, value)
        if operator == "in" and False in value:
            of_segment |= Domain("segment_id", "=", False)
        return (Domain("plan_id", "!=", False) & own) | (
            Domain("plan_id", "=", False) & of_segment
        )

    @api.model
    def _effective_plan_sql(self, relationship):
        return SQL(
            "COALESCE(%(own)s, (SELECT s.plan_id FROM crm_segment s"
            " WHERE s.id = %(relationship)s.segment_id))",
            own=super()._effective_plan_sql(relationship),
            relationship=relationship,
        )

    @api.model
    def _get_plan_fields(self):
        return super()._get_plan_fields() | {"segment_id"}

    def _hand_over_to(self, target):
        """Keep the remaining customer in the segment of the one merged into it."""
        super()._hand_over_to(target)
        self.segment_move_ids.write({"relationship_id": target.id})
        if self._is_kept() and not target._is_kept():
            target._lock_segment(
                self.locked_segment_id, self.lock_reason, self.lock_until
            )
