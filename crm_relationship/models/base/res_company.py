from datetime import datetime, time

from pytz import timezone, utc

from odoo import fields, models

PLANNED_HOUR = 9
"""Hour of the day for which a contact is planned, company time."""


class ResCompany(models.Model):
    """The company's days and hours."""

    _inherit = ["res.company", "crm.bounds.mixin"]

    def _relationship_tz(self):
        """Return the name of the time zone in which this company's days begin."""
        self.ensure_one()
        return self.partner_id.tz or "UTC"

    def _relationship_today(self):
        """Return today's date in this company's time zone."""
        self.ensure_one()
        return fields.Date.context_today(self.with_context(tz=self._relationship_tz()))

    def _relationship_time(self, day, hour=PLANNED_HOUR, tz=None):
        """Return the UTC timestamp of an hour of ``day``.

        :param str tz: name of a time zone; this company's by default.
        """
        self.ensure_one()
        local = timezone(tz or self._relationship_tz()).localize(
            datetime.combine(day, time(hour))
        )
        return local.astimezone(utc).replace(tzinfo=None)
