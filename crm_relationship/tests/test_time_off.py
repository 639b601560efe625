"""Leaves of the app Time Off count; no module of ours depends on it.

Runs in the part `glue`, whose database has that app.
"""

from datetime import timedelta
from unittest import SkipTest

from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged

from .common import NOW
from .common_absence import AbsenceCase, day


@freeze_time(NOW)
@tagged("post_install", "-at_install")
class TestTimeOff(AbsenceCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if "hr.leave" not in cls.env:
            raise SkipTest("Time Off is not installed")
        cls.employee = cls.env["hr.employee"].create(
            {"name": "Sari", "user_id": cls.sari.id, "company_id": cls.company.id}
        )
        cls.leave_type = cls.env["hr.leave.type"].create(
            {
                "name": "Vacation",
                "requires_allocation": False,
                "leave_validation_type": "hr",
                "request_unit": "half_day",
                "company_id": cls.company.id,
            }
        )

    def ask(self, first, last, **values):
        """Return time off that is asked for, and not approved yet."""
        return self.env["hr.leave"].create(
            {
                "employee_id": self.employee.id,
                "holiday_status_id": self.leave_type.id,
                "request_date_from": day(first),
                "request_date_to": day(last),
                **values,
            }
        )

    def get_minutes(self, *numbers):
        work = self.sari._get_workdays(self.company, NOW)[self.sari]
        return [work.get_minutes(day(number)) for number in numbers]

    def test_approved_and_refused(self):
        """From the approval on others do it; what is refused or cancelled, nobody."""
        call = self.make_queued(on=1)
        leave = self.ask(1, 2)
        self.assert_with(call, self.sari, on=1)
        leave.action_approve()
        self.assertEqual(self.get_minutes(0, 1, 2, 3), [240, 0, 0, 240])
        self.assert_with(call, self.budi, on=1, instead_of=self.sari)
        self.assertEqual(self.sari.absent_from, day(1))
        self.assertEqual(self.sari.absent_to, day(2))
        leave.action_refuse()
        self.assertEqual(self.get_minutes(1), [240])
        self.assert_with(call, self.sari, on=1)

    def test_worked_all_the_same(self):
        """At home, at a training: Time Off has kinds that count as worked."""
        self.leave_type.time_type = "other"
        call = self.make_queued(on=1)
        self.ask(1, 2).action_approve()
        self.assertEqual(self.get_minutes(1, 2), [240, 240])
        self.assertFalse(self.sari.absent_from)
        self.assert_with(call, self.sari, on=1)

    def test_half_a_day(self):
        call = self.make_queued(on=1)
        self.ask(
            1, 1, request_date_from_period="am", request_date_to_period="am"
        ).action_approve()
        [minutes] = self.get_minutes(1)
        self.assertTrue(0 < minutes < 240, minutes)
        self.assert_with(call, self.sari, on=1)

    def test_public_holiday(self):
        """As Time Off keeps them: of the company, without a resource."""
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Public holiday",
                "company_id": self.company.id,
                "date_from": NOW - timedelta(hours=3),
                "date_to": NOW + timedelta(hours=7),
            }
        )
        self.assertEqual(self.get_minutes(0, 1), [0, 240])

    def test_ended_where_it_was_entered(self):
        self.ask(0, 2).action_approve()
        with self.assertRaisesRegex(UserError, "entered in Time Off"):
            self.sari._end_absence()
