from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

from odoo.addons.crm_relationship.models.base.asked import check_seen
from odoo.addons.crm_relationship.models.base.bounds import (
    MAX_AMOUNT,
    MAX_COUNT,
    MAX_PERIOD,
    Bounds,
)
from odoo.addons.crm_relationship.models.base.figures import (
    format_count,
    format_number,
)
from odoo.addons.crm_relationship.models.program import crm_benefit as core

from .loyalty_program import COUPON_TYPES, NOMINATIVE_TYPES

TYPES = (*COUPON_TYPES, *NOMINATIVE_TYPES)


class CrmBenefit(models.Model):
    """A benefit that is a coupon or points of a loyalty program."""

    _inherit = "crm.benefit"

    _unnoticed = core.CrmBenefit._unnoticed | {"loyalty_limit"}

    loyalty_program_id = fields.Many2one(
        comodel_name="loyalty.program",
        index="btree_not_null",
        ondelete="restrict",
        domain=[("program_type", "in", TYPES)],
        help="What the customer gets of it is handed over with the interaction: a"
        " coupon with a code of its own, or points on the customer's card.",
    )
    loyalty_type = fields.Selection(related="loyalty_program_id.program_type")
    loyalty_points = fields.Float(
        string="Points",
        default=1,
        help="How many points are given each time; for a gift card or an eWallet, the"
        " amount. Most coupons need one.",
    )
    loyalty_days = fields.Integer(
        string="Valid for (days)",
        help="How long a coupon is valid. 0: as long as the loyalty program.",
    )
    loyalty_limit = fields.Integer(
        string="Given at Most",
        help="How often it is given, to all customers together. 0: without a limit.",
    )
    loyalty_count = fields.Integer(
        string="Given",
        compute="_compute_loyalty_count",
        help="How often it was given and not taken back.",
    )
    loyalty_summary = fields.Char(
        string="Gives",
        compute="_compute_loyalty_summary",
        help="What the customer gets of which loyalty program.",
    )

    _loyalty_points_in_bounds = Bounds("loyalty_points", 0, MAX_AMOUNT)
    _loyalty_points_positive = models.Constraint(
        "CHECK(loyalty_program_id IS NULL OR loyalty_points > 0)",
        "Nothing would be given: enter more than 0 points.",
    )
    _loyalty_days_in_bounds = Bounds("loyalty_days", 0, MAX_PERIOD)
    _loyalty_limit_in_bounds = Bounds("loyalty_limit", 0, MAX_COUNT)

    def _compute_loyalty_count(self):
        # sudo: what is given counts, whoever may not see to whom
        groups = (
            self.env["crm.interaction"]
            .sudo()
            ._read_group(
                [
                    ("loyalty_benefit_id", "in", self.ids),
                    ("loyalty_state", "in", ("given", "used")),
                ],
                ["loyalty_benefit_id"],
                ["__count"],
            )
        )
        counts = {benefit.id: count for benefit, count in groups}
        for benefit in self:
            benefit.loyalty_count = counts.get(benefit._origin.id, 0)

    @api.depends("loyalty_program_id", "loyalty_points")
    @api.depends_context("lang")
    def _compute_loyalty_summary(self):
        for benefit in self:
            # sudo: the name of the program, as that of the benefit
            program = benefit.loyalty_program_id.sudo()
            if not program:
                benefit.loyalty_summary = False
            elif program.program_type in NOMINATIVE_TYPES:
                benefit.loyalty_summary = self.env._(
                    "%(points)s %(unit)s of “%(program)s”",
                    points=format_number(self.env, benefit.loyalty_points),
                    unit=program.portal_point_name or self.env._("points"),
                    program=program.name,
                )
            else:
                benefit.loyalty_summary = self.env._(
                    "A code of “%(program)s”", program=program.name
                )

    @api.constrains("loyalty_program_id")
    def _check_loyalty_type(self):
        for benefit in self.filtered("loyalty_program_id"):
            if benefit.loyalty_type not in TYPES:
                raise ValidationError(
                    self.env._(
                        "Nothing of “%(program)s” can be handed over: it works by"
                        " itself. Choose coupons, gift cards, loyalty cards or an"
                        " eWallet.",
                        program=benefit.loyalty_program_id.name,
                    )
                )

    @api.constrains("loyalty_program_id", "company_id")
    def _check_loyalty_company(self):
        """Refuse a program that customers of the benefit's companies could not use."""
        for benefit in self:
            # sudo: whose it is counts for those, too, who cannot see it
            company = benefit.loyalty_program_id.sudo().company_id
            if company and benefit.company_id not in company.sudo().search(
                [("id", "child_of", company.id)]
            ):
                check_seen(benefit.loyalty_program_id)
                raise ValidationError(
                    self.env._(
                        "“%(program)s” is a loyalty program of %(company)s only."
                        " Choose that company for “%(benefit)s”, or another program.",
                        program=benefit.loyalty_program_id.name,
                        company=company.name,
                        benefit=benefit.name,
                    )
                )

    def _get_obstacle(self, company):
        """Return why this cannot be given now, else False.

        ``sudo``: what there is of a loyalty program does not depend on who asks.
        """
        self.ensure_one()
        benefit = self.sudo()
        program = benefit.loyalty_program_id
        if not program:
            return False
        if obstacle := program._get_obstacle(company):
            return obstacle
        if benefit.loyalty_limit and benefit.loyalty_count >= benefit.loyalty_limit:
            return self.env._(
                "All there is of “%(benefit)s” was given: %(count)s.",
                benefit=benefit.name,
                count=format_count(self.env, benefit.loyalty_count),
            )
        return False

    def _get_warning(self, segments):
        """Say as well what is used up or over, and whom the program leaves out.

        ``_origin``: in a form, both are unsaved copies; ``sudo`` as there.
        """
        sentences = [super()._get_warning(segments)]
        for benefit in self.sudo()._origin.filtered("loyalty_program_id"):
            company = benefit.company_id or self.env.company
            sentences.append(benefit._get_obstacle(company))
            program = benefit.loyalty_program_id
            if not all(program._is_for(s) for s in segments.sudo()._origin):
                sentences.append(program._describe_limits())
        return " ".join(filter(None, sentences)) or False

    def _take_turns(self):
        """Let others wait who give the same, where there is not enough for all.

        SQL because the ORM's lock gives up instead of waiting.
        """
        limited = self.filtered("loyalty_limit")
        if limited:
            self.env.execute_query(
                SQL(
                    "SELECT FROM crm_benefit WHERE id = ANY(%s) ORDER BY id"
                    " FOR NO KEY UPDATE",
                    limited.ids,
                )
            )
