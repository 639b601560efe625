from odoo import fields, models

from .crm_gatekeeper import Gatekeeper


class CrmInteraction(models.Model):
    """Automated contacts: e-mail and SMS.

    Messages are queued in the transaction that closes the contact, and Odoo's own
    queues send them: a crash neither loses nor doubles one. They go the way of mass
    messages, because that is the way on which Odoo respects its blacklists, and are
    logged in the chatter of the contact. The queues ask the gate again before a
    message leaves.
    """

    _inherit = "crm.interaction"

    def _send(self, template, touchpoint):
        """Queue one message for each contact and close it.

        :param template: ``mail.template`` or ``sms.template`` of ``res.partner``
        :param touchpoint: automated ``crm.touchpoint``
        """
        queue = self._queue_emails if touchpoint.kind == "email" else self._queue_sms
        remaining = self
        while remaining:
            # One message a person and call: Odoo takes a second one for a duplicate.
            batch = self.browse().union(
                *(contacts[:1] for contacts in remaining.grouped("partner_id").values())
            )
            remaining -= batch
            batch.write({"touchpoint_id": touchpoint.id, "date_retry": False})
            messages = queue(batch, template)
            refused = batch.filtered(
                lambda i, m=messages: m[i].state
                in ("cancel", "canceled", "exception", "error")
            )
            refused.write({"state": "skipped", "reason_code": "no_address"})
            (batch - refused).write(
                {
                    "state": "done",
                    "outcome": "sent",
                    "reason_code": False,
                    "date_done": fields.Datetime.now(),
                }
            )

    def _queue_emails(self, contacts, template):
        """Queue one e-mail for each contact, of different people.

        :return: dict from contact to ``mail.mail``
        """
        composer = self.env["mail.compose.message"].create(
            {
                "composition_mode": "mass_mail",
                "model": "res.partner",
                "res_ids": contacts.partner_id.ids,
                "template_id": template.id,
                "force_send": False,
                "auto_delete": False,
            }
        )
        mails, _messages = composer._action_send_mail()
        by_partner = {mail.res_id: mail for mail in mails}
        return {i: i._link_message(by_partner[i.partner_id.id]) for i in contacts}

    def _queue_sms(self, contacts, template):
        """Queue one SMS for each contact, of different people.

        :return: dict from contact to ``sms.sms``
        """
        messages = contacts.partner_id._message_sms_schedule_mass(template=template)
        by_partner = messages.grouped("partner_id")
        return {i: i._link_message(by_partner[i.partner_id]) for i in contacts}

    def _link_message(self, message):
        """Note on a queued message the contact it belongs to, and return it."""
        message.crm_interaction_id = self
        return message

    def _withhold(self, messages, cancel):
        """Return the messages that may leave now; called by the queues when they send.

        :param messages: ``mail.mail`` or ``sms.sms`` records of these contacts
        :param cancel: method that cancels messages the customer has refused since
        """
        now = fields.Datetime.now()
        keeper = Gatekeeper(self, now)
        refused = messages.browse()
        waiting = messages.browse()
        for message in messages:
            interaction = message.crm_interaction_id
            decision = keeper.judge(interaction, interaction.touchpoint_id, now)
            if decision.allowed:
                continue
            if decision.earliest:
                waiting += message
                continue
            refused += message
            interaction.write(
                {
                    "state": "skipped",
                    "reason_code": decision.reason_code,
                    "outcome": False,
                    "date_done": False,
                    "cost": 0,
                    "duration": 0,
                }
            )
        cancel(refused)
        return messages - refused - waiting
