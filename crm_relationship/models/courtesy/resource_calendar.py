from dataclasses import replace

from odoo import api, fields, models, tools
from odoo.exceptions import ValidationError
from odoo.tools.date_utils import float_to_time

from ...engine.windows import MINUTES_PER_DAY, Days, Window, divide, widen, zone


class ResourceCalendar(models.Model):
    """Calendars as hours in which customers may be contacted."""

    _inherit = "resource.calendar"

    is_contact_window = fields.Boolean(
        string="Offered to Customers",
        groups="base.group_user",
        help="Customers can choose these hours on their preferences page.",
    )

    @api.depends_context("lang")
    def _compute_display_name(self):
        """Show the hours that come with the app in the reader's language.

        Odoo does not translate the names of calendars. Customers read these, and who
        has given one a name of its own finds that name.
        """
        result = super()._compute_display_name()
        shipped = self._get_shipped_names()
        for calendar in self:
            if calendar.name in shipped:
                calendar.display_name = shipped[calendar.name]
        return result

    def _get_shipped_names(self):
        """Return the names that come with the app, in the reader's language."""
        return {
            "Office hours": self.env._("Office hours"),
            "Lunch break": self.env._("Lunch break"),
            "Wednesdays": self.env._("Wednesdays"),
            "Saturdays": self.env._("Saturdays"),
            "Regulated selling (Mon–Sat 08:00–18:00)": self.env._(
                "Regulated selling (Mon–Sat 08:00–18:00)"
            ),
        }

    def _to_contact_window(self, company, leaves=None):
        """Return when this calendar allows interactions, on its own clock.

        Odoo's calendars serve as contact windows: their working hours are the opening
        hours, and their global leaves close what they cover: days, or hours of one.

        :param company: ``res.company`` whose public holidays count as well
        :param leaves: as ``_read_closing`` of many calendars returns them
        :return: ``engine.windows.Window``
        """
        self.ensure_one()
        usual = self._get_usual_window()
        closed, shut = divide(self._get_closed_spans(company, leaves), usual.tz)
        return replace(usual, closed=closed, shut=shut)

    def _get_usual_window(self):
        """Return when this calendar is open, holidays apart, on its own clock."""
        tz, hours, *second = self._origin._get_contact_hours()
        return Window(hours, zone(tz), Days(), *second)

    def _get_worked_shares(self):
        """Return in which share of the weeks each weekday is worked on, Monday first.

        Half of them, where two weeks alternate and it is in one of them.
        """
        _tz, *weeks = self._get_contact_hours()
        return [sum(map(bool, days)) / len(weeks) for days in zip(*weeks, strict=True)]

    @tools.ormcache("self.id")
    def _get_contact_hours(self):
        """Return the time zone and the opening hours of each weekday, in minutes.

        Every screen that says when somebody may be contacted asks for them, and they
        hardly ever change.

        :return: ``(str, tuple)``, the hours as a ``Window`` takes them; where two weeks
            alternate, those of the second follow
        """
        # sudo: hours are no secret; they are kept for everybody
        calendar = self.sudo()
        weeks = [[[] for _day in range(7)] for _week in range(2)]
        for attendance in calendar.attendance_ids:
            # Odoo takes 30:00 for an hour, and so does whoever imports calendars
            start, end = (
                min(max(round(hour * 60), 0), MINUTES_PER_DAY)
                for hour in (attendance.hour_from, attendance.hour_to)
            )
            if (
                start < end
                and not attendance.display_type
                and attendance.day_period != "lunch"
            ):
                for week in _find_weeks(attendance):
                    weeks[week][int(attendance.dayofweek)].append((start, end))
        first, second = (tuple(tuple(sorted(day)) for day in week) for week in weeks)
        alternating = () if first == second else (second,)
        return calendar.tz or "UTC", first, *alternating

    def write(self, vals):
        if {"tz", "two_weeks_calendar"} & vals.keys():
            self.env.registry.clear_cache()
        return super().write(vals)

    def _get_closed_spans(self, company, leaves=None):
        """Yield from when to when the calendar is closed for everybody, in UTC.

        Its own time off, and the company's time off that is not tied to a calendar: on
        a day on which that leaves nothing of the hours of the calendar, or the company,
        it is closed all day. Those hours are taken on the company's clock, like those
        of its staff.
        """
        self.ensure_one()
        for leave in self._read_closing(company) if leaves is None else leaves:
            if leave.calendar_id not in (self._origin, self, self.browse()):
                continue
            # sudo: the hours of a company are no secret
            calendar = leave.calendar_id or company.sudo().resource_calendar_id
            usual = calendar._get_usual_window().in_zone(
                zone(company._relationship_tz())
            )
            yield widen((leave.date_from, leave.date_to), usual)

    def _read_closing(self, company):
        """Return the time off that closes any of these, ``resource.calendar.leaves``.

        In one query, however many customers have hours of their own.
        """
        return self.env["resource.calendar.leaves"].search_fetch(
            [
                ("resource_id", "=", False),
                ("time_type", "=", "leave"),
                "|",
                ("calendar_id", "in", self.ids),
                "&",
                ("calendar_id", "=", False),
                ("company_id", "in", (company.id, False)),
            ],
            ["calendar_id", "date_from", "date_to"],
        )

    @api.constrains("attendance_ids")
    def _check_window_has_opening(self):
        """Do not let hours that customers or companies chose close for good."""
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
            if not calendar._has_opening():
                raise ValidationError(
                    self.env._(
                        "“%(calendar)s” is never open, so nobody could be contacted."
                        " Choose other hours, or add opening hours to this calendar"
                        " first.",
                        calendar=calendar.display_name,
                    )
                )

    def _has_opening(self):
        """Tell whether this calendar is ever open."""
        return any(
            attendance.hour_to > attendance.hour_from
            for attendance in self.attendance_ids
            if not attendance.display_type and attendance.day_period != "lunch"
        )

    def _describe_opening(self):
        """Return the opening hours in short: ``[("Monday – Friday", "08:00–17:00")]``.

        Consecutive days with the same hours are grouped together.
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
        # hours of two alternating weeks are told once
        return ", ".join(
            dict.fromkeys(
                f"{_clock(attendance.hour_from)}–{_clock(attendance.hour_to)}"
                for attendance in attendances.sorted("hour_from")
            )
        )


def _find_weeks(attendance):
    """Return in which of two weeks these hours are; in both, unless they alternate."""
    is_alternating = attendance.calendar_id.two_weeks_calendar and attendance.week_type
    return (int(attendance.week_type),) if is_alternating else (0, 1)


def _clock(hours):
    return "24:00" if hours >= 24 else float_to_time(max(hours, 0)).strftime("%H:%M")
