from odoo import fields, models
from odoo.tools import format_date

# Most changes a customer may make on the page within an hour; real people stay far
# below.
HOURLY_LIMIT = 100


class CrmPreferenceChange(models.Model):
    _inherit = "crm.preference.change"

    def _describe_for_customer(self):
        """Return what changed, in words: ``[{"what", "before", "after"}]``."""
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        return [
            {
                "what": row.touchpoint_id.name or kinds[row.kind],
                "before": row._get_portal_label(row.old_value, row.old_label),
                "after": row._get_portal_label(row.new_value, row.new_label),
            }
            for row in self.sorted("id")
        ]

    def _get_portal_label(self, value, label):
        if not value:
            return self.env._("none")
        return format_date(self.env, value) if self.kind == "snooze" else label

    def _is_flooded(self, partner):
        """Tell whether this person's wishes changed too often within an hour."""
        hour_ago = fields.Datetime.subtract(fields.Datetime.now(), hours=1)
        count = self.search_count(
            [
                ("partner_id", "=", partner.id),
                ("date", ">=", hour_ago),
                "|",
                ("by_customer", "=", True),
                ("source", "=", "changed_address"),
            ],
            limit=HOURLY_LIMIT,
        )
        return count >= HOURLY_LIMIT
