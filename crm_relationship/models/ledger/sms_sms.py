from odoo import fields, models

from .messages import withhold


class SmsSms(models.Model):
    _inherit = "sms.sms"

    crm_interaction_id = fields.Many2one(
        comodel_name="crm.interaction",
        string="Interaction",
        index="btree_not_null",
        ondelete="set null",
        groups="base.group_user",
    )

    def _send(self, *args, **kwargs):
        """Ask the gate again: the customer may have refused in the meantime."""
        ours = self.filtered("crm_interaction_id")
        if not ours:
            return super()._send(*args, **kwargs)
        allowed = withhold(ours, cancel=type(ours).action_set_canceled)
        remaining = (self - ours) + allowed
        return super(SmsSms, remaining)._send(*args, **kwargs) if remaining else None
