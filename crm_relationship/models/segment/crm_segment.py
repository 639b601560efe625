from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...engine.segmentation import MAX_BINS, MIN_BINS, SCORES
from ..base.deletion import check_unused
from ..customer.lifecycle import LIFECYCLE_STAGES

RANGE_FIELDS = (
    "score_bins",
    *(f"{score}_{end}" for score in SCORES for end in ("min", "max")),
)


class CrmSegment(models.Model):
    _name = "crm.segment"
    _inherit = ["crm.copy.mixin"]
    _description = "Segment"
    _order = "sequence, id"

    @api.model
    def _default_sequence(self):
        """Place a new segment last: it should not take customers by surprise."""
        segments = self.with_context(active_test=False)
        return segments.search([], order="sequence desc", limit=1).sequence + 10

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(
        default=lambda self: self._default_sequence(),
        help="A customer belongs to the first segment whose conditions all hold.",
    )
    active = fields.Boolean(default=True)
    color = fields.Integer()
    company_id = fields.Many2one(
        comodel_name="res.company",
        index=True,
        help="Left empty, the segment is used by all companies.",
    )
    is_fallback = fields.Boolean(
        string="For All Others",
        copy=False,
        help="Takes the customers who fit no other segment, whatever its place in the"
        " list; its own conditions are ignored.",
    )
    score_bins = fields.Integer(
        string="Scale",
        default=5,
        required=True,
        help="The conditions of this segment count on scores from 1 to this number. A"
        " company that uses another number of classes reads them in proportion.",
    )
    recency_min = fields.Integer(default=0)
    recency_max = fields.Integer(default=5)
    frequency_min = fields.Integer(default=0)
    frequency_max = fields.Integer(default=5)
    monetary_min = fields.Integer(default=0)
    monetary_max = fields.Integer(default=5)
    lifecycle_stage = fields.Selection(
        string="Life Cycle Stage",
        selection=LIFECYCLE_STAGES,
        help="Only customers in this stage. Left empty, the stage does not matter.",
    )
    partner_domain = fields.Char(
        string="Customer Filter",
        help="Only customers who match this filter.",
    )
    plan_id = fields.Many2one(
        comodel_name="crm.contact.plan",
        string="Contact Plan",
        index="btree_not_null",
        ondelete="restrict",
        help="How customers of this segment are cared for, unless a customer has a"
        " plan of their own.",
    )
    recency_range = fields.Char(
        string="Recency",
        compute="_compute_ranges",
        help="Lowest and highest recency score that fit.",
    )
    frequency_range = fields.Char(
        string="Frequency",
        compute="_compute_ranges",
        help="Lowest and highest frequency score that fit.",
    )
    monetary_range = fields.Char(
        string="Monetary",
        compute="_compute_ranges",
        help="Lowest and highest monetary score that fit.",
    )
    relationship_count = fields.Integer(
        string="Customer Count",
        compute="_compute_relationship_count",
        help="Customers of the segment today, without archived ones.",
    )

    _score_bins_in_range = models.Constraint(
        f"CHECK(score_bins BETWEEN {MIN_BINS} AND {MAX_BINS})",
        "The scale of a segment's scores goes from 1 to 3 at least, to 10 at most.",
    )

    @api.depends(*RANGE_FIELDS, "is_fallback")
    def _compute_ranges(self):
        for segment in self:
            if segment.is_fallback:
                segment.recency_range = self.env._("all others")
                segment.frequency_range = segment.monetary_range = False
                continue
            for score in SCORES:
                low, high = segment[f"{score}_min"], segment[f"{score}_max"]
                values = f"{low}–{high}" if low != high else str(low)
                if (low, high) == (0, segment.score_bins):
                    values = self.env._("any")
                segment[f"{score}_range"] = values

    def _compute_relationship_count(self):
        counts = dict(
            self.env["crm.relationship"]._read_group(
                [("segment_id", "in", self.ids)], ["segment_id"], ["__count"]
            )
        )
        for segment in self:
            segment.relationship_count = counts.get(segment, 0)

    @api.constrains(*RANGE_FIELDS)
    def _check_ranges(self):
        for segment in self:
            if error := segment._get_range_error():
                raise ValidationError(error)

    def _get_range_error(self):
        """Return what is wrong with the scores, in words; else ``False``."""
        self.ensure_one()
        if not MIN_BINS <= self.score_bins <= MAX_BINS:
            return self.env._(
                "The scale of a segment's scores goes from 1 to 3 at least, to 10 at"
                " most."
            )
        labels = {
            "recency": self.env._("Recency"),
            "frequency": self.env._("Frequency"),
            "monetary": self.env._("Monetary"),
        }
        for score in SCORES:
            low, high = self[f"{score}_min"], self[f"{score}_max"]
            if not 0 <= low <= high <= self.score_bins:
                return self.env._(
                    "%(score)s of segment “%(segment)s” goes from %(low)s to"
                    " %(high)s. Enter scores between 0 (not scored) and"
                    " %(bins)s, the lower one first.",
                    bins=self.score_bins,
                    score=labels[score],
                    segment=self.name or "–",
                    low=low,
                    high=high,
                )
        return False

    @api.constrains("is_fallback", "company_id", "active")
    def _check_fallback(self):
        fallbacks = self.search([("is_fallback", "=", True)])
        for segments in fallbacks.grouped("company_id").values():
            if len(segments) > 1 and segments & self:
                raise ValidationError(
                    self.env._(
                        "“%(segment)s” and “%(other)s” both take the customers of no"
                        " other segment. Choose one of them.",
                        segment=segments[0].name,
                        other=segments[1].name,
                    )
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        """A benefit whose last segment vanished would suit everybody all at once."""
        check_unused(self)

    def write(self, vals):
        result = super().write(vals)
        if vals.get("active") is False or vals.get("company_id"):
            kept = self._get_kept()
            kept.filtered(
                lambda r: not r.locked_segment_id.active
                or r.locked_segment_id.company_id
                not in (r.company_id, r.company_id[:0])
            ).action_release_segment()
        return result

    def unlink(self):
        """Let the rules decide about the customers who were kept in these segments."""
        kept = self._get_kept()
        result = super().unlink()
        kept.action_release_segment()
        return result

    def _get_kept(self):
        """Return the customers kept in these segments.

        ``sudo``: a segment that all companies use has customers in each of them.
        """
        relationships = self.env["crm.relationship"].sudo()
        return relationships.with_context(active_test=False).search(
            [("locked_segment_id", "in", self.ids)]
        )

    def copy_data(self, default=None):
        """Archive the copy of the segment for all others: it would fit everybody."""
        vals_list = super().copy_data(default=default)
        for segment, vals in zip(self, vals_list, strict=True):
            if segment.is_fallback and not vals.get("is_fallback"):
                vals["active"] = False
        return vals_list

    def _get_score_ranges(self, company):
        """Return the lowest and highest scores of this segment on a company's scale.

        For a segment on a scale of ``s`` classes, read by a company with ``b`` classes:
        1 + ⌊(low − 1) b ÷ s⌋ and ⌈high b ÷ s⌉; 0 (not scored) stays 0.

        :return: ``{"monetary": (4, 5)}``, without those that take every score
        """
        self.ensure_one()
        bins, scale = company.relationship_bins, self.score_bins
        ranges = {}
        for score in SCORES:
            low, high = self[f"{score}_min"], self[f"{score}_max"]
            low = 1 + (low - 1) * bins // scale if low else 0
            high = -(-high * bins // scale)
            if (low, high) != (0, bins):
                ranges[score] = low, high
        return ranges

    @api.model
    def _get_rules(self, company):
        """Return a company's segments in order, and the one for all others.

        :return: ``(segments by sequence, fallback segment, possibly empty)``
        """
        segments = self.search([("company_id", "in", (company.id, False))])
        fallbacks = segments.filtered("is_fallback")
        fallback = fallbacks.sorted(lambda s: not s.company_id)[:1]
        return segments - fallbacks, fallback

    def action_view_relationships(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_relationship.crm_relationship_action"
        )
        action["domain"] = [("segment_id", "=", self.id)]
        action["display_name"] = self.name
        return action
