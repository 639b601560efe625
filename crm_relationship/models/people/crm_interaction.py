from odoo import models


class CrmInteraction(models.Model):
    """What waits for a lawful reason is looked up every night."""

    _inherit = "crm.interaction"

    _waiting_idx = models.Index(
        "(relationship_id)"
        " WHERE state IN ('scheduled', 'open') AND reason_code IS NOT NULL"
    )
