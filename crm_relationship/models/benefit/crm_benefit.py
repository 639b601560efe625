from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..base.asked import check_seen
from ..base.bounds import MAX_AMOUNT, Bounds, sequence_bounds
from ..base.deletion import check_unused

# At most this many segments are named in a warning; nobody would read more.
NAMED_SEGMENTS = 3


class CrmBenefit(models.Model):
    """Something of value for the customer, and the segments it is right for.

    What pleases one customer offends another: a platinum customer wants personal
    service, not a discount.
    """

    _name = "crm.benefit"
    _inherit = ["crm.copy.mixin"]
    _description = "Benefit"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    kind = fields.Selection(
        selection=[
            ("financial", "Financial"),
            ("emotional", "Emotional"),
            ("spiritual", "Spiritual"),
        ],
        required=True,
        default="emotional",
        help="Financial: the customer saves or gains money. Emotional: the customer"
        " feels seen and cared for. Spiritual: the customer does good, or finds meaning"
        " and peace.",
    )
    description = fields.Text(
        translate=True,
        help="What the customer gets, and how to hand it over. Shown with the"
        " interaction.",
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        index=True,
        help="Left empty, all companies may use this benefit.",
    )
    currency_id = fields.Many2one(
        comodel_name="res.currency",
        required=True,
        default=lambda self: self.env.company.currency_id,
    )
    cost = fields.Monetary(
        help="What the company pays each time it is handed over. Added to the cost of"
        " the interaction when that is done.",
    )
    segment_ids = fields.Many2many(
        comodel_name="crm.segment",
        relation="crm_benefit_segment_rel",
        column1="benefit_id",
        column2="segment_id",
        string="Suits",
        ondelete="restrict",
        help="Segments the benefit is right for. Left empty: all but those it does not"
        " suit.",
    )
    unsuited_segment_ids = fields.Many2many(
        comodel_name="crm.segment",
        relation="crm_benefit_unsuited_segment_rel",
        column1="benefit_id",
        column2="segment_id",
        string="Does Not Suit",
        ondelete="restrict",
        help="Segments the benefit is wrong for, for example a discount for customers"
        " who expect personal service. Using it for them gives a warning.",
    )

    _sequence_in_bounds = sequence_bounds()
    _cost_in_bounds = Bounds("cost", high=MAX_AMOUNT)
    _cost_not_negative = models.Constraint(
        "CHECK(cost >= 0)",
        "The cost of a benefit cannot be negative.",
    )

    @api.constrains("segment_ids", "unsuited_segment_ids")
    def _check_segments(self):
        for benefit in self:
            both = benefit.segment_ids & benefit.unsuited_segment_ids
            if both:
                check_seen(both)
                raise ValidationError(
                    self.env._(
                        "“%(benefit)s” cannot both suit and not suit %(segments)s."
                        " Take each segment out of one of the two lists.",
                        benefit=benefit.name,
                        segments=", ".join(both.mapped("name")),
                    )
                )

    @api.constrains("company_id")
    def _check_company_fits(self):
        self._check_users()

    def _check_users(self):
        """Ask those who use these benefits; ``sudo``: they may be of any company."""
        for touches in self.env["crm.touch.mixin"]._get_touch_models():
            touches.search([("benefit_id", "in", self.ids)])._check_benefit_company()
        given = self.env["crm.interaction"].sudo()
        for benefit, company in given._read_group(
            [("given_benefit_id", "in", self.ids)], ["given_benefit_id", "company_id"]
        ):
            benefit._check_usable_by(company, given._description)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        check_unused(self)

    def _get_unsuited(self, segments):
        """Return which of the segments this benefit does not suit.

        Archived segments count too: without them, a benefit could seem to suit
        everybody.
        """
        benefit = self.with_context(active_test=False)
        benefit.ensure_one()
        unsuited = segments & benefit.unsuited_segment_ids
        if benefit.segment_ids:
            unsuited |= segments - benefit.segment_ids
        return unsuited

    def _get_warning(self, segments):
        """Return a sentence for each benefit that does not suit all of the segments.

        ``sudo``: which segments a benefit suits is part of the benefit, and shown to
        everybody who sees it. ``_origin``: in a form, both are unsaved copies.

        :return: one text, or False when every benefit suits every segment.
        """
        sentences = []
        for benefit in self.sudo()._origin:
            unsuited = benefit._get_unsuited(segments.sudo()._origin)
            if not unsuited:
                continue
            names = ", ".join(unsuited[:NAMED_SEGMENTS].mapped("name"))
            others = len(unsuited) - NAMED_SEGMENTS
            if others > 0:
                sentences.append(
                    self.env._(
                        "“%(benefit)s” does not suit %(segments)s and %(others)s more.",
                        benefit=benefit.name,
                        segments=names,
                        others=others,
                    )
                )
            else:
                sentences.append(
                    self.env._(
                        "“%(benefit)s” does not suit %(segments)s.",
                        benefit=benefit.name,
                        segments=names,
                    )
                )
        return " ".join(sentences) or False

    def _get_company_cost(self, company, day):
        """Return what these benefits cost together, in a company's currency.

        ``sudo``: the cost counts, whoever may not see the settings.
        """
        return sum(
            benefit.currency_id._convert(
                benefit.cost, company.currency_id, company, day
            )
            for benefit in self.sudo()
        )

    def _check_usable_by(self, company, user_name):
        """Refuse benefits that the users of the plan or program could not see.

        ``sudo``: that a benefit is another company's counts for those, too, who cannot
        see it; they are not told its name.

        :param company: ``res.company`` of the plan or program; empty means all.
        :param str user_name: name of the plan line, step or program.
        """
        for benefit in self.sudo():
            if benefit.company_id and benefit.company_id != company:
                check_seen(benefit)
                raise ValidationError(
                    self.env._(
                        "“%(benefit)s” is a benefit of %(company)s only and cannot be"
                        " used by “%(user)s”. Choose another one, or leave the company"
                        " of the benefit empty.",
                        benefit=benefit.name,
                        company=benefit.company_id.name,
                        user=user_name,
                    )
                )
