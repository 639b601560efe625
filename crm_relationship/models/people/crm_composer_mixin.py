from odoo import api, fields, models

from ..base.holding import holding
from .carrying import CARRIED_OUT, start_queues
from .reach import warn
from .undo import Watch


class CrmComposerMixin(models.AbstractModel):
    """A message to one customer can be what an interaction asks for."""

    _inherit = "crm.composer.mixin"

    crm_interaction_id = fields.Many2one(
        comodel_name="crm.interaction",
        string="Interaction",
        ondelete="cascade",
        groups="base.group_user",
        help="It is done when the message is sent.",
    )
    interaction_advice = fields.Char(
        string="Advice",
        compute="_compute_interaction_advice",
        groups="base.group_user",
        help="Why this interaction should not take place now, and from when it may.",
    )
    is_reason_needed = fields.Boolean(
        compute="_compute_interaction_advice",
        groups="base.group_user",
    )
    override_reason = fields.Char(
        string="Reason for Going Ahead",
        size=500,
        groups="base.group_user",
    )

    @api.depends("crm_interaction_id")
    def _compute_interaction_advice(self):
        self.interaction_advice = self.is_reason_needed = False
        for composer in self.filtered("crm_interaction_id"):
            interaction = composer.crm_interaction_id
            composer.interaction_advice, composer.is_reason_needed = (
                interaction._get_advice(
                    interaction._get_touchpoint(composer._get_channel_kind())
                )
            )

    def _get_contact_kind(self):
        # sudo: what the interaction is about counts, whoever sends
        interaction = self.sudo().crm_interaction_id
        return interaction.kind if interaction else super()._get_contact_kind()

    def _carry_out(self, send):
        """Send, and close the interaction whose message it is, if any.

        :param send: Odoo's own method, without arguments
        """
        interaction = self.crm_interaction_id
        if not interaction or self._is_to_many():
            return send()
        watch = Watch(interaction)
        interaction._begin_message(
            interaction._get_touchpoint(self._get_channel_kind()),
            self.override_reason,
        )
        with holding(CARRIED_OUT, interaction):
            action = send()
        if interaction.sudo()._filter_pending():  # sudo: it may be out of sight now
            return warn(
                self.env._(
                    "The message has not been sent yet, so the interaction stays open."
                    " See the chatter of the customer."
                ),
                {"type": "ir.actions.act_window_close"},
            )
        start_queues(self.env)
        return watch.offer(
            action or {"type": "ir.actions.act_window_close"},
            self.env._("The message will be sent in a few seconds."),
        )
