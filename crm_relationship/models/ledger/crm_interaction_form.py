from datetime import timedelta

from odoo import api, fields, models

from .crm_interaction import PENDING_STATES

HISTORY_LENGTH = 10


class CrmInteraction(models.Model):
    """What the views of a contact show beside its own fields, and planning by hand."""

    _inherit = "crm.interaction"

    segment_color = fields.Integer(related="segment_id.color", string="Segment Color")
    channel_icon = fields.Char(related="touchpoint_id.activity_type_id.icon")
    customer_id = fields.Many2one(
        related="relationship_id.partner_id",
        string="Customer",
    )
    history_ids = fields.One2many(
        comodel_name="crm.interaction",
        string="Earlier Contacts",
        compute="_compute_history_ids",
    )

    @api.depends("relationship_id")
    def _compute_history_ids(self):
        """The last contacts made with the customer; read for one contact at a time."""
        for interaction in self:
            interaction.history_ids = self.search(
                [
                    ("relationship_id", "=", interaction.relationship_id.id),
                    ("relationship_id", "!=", False),
                    ("state", "=", "done"),
                    ("id", "!=", interaction._origin.id),
                ],
                order="date_done desc, id desc",
                limit=HISTORY_LENGTH,
            )

    def action_plan(self):
        """Put a contact planned by hand into the queue at once when it is due soon.

        ``sudo`` as in the nightly release: choosing the channel reads wishes and
        black lists that the person who plans need not see.
        """
        self.ensure_one()
        day, moment = self._get_deadline(), self.date_planned
        self.write({"date_due": day, "date_planned": moment})
        horizon = timedelta(days=self.company_id.relationship_horizon_days)
        if moment < fields.Datetime.now() + horizon:
            self.sudo()._release()
        close = {"type": "ir.actions.act_window_close"}
        if not self.reason_code:
            return close
        reasons = dict(self._fields["reason_code"]._description_selection(self.env))
        message = reasons[self.reason_code]
        if self.state in PENDING_STATES and self.date_planned != moment:
            message = self.env._(
                "%(reason)s. Planned for %(moment)s instead.",
                reason=message,
                moment=self._local_moment(self.date_planned),
            )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning",
                "sticky": True,
                "title": self._get_plan_title(),
                "message": message,
                "next": close,
            },
        }

    def _get_plan_title(self):
        """Return what became of a contact that could not be planned as wished."""
        self.ensure_one()
        if self.state in PENDING_STATES:
            return self.env._("This contact has to wait")
        return self.env._("This contact cannot be made")
