"""The profile of a salesperson: how much, when, and who else."""

from datetime import UTC, date, datetime, timedelta

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools.safe_eval import safe_eval

from .common import NOW, TODAY, RelationshipCase


@tagged("post_install", "-at_install")
class TestStaffProfile(RelationshipCase):
    def workdays(self, user=None, company=None):
        user = user or self.sari
        return user._get_workdays(company or self.company, NOW)[user]

    def absence(self, user=None, as_user=None, **values):
        wizard = self.env["crm.staff.absence"].with_user(as_user or self.sari)
        wizard.create({"user_id": (user or self.sari).id, **values}).action_save()

    def leave(self, user, start, stop, company=None):
        """Enter time off as Time Off does: on the resource, in UTC."""
        company = company or self.company
        resource = self.env["resource.resource"].create(
            {"name": user.name, "user_id": user.id, "company_id": company.id}
        )
        return self.env["resource.calendar.leaves"].create(
            {
                "resource_id": resource.id,
                "calendar_id": resource.calendar_id.id,
                "date_from": start,
                "date_to": stop,
            }
        )

    def meeting(self, start, hours, **values):
        return self.env["calendar.event"].create(
            {
                "name": "Meeting",
                "start": start,
                "stop": start + timedelta(hours=hours),
                "partner_ids": [Command.set(self.sari.partner_id.ids)],
                "user_id": self.sari.id,
                **values,
            }
        )

    # -- minutes

    def test_minutes_of_the_company_unless_the_profile_says_others(self):
        self.assertEqual(self.sari._get_contact_minutes_day(self.company), 240)
        self.company.relationship_minutes_day = 100
        self.assertEqual(self.workdays().get_minutes(TODAY), 100)
        shown = self.sari.with_company(self.company).with_user(self.manager)
        self.assertEqual(shown.contact_minutes, 100)
        self.sari.contact_minutes_day = 50
        self.assertEqual(self.workdays().get_minutes(TODAY), 50)

    def test_minutes_nobody_has(self):
        for minutes in (-1, 24 * 60 + 1):
            with self.assertRaises(ValidationError):
                self.sari.contact_minutes_day = minutes
        for minutes in (0, 24 * 60 + 1):
            with self.assertRaises(ValidationError):
                self.company.relationship_minutes_day = minutes

    # -- days

    def test_weekends_are_off_on_the_clock_of_the_person(self):
        work = self.workdays()
        self.assertEqual(work.get_minutes(date(2026, 4, 4)), 0)
        self.assertEqual(work.get_start(TODAY), datetime(2026, 3, 31, 1))
        self.sari.tz = "Asia/Tokyo"
        self.assertEqual(self.workdays().get_start(TODAY), datetime(2026, 3, 30, 23))

    def test_public_holidays_are_off(self):
        self.env["resource.calendar.leaves"].create(
            {
                "calendar_id": self.company.resource_calendar_id.id,
                "date_from": datetime(2026, 4, 1, 0),
                "date_to": datetime(2026, 4, 1, 10),
            }
        )
        self.assertTrue(self.workdays().is_off(date(2026, 4, 1)))

    def test_time_off_of_the_own_resource(self):
        self.leave(self.sari, datetime(2026, 4, 1, 1), datetime(2026, 4, 2, 10))
        work = self.workdays()
        self.assertEqual(
            [work.get_minutes(date(2026, 4, day)) for day in (1, 2, 3)], [0, 0, 240]
        )
        self.assertFalse(self.workdays(self.budi).is_off(date(2026, 4, 1)))
        self.assertEqual(self.sari.absent_from, date(2026, 4, 1))
        self.assertEqual(self.sari.absent_to, date(2026, 4, 2))

    def test_what_counts_as_worked_is_no_time_off(self):
        """Where somebody works at home, or the company is at a fair."""
        start, stop = datetime(2026, 4, 1, 1), datetime(2026, 4, 2, 10)
        own = self.leave(self.sari, start, stop)
        everybody = own.create(
            {
                "calendar_id": self.company.resource_calendar_id.id,
                "date_from": start,
                "date_to": stop,
                "time_type": "other",
            }
        )
        self.assertTrue(self.workdays().is_off(date(2026, 4, 1)))
        own.time_type = "other"
        self.env.invalidate_all()
        self.assertEqual(self.workdays().get_minutes(date(2026, 4, 1)), 240)
        self.assertFalse(self.sari.absent_from)
        self.assertNotIn(self.sari, self.env["res.users"]._find_absent())
        with self.assertRaisesRegex(UserError, "No absence"):
            self.sari._end_absence()
        everybody.time_type = "leave"
        self.assertTrue(self.workdays().is_off(date(2026, 4, 1)))

    def test_absent_in_one_company_is_absent_in_all(self):
        self.sari.company_ids += self.other_company
        self.leave(
            self.sari,
            datetime(2026, 4, 1, 1),
            datetime(2026, 4, 2, 10),
            self.other_company,
        )
        self.assertTrue(self.workdays().is_off(date(2026, 4, 1)))

    def test_half_a_day_off(self):
        self.leave(self.sari, datetime(2026, 4, 1, 1), datetime(2026, 4, 1, 5))
        self.assertEqual(self.workdays().get_minutes(date(2026, 4, 1)), 120)

    def test_calendar_without_hours_says_nothing(self):
        empty = self.env["resource.calendar"].create(
            {"name": "Empty", "attendance_ids": [Command.clear()]}
        )
        self.leave(self.sari, NOW, NOW).resource_id.calendar_id = empty
        self.assertEqual(self.workdays().get_minutes(TODAY), 240)
        self.company.resource_calendar_id = empty
        self.assertEqual(self.workdays().get_minutes(date(2026, 4, 4)), 240)

    def test_two_weeks_that_alternate(self):
        """Days, minutes, and days of a year: as Odoo's own calendar counts them."""
        calendar = self.env["resource.calendar"].create(
            {
                "name": "In turn",
                "tz": "Asia/Jakarta",
                "two_weeks_calendar": True,
                "attendance_ids": [
                    Command.clear(),
                    *(
                        Command.create(
                            {
                                "name": "Work",
                                "week_type": week,
                                "dayofweek": weekday,
                                "hour_from": 8,
                                "hour_to": 8 + hours,
                                "day_period": "morning",
                            }
                        )
                        for week, weekday, hours in (
                            *(("0", str(day), 8) for day in range(3)),
                            *(("1", str(day), 4) for day in range(2, 5)),
                        )
                    ),
                ],
            }
        )
        resource = self.leave(self.sari, NOW, NOW).resource_id
        resource.write({"calendar_id": calendar.id, "tz": "Asia/Jakarta"})
        work = self.workdays()
        days = [TODAY + timedelta(days=number) for number in range(28)]
        for day in days:
            start = self.company._relationship_time(day, hour=0, tz="Asia/Jakarta")
            hours = calendar.get_work_hours_count(
                start.replace(tzinfo=UTC),
                (start + timedelta(days=1)).replace(tzinfo=UTC),
            )
            with self.subTest(day=day):
                self.assertEqual(work.is_off(day), not hours)
                self.assertEqual(work.is_usually_off(day), not hours)
                self.assertEqual(work.get_minutes(day), 240 if hours else 0)
                self.assertEqual(
                    work.window.is_open(start + timedelta(hours=13)), hours == 8
                )
        self.assertEqual(
            self.sari._get_working_days_year(self.company), {self.sari.id: 156}
        )

    def test_no_calendar_says_nothing(self):
        """Fully flexible: on the days of the company, whatever asks."""
        self.leave(self.sari, NOW, NOW).resource_id.calendar_id = False
        work = self.workdays()
        self.assertTrue(work.is_off(date(2026, 4, 4)))
        self.assertEqual(work.get_minutes(TODAY), 240)
        self.assertEqual(
            self.sari._get_working_days_year(self.company), {self.sari.id: 260}
        )

    def test_days_of_a_year_are_those_of_the_queue(self):
        """Whatever the calendar; where it says nothing, every day is one."""
        calendars = self.env["resource.calendar"]
        empty = calendars.create({"name": "Empty", "attendance_ids": [Command.clear()]})
        flexible = calendars.create(
            {"name": "Flexible", "schedule_type": "flexible", "hours_per_day": 8}
        )
        resource = self.leave(self.sari, NOW, NOW).resource_id
        for company, own in (
            (self.company.resource_calendar_id, empty),
            (self.company.resource_calendar_id, flexible),
            (empty, calendars),
            (empty, empty),
        ):
            with self.subTest(company=company.name, own=own.name):
                self.company.resource_calendar_id = company
                resource.calendar_id = own
                work = self.workdays()
                days = [TODAY + timedelta(days=number) for number in range(364)]
                self.assertEqual(
                    self.sari._get_working_days_year(self.company)[self.sari.id],
                    sum(not work.is_off(day) for day in days),
                )

    # -- meetings

    def test_meetings_take_their_minutes(self):
        self.meeting(NOW, 1)
        self.assertEqual(self.workdays().get_minutes(TODAY), 180)

    def test_meetings_that_take_none(self):
        self.meeting(NOW, 1, show_as="free")
        self.meeting(NOW, 1, active=False)
        declined = self.meeting(NOW, 1)
        declined.attendee_ids.state = "declined"
        self.meeting(NOW + timedelta(hours=10), 1)
        self.assertEqual(self.workdays().get_minutes(TODAY), 240)

    def test_meetings_that_take_all_day(self):
        """On each one's clock: Odoo keeps them as ten hours of a day in UTC."""
        days = [TODAY + timedelta(days=number) for number in range(3)]
        self.meeting(
            NOW, 1, allday=True, start_date=TODAY, stop_date=days[1], name="Fair"
        )
        for tz in ("Asia/Jakarta", "America/Los_Angeles", "Pacific/Auckland"):
            with self.subTest(tz=tz):
                self.sari.tz = tz
                work = self.workdays()
                self.assertEqual([work.get_minutes(d) for d in days], [0, 0, 240])
        self.sari.tz = False
        self.assertEqual(self.workdays().get_minutes(TODAY), 0)

    def test_number_of_queries_does_not_depend_on_the_people(self):
        def queries(users):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            users._get_workdays(self.company, NOW)
            return self.env.cr.sql_log_count - before

        many = self.sari + self.budi + self.all_documents + self.manager + self.internal
        queries(many)
        self.assertEqual(queries(many), queries(self.sari))

    # -- absent from … to …

    def test_absent_from_to(self):
        self.absence(date_from=date(2026, 4, 1), date_to=date(2026, 4, 3))
        work = self.workdays()
        self.assertEqual(
            [work.is_off(date(2026, 4, day)) for day in (1, 2, 3, 6)],
            [True, True, True, False],
        )
        self.assertFalse(work.is_off(TODAY))
        self.assertEqual(self.sari.absent_from, date(2026, 4, 1))
        self.assertEqual(self.sari.absent_to, date(2026, 4, 3))

    def test_absent_since_long(self):
        """The first day is the first day, however long ago."""
        self.leave(self.sari, NOW - timedelta(days=20), NOW + timedelta(days=5))
        self.assertEqual(self.sari.absent_from, TODAY - timedelta(days=20))
        self.assertEqual(self.sari.absent_to, TODAY + timedelta(days=5))

    def test_who_sees_an_absence(self):
        """Whoever may enter it: oneself, and sales administrators of the company."""
        self.sari._note_absence(TODAY, TODAY, None, self.company)
        for user, is_shown in (
            (self.sari, True),
            (self.manager, True),
            (self.budi, False),
            (self.all_documents, False),
            (self.internal, False),
            (self.stranger, False),
        ):
            with self.subTest(user=user.name):
                seen = self.sari.with_user(user).with_context(
                    allowed_company_ids=user.company_id.ids
                )
                self.assertEqual(seen.absent_from, is_shown and TODAY)
                self.assertEqual(seen.absent_to, is_shown and TODAY)

    def test_absences_that_overlap_or_follow(self):
        """They are one absence: in the list, in the dialog, and when it ends."""
        for first, last in ((-1, 0), (-3, 4), (5, 6), (20, 21)):
            self.sari._note_absence(
                TODAY + timedelta(days=first),
                TODAY + timedelta(days=last),
                None,
                self.company,
            )
        self.assertEqual(self.sari.absent_from, TODAY - timedelta(days=3))
        self.assertEqual(self.sari.absent_to, TODAY + timedelta(days=6))
        self.sari._end_absence()
        self.assertFalse(self.workdays().is_away(TODAY + timedelta(days=1)))
        self.assertEqual(self.sari.absent_from, TODAY + timedelta(days=20))
        self.sari._end_absence()
        self.assertFalse(self.sari.absent_from)

    def entered(self, user=None):
        """Return the days of each entry of an absence, counted from today."""
        leaves = self.env["resource.calendar.leaves"].search(
            [("resource_id.user_id", "=", (user or self.sari).id)], order="date_from"
        )
        shift = timedelta(hours=7)
        return [
            tuple(
                ((moment + shift).date() - TODAY).days
                for moment in (leave.date_from, leave.date_to)
            )
            for leave in leaves
        ]

    def enter(self, first, last):
        return self.sari._note_absence(
            TODAY + timedelta(days=first),
            TODAY + timedelta(days=last),
            None,
            self.company,
        )

    def test_entered_twice(self):
        first, last = TODAY, TODAY + timedelta(days=4)
        dialogs = self.env["crm.staff.absence"].with_user(self.sari)
        told = [
            dialogs.create(
                {"user_id": self.sari.id, "date_from": day, "date_to": last}
            ).action_save()["params"]["message"]
            for day in (first, first, first + timedelta(days=2))
        ]
        self.assertEqual(self.entered(), [(0, 4)])
        self.assertIn("is absent: ", told[0])
        for again in told[1:]:
            self.assertIn("Nothing was entered", again)

    def test_entry_is_extended(self):
        for days, expected in (
            ((10, 12), [(10, 12)]),
            ((13, 14), [(10, 14)]),
            ((8, 9), [(8, 14)]),
            ((5, 6), [(5, 6), (8, 14)]),
            ((1, 2), [(1, 2), (5, 6), (8, 14)]),
            ((2, 8), [(1, 14)]),
            ((0, 20), [(0, 20)]),
            ((22, 22), [(0, 20), (22, 22)]),
        ):
            with self.subTest(days=days):
                self.assertTrue(self.enter(*days))
                self.assertEqual(self.entered(), expected)
        self.assertFalse(self.enter(22, 22))
        self.enter(21, 21)
        self.assertFalse(self.enter(3, 22))

    def test_half_a_day_is_extended(self):
        self.leave(self.sari, NOW, NOW + timedelta(hours=3))
        self.assertTrue(self.enter(0, 1))
        self.assertEqual(self.entered(), [(0, 1)])

    def test_entry_of_another_company_covers_and_stays(self):
        self.leave(
            self.sari,
            NOW - timedelta(days=1),
            NOW + timedelta(days=2),
            self.other_company,
        )
        self.assertFalse(self.enter(0, 0))
        self.assertTrue(self.enter(0, 5))
        self.assertEqual(self.entered(), [(-1, 2), (0, 5)])

    def test_what_counts_as_worked_is_none(self):
        training = self.leave(self.sari, NOW - timedelta(days=1), NOW + timedelta(9))
        training.time_type = "other"
        self.assertTrue(self.enter(0, 1))

    def test_absent_for_all_time(self):
        for start, stop in (
            ("0001-01-01 00:00:00", "9999-12-31 23:59:59"),
            (NOW, datetime(9999, 12, 31, 23, 59, 59)),
        ):
            for tz in ("Pacific/Kiritimati", "America/Los_Angeles", False):
                with self.subTest(start=start, tz=tz):
                    self.sari.tz = tz
                    resource = self.leave(self.sari, start, stop).resource_id
                    self.env.invalidate_all()
                    self.assertTrue(self.workdays().is_off(TODAY + timedelta(days=1)))
                    self.assertTrue(self.sari.absent_from)
                    self.sari._end_absence()
                    self.env.invalidate_all()
                    self.assertFalse(self.sari.absent_from)
                    resource.unlink()

    def test_who_may_enter_an_absence(self):
        days = {"date_from": TODAY, "date_to": TODAY}
        self.absence(self.sari, self.manager, **days)
        for user, caller in (
            (self.budi, self.sari),
            (self.budi, self.all_documents),
            (self.stranger, self.manager),
        ):
            with self.assertRaises(AccessError):
                self.absence(user, caller, **days)

    def test_days_of_a_year_without_holidays_and_absences(self):
        """What a proposal counts on: ten days and a holiday less than 260."""
        staff = self.sari | self.budi
        self.assertEqual(
            staff._get_working_days_year(self.company),
            {self.sari.id: 260, self.budi.id: 260},
        )
        self.sari._note_absence(TODAY, TODAY + timedelta(days=13), None, self.company)
        self.env["resource.calendar.leaves"].create(
            {
                "calendar_id": self.company.resource_calendar_id.id,
                "date_from": datetime(2026, 5, 1, 0),
                "date_to": datetime(2026, 5, 1, 10),
            }
        )
        self.assertEqual(
            staff._get_working_days_year(self.company),
            {self.sari.id: 249, self.budi.id: 259},
        )

    def test_days_in_the_wrong_order(self):
        with self.assertRaises(UserError):
            self.absence(date_from=date(2026, 4, 2), date_to=date(2026, 4, 1))

    # -- the profile

    def test_sales_administrator_keeps_the_profile(self):
        tag = self.env["crm.staff.tag"].create({"name": "Speaks Javanese (test)"})
        profile = (
            self.env["crm.staff.profile"]
            .with_user(self.manager)
            .create({"user_id": self.sari.id})
        )
        profile.write(
            {
                "contact_minutes_day": 90,
                "deputy_id": self.budi.id,
                "staff_tag_ids": [Command.set(tag.ids)],
            }
        )
        profile.action_save()
        self.assertRecordValues(
            self.sari, [{"contact_minutes_day": 90, "deputy_id": self.budi.id}]
        )
        self.assertEqual(tag.user_ids, self.sari)

    def test_nobody_else_keeps_it(self):
        for caller, user in (
            (self.sari, self.sari),
            (self.all_documents, self.sari),
            (self.manager, self.stranger),
        ):
            with self.assertRaises(AccessError):
                self.env["crm.staff.profile"].with_user(caller).create(
                    {"user_id": user.id}
                ).action_save()

    def test_deputies_who_cannot_be(self):
        for deputy in (self.sari, self.portal):
            with self.assertRaises(ValidationError):
                self.sari.deputy_id = deputy

    def test_list_of_salespeople(self):
        action = self.env.ref("crm_relationship.res_users_action_staff")
        domain = action._get_action_dict()["domain"]
        users = self.env["res.users"].with_user(self.manager)
        companies = {"allowed_company_ids": self.company.ids}
        found = users.search(safe_eval(domain, companies))
        self.assertLessEqual(self.sari + self.budi, found)
        self.assertFalse(found & (self.internal + self.portal + self.stranger))
