from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from ..base.apart import run_apart
from ..base.asked import check_one
from ..base.bounds import MAX_PERIOD, Bounds, sequence_bounds
from ..ledger.messages import recall
from . import branches, content

# Ten years in each unit; of hours no more than a number field takes.
LONGEST = {"hours": MAX_PERIOD, "days": MAX_PERIOD, "weeks": 521, "months": 120}
HOURS, DAYS_A_MONTH = 24, 365.25 / 12
# The longest way from the start to a step, in the parts that it is stored in.
MAX_OFFSET = 10 * MAX_PERIOD


class CrmProgramStep(models.Model):
    _name = "crm.program.step"
    _inherit = ["crm.touch.mixin", "crm.program.version.mixin"]
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
            ("day", "until the day itself"),
            ("program", "until the program ends"),
        ],
        required=True,
        default="never",
        help="Whatever waits longer is closed as too late: an offer after its end, a"
        " greeting after the day. It is never sent late. The day itself is that of the"
        " occasion, the date or the order.",
    )
    expires_days = fields.Integer(
        string="Days of Sense",
        default=7,
        help="The step still makes sense this many days after its day; 0 is on that day"
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

    talk_text = fields.Text(
        string="Text for WhatsApp and Calls",
        translate=True,
        help="What the salesperson sends in WhatsApp or says on the phone. {customer},"
        " {product}, {staff} and {benefit} are filled in. Left empty, WhatsApp gets the"
        " text message.",
    )

    condition_step_id = fields.Many2one(
        comodel_name="crm.program.step",
        string="Only If",
        domain="[('program_id', '=', program_id), ('id', '!=', id),"
        " ('version', '=', 0)]",
        index="btree_not_null",
        ondelete="set null",
        copy=False,
        help="An earlier step of the program, whose outcome decides whether this one is"
        " made. Save the program to find steps that you have just added.",
    )
    condition_outcome = fields.Selection(
        selection=branches.OUTCOMES,
        string="Outcome",
        copy=False,
    )
    condition_negated = fields.Boolean(
        string="Only If That Did Not Happen",
        copy=False,
    )
    condition_partner = fields.Char(
        string="Only for Customers",
        help="The step is made for customers only who match this filter by then.",
    )
    condition_order = fields.Char(
        string="Only after Orders",
        help="The step is made only where the sales order matches this filter by then.",
    )
    has_condition = fields.Boolean(compute="_compute_has_condition", store=True)
    condition_warning = fields.Char(
        compute="_compute_condition_warning",
        help="What nothing that is installed can tell about an earlier step.",
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
        "program_id.days_before",
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
        for step in self.filtered("version"):
            # kept as it was
            for name in ("offset_months", "offset_days", "offset_hours", "place"):
                step[name] = step[name]

    def _add_delay(self, offset):
        """Return the way from the start to this step: months, days and hours.

        :param tuple offset: to the step before
        """
        self.ensure_one()
        count = min(max(self.delay, 0), LONGEST.get(self.delay_unit, MAX_PERIOD))
        is_before = self.delay_from == "before"
        if is_before:
            count = -count
        parts = {
            "months": (count, 0, 0),
            "weeks": (0, 7 * count, 0),
            "hours": (0, 0, count),
        }
        delay = parts.get(self.delay_unit, (0, count, 0))
        if is_before:
            # the day itself, where the program starts some days before it
            offset = (0, self.program_id.days_before, 0)
        elif self.delay_from != "previous":
            return delay
        return tuple(
            min(max(sum(parts), -MAX_OFFSET), MAX_OFFSET)
            for parts in zip(offset, delay, strict=True)
        )

    def _get_previous(self):
        """Return the step before this one, as the program lists them, possibly none."""
        self.ensure_one()
        steps = self._get_contemporaries()
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
        nobody would know why they were there. Where a person deletes them, customers
        who go through the program have kept steps of their own by then.

        Whether the program has steps left is checked at the end of the transaction: the
        form deletes the old ones before it adds the new ones.

        ``sudo``: a step has customers in every company; whether the user may delete it
        is checked in the same transaction.
        """
        self._check_not_asked_about()
        self._before_deletion()
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

    # ------------------------------------------------------------------
    # On which condition
    # ------------------------------------------------------------------

    @api.depends("condition_step_id", "condition_partner", "condition_order")
    def _compute_has_condition(self):
        for step in self:
            step.has_condition = bool(
                step.condition_step_id or step.condition_partner or step.condition_order
            )

    @api.depends("condition_outcome")
    @api.depends_context("lang")
    def _compute_condition_warning(self):
        unknown = self._get_unknown_outcomes()
        for step in self:
            step.condition_warning = (
                step.condition_outcome in unknown and step._word_unknown()
            )

    @api.model
    def _get_unknown_outcomes(self):
        """Return what nobody tells us; an addon that knows takes it out."""
        return {"opened", "clicked"}

    def _word_unknown(self):
        return self.env._(
            "Odoo Community does not tell whether a message was opened or its link"
            " clicked, so the program could not decide. Ask for another outcome, for"
            " example whether the customer replied or bought."
        )

    @api.constrains(
        "condition_step_id",
        "condition_outcome",
        "condition_partner",
        "condition_order",
        "delay",
        "delay_unit",
        "delay_from",
        "program_id",
        "sequence",
    )
    def _check_condition(self):
        for program in self.program_id:
            program._check_branches()

    def _check_not_asked_about(self):
        """Refuse to delete steps that others ask about."""
        asking = self.program_id.step_ids.filtered(
            lambda step: step.condition_step_id in self
        )
        for step in asking - self:
            raise UserError(
                self.env._(
                    "“%(step)s” asks what came of “%(asked)s”. Change its condition"
                    " before you delete that step.",
                    step=step.name,
                    asked=step.condition_step_id.name,
                )
            )

    def _get_condition_error(self):
        """Return what is wrong with the condition, in words; else ``False``."""
        self.ensure_one()
        asked = self.condition_step_id
        if bool(asked) != bool(self.condition_outcome):
            return self.env._(
                "Say for “%(step)s” both which earlier step it asks about, and what is"
                " to have come of it.",
                step=self.name,
            )
        if asked and (asked.program_id != self.program_id or asked.place >= self.place):
            return self.env._(
                "“%(step)s” asks what came of “%(asked)s”, which does not come before"
                " it in this program. Choose an earlier step.",
                step=self.name,
                asked=asked.name,
            )
        for name in branches.FILTERS:
            if error := branches.get_filter(self, name).error:
                return self.env._(
                    "A filter of “%(step)s” cannot be read: %(error)s",
                    step=self.name,
                    error=error,
                )
        return False

    # ------------------------------------------------------------------
    # What it says
    # ------------------------------------------------------------------

    @api.constrains("talk_text", "note", "mail_template_id", "sms_template_id")
    def _check_content(self):
        for step in self:
            if error := step._get_word_error() or (
                step.program_id.active and step._get_template_error()
            ):
                raise ValidationError(error)

    def _get_word_error(self):
        """Return which word in braces is unknown, as a sentence; else ``False``."""
        self.ensure_one()
        for code, _name in self.env["res.lang"].get_installed():
            step = self.with_context(lang=code)
            unknown = content.find_unknown(step.talk_text)
            unknown += content.find_unknown(str(step.note or ""))
            if unknown:
                return self.env._(
                    "“%(step)s”: nobody fills in %(word)s. Use one of %(known)s.",
                    step=self.name,
                    word=content.brace(unknown[0]),
                    known=", ".join(map(content.brace, content.PLACEHOLDERS)),
                )
        return False

    def _get_template_error(self):
        """Return what a message of the step would lack, as a sentence; else ``False``.

        ``sudo``: whoever sets up the program need not be allowed to read templates.
        """
        self.ensure_one()
        for template in (self.sudo().mail_template_id, self.sudo().sms_template_id):
            if not template:
                continue
            if missing := content.find_missing(template):
                return self.env._(
                    "“%(step)s”: the message “%(template)s” asks for %(placeholder)s,"
                    " which a customer does not have. Correct the message first.",
                    step=self.name,
                    template=template.name,
                    placeholder=missing[0],
                )
            if error := self._try_template(template):
                return self.env._(
                    "“%(step)s”: the message “%(template)s” cannot be filled in:"
                    " %(error)s",
                    step=self.name,
                    template=template.name,
                    error=str(error).partition("\n")[0],
                )
        return False

    def _try_template(self, template):
        """Return what goes wrong when the message is filled in for one customer."""
        sample = self._get_sample()

        def render():
            for part in content.PARTS[template._name]:
                template._render_field(part, sample.ids)

        return sample and run_apart(self.env, render)

    def _get_sample(self):
        """Return a customer to try a message with, possibly none.

        ``sudo``: any customer does; nothing of it is shown.
        """
        relationship = self.env["crm.relationship"].sudo().search([], limit=1)
        return relationship.partner_id

    def action_preview(self):
        """Show what the step says to a real customer."""
        check_one(self)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Preview: %s", self.name),
            "res_model": "crm.program.preview",
            "view_mode": "form",
            "target": "new",
            "context": {"default_step_id": self.id},
        }
