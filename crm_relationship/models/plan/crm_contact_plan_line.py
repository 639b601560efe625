from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...engine import cadence
from ..base.bounds import (
    MAX_DAYS,
    MAX_INTERVAL,
    MAX_MONTHS,
    MAX_TIMES,
    Bounds,
    sequence_bounds,
)
from ..touch.crm_touch_mixin import KIND_BY_OBJECTIVE, OBJECTIVES

CADENCE_FIELDS = {"times", "every", "period", "occasion_id", "active"}


class CrmContactPlanLine(models.Model):
    _name = "crm.contact.plan.line"
    _inherit = ["crm.cadence.mixin", "crm.touch.mixin"]
    _description = "Contact Plan Line"
    _order = "plan_id, sequence, id"

    plan_id = fields.Many2one(
        comodel_name="crm.contact.plan",
        required=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(related="plan_id.company_id")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    objective = fields.Selection(
        selection=OBJECTIVES,
        required=True,
        default="relationship",
        help="Relationship and recovery interactions sell nothing; retention and"
        " referral interactions do.",
    )
    kind = fields.Selection(
        selection=[("relationship", "Relationship"), ("selling", "Selling")],
        compute="_compute_kind",
        store=True,
    )
    channel_ids = fields.One2many(
        comodel_name="crm.touch.channel",
        string="Channel Order",
        inverse_name="plan_line_id",
        copy=True,
    )
    occasion_id = fields.Many2one(
        comodel_name="crm.occasion",
        index="btree_not_null",
        ondelete="restrict",
        help="The interaction takes place on this occasion instead of at regular"
        " intervals.",
    )
    interval_months = fields.Integer(compute="_compute_interval", store=True)
    interval_days = fields.Integer(compute="_compute_interval", store=True)
    interval_length = fields.Integer(
        string="Interval (days)",
        compute="_compute_interval",
        store=True,
    )
    cadence = fields.Char(compute="_compute_cadence")

    _sequence_in_bounds = sequence_bounds()
    _times_in_bounds = Bounds("times", high=MAX_TIMES)
    _every_in_bounds = Bounds("every", high=MAX_DAYS)
    _months_in_bounds = Bounds("interval_months", high=MAX_MONTHS)
    _days_in_bounds = Bounds("interval_days", high=MAX_INTERVAL)
    _length_in_bounds = Bounds("interval_length", high=MAX_INTERVAL)
    _cadence_positive = models.Constraint(
        "CHECK(occasion_id IS NOT NULL OR (times >= 1 AND every >= 1))",
        "A cadence needs at least 1 interaction in at least 1 period, for example “1"
        " time every 3 months”.",
    )

    @api.depends("objective")
    def _compute_kind(self):
        for line in self:
            line.kind = KIND_BY_OBJECTIVE.get(line.objective, "relationship")

    @api.depends("times", "every", "period", "occasion_id")
    def _compute_interval(self):
        for line in self:
            months, days = 0, 1
            if line.times >= 1 and line.every >= 1 and line.period:
                months, days = cadence.interval(line.times, line.every, line.period)
            line.interval_months = months
            line.interval_days = days
            line.interval_length = cadence.length_in_days(months, days)

    @api.depends("times", "every", "period", "occasion_id.name")
    @api.depends_context("lang")
    def _compute_cadence(self):
        periods = dict(self._fields["period"]._description_selection(self.env))
        single = {
            "day": self.env._("%s × a day"),
            "week": self.env._("%s × a week"),
            "month": self.env._("%s × a month"),
            "year": self.env._("%s × a year"),
        }
        for line in self:
            if line.occasion_id:
                line.cadence = line.occasion_id.name
            elif line.every == 1 and line.period:
                line.cadence = single[line.period] % line.times
            else:
                line.cadence = self.env._(
                    "%(times)s × every %(every)s %(period)s",
                    times=line.times,
                    every=line.every,
                    period=periods.get(line.period, ""),
                )

    @api.constrains("times", "every", "period", "occasion_id")
    def _check_cadence(self):
        """Report it before the database does, naming the line."""
        for line in self:
            if not line.occasion_id and (line.times < 1 or line.every < 1):
                raise ValidationError(
                    self.env._(
                        "“%(line)s” would never be carried out: enter at least 1 time"
                        " in at least 1 period, for example “1 time every 3 months”.",
                        line=line.name,
                    )
                )
            if line.interval_length > MAX_INTERVAL:
                raise ValidationError(
                    self.env._(
                        "“%(line)s” would come once in more than %(years)s years."
                        " Enter a shorter time, or archive the line.",
                        line=line.name,
                        years=MAX_MONTHS // 12,
                    )
                )

    def write(self, vals):
        result = super().write(vals)
        if CADENCE_FIELDS & vals.keys():
            self._follow_cadence()
        return result

    def _follow_cadence(self):
        """Do what follows from a changed cadence; the ledger fills it."""

    def unlink(self):
        """Cancel what these lines scheduled: nobody would know why it was there."""
        self.active = False
        return super().unlink()
