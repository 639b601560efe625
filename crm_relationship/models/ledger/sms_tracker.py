from odoo import fields, models

from .messages import note_failure


class SmsTracker(models.Model):
    """Reports on the delivery of an SMS, which may come long after it was sent."""

    _inherit = "sms.tracker"

    crm_interaction_id = fields.Many2one(
        comodel_name="crm.interaction",
        string="Interaction",
        index="btree_not_null",
        ondelete="cascade",
        groups="base.group_user",
    )

    def _action_update_from_provider_error(self, provider_error):
        result = super()._action_update_from_provider_error(provider_error)
        note_failure(self.crm_interaction_id, "sms")
        return result
