from odoo import api, models
from odoo.exceptions import ValidationError


class ResourceCalendar(models.Model):
    """Calendars as hours in which customers may be contacted."""

    _inherit = "resource.calendar"

    @api.constrains("attendance_ids")
    def _check_window_has_opening(self):
        """Keep what customers or companies chose from closing for good."""
        chosen = self.env["res.partner"].with_context(active_test=False)
        wished = chosen.search([("contact_window_id", "in", self.ids)])
        policies = self.env["res.company"].search(
            [("selling_calendar_id", "in", self.ids)]
        )
        used = wished.contact_window_id | policies.selling_calendar_id
        used._check_has_opening()

    def _check_has_opening(self):
        """Refuse hours in which nobody could ever be contacted.

        :raises ValidationError: when a calendar is never open
        """
        for calendar in self:
            if not any(
                attendance.hour_to > attendance.hour_from
                for attendance in calendar.attendance_ids
                if not attendance.display_type and attendance.day_period != "lunch"
            ):
                raise ValidationError(
                    self.env._(
                        "“%(calendar)s” is never open, so nobody could be contacted."
                        " Choose other hours, or add opening hours to this calendar"
                        " first.",
                        calendar=calendar.name,
                    )
                )
