import logging

import psycopg2

from odoo import api, fields, models
from odoo.fields import Domain

from ..courtesy.gatekeeper import Rules
from .delivery import note_cancelled, note_left
from .messages import may_leave, note_failure

_logger = logging.getLogger(__name__)

QUEUED = Domain("state", "=", "outgoing") & Domain("to_delete", "!=", True)
# The provider failed, and not the number.
PASSING_FAILURES = ("sms_server",)
OURS = Domain("crm_interaction_id", "!=", False)


class SmsSms(models.Model):
    _inherit = "sms.sms"

    crm_interaction_id = fields.Many2one(
        comodel_name="crm.interaction",
        string="Interaction",
        index="btree_not_null",
        ondelete="set null",
        groups="base.group_user",
    )

    @api.model
    def _process_queue(self):
        """Send the SMS of others in batches as ever, then each of ours by itself.

        One call of the provider each: in a batch the last would leave by what the gate
        knew before the first, and a killed worker would send all of them again.
        """
        result = super(
            SmsSms, self.with_context(crm_relationship_others_only=True)
        )._process_queue()
        cron = self.env["ir.cron"]
        waiting = self.search(QUEUED & OURS, order="id").ids
        if not waiting:
            return result
        others = self.search_count(QUEUED & ~OURS & self._get_may_leave_domain())
        seconds_left = cron._commit_progress(remaining=others + len(waiting))
        for sms_id in waiting:
            if not seconds_left:
                break
            self.browse(sms_id)._send_by_itself()
            seconds_left = cron._commit_progress(1)
        return result

    @api.model
    def _search(self, domain, *args, **kwargs):
        """Leave ours out of the batches of the queue, which they would only fill up."""
        if self.env.context.get("crm_relationship_others_only"):
            domain = Domain(domain) & ~OURS & self._get_may_leave_domain()
        return super()._search(domain, *args, **kwargs)

    @api.model
    def _get_may_leave_domain(self):
        """Return which SMS in the queue may leave now; rooms hold some back."""
        return Domain.TRUE

    def _send_by_itself(self):
        """Send one SMS unless another worker has it; a conflict leaves it queued."""
        try:
            if self.try_lock_for_update().filtered_domain(QUEUED):
                self._send(unlink_failed=False, unlink_sent=True, raise_exception=False)
        except psycopg2.OperationalError:
            self.env.cr.rollback()
            _logger.warning("sms.sms %s waits: it is in use elsewhere", self.id)

    def _send(self, *args, **kwargs):
        """Ask the gate for each of ours: the customer may have refused since."""
        ours = self.filtered("crm_interaction_id")
        rules = Rules()
        withheld = ours.filtered(
            lambda sms: not may_leave(
                sms, type(sms).action_set_canceled, self.env.cr.savepoint(), rules
            )
        )
        remaining = self - withheld
        return super(SmsSms, remaining)._send(*args, **kwargs) if remaining else None

    # ------------------------------------------------------------------
    # What became of it
    # ------------------------------------------------------------------

    def write(self, vals):
        result = super().write(vals)
        state, failure_type = vals.get("state"), vals.get("failure_type")
        # sudo: the queue sends for whoever started it, and the ledger follows
        interactions = self.sudo().crm_interaction_id
        if state in ("process", "pending"):
            note_left(interactions, "sms")
        if state == "error" or (state == "canceled" and failure_type):
            passing = failure_type in PASSING_FAILURES
            note_failure(interactions, "sms", passing)
            noted = self.env["crm.interaction"]._find_noted(self.mail_message_id)
            noted._note_undelivered(passing)
        elif state == "canceled":
            note_cancelled(interactions, "sms")
        return result

    def unlink(self):
        """Deleting a message that waits cancels it."""
        waiting = self.filtered(lambda sms: sms.state == "outgoing")
        # sudo: as in ``write``
        note_cancelled(waiting.sudo().crm_interaction_id, "sms")
        return super().unlink()
