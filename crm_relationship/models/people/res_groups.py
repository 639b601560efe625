from odoo import models


class ResGroups(models.Model):
    """Whoever takes access away through a group is asked what a user's form asks."""

    _inherit = "res.groups"

    def write(self, vals):
        """Ask who follows.

        :raises RedirectWarning: where somebody takes a seller's access away
        """
        if not {"user_ids", "implied_ids", "implied_by_ids"} & vals.keys():
            return super().write(vals)
        with self._check_access_taken():
            return super().write(vals)

    def unlink(self):
        """As ``write``: a group that is deleted is taken from all.

        :raises RedirectWarning: where it takes a seller's access away
        """
        with self._check_access_taken():
            return super().unlink()

    def _check_access_taken(self):
        """Refuse to take it from those in these groups, directly or by another one."""
        return self.all_implied_by_ids.user_ids._check_access_taken()
