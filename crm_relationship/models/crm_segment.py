from ast import literal_eval

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

LIFECYCLE_STAGES = [
    ("prospect", "Prospect"),
    ("first_time", "First-time buyer"),
    ("repeater", "Repeater"),
    ("loyal", "Loyal"),
    ("at_risk", "At risk"),
    ("lost", "Lost"),
    ("recovered", "Recovered"),
]
SCORES = ("recency", "frequency", "monetary")


class CrmSegment(models.Model):
    _name = "crm.segment"
    _description = "Portfolio Segment"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(
        default=10,
        help="A customer belongs to the first segment whose conditions all hold.",
    )
    active = fields.Boolean(default=True)
    color = fields.Integer()
    company_id = fields.Many2one(
        comodel_name="res.company",
        index=True,
        help="Left empty, the segment is used by all companies.",
    )
    recency_min = fields.Integer(default=0)
    recency_max = fields.Integer(default=5)
    frequency_min = fields.Integer(default=0)
    frequency_max = fields.Integer(default=5)
    monetary_min = fields.Integer(default=0)
    monetary_max = fields.Integer(default=5)
    lifecycle_stage = fields.Selection(
        selection=LIFECYCLE_STAGES,
        help="Only customers in this stage. Left empty, the stage does not matter.",
    )
    partner_domain = fields.Char(
        string="Customers",
        help="Only customers who match this filter.",
    )
    plan_id = fields.Many2one(
        comodel_name="crm.contact.plan",
        string="Contact Plan",
        index="btree_not_null",
        ondelete="restrict",
        help="How customers of this segment are looked after, unless a customer has a"
        " plan of their own.",
    )
    recency_range = fields.Char(string="Recency", compute="_compute_ranges")
    frequency_range = fields.Char(string="Frequency", compute="_compute_ranges")
    monetary_range = fields.Char(string="Monetary", compute="_compute_ranges")
    relationship_count = fields.Integer(
        string="Customer Count",
        compute="_compute_relationship_count",
    )

    @api.depends(*(f"{score}_{end}" for score in SCORES for end in ("min", "max")))
    def _compute_ranges(self):
        for segment in self:
            for score in SCORES:
                low, high = segment[f"{score}_min"], segment[f"{score}_max"]
                values = f"{low}–{high}" if low != high else str(low)
                segment[f"{score}_range"] = (
                    self.env._("any") if (low, high) == (0, 5) else values
                )

    def _compute_relationship_count(self):
        counts = dict(
            self.env["crm.relationship"]._read_group(
                [("segment_id", "in", self.ids)], ["segment_id"], ["__count"]
            )
        )
        for segment in self:
            segment.relationship_count = counts.get(segment, 0)

    @api.constrains(*(f"{score}_{end}" for score in SCORES for end in ("min", "max")))
    def _check_ranges(self):
        labels = {
            "recency": self.env._("Recency"),
            "frequency": self.env._("Frequency"),
            "monetary": self.env._("Monetary"),
        }
        for segment in self:
            for score in SCORES:
                low, high = segment[f"{score}_min"], segment[f"{score}_max"]
                if not 0 <= low <= high <= 5:
                    raise ValidationError(
                        self.env._(
                            "%(score)s of segment “%(segment)s” goes from %(low)s to"
                            " %(high)s. Enter scores between 0 (not scored) and 5, the"
                            " lower one first.",
                            score=labels[score],
                            segment=segment.name,
                            low=low,
                            high=high,
                        )
                    )

    @api.constrains("partner_domain")
    def _check_partner_domain(self):
        for segment in self:
            try:
                segment._get_partner_domain().validate(self.env["res.partner"])
                self.env["res.partner"].search(segment._get_partner_domain(), limit=1)
            except (ValueError, SyntaxError, TypeError, KeyError) as error:
                raise ValidationError(
                    self.env._(
                        "The customer filter of segment “%(segment)s” cannot be read:"
                        " %(error)s",
                        segment=segment.name,
                        error=error,
                    )
                ) from error

    def _get_partner_domain(self):
        """Return the filter as a ``Domain``; an empty filter matches everyone.

        :raises ValueError, SyntaxError: when the text is not a domain.
        """
        self.ensure_one()
        return Domain(literal_eval(self.partner_domain or "[]"))

    def action_view_relationships(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_relationship.crm_relationship_action"
        )
        action["domain"] = [("segment_id", "=", self.id)]
        action["display_name"] = self.name
        return action
