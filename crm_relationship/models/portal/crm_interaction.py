from odoo import models
from odoo.tools import html2plaintext
from odoo.tools.mail import append_content_to_html


class CrmInteraction(models.Model):
    """The customer's way out, in every automated message.

    It is added as the message leaves, whatever template the message came from. Neither
    the chatter nor the email queue ever holds the link, so nobody but the customer can
    use it.
    """

    _inherit = "crm.interaction"

    def _get_unsubscribe_subject(self):
        """Return what one click on "unsubscribe" refuses.

        A selling interaction: all selling interactions. Any other: the channel, because
        someone who refuses a birthday greeting by email has not said anything against a
        visit.
        """
        self.ensure_one()
        return "selling" if self.kind == "selling" else "email"

    def _add_way_out_to_email(self, values):
        """Add the link and one-click unsubscribe (RFC 8058) to an outgoing email.

        :param dict values: as of ``mail.mail._prepare_outgoing_list``; changed in place
        """
        self.ensure_one()
        url = self.partner_id._get_preferences_url("email")
        unsubscribe_url = self.partner_id._get_unsubscribe_url(
            self._get_unsubscribe_subject()
        )
        lang = self.partner_id.lang or self.env.lang
        footer = self.env["ir.qweb"]._render(
            "crm_relationship.mail_way_out",
            {
                "url": url,
                "unsubscribe_url": unsubscribe_url,
                "is_selling": self.kind == "selling",
                "company": self.company_id,
            },
            lang=lang,
        )
        body = append_content_to_html(values["body"], footer, plaintext=False)
        values["body"] = body
        values["body_alternative"] = html2plaintext(body)
        # A copy: all recipients of an email share one dictionary.
        values["headers"] = {
            **values["headers"],
            "List-Unsubscribe": f"<{unsubscribe_url}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "X-Auto-Response-Suppress": "OOF",
        }

    def _add_way_out_to_sms(self, body):
        """Return the text of an SMS with the link in it."""
        self.ensure_one()
        lang = self.partner_id.lang or self.env.lang
        env = self.with_context(lang=lang).env
        way_out = env._(
            "Your preferences: %s", self.partner_id._get_preferences_url("phone")
        )
        return f"{body or ''}\n{way_out}".strip()
