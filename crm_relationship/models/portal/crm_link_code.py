import secrets
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import consteq, formataddr
from odoo.tools.misc import hmac

VALID_MINUTES = 10
HOURLY_CODES = 3
ATTEMPTS = 5
DIGITS = 6


class CrmLinkCode(models.TransientModel):
    """A code sent to the address of a link, before it shows what we know of a person.

    A message may be forwarded, and its link with it. What is sent to the address after
    that reaches its owner alone. Kept is a keyed hash, for an hour.
    """

    _name = "crm.link.code"
    _inherit = ["crm.record.mixin"]
    _description = "Code for Personal Data"
    _transient_max_hours = 1

    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Contact",
        required=True,
        index=True,
        ondelete="cascade",
    )
    digest = fields.Char(required=True)
    attempts = fields.Integer(help="How often a wrong code was entered.")
    is_used = fields.Boolean()

    @api.model
    def _send(self, partner, kind):
        """Send a new code to a person; the earlier ones are void from then on.

        :param str kind: "email" or "phone": where the link was sent to
        :raises UserError: when the person was sent too many within an hour
        """
        hour_ago = fields.Datetime.now() - timedelta(hours=1)
        recent = self.search(
            [("partner_id", "=", partner.id), ("create_date", ">=", hour_ago)]
        )
        if len(recent) >= HOURLY_CODES:
            raise UserError(
                self.env._(
                    "We have sent you several codes within the last hour. Please use"
                    " the latest one, or try again in an hour."
                )
            )
        recent.is_used = True
        code = "".join(secrets.choice("0123456789") for _digit in range(DIGITS))
        self.create(
            {"partner_id": partner.id, "digest": self._make_digest(partner, code)}
        )
        if kind == "email":
            self._send_email(partner, code)
        else:
            self._send_sms(partner, code)

    @api.model
    def _get_open(self, partner):
        """Return the code that this person may enter now, if any."""
        since = fields.Datetime.now() - timedelta(minutes=VALID_MINUTES)
        return self.search(
            [
                ("partner_id", "=", partner.id),
                ("is_used", "=", False),
                ("attempts", "<", ATTEMPTS),
                ("create_date", ">=", since),
            ],
            limit=1,
        )

    @api.model
    def _enter(self, partner, text):
        """Tell whether this is the code that was sent; it counts once.

        The caller must commit a wrong one as well: attempts are limited.
        """
        code = self._get_open(partner)
        if not code:
            return False
        digits = "".join((text or "")[:50].split())
        if consteq(code.digest, self._make_digest(partner, digits)):
            code.is_used = True
            return True
        code.attempts += 1
        return False

    @api.model
    def _make_digest(self, partner, code):
        message = f"{partner.id}:{code}"
        return hmac(self.env(su=True), "crm_relationship.link_code", message)

    @api.model
    def _send_email(self, partner, code):
        """Send it past the chatter, where staff would read it."""
        body = self.env["ir.qweb"]._render(
            "crm_relationship.mail_link_code",
            {"code": code, "minutes": VALID_MINUTES},
            lang=partner.lang or self.env.lang,
        )
        self.env["mail.mail"].create(
            {
                "subject": self._get_words(partner, code),
                "body_html": body,
                "email_to": formataddr((partner.name or "", partner.email_normalized)),
                "email_from": self.env.company.email_formatted
                or self.env.ref("base.partner_root").email_formatted,
                "auto_delete": True,
            }
        ).send_after_commit()

    @api.model
    def _send_sms(self, partner, code):
        self.env["sms.sms"].create(
            {
                "number": partner.phone_sanitized,
                "body": self._get_words(partner, code),
            }
        )

    @api.model
    def _get_words(self, partner, code):
        env = self.with_context(lang=partner.lang or self.env.lang).env
        return env._("%s is your code to see your data", code)
