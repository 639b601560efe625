from odoo import models


class CrmSegment(models.Model):
    """Customers kept in a segment are released when it is no longer theirs."""

    _inherit = "crm.segment"

    def write(self, vals):
        result = super().write(vals)
        if vals.get("active") is False or vals.get("company_id"):
            kept = self._get_kept()
            kept.filtered(
                lambda r: not r.locked_segment_id.active
                or r.locked_segment_id.company_id
                not in (r.company_id, r.company_id[:0])
            ).action_release_segment()
        return result

    def unlink(self):
        """Let the rules decide on the customers who were kept in these segments."""
        kept = self._get_kept()
        result = super().unlink()
        kept.action_release_segment()
        return result

    def _get_kept(self):
        """Return the customers kept in these segments.

        ``sudo``: a segment that all companies use has customers in each of them.
        """
        relationships = self.env["crm.relationship"].sudo()
        return relationships.with_context(active_test=False).search(
            [("locked_segment_id", "in", self.ids)]
        )
