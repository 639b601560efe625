from odoo import models

from .carrying import CARRIED_OUT, get_departure


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    def _note_message(self, message, recipients):
        """Close the interaction that a message carries out: it is not noted twice."""
        interaction = CARRIED_OUT.get()
        if interaction and interaction.partner_id in self._get_reached(
            message, recipients
        ):
            interaction._end_message(message)
        return super()._note_message(message, recipients)

    def _notify_thread_by_email(self, message, recipients_data, **kwargs):
        """Leave to the queue what can be recalled for some seconds."""
        if get_departure():
            # over the argument and the environment's own
            self = self.with_context(mail_notify_force_send=False)
        return super()._notify_thread_by_email(message, recipients_data, **kwargs)

    def _notify_by_email_get_base_mail_values(self, message, *args, **kwargs):
        values = super()._notify_by_email_get_base_mail_values(message, *args, **kwargs)
        departure = get_departure()
        return {**values, "scheduled_date": departure} if departure else values

    def _notify_thread_by_sms(
        self,
        message,
        recipients_data,
        msg_vals=False,
        sms_content=None,
        sms_numbers=None,
        sms_pid_to_number=None,
        put_in_queue=False,
        **kwargs,
    ):
        return super()._notify_thread_by_sms(
            message,
            recipients_data,
            msg_vals=msg_vals,
            sms_content=sms_content,
            sms_numbers=sms_numbers,
            sms_pid_to_number=sms_pid_to_number,
            put_in_queue=put_in_queue or bool(get_departure()),
            **kwargs,
        )
