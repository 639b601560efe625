from odoo import fields, models

MINUTES_DAY = 240
"""For customers on a working day, where nothing else is said."""
WEEKS_PER_YEAR = 52
# Of a calendar that leaves the days open.
FLEXIBLE_DAYS = 5


class ResUsers(models.Model):
    """What a salesperson can do: which segments, how many minutes, how many days."""

    _inherit = "res.users"

    qualified_segment_ids = fields.Many2many(
        comodel_name="crm.segment",
        relation="crm_segment_qualified_user_rel",
        column1="user_id",
        column2="segment_id",
        string="Qualified For",
        groups="base.group_user",
        help="Segments whose customers this salesperson may serve. Left empty, the"
        " customers of all segments.",
    )

    def _get_contact_minutes_day(self):
        """Return the minutes that this person has for customers on a working day."""
        self.ensure_one()
        return MINUTES_DAY

    def _get_working_days_year(self, company):
        """Return the working days a year of each, by the calendar in the company.

        ``sudo``: how many days, for managers who may not see calendars and resources.

        :return: ``{user id: days}``
        """
        usual = company.sudo().resource_calendar_id
        calendars = dict.fromkeys(self.ids, usual)
        resources = self.env["resource.resource"].sudo()
        for resource in resources.search(
            [
                ("user_id", "in", self.ids),
                ("company_id", "=", company.id),
                ("calendar_id", "!=", False),
            ],
            order="id",
        ):
            calendars[resource.user_id.id] = resource.calendar_id
        return {
            user_id: round(WEEKS_PER_YEAR * _count_days(calendar))
            for user_id, calendar in calendars.items()
        }


def _count_days(calendar):
    """Return the working days a week of a ``resource.calendar``, 0 without hours."""
    if calendar.flexible_hours:
        return FLEXIBLE_DAYS
    hours = calendar.attendance_ids.filtered(
        lambda a: a.day_period != "lunch" and not a.display_type
    )
    days = {(attendance.week_type, attendance.dayofweek) for attendance in hours}
    return len(days) / (2 if calendar.two_weeks_calendar else 1)
