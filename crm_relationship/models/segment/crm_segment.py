from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...engine.segmentation import MAX_BINS, MIN_BINS, SCORES
from ..base.asked import check_one, check_seen
from ..base.bounds import MAX_COLOR, MAX_SEQUENCE, Bounds, sequence_bounds
from ..base.deletion import check_unused
from ..base.opened import open_records
from ..customer.lifecycle import LIFECYCLE_STAGES
from .conditions import CustomerFilter, score_names
from .preview import SegmentPreview
from .rules import SegmentRules

PREVIEW_GROUPS = "sales_team.group_sale_salesman_all_leads"
RANGE_FIELDS = (
    "score_bins",
    *(f"{score}_{end}" for score in SCORES for end in ("min", "max")),
)


class CrmSegment(models.Model):
    """A part of the customers who are looked after alike.

    What it asks of them: ``conditions``. Who belongs where: ``SegmentRules``. What it
    would do, shown in the form before it is saved: ``SegmentPreview``.
    """

    _name = "crm.segment"
    _inherit = ["crm.copy.mixin"]
    _description = "Segment"
    _order = "sequence, id"

    @api.model
    def _default_sequence(self):
        """Place a new segment last: it should not take customers by surprise."""
        segments = self.with_context(active_test=False)
        last = segments.search([], order="sequence desc", limit=1)
        return min(last.sequence + 10, MAX_SEQUENCE)

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

    # By the figures of the last update, before the rule is saved
    preview_count = fields.Integer(
        string="Match the Rule",
        compute="_compute_preview",
        groups=PREVIEW_GROUPS,
        help="Customers of the current company who meet all conditions of this segment,"
        " by the figures of the last update, whatever other segments they fit.",
    )
    preview_share = fields.Float(
        string="Revenue of Those Who Match",
        compute="_compute_preview",
        groups=PREVIEW_GROUPS,
        help="Revenue of the customers who meet the conditions ÷ revenue of all"
        " customers of the company, both within the analysis window.",
    )
    preview_overlap = fields.Integer(
        string="Taken by Earlier Segments",
        compute="_compute_preview",
        groups=PREVIEW_GROUPS,
        help="Customers who meet the conditions of this segment, but are taken by a"
        " segment further up in the list.",
    )
    preview_net_count = fields.Integer(
        string="After the Next Update",
        compute="_compute_preview",
        groups=PREVIEW_GROUPS,
        help="Customers whom the next update puts here, if nothing else changes: those"
        " who meet the conditions and whom no earlier segment takes, and those kept"
        " here manually.",
    )
    preview_net_share = fields.Float(
        string="Share of Revenue",
        compute="_compute_preview",
        groups=PREVIEW_GROUPS,
        help="Revenue of the customers whom the next update puts here ÷ revenue of all"
        " customers of the company, both within the analysis window.",
    )
    preview_unassigned = fields.Integer(
        string="In No Segment",
        compute="_compute_preview",
        groups=PREVIEW_GROUPS,
        help="Customers of the current company who would be in no segment at all.",
    )
    preview_note = fields.Char(
        string="About the Preview",
        compute="_compute_preview",
        groups=PREVIEW_GROUPS,
        help="Which earlier segments take customers away, or why there is no preview.",
    )

    _sequence_in_bounds = sequence_bounds()
    _color_in_bounds = Bounds("color", 0, MAX_COLOR)
    _score_bins_in_range = models.Constraint(
        f"CHECK(score_bins BETWEEN {MIN_BINS} AND {MAX_BINS})",
        "The scale of a segment's scores goes from 1 to 3 at least, to 10 at most.",
    )

    # ------------------------------------------------------------------
    # Computed
    # ------------------------------------------------------------------

    @api.depends(*RANGE_FIELDS, "is_fallback")
    @api.depends_context("lang")
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

    @api.depends(
        *RANGE_FIELDS,
        "active",
        "company_id",
        "is_fallback",
        "lifecycle_stage",
        "partner_domain",
        "sequence",
    )
    @api.depends_context("company")
    def _compute_preview(self):
        preview = SegmentPreview(self, self.env.company)
        for segment in self:
            segment.update(preview.get_values(segment))

    # ------------------------------------------------------------------
    # What cannot be saved
    # ------------------------------------------------------------------

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
        names = score_names(self.env)
        for score in SCORES:
            low, high = self[f"{score}_min"], self[f"{score}_max"]
            if not 0 <= low <= high <= self.score_bins:
                return self.env._(
                    "%(score)s of segment “%(segment)s” goes from %(low)s to"
                    " %(high)s. Enter scores between 0 (not scored) and"
                    " %(bins)s, the lower one first.",
                    bins=self.score_bins,
                    score=names[score],
                    segment=self.name or "–",
                    low=low,
                    high=high,
                )
        return False

    @api.constrains("partner_domain")
    def _check_partner_domain(self):
        for segment in self:
            if error := segment._get_filter().error:
                raise ValidationError(
                    self.env._(
                        "The customer filter of segment “%(segment)s” cannot be read:"
                        " %(error)s",
                        segment=segment.name,
                        error=error,
                    )
                )

    @api.constrains("is_fallback", "company_id", "active")
    def _check_fallback(self):
        fallbacks = self.search([("is_fallback", "=", True)])
        for segments in fallbacks.grouped("company_id").values():
            if len(segments) > 1 and segments & self:
                check_seen(segments)
                raise ValidationError(
                    self.env._(
                        "“%(segment)s” and “%(other)s” both take the customers of no"
                        " other segment. Choose one of them.",
                        segment=segments[0].name,
                        other=segments[1].name,
                    )
                )

    # ------------------------------------------------------------------
    # Create, write, copy, delete
    # ------------------------------------------------------------------

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

    def copy_data(self, default=None):
        """Archive the copy of the segment for all others: it would fit everybody."""
        vals_list = super().copy_data(default=default)
        for segment, vals in zip(self, vals_list, strict=True):
            if segment.is_fallback and not vals.get("is_fallback"):
                vals["active"] = False
        return vals_list

    def _get_kept(self):
        """Return the customers kept in these segments.

        ``sudo``: a segment that all companies use has customers in each of them.
        """
        relationships = self.env["crm.relationship"].sudo()
        return relationships.with_context(active_test=False).search(
            [("locked_segment_id", "in", self.ids)]
        )

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    def action_view_relationships(self):
        check_one(self)
        return open_records(
            self, "crm_relationship_action_segment", display_name=self.name
        )

    @api.model
    def action_view_unassigned(self):
        """Open the customers of the current company who are in no segment."""
        return open_records(self.env.company, "crm_relationship_action_unassigned")

    # ------------------------------------------------------------------
    # The rules
    # ------------------------------------------------------------------

    @api.model
    def _get_used_by(self, company):
        """Return the segments a company uses, as its rules are read.

        ``sudo``: the rules themselves, not the customers in them.
        """
        return self.sudo().search([("company_id", "in", (company.id, False))])

    def _get_filter(self):
        """Return the customer filter as a ``CustomerFilter``."""
        self.ensure_one()
        return CustomerFilter(self.env, self.partner_domain)

    # ------------------------------------------------------------------
    # Above the list: what is wrong with the segments
    # ------------------------------------------------------------------

    @api.model
    def get_unassigned_count(self):
        """Return how many customers of the current company are in no segment now.

        With the user's rights: a salesperson counts only their own customers.
        """
        return self.env["crm.relationship"].search_count(
            [("company_id", "=", self.env.company.id), ("segment_id", "=", False)]
        )

    @api.model
    def get_warnings(self):
        """Return why customers are no longer sorted into segments.

        :return: list of sentences, for users who can fix it; empty for others
        """
        if not self.has_access("write"):
            return []
        return self._get_warnings(self.env.company)

    @api.model
    def _get_warnings(self, company):
        """Return what keeps customers of a company from being sorted, in sentences."""
        return [
            self.env._(
                "The customer filter of segment “%(segment)s” cannot be read any more:"
                " %(error)s. Until you correct it, its customers stay in it and nobody"
                " else comes into it.",
                segment=segment.name,
                error=str(error).rstrip("."),
            )
            for segment, error in SegmentRules(self.env, company).unreadable.items()
        ]
