"""Random weeks of salespeople: their minutes, counted minute by minute.

From what calendars, time off and meetings say as records, and not as the queries read
them: alternating weeks, hours anywhere in the world, half days, holidays of everybody,
meetings that overlap, recur, take all day, are declined, cancelled or free.
"""

import random
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from odoo import Command
from odoo.tests import freeze_time, tagged

from .common import NOW, TODAY, RelationshipCase

DAYS = 12
ZONES = ("Asia/Jakarta", "Pacific/Kiritimati", "America/Los_Angeles")
MINUTE = timedelta(minutes=1)


@freeze_time(NOW)
@tagged("post_install", "-at_install", "crm_relationship_oracle")
class TestMinutesRandom(RelationshipCase):
    def draw_calendar(self, dice):
        weeks = ("0", "1") if dice.random() < 0.5 else (False,)
        hours = [
            {
                "name": "Work",
                "week_type": week,
                "dayofweek": str(day),
                "hour_from": first,
                "hour_to": first + dice.randint(1, 4),
                "day_period": "morning" if first < 12 else "afternoon",
            }
            for week in weeks
            for day in range(7)
            for first in (7, 13)
            if dice.random() < 0.6
        ]
        return self.env["resource.calendar"].create(
            {
                "name": "Drawn",
                "tz": dice.choice(ZONES),
                "two_weeks_calendar": len(weeks) == 2,
                "attendance_ids": [Command.clear()] + list(map(Command.create, hours)),
            }
        )

    def draw_moment(self, dice):
        return NOW + timedelta(minutes=15 * dice.randint(-96, 96 * DAYS))

    def draw_leave(self, dice, **values):
        start = self.draw_moment(dice)
        return self.env["resource.calendar.leaves"].create(
            {
                "date_from": start,
                "date_to": start + timedelta(hours=dice.choice([2, 4, 9, 30, 80])),
                "time_type": dice.choice(["leave", "leave", "other"]),
                **values,
            }
        )

    def draw_meeting(self, dice, user):
        start = self.draw_moment(dice)
        values = {
            "name": "Meeting",
            "start": start,
            "stop": start + timedelta(minutes=dice.choice([10, 45, 90, 600])),
            "partner_ids": [Command.set(user.partner_id.ids)],
            "user_id": self.manager.id,
            "show_as": dice.choice(["busy", "busy", "busy", "free"]),
            "active": dice.random() < 0.9,
        }
        if dice.random() < 0.2:
            values |= {
                "allday": True,
                "start_date": start.date(),
                "stop_date": start.date() + timedelta(days=dice.randint(0, 1)),
            }
        elif dice.random() < 0.2:
            values |= {
                "recurrency": True,
                "rrule_type": "daily",
                "end_type": "count",
                "count": 4,
                "event_tz": "UTC",
            }
        event = self.env["calendar.event"].create(values)
        if dice.random() < 0.2:
            event.attendee_ids.state = "declined"

    # ------------------------------------------------------------------
    # Counted
    # ------------------------------------------------------------------

    def is_worked(self, calendar, local):
        """Tell whether a moment on the wall is one of the hours of a calendar."""
        attendances = calendar.attendance_ids
        week = str(attendances.get_week_type(local.date()))
        hour = local.hour + local.minute / 60
        return any(
            a.dayofweek == str(local.weekday())
            and a.week_type in (False, week)
            and a.hour_from <= hour < a.hour_to
            for a in attendances
        )

    def get_closings(self, calendar):
        """Return from when to when it is off for everybody, in UTC."""
        leaves = self.env["resource.calendar.leaves"].search(
            [
                ("resource_id", "=", False),
                ("time_type", "=", "leave"),
                ("calendar_id", "in", (calendar.id, False)),
                ("company_id", "in", (self.company.id, False)),
            ]
        )
        return [(leave.date_from, leave.date_to) for leave in leaves]

    def get_dates(self, closings, tz):
        """Return the whole dates that are off, by the clock of the calendar.

        They are off everywhere, on the clock of the place.
        """
        dates = set()
        for start, end in closings:
            day = start.replace(tzinfo=UTC).astimezone(tz).date()
            while datetime.combine(day, time(), tz) < end.replace(tzinfo=UTC):
                midnights = (
                    datetime.combine(d, time(), tz).astimezone(UTC).replace(tzinfo=None)
                    for d in (day, day + timedelta(days=1))
                )
                first, next_first = midnights
                if start <= first and next_first <= end:
                    dates.add(day)
                day += timedelta(days=1)
        return dates

    def get_meetings(self, user, tz):
        meetings = []
        attendees = self.env["calendar.attendee"].search(
            [("partner_id", "=", user.partner_id.id), ("state", "!=", "declined")]
        )
        for event in attendees.event_id.filtered("active"):
            if event.show_as != "busy":
                continue
            span = event.start, event.stop
            if event.allday:
                days = event.start_date, event.stop_date + timedelta(days=1)
                span = tuple(
                    datetime.combine(day, time(), tz)
                    .astimezone(UTC)
                    .replace(tzinfo=None)
                    for day in days
                )
            meetings.append(span)
        return meetings

    def count(self, user, calendar, day):
        """Return the minutes of a day for interactions."""
        closings = self.get_closings(calendar)
        if day in self.get_dates(closings, ZoneInfo(calendar.tz)):
            return 0
        tz = ZoneInfo(user.tz)
        leaves = self.env["resource.calendar.leaves"].search(
            [("resource_id.user_id", "=", user.id), ("time_type", "=", "leave")]
        )
        away = [(leave.date_from, leave.date_to) for leave in leaves] + closings
        meetings = self.get_meetings(user, tz)
        usual = there = met = 0
        moment = datetime.combine(day, time(), tz).astimezone(UTC)
        while (local := moment.astimezone(tz)).date() == day:
            if self.is_worked(calendar, local):
                utc = moment.replace(tzinfo=None)
                is_there = not any(start <= utc < end for start, end in away)
                usual += 1
                there += is_there
                met += is_there and any(s <= utc < e for s, e in meetings)
            moment += MINUTE
        return max(int(240 * there / usual) - met, 0) if usual else 0

    def test_minutes_of_each_day(self):
        seen = set()
        for seed in range(10):
            dice = random.Random(seed)
            calendar = self.draw_calendar(dice)
            user = self.sari if seed % 2 else self.budi
            user.tz = dice.choice(ZONES)
            resource = self.env["resource.resource"].search(
                [("user_id", "=", user.id), ("company_id", "=", self.company.id)]
            ) or self.env["resource.resource"].create(
                {"name": "It", "user_id": user.id, "company_id": self.company.id}
            )
            resource.calendar_id = calendar
            for _n in range(2):
                self.draw_leave(dice, resource_id=resource.id)
            self.draw_leave(dice, calendar_id=calendar.id)
            for _n in range(12):
                self.draw_meeting(dice, user)
            self.env.flush_all()
            work = user._get_workdays(self.company, NOW)[user]
            for number in range(DAYS):
                day = TODAY + timedelta(days=number)
                with self.subTest(seed=seed, day=day):
                    counted = self.count(user, calendar, day)
                    self.assertEqual(work.get_minutes(day), counted)
                    seen.add(counted)
        self.assertIn(0, seen)
        self.assertIn(240, seen)
        self.assertGreater(len(seen), 4, "there is something in between")
