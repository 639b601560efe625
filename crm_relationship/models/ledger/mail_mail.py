import logging

import psycopg2

from odoo import fields, models

from ..courtesy.gatekeeper import Rules
from .delivery import note_cancelled, note_left
from .messages import may_leave, note_failure, rolled_back_on_failure

_logger = logging.getLogger(__name__)

# Noting the progress of the job costs as much as a tenth of sending an e-mail.
PROGRESS_EVERY = 20


class MailMail(models.Model):
    _inherit = "mail.mail"

    crm_interaction_id = fields.Many2one(
        comodel_name="crm.interaction",
        string="Interaction",
        index="btree_not_null",
        ondelete="set null",
        groups="base.group_user",
    )

    def _send(
        self,
        auto_commit=False,
        raise_exception=False,
        smtp_session=None,
        alias_domain_id=False,
        mail_server=False,
        post_send_callback=None,
    ):
        """Send the e-mails of others as ever, then each of ours by itself."""
        how = {
            "raise_exception": raise_exception,
            "smtp_session": smtp_session,
            "alias_domain_id": alias_domain_id,
            "mail_server": mail_server,
        }
        ours = self.filtered("crm_interaction_id")
        if (others := self - ours) or not ours:
            super(MailMail, others)._send(
                auto_commit=auto_commit, post_send_callback=post_send_callback, **how
            )
        # The gate judges each one by what is committed by then.
        commit = self.env.cr.commit if auto_commit else self.env.flush_all
        if ours:
            commit()
        rules, done = Rules(), []
        for mail_id in ours.ids:
            mail = self.browse(mail_id)
            send = super(MailMail, mail)._send
            mail._send_by_itself(send, how, auto_commit, rules)
            commit()
            done.append(mail_id)
            if post_send_callback and len(done) % PROGRESS_EVERY == 0:
                post_send_callback(done)
        if post_send_callback:
            post_send_callback(self.ids)
        return True

    def _send_by_itself(self, send, how, auto_commit, rules):
        """Send one e-mail unless another worker has it or the customer refused.

        In a conflict with another transaction nothing has left yet, because the row is
        locked first: the e-mail stays in the queue, and the queue goes on.

        :param send: Odoo's own way to send this one
        :param dict how: what to send it with
        """
        cr = self.env.cr
        guard = rolled_back_on_failure(cr) if auto_commit else cr.savepoint()
        try:
            if (
                self.try_lock_for_update()
                and self.state == "outgoing"
                and may_leave(self, type(self).cancel, guard, rules)
            ):
                send(**how)
        except psycopg2.OperationalError:
            if not auto_commit:
                raise
            cr.rollback()
            _logger.warning("mail.mail %s waits: it is in use elsewhere", self.id)

    # ------------------------------------------------------------------
    # What became of it
    # ------------------------------------------------------------------

    def _postprocess_sent_message(
        self, success_pids, success_emails, failure_reason=False, failure_type=None
    ):
        """Let the ledger know what did not leave: Odoo calls this after each attempt.

        Before, a state of failure is only Odoo's precaution against a crash.
        """
        failed = self.filtered(lambda mail: mail.state == "exception")
        # sudo: the queue sends for whoever started it
        interactions = failed.sudo().crm_interaction_id
        passing = failure_type == "mail_smtp"
        note_failure(interactions, "email", passing)
        if failed:
            ledger = self.env["crm.interaction"]
            ledger._find_noted(failed.mail_message_id)._note_undelivered(passing)
        return super()._postprocess_sent_message(
            success_pids, success_emails, failure_reason, failure_type
        )

    def write(self, vals):
        result = super().write(vals)
        if vals.get("state") == "sent":
            # sudo: the queue sends for whoever started it
            note_left(self.sudo().crm_interaction_id, "email")
        if vals.get("state") == "cancel":
            # sudo: whoever may cancel a message need not see the ledger
            interactions = self.sudo().crm_interaction_id
            if vals.get("failure_type"):
                note_failure(interactions, "email")
            else:
                note_cancelled(interactions, "email")
        return result

    def unlink(self):
        """Deleting a message that waits cancels it."""
        waiting = self.filtered(lambda mail: mail.state == "outgoing")
        # sudo: as in ``write``
        note_cancelled(waiting.sudo().crm_interaction_id, "email")
        return super().unlink()
