from odoo import api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.crm_relationship.models.base.asked import check_seen


class CrmProgramStep(models.Model):
    """A step that invites to an event."""

    _inherit = "crm.program.step"

    event_id = fields.Many2one(
        comodel_name="event.event",
        index="btree_not_null",
        ondelete="restrict",
        help="Each customer is invited by a link of their own, in the message, or by"
        " the salesperson.",
    )
    event_warning = fields.Char(
        compute="_compute_event_warning",
        help="Says why nobody can be invited any more.",
    )

    @api.depends("event_id")
    def _compute_event_warning(self):
        for step in self:
            # sudo: whether there are seats does not depend on who asks
            event = step.sudo().event_id
            step.event_warning = event._get_obstacle() if event else False

    @api.constrains("event_id")
    def _check_event_company(self):
        """Refuse another company's event; ``sudo``: also to those who cannot see it."""
        for step in self:
            company = step.event_id.sudo().company_id
            if company and company != step._get_company():
                check_seen(step.event_id)
                raise ValidationError(
                    self.env._(
                        "“%(event)s” is an event of %(company)s only. Limit the program"
                        " to that company, or choose another event.",
                        event=step.event_id.name,
                        company=company.name,
                    )
                )
