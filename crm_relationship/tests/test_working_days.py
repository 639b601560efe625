"""Working days and quiet hours: when people and messages reach customers."""

from datetime import date, datetime, timedelta

from odoo import Command
from odoo.exceptions import ValidationError
from odoo.tests import tagged

from ..models.ledger import advice
from .common import NOW, TODAY
from .common_gate import GateCase

# Ten in the morning in Jakarta, as NOW: a Saturday, a Monday.
SATURDAY, MONDAY = datetime(2026, 4, 4, 3), datetime(2026, 4, 6, 3)
SUNDAY_NIGHT = datetime(2026, 4, 4, 21)  # four o'clock on Sunday


@tagged("post_install", "-at_install")
class TestWorkingDays(GateCase):
    def absent(self, user, first, last):
        user._note_absence(first, last, None, self.company)

    # -- working days

    def test_a_call_planned_for_a_saturday_is_made_on_monday(self):
        contact = self.contact(self.call, date_planned=SATURDAY)
        contact._release()
        self.assert_state(contact, "open", "outside_work")
        self.assertEqual(contact.date_planned, datetime(2026, 4, 6, 1))
        self.assertEqual(contact.activity_id.date_deadline, MONDAY.date())

    def test_a_message_may_leave_on_a_saturday(self):
        contact = self.contact(self.email, date_planned=SATURDAY)
        with self.at(SATURDAY):
            contact._release()
        self.assert_state(contact, "done", False)

    def test_the_day_is_that_of_the_persons_clock(self):
        """Friday 22:00 UTC is Saturday in Jakarta, and Friday still in New York."""
        friday = datetime(2026, 4, 3, 20)
        self.company.write({"quiet_hour_from": 0, "quiet_hour_to": 0})
        contact = self.contact(self.call, date_planned=friday)
        contact._release()
        self.assertEqual(contact.date_planned, datetime(2026, 4, 6, 1))
        self.sari.tz = "America/New_York"
        contact = self.contact(self.call, date_planned=friday)
        contact._release()
        self.assertEqual(contact.date_planned, friday)

    def close(self, start, end, calendar=None):
        """Close the company from one hour of 1 April to another, in Jakarta."""
        return self.env["resource.calendar.leaves"].create(
            {
                "name": "Closed",
                "calendar_id": calendar and calendar.id,
                "company_id": self.company.id,
                "date_from": datetime(2026, 3, 31, 17) + timedelta(hours=start),
                "date_to": datetime(2026, 3, 31, 17) + timedelta(hours=end),
            }
        )

    def test_half_a_holiday(self):
        """Whichever clock the calendar has."""
        self.company.contact_cap_ids.unlink()
        calendar = self.company.resource_calendar_id
        first = date(2026, 4, 1)
        for tz in ("Asia/Jakarta", "Europe/Brussels", "UTC"):
            with self.subTest(tz):
                calendar.tz = tz
                leave = self.close(12, 17, calendar)
                work = self.sari._get_workdays(self.company, NOW)[self.sari]
                self.assertFalse(work.is_off(first))
                self.assertEqual(work.get_minutes(first), 120)
                self.assertEqual(work.get_start(first), datetime(2026, 4, 1, 1))
                morning, noon = datetime(2026, 4, 1, 2), datetime(2026, 4, 1, 6)
                contacts = [
                    self.contact(self.call, date_planned=moment)
                    for moment in (morning, noon)
                ]
                for contact in contacts:
                    contact._release()
                self.assertEqual(contacts[0].date_planned, morning)
                self.assertEqual(contacts[1].date_planned, datetime(2026, 4, 2, 1))
                leave.unlink()

    def test_a_holiday_during_the_working_hours_closes_the_day(self):
        """Also for those who may be contacted in the evening."""
        evening = self.env["resource.calendar"].create(
            {
                "name": "Evenings",
                "tz": "Asia/Jakarta",
                "attendance_ids": [
                    Command.create(
                        {
                            "name": "Evening",
                            "dayofweek": str(day),
                            "hour_from": 18,
                            "hour_to": 20,
                            "day_period": "afternoon",
                        }
                    )
                    for day in range(7)
                ],
            }
        )
        at_six = datetime(2026, 4, 1, 11)
        window = evening._to_contact_window(self.company)
        self.assertTrue(window.is_open(at_six))
        for start, end, is_open in ((12, 17, True), (8, 17, False), (0, 24, False)):
            with self.subTest(start=start):
                leave = self.close(start, end)
                window = evening._to_contact_window(self.company)
                self.assertEqual(window.is_open(at_six), is_open)
                leave.unlink()

    def test_holiday_over_midnight(self):
        self.close(15, 24 + 10, self.company.resource_calendar_id)
        work = self.sari._get_workdays(self.company, NOW)[self.sari]
        self.assertGreater(work.get_minutes(date(2026, 4, 1)), 120)
        second = date(2026, 4, 2)
        self.assertEqual(work.get_start(second), datetime(2026, 4, 2, 3))
        self.assertLess(work.get_minutes(second), 240)

    def test_half_a_holiday_of_the_hours_in_which_something_is_sold(self):
        self.company.selling_calendar_id = self.env.ref(
            "crm_relationship.resource_calendar_regulated"
        )
        self.close(12, 17)
        offer = self.contact(
            self.email, kind="selling", date_planned=datetime(2026, 4, 1, 6)
        )
        with self.at(datetime(2026, 4, 1, 6)):
            offer._release()
            self.assert_state(offer, "scheduled", "outside_window")
            self.assertEqual(offer.date_planned, datetime(2026, 4, 1, 10))

    def test_half_a_day_of_a_person(self):
        resource = self.env["resource.resource"].create(
            {
                "name": "Sari",
                "user_id": self.sari.id,
                "company_id": self.company.id,
            }
        )
        leave = self.close(7, 12, self.company.resource_calendar_id)
        leave.resource_id = resource
        contact = self.contact(self.call, date_planned=datetime(2026, 4, 1, 2))
        contact._release()
        self.assertEqual(contact.user_id, self.sari)
        self.assertEqual(contact.date_planned, datetime(2026, 4, 1, 6))

    def test_absences_and_public_holidays(self):
        self.absent(self.sari, TODAY, date(2026, 4, 2))
        self.env["resource.calendar.leaves"].create(
            {
                "calendar_id": self.company.resource_calendar_id.id,
                "date_from": datetime(2026, 4, 3, 0),
                "date_to": datetime(2026, 4, 3, 10),
            }
        )
        contact = self.contact(self.call)
        contact._release()
        self.assertEqual(contact.date_planned, datetime(2026, 4, 6, 1))

    def test_whoever_makes_it_counts_not_who_was_planned(self):
        """The planned person works here no longer; the dedicated one is absent."""
        self.absent(self.sari, TODAY, date(2026, 4, 1))
        contact = self.contact(self.call)
        self.env["crm.interaction"].flush_model()
        self.env.cr.execute(
            "UPDATE crm_interaction SET user_id = %s WHERE id = %s",
            [self.stranger.id, contact.id],
        )
        contact.invalidate_recordset()
        contact._release()
        self.assertEqual(contact.user_id, self.sari)
        self.assertEqual(contact.date_planned, datetime(2026, 4, 2, 1))

    def test_nobody_to_make_it(self):
        contact = self.contact(self.call, date_planned=SATURDAY, user_id=False)
        contact.relationship_id.user_id = False
        contact.user_id = False
        contact._release()
        self.assert_state(contact, "open", False)
        self.assertEqual(contact.date_planned, SATURDAY)

    def test_evenings_only_and_somebody_who_works_by_day(self):
        """They have no hour in common, but a working day."""
        self.partner.contact_window_id = self.env["resource.calendar"].create(
            {
                "name": "Evenings",
                "tz": "Asia/Jakarta",
                "attendance_ids": [
                    Command.clear(),
                    *(
                        Command.create(
                            {
                                "name": "Evening",
                                "dayofweek": str(day),
                                "hour_from": 19,
                                "hour_to": 21.5,
                                "day_period": "afternoon",
                            }
                        )
                        for day in range(7)
                    ),
                ],
            }
        )
        contact = self.contact(self.call, date_planned=SATURDAY)
        contact._release()
        self.assert_state(contact, "open", "outside_window")
        self.assertEqual(contact.date_planned, datetime(2026, 4, 6, 12))
        # which the page says, because nobody else knows whether it will be made
        customer = contact.relationship_id
        self.assertIn("Sari never works at the hours", customer.hours_note)
        self.partner.contact_window_id.attendance_ids.hour_from = 15
        self.env.invalidate_all()
        self.assertFalse(customer.hours_note)

    def test_hours_that_suit_are_not_spoken_of(self):
        """Nor those of whom nobody serves, or who has no hours of their own."""
        customer = self.contact(self.call).relationship_id
        self.assertFalse(customer.hours_note)
        customer.user_id = False
        self.assertFalse(customer.hours_note)

    # -- quiet hours

    def test_allowed_now_says_no_at_four_on_a_sunday(self):
        contacts = [
            self.contact(touchpoint, kind=kind)
            for touchpoint in (self.call, self.email)
            for kind in ("relationship", "selling", "service")
        ]
        with self.at(SUNDAY_NIGHT):
            for contact in contacts:
                overview = advice.render_overview(contact)
                self.assertNotIn("Allowed now", overview)
                self.assertIn("Quiet hours", overview)
                self.assertIn("Possible from", overview)

    def test_quiet_hours_bind_each_path(self):
        for touchpoint in self.each_path():
            with self.at(SUNDAY_NIGHT):
                contact = self.contact(touchpoint, date_planned=SUNDAY_NIGHT)
                contact._release()
            by_person = touchpoint == self.call
            self.assert_state(
                contact, "open" if by_person else "scheduled", "quiet_hours"
            )
            self.assertEqual(
                contact.date_planned,
                datetime(2026, 4, 6, 1) if by_person else datetime(2026, 4, 5, 0),
            )

    def test_a_complaint_at_night_waits_for_the_morning(self):
        contact = self.contact(self.call)
        contact._release()
        with self.at(datetime(2026, 3, 31, 15)):
            contact.with_context(outcome="complaint").action_done()
        service = contact.relationship_id.interaction_ids.filtered("is_complaint")
        self.assertEqual(service.date_planned, datetime(2026, 4, 1, 1))

    def test_quiet_hours_of_each_company(self):
        self.company.write({"quiet_hour_from": 9, "quiet_hour_to": 11})
        contact = self.contact(self.email, date_planned=NOW)
        contact._release()
        self.assert_state(contact, "scheduled", "quiet_hours")
        self.assertEqual(contact.date_planned, NOW + timedelta(hours=1))
        self.company.write({"quiet_hour_from": 0, "quiet_hour_to": 0})
        contact = self.contact(self.email, date_planned=SUNDAY_NIGHT)
        with self.at(SUNDAY_NIGHT):
            contact._release()
        self.assert_state(contact, "done", False)

    def test_hours_that_there_are_not(self):
        for name in ("quiet_hour_from", "quiet_hour_to"):
            for hour in (-1, 24):
                with self.assertRaises(ValidationError):
                    self.company[name] = hour

    def test_what_took_place_needs_no_reason_in_the_evening(self):
        """Outcomes are entered when people come home; when they called is past."""
        contact = self.contact(self.call)
        contact._release()
        with self.at(SUNDAY_NIGHT):
            contact.action_done()
        self.assertEqual(contact.state, "done")
        self.assertFalse(contact.override_reason)

    def test_a_change_of_wishes_at_night_leaves_the_queue_as_it_is(self):
        contact = self.contact(self.call)
        contact._release()
        activity = contact.activity_id
        with self.at(SUNDAY_NIGHT):
            self.partner.contact_snooze_until = date(2026, 4, 1)
        self.assertEqual(contact.activity_id, activity)
        self.assertEqual(contact.date_planned, NOW)

    def test_a_message_waits_in_its_queue_until_the_morning(self):
        contact = self.contact(self.email)
        contact._release()
        mail = self.env["mail.mail"].search([("crm_interaction_id", "=", contact.id)])
        with self.at(SUNDAY_NIGHT):
            mail.send()
        self.assertEqual(mail.exists().state, "outgoing")

    # -- no answer

    def no_answer(self, at, **values):
        contact = self.contact(self.call, **values)
        contact._release()
        with self.at(at):
            contact.action_no_answer()
        return contact.date_planned

    def test_another_time_of_day(self):
        morning, afternoon = datetime(2026, 3, 30, 2), datetime(2026, 3, 30, 8)
        self.assertEqual(
            self.no_answer(morning, date_planned=morning), datetime(2026, 4, 1, 8)
        )
        self.assertEqual(
            self.no_answer(afternoon, date_planned=afternoon), datetime(2026, 4, 1, 3)
        )

    def test_on_a_working_day(self):
        thursday = datetime(2026, 4, 2, 3)
        self.assertEqual(
            self.no_answer(thursday, date_planned=thursday), datetime(2026, 4, 6, 8)
        )

    def test_on_a_working_day_through_another_channel(self):
        """What a salesperson writes is work, whatever the system could send."""
        thursday = datetime(2026, 4, 2, 3)
        contact = self.contact(self.call + self.email, date_planned=thursday)
        contact.attempt_count = 1
        contact._release()
        self.assertEqual((contact.state, contact.touchpoint_id), ("open", self.call))
        with self.at(thursday):
            contact.action_no_answer()
        self.assertEqual(contact.touchpoint_id, self.email)
        self.assertEqual(contact.date_planned, datetime(2026, 4, 6, 8))

    def test_on_a_working_day_though_the_channel_is_refused(self):
        """Nothing says from when on it would be allowed."""
        thursday = datetime(2026, 4, 2, 3)
        contact = self.contact(self.call, date_planned=thursday)
        contact._release()
        self.store_refusal(self.call)
        with self.at(thursday):
            contact.action_no_answer()
        self.assertEqual(contact.date_planned, datetime(2026, 4, 6, 8))

    def store_refusal(self, touchpoint):
        """Refuse as a merge does, which takes nothing out of a queue."""
        self.env.cr.execute(
            "INSERT INTO res_partner_refused_touchpoint_rel VALUES (%s, %s)",
            [self.partner.id, touchpoint.id],
        )
        self.env.invalidate_all()

    def test_not_at_night(self):
        night = datetime(2026, 3, 31, 20, 17)  # 03:17
        self.assertEqual(self.no_answer(night), datetime(2026, 4, 3, 8))

    def test_never_earlier_than_planned(self):
        planned = NOW + timedelta(days=6)
        self.assertGreaterEqual(self.no_answer(NOW, date_planned=planned), planned)

    def test_at_hours_that_suit_the_customer(self):
        self.partner.contact_window_id = self.env.ref(
            "crm_relationship.resource_calendar_wednesday"
        )
        moment = self.no_answer(datetime(2026, 4, 1, 3))
        self.assertEqual(moment.date(), date(2026, 4, 8))

    # -- cost

    def test_queries_do_not_depend_on_the_number_of_contacts(self):
        def queries(count):
            contacts = self.env["crm.interaction"].union(
                *(
                    self.make_interaction(
                        self.make_relationship(), touchpoint_id=self.call.id
                    )
                    for _n in range(count)
                )
            )
            return self.count_queries(contacts._release)

        queries(5)
        self.assertLessEqual(queries(60), queries(20) + 5)

    # -- the plan

    def test_nothing_regular_is_planned_for_a_weekend(self):
        plan = self.make_plan({"times": 1, "every": 1, "period": "week"})
        made = self.env["crm.relationship"].union(
            *(self.make_relationship(plan_id=plan.id) for _n in range(14))
        )
        planned = made.interaction_ids
        local = [self.company._relationship_day(i.date_planned) for i in planned]
        self.assertEqual(len(local), 14)
        self.assertFalse([day for day in local if day.weekday() > 4])
        self.assertTrue([i for i in planned if i.date_due.weekday() > 4])
        for contact, day in zip(planned, local, strict=True):
            self.assertLessEqual(contact.date_due, day)

    def test_a_company_that_works_on_saturdays_and_one_without_hours(self):
        calendar = self.company.resource_calendar_id
        self.assertEqual(self.company._get_days_to_work(), [0, 0, 0, 0, 0, 2, 1])
        calendar.attendance_ids.filtered(lambda a: a.dayofweek == "4").dayofweek = "5"
        self.assertEqual(self.company._get_days_to_work(), [0, 0, 0, 0, 1, 0, 1])
        calendar.attendance_ids.unlink()
        self.assertEqual(self.company._get_days_to_work(), [0] * 7)
