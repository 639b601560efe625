"""How soon complaints are answered, by the working hours of the company."""

import random
from datetime import UTC, datetime, timedelta
from unittest.mock import patch
from zoneinfo import ZoneInfo

from odoo import Command
from odoo.exceptions import AccessError, ValidationError
from odoo.modules.migration import load_script
from odoo.tests import Form, freeze_time, tagged

from ..models.ledger import answers
from ..models.ledger.release import Release
from .common import NOW
from .test_complaint import ComplaintCase

JAKARTA = ZoneInfo("Asia/Jakarta")
SCRIPT = "crm_relationship/migrations/19.0.1.4.0/post-answers.py"


def local(*parts):
    """Return the moment in UTC of a date and time in Jakarta."""
    moment = datetime(*parts, tzinfo=JAKARTA)
    return moment.astimezone(UTC).replace(tzinfo=None)


@tagged("post_install", "-at_install")
class AnswerCase(ComplaintCase):
    """Monday to Friday, 8 to 12 and 13 to 17, in Jakarta; now Tuesday, ten."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.calendar = cls.env["resource.calendar"].create(
            {
                "name": "Shop",
                "tz": "Asia/Jakarta",
                "company_id": cls.company.id,
                "attendance_ids": [
                    Command.clear(),
                    *(
                        Command.create(
                            {
                                "name": "Open",
                                "dayofweek": str(day),
                                "hour_from": start,
                                "hour_to": end,
                                "day_period": period,
                            }
                        )
                        for day in range(5)
                        for start, end, period in (
                            (8, 12, "morning"),
                            (13, 17, "afternoon"),
                        )
                    ),
                ],
            }
        )
        cls.company.resource_calendar_id = cls.calendar

    def close_days(self, first, last, company=None, **values):
        leave = self.env["resource.calendar.leaves"].create(
            {
                "name": "Closed",
                "calendar_id": self.calendar.id,
                "date_from": first,
                "date_to": last,
                **values,
            }
        )
        self.env.flush_all()
        leave.company_id = company or self.company  # computed from the environment
        return leave

    def open_again(self, moment):
        self.env.invalidate_all()
        return freeze_time(moment)


@tagged("post_install", "-at_install")
class TestAnswerDue(AnswerCase):
    def test_eight_hours_go_on_the_next_day(self):
        self.assertEqual(self.complain().answer_due, local(2026, 4, 1, 10))

    def test_lunch_nights_and_weekends_do_not_count(self):
        for hours, due in (
            (1, local(2026, 3, 31, 11)),
            (3, local(2026, 3, 31, 14)),
            (6, local(2026, 3, 31, 17)),
            (30, local(2026, 4, 3, 17)),
            (32, local(2026, 4, 6, 10)),
        ):
            with self.subTest(hours=hours):
                self.company.relationship_answer_hours = hours
                self.assertEqual(answers.get_due(self.company, NOW), due)

    def test_outside_of_the_hours_they_begin_with_the_next_day(self):
        self.company.relationship_answer_hours = 2
        saturday = local(2026, 4, 4, 23)
        self.assertEqual(answers.get_due(self.company, saturday), local(2026, 4, 6, 10))

    def test_days_off(self):
        self.close_days(local(2026, 4, 1, 0), local(2026, 4, 2, 23))
        self.assertEqual(self.complain().answer_due, local(2026, 4, 3, 10))

    def test_days_off_of_all_calendars_and_of_others(self):
        self.close_days(local(2026, 4, 1, 0), local(2026, 4, 1, 23), calendar_id=False)
        self.assertEqual(answers.get_due(self.company, NOW), local(2026, 4, 2, 10))
        self.close_days(
            local(2026, 4, 2, 0),
            local(2026, 4, 2, 23),
            company=self.other_company,
            calendar_id=False,
        )
        self.assertEqual(answers.get_due(self.company, NOW), local(2026, 4, 2, 10))

    def test_time_off_of_somebody_is_not_the_companys(self):
        resource = self.env["resource.resource"].create(
            {"name": "Sari", "user_id": self.sari.id, "calendar_id": self.calendar.id}
        )
        self.close_days(
            local(2026, 4, 1, 0), local(2026, 4, 1, 23), resource_id=resource.id
        )
        self.assertEqual(answers.get_due(self.company, NOW), local(2026, 4, 1, 10))

    def test_calendar_without_hours(self):
        """Hours of the clock count, and the settings say so."""
        self.assertTrue(self.company.relationship_has_hours)
        self.calendar.attendance_ids.unlink()
        self.env.invalidate_all()
        self.assertFalse(self.company.relationship_has_hours)
        service = self.complain()
        self.assertEqual(service.answer_due, NOW + timedelta(hours=8))
        with freeze_time(NOW + timedelta(hours=7)):
            self.close(service, "reached")
        self.assertEqual(service.answer_hours, 7)

    def test_no_calendar_flexible_hours_closed_for_years(self):
        self.company.resource_calendar_id = False
        clock = NOW + timedelta(hours=8)
        self.assertEqual(answers.get_due(self.company, NOW), clock)
        self.company.resource_calendar_id = self.calendar
        leave = self.close_days(NOW - timedelta(days=1), datetime(9999, 12, 1))
        self.assertEqual(answers.get_due(self.company, NOW), clock)
        leave.unlink()
        self.calendar.schedule_type = "flexible"
        self.env.invalidate_all()
        self.assertEqual(answers.get_due(self.company, NOW), clock)

    def test_hours_are_on_the_companys_clock(self):
        """As people's working hours are on theirs: Odoo's first calendar is in UTC."""
        self.calendar.tz = "UTC"
        self.assertEqual(answers.get_due(self.company, NOW), local(2026, 4, 1, 10))
        self.assertEqual(
            self.company._count_working_hours(NOW, local(2026, 4, 1, 9)), 7
        )

    def test_hours_within_bounds(self):
        for hours in (0, -1, 1001, 10**9):
            with self.assertRaises(ValidationError), self.env.cr.savepoint():
                self.company.relationship_answer_hours = hours
        with Form(self.env["res.config.settings"]) as form:
            form.relationship_answer_hours = 4
        form.record.execute()
        self.assertEqual(self.env.company.relationship_answer_hours, 4)

    def test_against_counting_minute_by_minute(self):
        """An oracle that knows nothing of calendars."""
        draw = random.Random(13)
        self.close_days(local(2026, 4, 3, 0), local(2026, 4, 3, 23, 59, 59))

        def works(moment):
            here = moment.replace(tzinfo=UTC).astimezone(JAKARTA)
            return (
                here.weekday() < 5
                and (8 <= here.hour < 12 or 13 <= here.hour < 17)
                and here.date() != datetime(2026, 4, 3).date()
            )

        for _turn in range(15):
            start = NOW + timedelta(minutes=draw.randrange(8 * 24 * 60))
            hours = draw.randrange(1, 20)
            self.company.relationship_answer_hours = hours
            moment, left = start, hours * 60
            while left:
                left -= works(moment)
                moment += timedelta(minutes=1)
            self.assertEqual(answers.get_due(self.company, start), moment)
            end = start + timedelta(minutes=draw.randrange(5 * 24 * 60))
            minutes = sum(
                works(start + timedelta(minutes=n))
                for n in range(int((end - start).total_seconds() // 60))
            )
            self.assertAlmostEqual(
                self.company._count_working_hours(start, end), minutes / 60
            )


@tagged("post_install", "-at_install")
class TestAnswered(AnswerCase):
    def test_in_time_and_late(self):
        for moment, in_time, hours in (
            (local(2026, 3, 31, 14), "yes", 3),
            (local(2026, 4, 1, 10), "yes", 8),
            (local(2026, 4, 1, 11), "no", 9),
        ):
            with self.subTest(moment=moment):
                service = self.complain()
                with self.open_again(moment):
                    self.close(service, "reached")
                    self.assertRecordValues(
                        service,
                        [
                            {
                                "answered_in_time": in_time,
                                "answer_hours": hours,
                                "date_answered": moment,
                            }
                        ],
                    )
                    self.solve(self.bearer())

    def test_the_first_talk_counts(self):
        service = self.complain()
        with self.open_again(local(2026, 3, 31, 14)):
            self.close(service, "reached")
        following = self.bearer()
        self.assertEqual(following.date_answered, local(2026, 3, 31, 14))
        self.assertEqual(following.answer_due, service.answer_due)
        self.assertFalse(following.answered_in_time, "counted once")
        self.assertFalse(following.answer_note)
        with self.open_again(local(2026, 4, 10, 14)):
            self.assertFalse(following.is_answer_late)
            self.solve(following)
        self.assertFalse(following.answered_in_time)
        self.assertEqual(following.date_answered, local(2026, 3, 31, 14))

    def test_complaining_again_is_a_talk(self):
        service = self.complain()
        with self.open_again(local(2026, 3, 31, 14)):
            self.close(service, "complaint")
        self.assertEqual(service.answered_in_time, "yes")
        self.assertEqual(self.bearer().date_answered, local(2026, 3, 31, 14))

    def test_nobody_there_is_no_answer(self):
        service = self.complain()
        service.with_user(self.sari).action_no_answer()
        self.assertFalse(service.date_answered)
        self.solve(service)
        for state in ("missed", "cancelled", "skipped"):
            service = self.complain()
            service.write({"state": state})
            self.assertFalse(service.date_answered)
            with self.open_again(local(2026, 4, 2, 12)):
                service.with_user(self.sari).action_solve_complaint()
                self.assertEqual(service.answered_in_time, "no", "settled, but late")

    def test_withdrawn(self):
        service = self.complain()
        service.complaint_id.with_user(self.sari).outcome = "reached"
        self.assertRecordValues(
            service,
            [
                {
                    "answer_due": False,
                    "date_answered": False,
                    "answered_in_time": False,
                    "answer_hours": False,
                }
            ],
        )

    def test_undone(self):
        service = self.complain()
        action = service.with_user(self.sari).with_context(outcome="reached")
        action = action.action_done()
        self.assertTrue(service.answered_in_time)
        undo = self.env["crm.interaction.undo"].browse(action["params"]["undo_id"])
        undo.with_user(self.sari).action_undo()
        self.assertRecordValues(
            service,
            [
                {
                    "state": "open",
                    "date_answered": False,
                    "answered_in_time": False,
                    "answer_hours": False,
                }
            ],
        )

    def test_written_by_nobody(self):
        service = self.complain()
        for user in (self.sari, self.manager):
            for vals in (
                {"answer_due": NOW},
                {"date_answered": NOW},
                {"answered_in_time": "yes"},
                {"answer_hours": 1},
                {"date_answer_told": NOW},
            ):
                with self.assertRaises(AccessError):
                    service.with_user(user).write(vals)
        for user in (self.portal, self.internal, self.stranger):
            with self.assertRaises(AccessError):
                service.with_user(user).read(["answer_due"])


@tagged("post_install", "-at_install")
class TestAnswerShown(AnswerCase):
    def notes(self):
        self.env.invalidate_all()
        return {
            record.with_user(self.sari).answer_note
            for record in (self.bearer(), self.relationship, self.partner)
        }

    def test_by_when(self):
        greeting = self.contact()
        service = self.complain()
        self.assertEqual(self.notes(), {"Answer by Wed 10:00"})
        self.assertFalse(greeting.answer_note)
        with freeze_time(local(2026, 4, 1, 11)):
            self.assertEqual(self.notes(), {"Answer was due Wed 10:00"})
            self.assertTrue(service.is_answer_late)
            late = self.env["crm.interaction"].search([("is_answer_late", "=", True)])
            self.assertEqual(late, service)
        with freeze_time(local(2026, 4, 20, 11)):
            [note] = self.notes()
            self.assertIn("4/1/26", note)
        self.close(service, "reached")
        self.assertEqual(self.notes(), {False})

    def test_the_most_urgent_of_two(self):
        self.complain()
        self.company.relationship_answer_hours = 2
        self.complain()
        self.assertEqual(self.relationship.answer_note, "Answer by Tue 12:00")


@tagged("post_install", "-at_install")
class TestAnswerTold(AnswerCase):
    def run_job(self):
        """Run the job of the queues, without the releases that it commits."""
        with patch.object(Release, "run"):
            self.env["crm.interaction"]._cron_release()

    def told(self):
        return self.env["mail.activity"].search(
            [
                ("res_model", "=", "res.partner"),
                ("res_id", "=", self.partner.id),
                ("summary", "like", "A complaint is not"),
            ]
        )

    def test_once_when_it_is_late(self):
        service = self.complain()
        with freeze_time(local(2026, 4, 1, 9, 59)):
            self.run_job()
            self.assertFalse(self.told())
        with freeze_time(local(2026, 4, 1, 10, 1)):
            self.run_job()
            activity = self.told()
            self.assertEqual(activity.summary, "A complaint is not answered")
            self.assertIn("Answer was due Wed 10:00", activity.note)
            self.assertIn("crack", activity.note)
            self.assertTrue(activity.user_id.has_group("sales_team.group_sale_manager"))
            self.assertTrue(service.date_answer_told)
            self.run_job()
            self.assertEqual(self.told(), activity)
        with freeze_time(local(2026, 4, 1, 12)):
            self.close(service, "reached")
            self.run_job()
            self.assertEqual(self.told(), activity)
            self.solve(self.bearer())
        self.assertFalse(activity.exists() and activity.active)

    def test_nobody_is_told_who_was_answered(self):
        service = self.complain()
        self.close(service, "reached")
        with freeze_time(local(2026, 4, 1, 12)):
            self.run_job()
        self.assertFalse(self.told())

    def test_one_activity_when_it_is_not_solved_either(self):
        self.complain()
        with freeze_time(local(2026, 4, 1, 12)):
            self.run_job()
            activity = self.told()
        with freeze_time(local(2026, 4, 8, 12)):
            self.run_job()
            self.assertEqual(self.told(), activity)
            self.assertEqual(activity.summary, "A complaint is not solved")


@tagged("post_install", "-at_install")
class TestAnswerMigration(AnswerCase):
    def test_open_complaints(self):
        fresh = self.complain()
        answered = self.complain() - fresh
        first = answered.complaint_id
        with self.open_again(local(2026, 4, 2, 9)):
            self.close(answered, "reached")
        following = self.bearer() - fresh
        told = self.complain() - fresh - following
        told.date_escalated = NOW
        for record in fresh + answered + following + told:
            record.write(dict.fromkeys(("answer_due", "date_answered"), False))
            record.write({"answered_in_time": False, "answer_hours": False})
        self.env.flush_all()
        script = load_script(SCRIPT, "answers")
        script.migrate(self.env.cr, "19.0.1.3.0")
        self.env.invalidate_all()
        self.assertEqual(fresh.answer_due, local(2026, 4, 1, 10))
        self.assertFalse(fresh.date_answered)
        self.assertEqual(following.date_answered, local(2026, 4, 2, 9))
        self.assertEqual(answered.answered_in_time, "no")
        self.assertEqual(following.complaint_id, first)
        self.assertEqual(told.date_answer_told, NOW)
