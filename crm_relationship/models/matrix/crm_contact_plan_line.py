from contextvars import ContextVar

from odoo import models

# Whether a change is being taken back, which plans what was planned before.
TAKING_BACK = ContextVar("crm_relationship.taking_back", default=False)


class CrmContactPlanLine(models.Model):
    _inherit = "crm.contact.plan.line"

    def _follow_cadence(self):
        if not TAKING_BACK.get():
            super()._follow_cadence()
