from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from ..base.asked import check_one, refuse_id
from ..base.bounds import MAX_PERIOD
from ..base.opened import open_records
from ..base.user_filter import find_unreadable
from . import branches, content, sense
from .crm_program_step import LONGEST
from .trigger_orders import OrderTrigger, get_lasting_domain
from .triggers import DATED, TRIGGERS


class CrmProgramStepsMixin(models.AbstractModel):
    """What the steps of a program together must obey, and what becomes of them.

    A part of ``crm.program``, and of nothing else.
    """

    _name = "crm.program.steps.mixin"
    _description = "Steps of a Program"

    expired_count = fields.Integer(
        groups="base.group_user",
        string="Too Late",
        compute="_compute_expired_count",
        help="Interactions that waited until they made no sense any more. They were"
        " closed instead of being made late.",
    )

    # ------------------------------------------------------------------
    # When they come
    # ------------------------------------------------------------------

    def _get_steps_in_order(self):
        """Return the steps as the form shows them; those just added stay last."""
        self.ensure_one()
        return self.step_ids.sorted(
            lambda step: (step.sequence, not step._origin, step._origin.id)
        )

    @api.constrains("trigger", "step_ids")
    def _check_timing(self):
        """Refuse steps that would have to come before what they count from."""
        for program in self:
            for rank, step in enumerate(program._get_steps_in_order()):
                if error := program._get_timing_error(step, is_first=not rank):
                    raise ValidationError(error)

    def _check_what_is_left(self):
        """Check programs of which steps were deleted."""
        self._check_steps()
        self._check_timing()

    def _get_timing_error(self, step, is_first):
        """Return what is wrong with when a step comes, in words; else ``False``."""
        self.ensure_one()
        if step.delay_from == "previous" and is_first:
            return self.env._(
                "“%(step)s” is the first step, so no step comes before it. Count its"
                " delay from the start.",
                step=step.name,
            )
        if step.delay_from == "before" and not self._has_day():
            return self.env._(
                "“%(step)s” would come before the customer enters the program. Only"
                " where an occasion or a date starts a program, a step can come ahead"
                " of it. Count its delay from the start.",
                step=step.name,
            )
        longest = LONGEST[step.delay_unit]
        if step.delay > longest:
            units = dict(step._fields["delay_unit"]._description_selection(self.env))
            return self.env._(
                "“%(step)s” can come at most %(limit)s %(unit)s later. Enter a shorter"
                " delay.",
                step=step.name,
                limit=longest,
                unit=units[step.delay_unit],
            )
        if abs(step._get_length()) > MAX_PERIOD + 31:
            return self.env._(
                "“%(step)s” would come more than ten years after the start. Shorten"
                " its delay, or that of the steps before it.",
                step=step.name,
            )
        return False

    def _has_day(self):
        """Tell whether the start is a day known before, as a birthday is."""
        self.ensure_one()
        return self.trigger in DATED

    def _get_lead(self):
        """Return how long before their day customers enter, for steps ahead of it."""
        self.ensure_one()
        earliest = min([0, *(step._get_length() for step in self.step_ids)])
        return timedelta(days=-int(earliest // 1))

    # ------------------------------------------------------------------
    # On which condition
    # ------------------------------------------------------------------

    @api.constrains("active", "step_ids")
    def _check_branches(self):
        """Refuse conditions that nobody could answer; in an archived program, later."""
        for program in self:
            for step in program.step_ids:
                error = step._get_condition_error()
                if not error and program.active:
                    error = step.condition_warning
                if error:
                    raise ValidationError(error)

    def copy(self, default=None):
        if not isinstance(default or {}, dict):
            refuse_id(self.env, default)
        copies = super().copy(default)
        for program, copied in zip(self, copies, strict=True):
            steps = dict(
                zip(
                    program._get_steps_in_order(),
                    copied._get_steps_in_order(),
                    strict=False,
                )
            )
            for step, twin in steps.items():
                if step.condition_step_id in steps:
                    twin.write(
                        {
                            "condition_step_id": steps[step.condition_step_id].id,
                            "condition_outcome": step.condition_outcome,
                            "condition_negated": step.condition_negated,
                        }
                    )
        return copies

    def _get_condition_problem(self):
        """Return which filter of a step cannot be read any more; else ``False``."""
        # sudo: as for the filters of the program
        broken = find_unreadable(
            {
                (step, name): (
                    branches.get_filter(step, name),
                    self.env[model].sudo(),
                )
                for step in self.step_ids.filtered("has_condition")
                for name, model in branches.FILTERS.items()
            }
        )
        for (step, _name), error in broken.items():
            return self.env._(
                "A filter of “%(step)s” cannot be read any more: %(error)s",
                step=step.name,
                error=error,
            )
        return False

    # ------------------------------------------------------------------
    # What they say
    # ------------------------------------------------------------------

    @api.constrains("active", "step_ids")
    def _check_messages(self):
        self.filtered("active").step_ids._check_content()

    def _get_message_problem(self):
        """Return which message of a step lacks something by now; else ``False``.

        ``sudo``: whoever sees the program need not be allowed to read templates.
        """
        for step in self.step_ids:
            for template in (step.sudo().mail_template_id, step.sudo().sms_template_id):
                if template and (missing := content.find_missing(template)):
                    return self.env._(
                        "The message “%(template)s” asks for %(placeholder)s, which a"
                        " customer does not have.",
                        template=template.name,
                        placeholder=missing[0],
                    )
        return False

    # ------------------------------------------------------------------
    # For whom, and how long
    # ------------------------------------------------------------------

    def _compute_expired_count(self):
        counts = dict(
            self.env["crm.interaction"]._read_group(
                [
                    ("enrollment_id.program_id", "in", self.ids),
                    ("reason_code", "=", sense.EXPIRED),
                ],
                ["program_id"],
                ["__count"],
            )
        )
        for program in self:
            program.expired_count = counts.get(program, 0)

    def action_view_expired(self):
        check_one(self)
        return open_records(self, "crm_interaction_action_program_expired")

    def _get_lasting_domain(self):
        """Return the domain of the relationships that the steps are meant for."""
        self.ensure_one()
        domain = Domain.TRUE
        if self.segment_ids:
            domain &= Domain("segment_id", "in", self.segment_ids.ids)
        if self.trigger == "lifecycle":
            domain &= Domain("lifecycle_stage", "=", self.lifecycle_stage)
        partner_filter = self._get_filter("partner_domain")
        if not partner_filter.takes_all:
            domain &= Domain("partner_id", "any", partner_filter.domain)
        return domain

    def _get_order_domain(self):
        """Return the domain of the orders that the steps are meant for."""
        self.ensure_one()
        if not isinstance(TRIGGERS[self.trigger], OrderTrigger):
            return Domain.TRUE
        return get_lasting_domain(self)

    def _get_step_problem(self):
        """Return why steps could not be made, in words; else ``False``."""
        self.ensure_one()
        return self._get_condition_problem() or self._get_message_problem()
