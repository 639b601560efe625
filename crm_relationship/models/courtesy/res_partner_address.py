from odoo import api, fields, models
from odoo.tools import consteq, email_normalize_all
from odoo.tools.misc import hmac

from ..base.asked import check_one
from .voices import have_same_name, sharing_sql

# {kind of address: (what to compare, where the mark of the earlier one is kept)}
ADDRESSES = {
    "email": ("email_normalized", "own_email_mark"),
    "phone": ("phone_sanitized", "own_phone_mark"),
}
# Odoo merges no more contacts at a time.
MERGED_AT_ONCE = 3


class ResPartner(models.Model):
    """Who else has the address of a person, and whose address it is."""

    _inherit = "res.partner"

    same_address_count = fields.Integer(
        string="Entries with This Address or Number",
        compute="_compute_same_address_count",
        groups="base.group_partner_manager",
        help="Other entries that may be the same person or firm. What one of them"
        " refuses holds for the address or number in each of them.",
    )
    own_email_mark = fields.Char(
        copy=False,
        groups=fields.NO_ACCESS,
        help="Keyed hash of the email that this person had before a user changed it.",
    )
    own_phone_mark = fields.Char(
        copy=False,
        groups=fields.NO_ACCESS,
        help="Keyed hash of the number that this person had before a user changed it.",
    )
    # Odoo looks contacts up by these, too, and has no index.
    _email_normalized_idx = models.Index(
        "(email_normalized) WHERE email_normalized IS NOT NULL"
    )
    _phone_sanitized_idx = models.Index(
        "(phone_sanitized) WHERE phone_sanitized IS NOT NULL"
    )
    # Those with several addresses in one field; see `sharing_sql`.
    _several_emails_idx = models.Index(
        "USING gin (regexp_split_to_array(lower(email), '[\\s,;<>\"]+'))"
        " WHERE email ~ '@.*@'"
    )

    @api.depends("email", "phone", "name", "parent_id")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_same_address_count(self):
        for partner in self:
            known = partner._origin  # none yet for a contact about to be made
            partner.same_address_count = len(known._find_same()) if known else 0

    # ------------------------------------------------------------------
    # Who else has the address
    # ------------------------------------------------------------------

    def _get_addresses_in_use(self):
        """Return ``{("email" or "phone", address)}``, as Odoo normalizes them.

        A field may hold several e-mail addresses: a message goes to each of them.
        """
        self.ensure_one()
        email = self.email or ""
        emails = (
            email_normalize_all(email)
            if email.count("@") > 1
            else filter(None, [self.email_normalized])
        )
        phones = filter(None, [self.phone_sanitized])
        return {("email", mail) for mail in emails} | {("phone", n) for n in phones}

    def _find_sharing(self):
        """Return all other contacts with an address or number of these."""
        # sudo: addresses are compared, whoever may not see the contacts
        people = self.sudo()
        addresses = set().union(*(p._get_addresses_in_use() for p in people))
        return people._find_holders(addresses) - people

    def _find_same(self):
        """Return the other contacts that may be this person or firm, nearest first.

        Those with the same address or number whom the user may merge with it. Other
        people of the same firm share its number, and one person may work for several
        firms: they are who they are.
        """
        self.ensure_one()
        sharing = self._find_sharing().filtered("active").with_env(self.env)
        firm = self.commercial_partner_id

        def may_be_same(other):
            if other.commercial_partner_id == firm:
                return have_same_name(self, other) and other not in firm + self
            return not (self.parent_id and other.parent_id)

        same = sharing._filtered_access("write").filtered(may_be_same)
        return same.sorted(lambda other: (not have_same_name(self, other), other.id))

    @api.model
    def _find_holders(self, addresses):
        """Return all contacts that have one of some addresses, archived ones as well.

        Raw SQL: no field of the ORM holds each of several addresses.

        :param set addresses: ``{("email" or "phone", address)}``
        """
        people = self.with_context(active_test=False)
        if not addresses:
            return people.browse()
        people.flush_model(["email", "email_normalized", "phone_sanitized"])
        rows = self.env.execute_query(sharing_sql(addresses))
        found = people.browse({id_ for id_, *_nothing in rows})
        return found.filtered(lambda p: p._get_addresses_in_use() & addresses)

    def action_merge_same_address(self):
        """Open Odoo's dialog that merges contacts with those of the same address."""
        check_one(self)
        self.check_access("write")
        same = self._find_same()[: MERGED_AT_ONCE - 1]
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Merge Entries"),
            "res_model": "base.partner.merge.automatic.wizard",
            "view_mode": "form",
            "target": "new",
            "context": {
                "active_model": "res.partner",
                "active_ids": (self | same).ids,
            },
        }

    # ------------------------------------------------------------------
    # Whose address it is
    # ------------------------------------------------------------------

    # A link speaks for the customer because it was sent to the customer's address. The
    # address is entered by staff, so the first one is believed; one that takes the
    # place of another is not, unless the customer has entered it.

    def _note_addresses(self, vals):
        """Keep a mark of the address that was there before the first change.

        A customer who changes the own address on the portal vouches for the new one.
        """
        for name, (normalized, mark) in ADDRESSES.items():
            if name not in vals or mark in vals:
                continue
            # sudo: nobody reads or writes the marks.
            for partner in self.sudo():
                if partner == self.env.user.partner_id and self.env.user.share:
                    partner[mark] = False
                elif partner[normalized] and not partner[mark]:
                    partner[mark] = partner._make_address_mark(name)

    def _make_address_mark(self, kind):
        """Return a keyed hash of the present address of a kind of ``ADDRESSES``."""
        self.ensure_one()
        address = self[ADDRESSES[kind][0]] or ""
        return hmac(self.env(su=True), "crm_relationship.address", f"{kind}:{address}")

    def _owns_address(self, kind):
        """Tell whether the present address is, for all we know, the customer's."""
        self.ensure_one()
        # sudo: nobody reads the marks.
        mark = self.sudo()[ADDRESSES[kind][1]]
        return not mark or consteq(mark, self._make_address_mark(kind))
