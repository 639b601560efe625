from odoo import api, fields, models

from .promises import sum_up


class CrmContactPlan(models.Model):
    """A plan that people have no time for is told before it is saved."""

    _inherit = "crm.contact.plan"

    feasibility_warning = fields.Char(
        compute="_compute_feasibility_warning",
        help="What the change asks for, and what people have time for.",
    )

    @api.depends(
        "line_ids.active",
        "line_ids.times",
        "line_ids.every",
        "line_ids.period",
        "line_ids.occasion_id",
        "line_ids.touchpoint_ids",
        "line_ids.mail_template_id",
        "line_ids.sms_template_id",
        "line_ids.user_id",
    )
    @api.depends_context("company")
    def _compute_feasibility_warning(self):
        for plan in self:
            # a saved plan asks for nothing that is not asked for already
            plan.feasibility_warning = bool(
                plan._origin and plan._origin != plan
            ) and self.env["crm.feasibility"]._warn(plan._get_more)

    def _get_more(self, promises):
        """Return the ``Need`` a week of the edited plan beyond that of the saved."""
        id_ = self._origin.id
        after = promises.get_plan_needs(id_, self.line_ids.filtered(_is_complete))
        saved = promises.lines.filtered(lambda line: line.plan_id.id == id_)
        before = promises.get_plan_needs(id_, saved)
        return sum_up(after) - sum_up(before)


def _is_complete(line):
    """Tell whether a line that is being edited can be counted already."""
    has_cadence = line.times > 0 and line.every > 0 and line.period
    return line.active and (line.occasion_id or has_cadence)
