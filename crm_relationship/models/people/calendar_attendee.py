from odoo import models


class CalendarAttendee(models.Model):
    """Who declines a visit does not go there, or is not at home."""

    _inherit = "calendar.attendee"

    def write(self, vals):
        result = super().write(vals)
        if "state" in vals:
            visits = self.event_id._find_visits()
            organizers = {visit: visit.event_id.user_id for visit in visits}
            visits._follow_calendar(True, organizers)
        return result
