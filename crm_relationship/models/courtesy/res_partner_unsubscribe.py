import re

from odoo import Command, models
from odoo.tools import email_normalize, html2plaintext

from .crm_preference_change import WORDING_LIMIT
from .mail_thread import GATEWAY

STOP_WORDS = frozenset(
    (
        "stop",
        "stop all",
        "stop email",
        "stop emails",
        "please stop",
        "unsubscribe",
        "unsubscribe me",
        "opt out",
        "remove me",
        "berhenti",
        "tolong berhenti",
        "berhenti berlangganan",
        "jangan kirim lagi",
        "jangan hubungi saya lagi",
    )
)


class ResPartner(models.Model):
    """Unsubscribing, and what comes back by email."""

    _inherit = "res.partner"

    def _unsubscribe(self, subject):
        """Refuse what a message was about, on the customer's one click.

        :param str subject: "selling": offers, on every channel; "email" or "sms": all
            automated messages of that sort, whatever they are about
        :return: the new ``crm.preference.change`` rows; none when already refused
        """
        self.ensure_one()
        if subject == "selling":
            vals = {"consent_selling": "refused"}
        else:
            touchpoints = self.env["crm.touchpoint"].search(
                [("kind", "=", subject), ("mode", "=", "automated")]
            )
            vals = {
                "refused_touchpoint_ids": [Command.link(t.id) for t in touchpoints],
            }
            if self.preferred_touchpoint_id in touchpoints:
                vals["preferred_touchpoint_id"] = False
        return self._change_preferences(vals, source="unsubscribe", by_customer=True)

    def _message_receive_bounce(self, email, partner):
        """Stop using the address; users may allow it again once it is corrected."""
        result = super()._message_receive_bounce(email, partner)
        if GATEWAY.get() is not False:
            # sudo: the mail gateway acts, not a user.
            self.sudo()._refuse_email("bounce")
        return result

    def message_update(self, msg_dict, update_vals=None):
        """Hear "stop" from the mail gateway; anybody may call this by RPC."""
        result = super().message_update(msg_dict, update_vals=update_vals)
        if GATEWAY.get():
            self._take_stop_reply(msg_dict)
        return result

    def _take_stop_reply(self, msg_dict):
        """Take a "stop" from the contact as a refusal of email.

        It counts if the first line says nothing else, or if it is the subject of an
        empty message, and if it comes from the contact or from somebody of the same
        company, who then refuses for their own address.

        :param dict msg_dict: as in ``mail.thread.message_update``
        """
        text = html2plaintext(msg_dict.get("body") or "").strip()
        line = text.partition("\n")[0] or msg_dict.get("subject") or ""
        sender = email_normalize(msg_dict.get("email_from") or "")
        if not sender or not _is_stop(line):
            return
        # sudo: the mail gateway acts, not a user.
        customers = self.sudo().commercial_partner_id
        holders = self.sudo()._find_holders({("email", sender)}).filtered("active")
        people = holders.filtered(lambda p: p.commercial_partner_id in customers)
        people._refuse_email("reply", wording=(text or line)[:WORDING_LIMIT])

    def _refuse_email(self, source, wording=None):
        """Refuse every channel that is email."""
        if not self:
            return
        touchpoints = self.env["crm.touchpoint"].sudo().with_context(active_test=False)
        emails = touchpoints.search([("kind", "=", "email")])
        self._change_preferences(
            {"refused_touchpoint_ids": [Command.link(id_) for id_ in emails.ids]},
            source,
            wording=wording,
        )


def _is_stop(text):
    """Tell whether a line asks to stop, and says nothing else."""
    return " ".join(re.findall(r"[^\W_]+", text.lower())) in STOP_WORDS
