from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from ..base.asked import check_one
from ..base.bounds import MAX_COUNT, Bounds, day_bounds
from ..portfolio.comparison import get_sheets
from .expectation import METRICS, describe
from .holdout import (
    DECIDING,
    MAX_HOLDOUT,
    MAX_RESULT_DAYS,
    check_by_hand,
    check_undecided,
    describe_power,
    start_measuring,
    without_what_nobody_chooses,
)
from .result import ProgramResult


class CrmProgram(models.Model):
    """Who is kept aside, what was expected, and what a program brings."""

    _inherit = "crm.program"

    expected_result = fields.Text(
        translate=True,
        help="What the company expects, so that the outcome can be held against it.",
    )
    expected_metric = fields.Selection(
        selection=METRICS,
        string="Expected",
        help="What is counted among those who enter. A purchase counts from the day"
        " after.",
    )
    expected_value = fields.Integer(
        string="Expected (%)",
        default=50,
        help="Of a hundred customers who enter, this many.",
    )
    expected_note = fields.Char(
        compute="_compute_expected_note",
        groups="sales_team.group_sale_manager",
        help="What is expected, and what came so far.",
    )
    for_everybody = fields.Boolean(
        string="Everybody Gets It",
        compute="_compute_for_everybody",
        store=True,
        readonly=False,
        tracking=True,
        help="Service, and what follows a complaint: nobody is ever kept aside from it,"
        " neither from this program alone nor from all programs.",
    )
    holdout_share = fields.Integer(
        string="Kept Aside (%)",
        copy=False,
        tracking=True,
        help="Of a hundred customers who enter, this many are kept aside, chosen by"
        " chance: they get nothing of this program, and everything else. What the"
        " program brings is the difference between the two groups.",
    )
    holdout_from = fields.Date(
        string="Measured From",
        copy=False,
        readonly=True,
        help="Who entered before customers were kept aside does not count: nobody"
        " chose them by chance.",
    )
    holdout_round = fields.Integer(
        string="Measurements",
        copy=False,
        readonly=True,
        aggregator=None,
        groups="base.group_user",
        help="How often it was begun to measure. Only those to whom chance gave a group"
        " in the last one are compared.",
    )
    holdout_until = fields.Date(
        string="Measured Until",
        copy=False,
        tracking=True,
        help="Who enters later is no longer kept aside and does not count.",
    )
    result_days = fields.Integer(
        string="Days to Buy",
        default=90,
        help="What customers buy within this number of days after they entered counts.",
    )
    holdout_hint = fields.Char(
        compute="_compute_holdout_hint",
        help="How small an effect can be found with this share: the smallest difference"
        " in buyers that is proven 4 times out of 5.",
        groups="sales_team.group_sale_manager",
    )
    result = fields.Html(
        compute="_compute_result",
        sanitize=False,
        groups="sales_team.group_sale_manager",
        help="What the customers of both groups bought, and whether the difference is"
        " more than chance.",
    )

    _expected_in_bounds = Bounds("expected_value", 1, 100)
    _holdout_share_in_bounds = Bounds("holdout_share", 0, MAX_HOLDOUT)
    _holdout_from_in_bounds = day_bounds("holdout_from")
    _holdout_until_in_bounds = day_bounds("holdout_until")
    _holdout_round_in_bounds = Bounds("holdout_round", 0, MAX_COUNT)
    _result_days_in_bounds = Bounds("result_days", 7, MAX_RESULT_DAYS)

    @api.constrains("holdout_until")
    def _check_holdout_until(self):
        for program in self:
            # a share that is new gets its days when it is saved
            if program.holdout_from and not program.holdout_until:
                raise ValidationError(
                    self.env._(
                        "Say until when customers of “%(program)s” are kept aside:"
                        " without a last day, nothing is ever decided.",
                        program=program.name,
                    )
                )

    @api.depends("trigger")
    def _compute_for_everybody(self):
        for program in self:
            program.for_everybody = program.trigger == "complaint"

    @api.depends(
        "holdout_share", "partner_domain", "result_days", "segment_ids", "trigger"
    )
    @api.depends_context("company", "lang")
    def _compute_holdout_hint(self):
        for program in self:
            known = program._origin
            company = known.company_id or self.env.company
            program.holdout_hint = bool(known) and describe_power(known, company)

    @api.depends("company_id", "expected_metric", "expected_value", "result_days")
    @api.depends_context("company", "lang")
    def _compute_expected_note(self):
        for program in self:
            known = program._origin
            company = known.company_id or self.env.company
            program.expected_note = describe(program, company)

    @api.model
    def _check_reader(self):
        """Let those have results who see them on the program."""
        self.check_access("read")
        self._check_field_access(self._fields["result"], "read")

    @api.model
    def _get_sheets(self, domain):
        """Return the results of programs that are measured."""
        programs = self.search(domain & Domain("holdout_from", "!=", False))
        return get_sheets(
            self.env,
            [
                ProgramResult(program, program.company_id or self.env.company)
                for program in programs
            ],
        )

    @api.depends("holdout_from", "holdout_until", "result_days")
    @api.depends_context("company", "lang")
    def _compute_result(self):
        for program in self:
            known = program._origin
            company = known.company_id or self.env.company
            program.result = (
                known._is_measured() and ProgramResult(known, company).render()
            )

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            vals_list = [without_what_nobody_chooses(vals) for vals in vals_list]
        programs = super().create(vals_list)
        for program in programs.filtered("holdout_share"):
            start_measuring(program)
        return programs

    def write(self, vals):
        share = vals.get("holdout_share")
        changed = self.filtered(lambda p: share and share != p.holdout_share)
        if not self.env.su:
            check_by_hand(self, vals)
        if vals.keys() & set(DECIDING) and not (self.env.su and "holdout_from" in vals):
            check_undecided(self - changed, vals)
        result = super().write(vals)
        for program in changed:
            start_measuring(program)
        return result

    def _keeps_aside(self, company):
        """Tell whether part of those who enter today are kept aside."""
        self.ensure_one()
        return bool(
            self.holdout_share
            and self._is_measured()
            and not self._is_for_everybody()
            and self.holdout_from <= company._relationship_today() <= self.holdout_until
        )

    def _is_measured(self):
        return bool(self.holdout_from and self.holdout_until)

    def _is_for_everybody(self):
        """Tell whether nobody is ever kept aside from the program."""
        return self.for_everybody or self.trigger == "complaint"

    def action_measure_anew(self):
        """Begin to measure again, from today and with the same share."""
        check_one(self)
        self.check_access("write")
        if self.holdout_share:
            start_measuring(self)
        return {"type": "ir.actions.client", "tag": "soft_reload"}
