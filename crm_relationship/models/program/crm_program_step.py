from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.fields import Domain

from ..base.bounds import MAX_PERIOD, Bounds, sequence_bounds
from ..ledger.messages import recall

# Ten years in each unit; of hours no more than a number field takes.
LONGEST = {"hours": MAX_PERIOD, "days": MAX_PERIOD, "weeks": 521, "months": 120}
HOURS, DAYS_A_MONTH = 24, 365.25 / 12
# The longest way from the start to a step, in the parts that it is stored in.
MAX_OFFSET = 10 * MAX_PERIOD
# Programs whose start is a day known before: a step can come ahead of it.
DATED_TRIGGERS = {"occasion"}


class CrmProgramStep(models.Model):
    _name = "crm.program.step"
    _inherit = ["crm.touch.mixin"]
    _description = "Program Step"
    _order = "program_id, sequence, id"

    program_id = fields.Many2one(
        comodel_name="crm.program",
        required=True,
        index=True,
        ondelete="cascade",
    )
    sequence = fields.Integer(default=10)
    channel_ids = fields.One2many(
        comodel_name="crm.touch.channel",
        string="Channel Order",
        inverse_name="program_step_id",
        copy=True,
    )
    delay = fields.Integer(
        default=0,
        help="How long after the customer enters the program; 0 is at once.",
    )
    delay_unit = fields.Selection(
        selection=[
            ("hours", "hours"),
            ("days", "days"),
            ("weeks", "weeks"),
            ("months", "months"),
        ],
        required=True,
        default="days",
    )
    delay_from = fields.Selection(
        string="Counted From",
        selection=[
            ("start", "after the start"),
            ("previous", "after the previous step"),
            ("before", "before the day"),
        ],
        required=True,
        default="start",
        help="The start is the day on which the customer enters: that of the sales"
        " order, or that of the occasion, for example the birthday. “After the previous"
        " step” counts from when that was really made. “Before the day” comes ahead of"
        " an occasion.",
    )
    expires = fields.Selection(
        string="Makes Sense",
        selection=[
            ("never", "at any time"),
            ("days", "for some days after its day"),
            ("day", "until the day of the start"),
            ("program", "until the program ends"),
        ],
        required=True,
        default="never",
        help="Whatever waits longer is closed as too late: an offer after its end, a"
        " wish after the day. It is never sent late. The start is the day on which the"
        " customer enters, or that of the occasion.",
    )
    expires_days = fields.Integer(
        string="Days of Sense",
        default=7,
        help="So many days after its day the step still makes sense; 0 is on that day"
        " alone.",
    )
    offset_months = fields.Integer(compute="_compute_offset", store=True)
    offset_days = fields.Integer(compute="_compute_offset", store=True)
    offset_hours = fields.Integer(compute="_compute_offset", store=True)
    place = fields.Integer(
        compute="_compute_offset",
        store=True,
        help="How many steps of the program come before this one.",
    )

    _sequence_in_bounds = sequence_bounds()
    _delay_in_bounds = Bounds("delay", high=MAX_PERIOD)
    _delay_not_negative = models.Constraint(
        "CHECK(delay >= 0)",
        "A step cannot come before the customer enters the program: enter a delay of 0"
        " or more.",
    )
    _expires_days_in_bounds = Bounds("expires_days", 0, MAX_PERIOD)
    _offset_months_in_bounds = Bounds("offset_months", -MAX_OFFSET, MAX_OFFSET)
    _offset_days_in_bounds = Bounds("offset_days", -MAX_OFFSET, MAX_OFFSET)
    _offset_hours_in_bounds = Bounds("offset_hours", -MAX_OFFSET, MAX_OFFSET)
    _place_in_bounds = Bounds("place", 0, MAX_OFFSET)

    @api.depends(
        "program_id.step_ids.delay",
        "program_id.step_ids.delay_from",
        "program_id.step_ids.delay_unit",
        "program_id.step_ids.sequence",
    )
    def _compute_offset(self):
        """How far from the start a step lies, if those before it are made in time."""
        for program in self.program_id:
            offset, steps = (0, 0, 0), program._get_steps_in_order()
            for step in steps:
                offset = step._add_delay(offset)
                step.offset_months, step.offset_days, step.offset_hours = offset
            for rank, step in enumerate(steps.sorted(lambda s: s._get_length())):
                step.place = rank
        for step in self.filtered(lambda s: not s.program_id):
            step.offset_months = step.offset_days = step.offset_hours = step.place = 0

    def _add_delay(self, offset):
        """Return the way from the start to this step: months, days and hours.

        :param tuple offset: to the step before
        """
        self.ensure_one()
        count = min(max(self.delay, 0), LONGEST.get(self.delay_unit, MAX_PERIOD))
        if self.delay_from == "before":
            count = -count
        parts = {
            "months": (count, 0, 0),
            "weeks": (0, 7 * count, 0),
            "hours": (0, 0, count),
        }
        delay = parts.get(self.delay_unit, (0, count, 0))
        if self.delay_from != "previous":
            return delay
        return tuple(
            min(max(sum(parts), -MAX_OFFSET), MAX_OFFSET)
            for parts in zip(offset, delay, strict=True)
        )

    def _get_previous(self):
        """Return the step before this one, as the program lists them, possibly none."""
        self.ensure_one()
        steps = self.program_id._get_steps_in_order()
        rank = list(steps).index(self)
        return steps[rank - 1] if rank else steps.browse()

    def _get_length(self):
        """Return the way from the start to this step, in days, about."""
        self.ensure_one()
        days = self.offset_months * DAYS_A_MONTH + self.offset_days
        return days + self.offset_hours / HOURS

    @api.constrains("delay", "delay_unit", "delay_from", "sequence", "program_id")
    def _check_delay(self):
        """``sequence`` is named because it decides which step is the first."""
        for program in self.program_id:
            program._check_timing()

    @api.depends("program_id.segment_ids", "program_id.company_id")
    def _compute_benefit_warning(self):
        return super()._compute_benefit_warning()

    def unlink(self):
        """Cancel what these steps scheduled, and recall their messages that still wait:
        nobody would know why they were there.

        Whether the program has steps left is checked at the end of the transaction: the
        form deletes the old ones before it adds the new ones.

        ``sudo``: a step has customers in every company; whether the user may delete it
        is checked in the same transaction.
        """
        ledger = self.env["crm.interaction"].sudo()
        own = Domain("program_step_id", "in", self.ids)
        ledger.search(own & Domain("state", "=", "scheduled")).write(
            {"state": "cancelled", "reason_code": "plan_changed"}
        )
        sent = own & Domain("state", "=", "done") & Domain("outcome", "=", "sent")
        recall(ledger.search(sent), "plan_changed")
        programs = self.program_id
        result = super().unlink()
        self.env.cr.precommit.add(lambda: programs.exists()._check_what_is_left())
        return result

    def _get_day(self, start):
        """Return the day of this step for somebody who entered on ``start``."""
        self.ensure_one()
        return start + relativedelta(
            months=self.offset_months,
            days=self.offset_days + self.offset_hours // HOURS,
        )

    def _get_reached_segments(self):
        return self.program_id._get_reached_segments()

    def _get_company(self):
        return self.program_id.company_id
