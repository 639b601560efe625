import hashlib
import hmac
import re

from odoo import api, fields, models
from odoo.tools import email_normalize_all

# Shorter than any number that reaches a person; "0" or "110" would match too much.
_MIN_DIGITS = 6


class CrmSuppression(models.Model):
    """An address that must stay silent after its owner's data were erased.

    Only a keyed hash is kept. It answers "is this that address?" when the address comes
    back with an import, but tells nobody without the database's secret what it was.
    """

    _name = "crm.suppression"
    _inherit = ["crm.record.mixin"]
    _description = "Erased Address"
    _order = "id desc"
    _rec_name = "kind"

    kind = fields.Selection(
        selection=[("email", "Email"), ("phone", "Phone")],
        required=True,
        readonly=True,
    )
    digest = fields.Char(required=True, readonly=True)
    date = fields.Date(
        required=True,
        readonly=True,
        default=fields.Date.context_today,
        help="Day of the erasure.",
    )

    _digest_unique = models.Constraint(
        "UNIQUE(digest, kind)",
        "This address is on the list of erased addresses already.",
    )

    @api.model
    def _add(self, partners):
        """Keep the addresses of these contacts from being used from now on."""
        addresses = {partner: self._get_addresses(partner) for partner in partners}
        wanted = set().union(*self._get_digests(addresses).values())
        known = self.search([("digest", "in", [digest for _kind, digest in wanted])])
        wanted -= {(entry.kind, entry.digest) for entry in known}
        return self.create(
            [{"kind": kind, "digest": digest} for kind, digest in sorted(wanted)]
        )

    @api.model
    def _get_matches(self, addresses):
        """Return when the owner of a suppressed address had the data erased.

        Costs one cheap query as long as nothing is suppressed, and two otherwise.

        :param dict addresses: {``res.partner``: {(kind, address)}}
        :return: {``res.partner``: date}, without the contacts that do not match
        """
        if not any(addresses.values()) or not self.search([], limit=1):
            return {}
        digests = self._get_digests(addresses)
        wanted = set().union(*digests.values())
        entries = self.search([("digest", "in", [digest for _kind, digest in wanted])])
        dates = {(entry.kind, entry.digest): entry.date for entry in entries}
        return {
            partner: min(dates[key] for key in keys if key in dates)
            for partner, keys in digests.items()
            if not keys.isdisjoint(dates)
        }

    @api.model
    def _get_digests(self, addresses):
        """Return {``res.partner``: {(kind, digest)}} for their addresses.

        HMAC-SHA256 (RFC 2104) keyed with the database's secret: there are so few phone
        numbers that a plain hash, without a key, could be guessed.
        """
        secret = self.env["ir.config_parameter"].sudo().get_param("database.secret")

        def digest(kind, address):
            message = f"crm_suppression:{kind}:{address}".encode()
            return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()

        return {
            partner: {(kind, digest(kind, address)) for kind, address in own}
            for partner, own in addresses.items()
        }

    @api.model
    def _get_addresses(self, partner):
        """Return {(kind, address)}, however the addresses are written."""
        addresses = {
            ("email", mail) for mail in email_normalize_all(partner.email or "")
        }
        digits = re.sub(r"\D", "", partner.phone_sanitized or partner.phone or "")
        digits = digits.removeprefix("00")
        if len(digits) >= _MIN_DIGITS:
            addresses.add(("phone", digits))
        return addresses
