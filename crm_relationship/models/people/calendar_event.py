from odoo import models


class CalendarEvent(models.Model):
    """A visit of the queue stands in the calendar, and is noted where it is done."""

    _inherit = "calendar.event"

    def _note_meetings(self):
        """Note nothing twice: a visit is an interaction already.

        ``sudo``: whichever interaction it is.
        """
        interactions = self.env["crm.interaction"].sudo()
        visits = interactions.search([("event_id", "in", self.ids)]).event_id
        return super(CalendarEvent, self - visits)._note_meetings()
