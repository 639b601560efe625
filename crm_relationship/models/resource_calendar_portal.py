from odoo import fields, models
from odoo.tools.date_utils import float_to_time


class ResourceCalendar(models.Model):
    _inherit = "resource.calendar"

    is_contact_window = fields.Boolean(
        string="Offered to Customers",
        help="Customers can choose these hours on their preferences page.",
    )

    def _describe_opening(self):
        """Return the opening hours in short: ``[("Monday – Friday", "08:00–17:00")]``.

        Days that follow each other and have the same hours are put together.
        """
        self.ensure_one()
        weekday = self.env["resource.calendar.attendance"]._fields["dayofweek"]
        spans, previous = [], ""
        for day, name in weekday._description_selection(self.env):
            hours = self._get_opening_hours(day)
            if hours and hours == previous:
                spans[-1] = (spans[-1][0], name, hours)
            elif hours:
                spans.append((name, name, hours))
            previous = hours
        return [
            (first if first == last else f"{first} – {last}", hours)
            for first, last, hours in spans
        ]

    def _get_opening_hours(self, day):
        """Return the hours of a weekday ("0" is Monday), without the breaks."""
        attendances = self.attendance_ids.filtered(
            lambda a: a.dayofweek == day
            and not a.display_type
            and a.day_period != "lunch"
        )
        return ", ".join(
            f"{_clock(attendance.hour_from)}–{_clock(attendance.hour_to)}"
            for attendance in attendances.sorted("hour_from")
        )


def _clock(hours):
    return "24:00" if hours >= 24 else float_to_time(hours).strftime("%H:%M")
