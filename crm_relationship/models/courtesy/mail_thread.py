from contextvars import ContextVar

from odoo import api, models

from ..base.holding import holding

# Whether the e-mail at hand came in through the gateway: None where there is none,
# False where a user merely says so.
GATEWAY = ContextVar("crm_relationship.gateway", default=None)


class MailThread(models.AbstractModel):
    """Who may bring in an e-mail that speaks for its sender.

    Anybody with a login can call ``message_update`` by RPC, or ``message_process`` with
    an e-mail of their own making, which Odoo then handles as superuser. Only what
    Odoo's own jobs fetch, or what the account of a mail server's script (an
    administrator) hands over, is taken for the word of the sender.
    """

    _inherit = "mail.thread"

    @api.model
    def _message_route_process(self, message, message_dict, routes):
        with holding(GATEWAY, self._is_mail_gateway()):
            return super()._message_route_process(message, message_dict, routes)

    @api.model
    def _routing_handle_bounce(self, email_message, message_dict):
        """Hear of each of several addresses in one field; Odoo hears of the first."""
        with holding(GATEWAY, self._is_mail_gateway()):
            result = super()._routing_handle_bounce(email_message, message_dict)
            bounced = message_dict["bounced_email"]
            if bounced and GATEWAY.get():
                # sudo: the mail gateway acts, not a user.
                holders = self.env["res.partner"].sudo()
                holders = holders._find_holders({("email", bounced)})
                others = holders.filtered(lambda p: p.email_normalized != bounced)
                others._refuse_email("bounce")
        return result

    @api.model
    def _is_mail_gateway(self):
        return self.env.su or self.env.user._is_system()
