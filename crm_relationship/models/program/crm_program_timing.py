from datetime import timedelta

from odoo import api, models
from odoo.exceptions import ValidationError

from ..base.bounds import MAX_PERIOD
from .crm_program_step import DATED_TRIGGERS, LONGEST


class CrmProgram(models.Model):
    """When the steps of a program come: what its steps together must obey."""

    _inherit = "crm.program"

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
                " where an occasion starts a program, a step can come ahead of it."
                " Count its delay from the start.",
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
        return self.trigger in DATED_TRIGGERS

    def _get_lead(self):
        """Return how long before their day customers enter, for steps ahead of it."""
        self.ensure_one()
        earliest = min([0, *(step._get_length() for step in self.step_ids)])
        return timedelta(days=-int(earliest // 1))
