import hashlib
import hmac
import re
import secrets

from odoo import api, fields, models
from odoo.tools import email_normalize_all

from .words import MIN_DIGITS

# The system parameters that hold the keys, by version.
KEY_PARAMETER = "crm_relationship.suppression_key.%s"
# The first key was the secret of the database, which Odoo renews in every duplicate;
# the update to the second one keeps a copy of it, see `migrations`.
KEY_VERSION = 2
KEY_VERSIONS = (1, 2)


class CrmSuppression(models.Model):
    """An address that must stay silent after its owner's data were erased.

    Only a keyed hash is kept. It answers "is this that address?" when the address comes
    back with an import, but tells nobody without the key what it was. The key is our
    own: a duplicate of the database knows whom it must not contact, too.
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
    key_version = fields.Integer(
        required=True,
        readonly=True,
        default=KEY_VERSION,
        help="Which key the hash was made with; old hashes cannot be made anew.",
    )
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

    # ------------------------------------------------------------------
    # Keys
    # ------------------------------------------------------------------

    def init(self):
        """Make the key when the addon is installed or updated."""
        self._ensure_key()

    @api.model
    def _ensure_key(self):
        """Return the key for new hashes, made where it is missing.

        ``sudo``: system parameters are for system administrators.
        """
        Parameters = self.env["ir.config_parameter"].sudo()
        name = KEY_PARAMETER % KEY_VERSION
        if not Parameters.get_param(name):
            Parameters.set_param(name, secrets.token_hex(32))
        return Parameters.get_param(name)

    @api.model
    def _get_keys(self):
        """Return {version: key}, without those that this database does not have.

        ``sudo``: system parameters are for system administrators.
        """
        Parameters = self.env["ir.config_parameter"].sudo()
        keys = {
            version: Parameters.get_param(KEY_PARAMETER % version)
            for version in KEY_VERSIONS
        }
        return {version: key for version, key in keys.items() if key}

    # ------------------------------------------------------------------
    # Adding and asking
    # ------------------------------------------------------------------

    @api.model
    def _add(self, partners):
        """Keep the addresses of these contacts from being used from now on."""
        keys = {KEY_VERSION: self._ensure_key()}
        addresses = {
            partner: self._get_addresses(partner) | self._get_logins(partner)
            for partner in partners
        }
        wanted = set().union(*self._get_digests(addresses, keys).values())
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
        digests = self._get_digests(addresses, self._get_keys())
        wanted = set().union(*digests.values())
        entries = self.search([("digest", "in", [digest for _kind, digest in wanted])])
        dates = {(entry.kind, entry.digest): entry.date for entry in entries}
        return {
            partner: min(dates[key] for key in keys if key in dates)
            for partner, keys in digests.items()
            if not keys.isdisjoint(dates)
        }

    @api.model
    def _get_digests(self, addresses, keys):
        """Return {``res.partner``: {(kind, digest)}} for their addresses, by each key.

        HMAC-SHA256 (RFC 2104): without the key, phone numbers are so few that a plain
        hash would be guessed.

        :param dict keys: {version: key}
        """

        def digest(key, kind, address):
            message = f"crm_suppression:{kind}:{address}".encode()
            return hmac.new(key.encode(), message, hashlib.sha256).hexdigest()

        return {
            partner: {
                (kind, digest(key, kind, address))
                for kind, address in own
                for key in keys.values()
            }
            for partner, own in addresses.items()
        }

    @api.model
    def _get_logins(self, partner):
        """Return {(kind, address)} of the logins that are addresses."""
        users = partner.with_context(active_test=False).user_ids
        return {
            ("email", mail)
            for user in users
            for mail in email_normalize_all(user.login or "")
        }

    @api.model
    def _get_addresses(self, partner):
        """Return {(kind, address)}, however the addresses are written."""
        addresses = {
            ("email", mail) for mail in email_normalize_all(partner.email or "")
        }
        digits = re.sub(r"\D", "", partner.phone_sanitized or partner.phone or "")
        digits = digits.removeprefix("00")
        if len(digits) >= MIN_DIGITS:
            addresses.add(("phone", digits))
        return addresses
