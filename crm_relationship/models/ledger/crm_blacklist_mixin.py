from odoo import api, models


class CrmBlacklistMixin(models.AbstractModel):
    """Odoo's blacklists: what waits for an address follows when they change."""

    _name = "crm.blacklist.mixin"
    _description = "Blacklist with Pending Interactions"

    @api.model_create_multi
    def create(self, vals_list):
        entries = super().create(vals_list)
        entries._follow_blacklist()
        return entries

    def write(self, vals):
        result = super().write(vals)
        self._follow_blacklist()
        return result

    def _follow_blacklist(self):
        """Ask the gate again about what is pending with these addresses.

        ``sudo``: a blacklist holds for all interactions, whoever may not see them.
        """
        holders = (
            self.env["res.partner"]
            .sudo()
            ._find_holders(
                {(self._get_address_kind(), entry[self._rec_name]) for entry in self}
            )
        )
        if holders:
            self.env["crm.interaction"].sudo()._reconsider(holders)

    @api.model
    def _get_address_kind(self):
        """Return "email" or "phone"."""
        raise NotImplementedError
