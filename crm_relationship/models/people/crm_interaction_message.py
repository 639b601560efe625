from odoo import fields, models

from ..courtesy.gatekeeper import Gatekeeper
from ..ledger import advice


class CrmInteraction(models.Model):
    """An interaction that somebody carries out by a message."""

    _inherit = "crm.interaction"

    def _get_advice(self, touchpoint):
        """Return why this interaction should not go through a channel now, if so.

        :return: the advice, and whether a reason for going ahead is asked for
        """
        self.ensure_one()
        now = fields.Datetime.now()
        keeper = Gatekeeper(self, now)
        decision = self._ask(keeper, touchpoint, now)
        if decision.allowed:
            return False, False
        return (
            advice.word(self, decision, keeper, touchpoint),
            advice.needs_reason(self, decision, keeper),
        )

    def _begin_message(self, touchpoint, override_reason):
        """Ask the gate before somebody's message leaves.

        :param str override_reason: why it leaves against the advice
        :raises UserError: when it must not
        """
        self.ensure_one()
        pending = self._take_up()
        pending._check_pending()
        pending.write({"touchpoint_id": touchpoint.id})
        advice.check(pending, override_reason)

    def _end_message(self, message):
        """Close as done by a message that has reached the person.

        ``sudo``: what was asked before it left.
        """
        self.sudo().write(
            {
                "state": "done",
                "outcome": "sent",
                "reason_code": False,
                "source_model": message._name,
                "source_id": message.id,
            }
        )

    def _note_undelivered(self, passing=False):
        """Reopen what a message was to carry out that did not arrive after all."""
        planned = self.filtered(lambda i: not i.source)
        for kind, own in planned.grouped("channel_kind").items():
            own._follow_failure(kind, passing)
        planned.write({"source_model": False, "source_id": False})
        return super(CrmInteraction, self - planned)._note_undelivered(passing)
