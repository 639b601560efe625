import re
from binascii import Error as Base64Error
from datetime import timedelta

from odoo import Command, api, models
from odoo.tools.misc import hash_sign, verify_hash_signed

LINK_SCOPE = "crm_relationship.preferences"
LINK_DAYS = 180
# What a token looks like; nothing else, and nothing longer, is even decoded.
TOKEN_PATTERN = re.compile(r"[\w-]{1,200}", re.ASCII)
PREFERENCES_PATH = "/contact-preferences"


class ResPartner(models.Model):
    """The signed link that opens a person's preferences page without a login.

    The link holds the id of the person and Odoo's own signature over purpose, id and
    expiry (HMAC with the secret of the database). Nothing is stored: a link can neither
    be guessed nor be read from the database.
    """

    _inherit = "res.partner"

    def _get_preferences_token(self):
        """Return the signed part of the link; whoever has it acts as this person."""
        self.ensure_one()
        return hash_sign(
            self.env(su=True), LINK_SCOPE, self.id, expiration=timedelta(days=LINK_DAYS)
        )

    def _get_preferences_url(self):
        """Return the address of this person's page, for a message to this person.

        Never show it to anybody else, staff included: who opens it speaks for the
        customer.
        """
        path = f"{PREFERENCES_PATH}/{self.id}/{self._get_preferences_token()}"
        return f"{self.get_base_url()}{path}"

    @api.model
    def _find_by_preferences_token(self, partner_id, token):
        """Return the contact whom a link belongs to, archived or not, else none.

        A link that was altered, has expired, or was made for another contact or another
        purpose gives none; so the caller cannot tell which it was.
        """
        nobody = self.browse()
        if not TOKEN_PATTERN.fullmatch(token):
            return nobody
        try:
            signed_id = verify_hash_signed(self.env(su=True), LINK_SCOPE, token)
        except (Base64Error, ValueError):
            return nobody
        if signed_id is None or signed_id != partner_id:
            return nobody
        return self.browse(partner_id).exists()

    def _unsubscribe(self, subject):
        """Refuse what a message was about, on the customer's one click.

        :param str subject: "selling": offers, on every channel; "email" or "sms": all
            automated messages of that sort, whatever they are about
        :return: the new ``crm.preference.change`` rows; none when refused already
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
