import re

from odoo import Command, models
from odoo.tools import email_normalize, html2plaintext

from .crm_preference_change import WORDING_LIMIT

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


def _is_stop(text):
    """Tell whether a line asks to stop, and says nothing else."""
    return " ".join(re.findall(r"[^\W_]+", text.lower())) in STOP_WORDS


class ResPartner(models.Model):
    """What comes back by e-mail: messages that bounce, and "stop"."""

    _inherit = "res.partner"

    def _message_receive_bounce(self, email, partner):
        """Try the address no longer; staff may allow it again when it is corrected."""
        result = super()._message_receive_bounce(email, partner)
        # sudo: the mail gateway acts, not a user.
        self.sudo()._refuse_email("bounce")
        return result

    def message_update(self, msg_dict, update_vals=None):
        result = super().message_update(msg_dict, update_vals=update_vals)
        self._take_stop_reply(msg_dict)
        return result

    def _take_stop_reply(self, msg_dict):
        """Take "stop" from the contact for a refusal of e-mail.

        It counts when it is all the first line says, or the subject of an empty
        message, and comes from the contact or from somebody of the same company, who
        then refuses for the own address.

        :param dict msg_dict: as of ``mail.thread.message_update``
        """
        text = html2plaintext(msg_dict.get("body") or "").strip()
        line = text.partition("\n")[0] or msg_dict.get("subject") or ""
        sender = email_normalize(msg_dict.get("email_from") or "")
        if not sender or not _is_stop(line):
            return
        # sudo: the mail gateway acts, not a user.
        customers = self.sudo().commercial_partner_id
        people = self.sudo().search(
            [
                ("commercial_partner_id", "in", customers.ids),
                ("email_normalized", "=", sender),
            ]
        )
        people._refuse_email("reply", wording=(text or line)[:WORDING_LIMIT])

    def _refuse_email(self, source, wording=None):
        """Refuse every touch point that is an e-mail."""
        if not self:
            return
        touchpoints = self.env["crm.touchpoint"].sudo().with_context(active_test=False)
        emails = touchpoints.search([("kind", "=", "email")])
        self._change_preferences(
            {"refused_touchpoint_ids": [Command.link(id_) for id_ in emails.ids]},
            source,
            wording=wording,
        )
