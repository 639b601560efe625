from collections import defaultdict
from datetime import UTC, timedelta
from functools import cache

from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.tools import SQL

from ...engine.windows import HORIZON, Days, Window, zone
from ...engine.workdays import AROUND_THE_CLOCK, Workdays
from ..base.asked import check_one
from ..base.bounds import Bounds
from .res_company import MAX_DAY

# What a profile is read from, beside the resources.
_PROFILE_COLUMNS = {
    "res.users": ["contact_minutes_day", "deputy_id", "partner_id", "share"],
    "res.partner": ["tz"],
}
MANAGER = "sales_team.group_sale_manager"
WEEKS_PER_YEAR, DAYS_PER_YEAR = 52, 365
# Of a calendar that leaves the days open.
FLEXIBLE_DAYS = 5


class ResUsers(models.Model):
    """A salesperson's profile: how much, when, with which attributes, and who else."""

    _inherit = ["res.users", "crm.bounds.mixin"]

    contact_minutes_day = fields.Integer(
        string="Minutes for Interactions",
        groups="base.group_user",
        help="Minutes for interactions on a whole working day. At 0: as many"
        " as the settings of the company say.",
    )
    deputy_id = fields.Many2one(
        comodel_name="res.users",
        string="Stand-in",
        domain="[('share', '=', False), ('id', '!=', id)]",
        ondelete="set null",
        groups="base.group_user",
        help="Who takes on interactions for which this person has no time.",
    )
    staff_tag_ids = fields.Many2many(
        comodel_name="crm.staff.tag",
        relation="crm_staff_tag_user_rel",
        column1="user_id",
        column2="tag_id",
        string="Attributes",
        groups="base.group_user",
        help="What customers may require of their salesperson.",
    )
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
    contact_minutes = fields.Integer(
        string="Minutes a Day",
        compute="_compute_contact_minutes",
        groups="base.group_user",
        help="Minutes for interactions on a whole working day: those of the"
        " profile, else those of the company.",
    )
    absent_from = fields.Date(
        compute="_compute_absent",
        groups="base.group_user",
        help="First day of the present or next absence.",
    )
    absent_to = fields.Date(
        compute="_compute_absent",
        groups="base.group_user",
        help="Last day of the present or next absence.",
    )

    _contact_minutes_in_bounds = Bounds("contact_minutes_day", 0, MAX_DAY)

    @api.constrains("deputy_id")
    def _check_deputy(self):
        for user in self:
            if user.deputy_id == user:
                raise ValidationError(
                    self.env._(
                        "Nobody can stand in for themselves. Choose somebody else."
                    )
                )
            if user.deputy_id.share:
                raise ValidationError(
                    self.env._(
                        "A stand-in works here: choose an internal user instead of"
                        " %(name)s.",
                        name=user.deputy_id.name,
                    )
                )

    @api.depends("contact_minutes_day")
    @api.depends_context("company")
    def _compute_contact_minutes(self):
        for user in self:
            user.contact_minutes = user._get_contact_minutes_day()

    @api.depends_context("uid")
    @api.depends("resource_ids")
    def _compute_absent(self):
        now = fields.Datetime.now()
        profiles = self._read_profiles(now)
        for user in self:
            tz = zone(user.tz or "UTC")
            absences = profiles.get(user.id, {}).get("absences", ())
            start, end = min(absences, default=(None, None))
            user.absent_from = start and _local_day(start, tz)
            user.absent_to = end and _local_day(end - timedelta(seconds=1), tz)

    # ------------------------------------------------------------------
    # Dialogs
    # ------------------------------------------------------------------

    def action_open_profile(self):
        """Open the profile; the user form itself is for administrators of Odoo."""
        return self._open_dialog("crm.staff.profile", self.env._("Profile"))

    def action_open_absence(self):
        """Ask from when to when this person is absent: the first of the two taps."""
        return self._open_dialog("crm.staff.absence", self.env._("Absent"))

    def _open_dialog(self, model, name):
        check_one(self)
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": f"{self.name}: {name}",
            "res_model": model,
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_user_id": self.id},
        }

    def _check_keeper(self, may_be_oneself=False):
        """Refuse to change the profiles of others to all but sales administrators.

        :raises AccessError: in words
        """
        staff = self.filtered(
            lambda user: not (may_be_oneself and user == self.env.user)
        )
        # sudo: where colleagues work, which the caller need not see
        strangers = staff.filtered(
            lambda user: user.share or not user.sudo().company_ids & self.env.companies
        )
        if strangers or (staff and not self.env.user.has_group(MANAGER)):
            raise AccessError(
                self.env._(
                    "The profiles of colleagues are kept by sales administrators of"
                    " their company."
                )
            )

    # ------------------------------------------------------------------
    # Working days
    # ------------------------------------------------------------------

    def _get_contact_minutes_day(self, company=None):
        """Return the minutes for contacts on a whole working day.

        ``sudo``: whoever plans need not see the profile.
        """
        self.ensure_one()
        company = (company or self.env.company).sudo()
        return self.sudo().contact_minutes_day or company.relationship_minutes_day

    def _get_workdays(self, company, now):
        """Return when these and their deputies work: their calendar less absences.

        In a constant number of queries, however many there are. ``sudo``: calendars and
        meetings of colleagues are read for their hours alone.
        """
        company = company.sudo()
        profiles = self._read_profiles(now)
        read_meetings = cache(lambda: self.browse(profiles)._read_meetings(now))
        windows = {None: _ALWAYS}
        for profile in profiles.values():
            profile["hours"] = self._get_hours(profile, company, windows)
        return {
            self.browse(user_id): Workdays(
                profile["hours"].in_zone(
                    zone(profile["tz"] or company._relationship_tz())
                ),
                profile["minutes"] or company.relationship_minutes_day,
                profile["absences"],
                lambda user_id=user_id: read_meetings()[user_id],
            )
            for user_id, profile in profiles.items()
        }

    @api.model
    def _get_hours(self, profile, company, windows):
        """Return somebody's working hours, by the resource in this company.

        At any time for those with flexible hours. A calendar without hours says nothing
        about when somebody works: the company's counts instead.

        :param dict windows: the hours of calendars by their id; new ones are added
        """
        default = company.resource_calendar_id.id or None
        for calendar_id in (profile["calendars"].get(company.id, default), default):
            if calendar_id not in windows:
                # sudo: as in `_get_workdays`
                calendar = self.env["resource.calendar"].sudo().browse(calendar_id)
                windows[calendar_id] = calendar._to_contact_window(company)
            if any(windows[calendar_id].hours):
                return windows[calendar_id]
        return _ALWAYS

    def _read_profiles(self, now):
        """Return what says when these and their deputies work.

        Time off counts in whichever company it was entered. SQL because it takes one
        query, where screens ask for one person at a time.

        :return: ``{user id: {"tz", "minutes", "calendars", "absences"}}``; calendars by
            the id of the company, absences as (start, end) in UTC
        """
        for model in _PROFILE_COLUMNS:
            self.env[model].flush_model(_PROFILE_COLUMNS[model])
        self.env["resource.resource"].flush_model()
        self.env["resource.calendar.leaves"].flush_model()
        profiles = {}
        for (
            user_id,
            tz,
            minutes,
            company_id,
            calendar_id,
            start,
            end,
        ) in self.env.execute_query(
            SQL(
                """
                    SELECT u.id, p.tz, u.contact_minutes_day, r.company_id,
                           r.calendar_id, l.date_from, l.date_to
                      FROM res_users u
                      JOIN res_partner p ON p.id = u.partner_id
                 LEFT JOIN resource_resource r ON r.user_id = u.id AND r.active
                 LEFT JOIN resource_calendar_leaves l ON l.resource_id = r.id
                           AND l.date_to > %(now)s AND l.date_from < %(until)s
                     WHERE NOT u.share
                       AND (u.id = ANY(%(ids)s) OR u.id IN (
                            SELECT deputy_id FROM res_users WHERE id = ANY(%(ids)s)))
                  ORDER BY u.id, r.id, l.date_from
                    """,
                ids=self.ids,
                now=now,
                until=now + HORIZON,
            )
        ):
            profile = profiles.setdefault(
                user_id,
                {"tz": tz, "minutes": minutes, "calendars": {}, "absences": []},
            )
            if company_id:
                profile["calendars"].setdefault(company_id, calendar_id)
            if start:
                # one that ends a second before midnight ends at midnight
                end += timedelta(seconds=end.second == 59)
                profile["absences"].append(
                    (max(start, now - timedelta(days=1)), min(end, now + HORIZON))
                )
        return profiles

    def _get_working_days_year(self, company):
        """Return the working days of each within a year from now.

        By the calendar in the company, less the share that holidays and absences take
        of them, as far as they are entered.

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
        workdays = self._get_workdays(company, fields.Datetime.now())
        shares = {user.id: _get_share(work) for user, work in workdays.items()}
        return {
            user_id: round(
                WEEKS_PER_YEAR * _count_days(calendar) * shares.get(user_id, 1)
            )
            for user_id, calendar in calendars.items()
        }

    def _find_resources(self, company):
        # sudo: as in `_get_workdays`
        return (
            self.env["resource.resource"]
            .sudo()
            .search([("user_id", "in", self.ids), ("company_id", "=", company.id)])
        )

    def _read_meetings(self, now):
        """Return when these are busy in meetings that they have not declined.

        SQL because the calendar computes every event that it reads.

        :return: ``{user id: [(start, end)]}``, in UTC
        """
        self.env["calendar.event"].flush_model()
        self.env["calendar.attendee"].flush_model()
        meetings = defaultdict(list)
        for user_id, start, stop in self.env.execute_query(
            SQL(
                """
                SELECT u.id, e.start, e.stop
                  FROM res_users u
                  JOIN calendar_attendee a ON a.partner_id = u.partner_id
                                          AND a.state <> 'declined'
                  JOIN calendar_event e ON e.id = a.event_id
                 WHERE u.id = ANY(%s) AND e.active AND e.show_as = 'busy'
                   AND e.stop > %s AND e.start < %s
                """,
                self.ids,
                now - timedelta(days=1),
                now + HORIZON,
            )
        ):
            meetings[user_id].append((start, stop))
        return meetings

    def _note_absence(self, first, last, reason, company):
        """Enter time off from the first to the last day, on the person's clock.

        ``sudo``: whoever may do it was asked before; a resource is what Odoo hangs time
        off on, and is made where there is none.
        """
        self.ensure_one()
        tz = self.tz or company._relationship_tz()
        resource = self._find_resources(company)[:1]
        if not resource:
            resource = resource.create(
                {"name": self.name, "user_id": self.id, "company_id": company.id}
            )
        start = company._relationship_time(first, hour=0, tz=tz)
        end = company._relationship_time(last + timedelta(days=1), hour=0, tz=tz)
        return (
            self.env["resource.calendar.leaves"]
            .sudo()
            .create(
                {
                    "name": reason or self.env._("Absent"),
                    "resource_id": resource.id,
                    "calendar_id": resource.calendar_id.id,
                    "company_id": company.id,
                    "date_from": start,
                    "date_to": end - timedelta(seconds=1),
                }
            )
        )


_ALWAYS = Window(AROUND_THE_CLOCK, UTC, Days())


def _local_day(moment, tz):
    return moment.replace(tzinfo=UTC).astimezone(tz).date()


def _get_share(work):
    """Return which share of the usual working days of a year is worked on."""
    today = work.get_day(fields.Datetime.now())
    days = [today + timedelta(days=number) for number in range(DAYS_PER_YEAR)]
    usual = [day for day in days if not work.is_usually_off(day)]
    return sum(not work.is_off(day) for day in usual) / (len(usual) or 1)


def _count_days(calendar):
    """Return the working days a week of a ``resource.calendar``, 0 without hours."""
    if calendar.flexible_hours:
        return FLEXIBLE_DAYS
    hours = calendar.attendance_ids.filtered(
        lambda a: a.day_period != "lunch" and not a.display_type
    )
    days = {(attendance.week_type, attendance.dayofweek) for attendance in hours}
    return len(days) / (2 if calendar.two_weeks_calendar else 1)
