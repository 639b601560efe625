import logging

import psycopg2

from odoo import fields, models

from ..courtesy.gatekeeper import Rules
from .messages import may_leave, rolled_back_on_failure

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
        post_send_callback=None,
        **kwargs,
    ):
        """Send the e-mails of others as ever, then each of ours by itself."""
        ours = self.filtered("crm_interaction_id")
        if (others := self - ours) or not ours:
            super(MailMail, others)._send(
                auto_commit=auto_commit,
                raise_exception=raise_exception,
                post_send_callback=post_send_callback,
                **kwargs,
            )
        if ours and auto_commit:
            self.env.cr.commit()  # pylint: disable=invalid-commit
        rules, done = Rules(), []
        for mail_id in ours.ids:
            mail = self.browse(mail_id)
            send = super(MailMail, mail)._send
            mail._send_by_itself(
                send, auto_commit, rules, raise_exception=raise_exception, **kwargs
            )
            if auto_commit:
                # The gate judges the next one by what is committed by then.
                self.env.cr.commit()  # pylint: disable=invalid-commit
            done.append(mail_id)
            if post_send_callback and len(done) % PROGRESS_EVERY == 0:
                post_send_callback(done)
        if post_send_callback:
            post_send_callback(self.ids)
        return True

    def _send_by_itself(self, send, auto_commit, rules, **kwargs):
        """Send one e-mail unless another worker has it or the customer refused.

        In a conflict with another transaction nothing has left yet, because the row is
        locked first: the e-mail stays in the queue, and the queue goes on.

        :param send: Odoo's own way to send this one
        """
        cr = self.env.cr
        guard = rolled_back_on_failure(cr) if auto_commit else cr.savepoint()
        try:
            if (
                self.try_lock_for_update()
                and self.state == "outgoing"
                and may_leave(self, type(self).cancel, guard, rules)
            ):
                send(**kwargs)
        except psycopg2.OperationalError:
            if not auto_commit:
                raise
            cr.rollback()
            _logger.warning("mail.mail %s waits: it is in use elsewhere", self.id)
