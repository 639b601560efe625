from odoo import fields, models


class CrmInteraction(models.Model):
    """Automated contacts: e-mail and SMS.

    Messages are queued in the transaction that closes the contact, and Odoo's own queues
    send them: a crash neither loses nor doubles one. They go the way of mass messages,
    because that is the way on which Odoo respects its blacklists, and are logged in the
    chatter of the contact.
    """

    _inherit = "crm.interaction"

    def _send_or_wait(self, touchpoint, template, now):
        """Send what is due; let the rest wait for its moment.

        :param touchpoint: automated ``crm.touchpoint``
        :param template: ``mail.template`` or ``sms.template`` of ``res.partner``
        :param datetime now: UTC
        """
        due = self.filtered(lambda i: i.date_planned <= now)
        for interaction in self - due:
            interaction.write(
                {
                    "touchpoint_id": touchpoint.id,
                    "date_retry": interaction.date_planned,
                    "reason_code": False,
                }
            )
        if not due:
            return
        send = due._queue_emails if touchpoint.kind == "email" else due._queue_sms
        refused = send(template)
        sent = due.filtered(lambda i: i.partner_id.id not in refused)
        sent.write({"touchpoint_id": touchpoint.id})
        if sent:
            sent._close_done({"outcome": "sent", "date_done": now})
        (due - sent)._close_in_batch("skipped", "blacklisted")

    def _queue_emails(self, template):
        """Queue one e-mail for each contact.

        :return: set of ids of the partners whom Odoo's checks refused.
        """
        composer = (
            self.env["mail.compose.message"]
            .with_context(active_ids=None)
            .create(
                {
                    "composition_mode": "mass_mail",
                    "model": "res.partner",
                    "res_ids": self.partner_id.ids,
                    "template_id": template.id,
                    "force_send": False,
                    "auto_delete": False,
                }
            )
        )
        mails, _messages = composer._action_send_mail()
        return set(mails.filtered(lambda m: m.state in ("cancel", "exception")).mapped("res_id"))

    def _queue_sms(self, template):
        """Queue one SMS for each contact.

        :return: set of ids of the partners whom Odoo's checks refused.
        """
        messages = self.partner_id._message_sms_schedule_mass(template=template)
        return set(
            messages.filtered(lambda s: s.state in ("canceled", "error")).partner_id.ids
        )
