"""A leaver handed over, and a holiday covered, in a browser."""

from odoo import Command, fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import own_login, set_live
from .test_staff_assignment_tour import AssignmentTourCase


@tagged("post_install", "-at_install")
class PeopleTourCase(AssignmentTourCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        set_live(cls.env.company)
        cls.customers.user_id = cls.ann
        cls.ann.deputy_id = cls.bob
        cls.manager.group_ids += cls.env.ref("base.group_erp_manager")
        cls.env["crm.staff.requirement"].search([]).unlink()

    def check_handed_over(self):
        self.env.invalidate_all()
        self.assertEqual(self.customers.user_id, self.bob)
        notes = "".join(self.customers[0].message_ids.mapped("body"))
        self.assertIn("in the morning", notes)

    def make_queued(self):
        """Return a call that is due today, whatever day it is."""
        company = self.env.company
        company.write({"quiet_hour_from": 0, "quiet_hour_to": 0})
        company.resource_calendar_id.attendance_ids = [
            Command.clear(),
            *(
                Command.create(
                    {
                        "name": "Day and night",
                        "dayofweek": str(number),
                        "hour_from": 0,
                        "hour_to": 24,
                        "day_period": "morning",
                    }
                )
                for number in range(7)
            ),
        ]
        call = self.env["crm.interaction"].create(
            {
                "name": "Tour call",
                "relationship_id": self.customers[0].id,
                "date_due": fields.Date.today(),
                "touchpoint_id": self.env["crm.touchpoint"]._get_in_use()[:1].id,
            }
        )
        call.date_planned = fields.Datetime.now()
        call._release()
        self.assertEqual((call.state, call.user_id), ("open", self.ann))
        return call

    def cover(self, tour):
        call = self.make_queued()
        self.start_tour(
            "/odoo/salespeople",
            "crm_relationship_holiday",
            login=own_login("tour_manager"),
        )
        self.env.invalidate_all()
        self.assertEqual(call.user_id, self.bob)
        self.assertEqual(call.for_user_id, self.ann)
        self.start_tour("/odoo/my-queue", tour, login=own_login("tour_bob"))
        self.env.invalidate_all()
        self.assertEqual(call.state, "done")
        self.assertEqual((call.user_id, call.for_user_id), (self.bob, self.ann))


@tagged("post_install", "-at_install", "crm_relationship_tour")
class TestPeopleTour(PeopleTourCase):
    browser_size = "1280x900"

    def test_a_leaver_handed_over(self):
        action = self.env.ref("base.action_res_users")
        # Odoo logs an error where a sentence leads on to another screen
        with mute_logger("odoo.http"):
            self.start_tour(
                f"/odoo/action-{action.id}/{self.ann.id}",
                "crm_relationship_leaver",
                login=own_login("tour_manager"),
            )
        self.check_handed_over()
        self.assertFalse(self.ann.active)

    def test_a_holiday_covered(self):
        self.cover("crm_relationship_stand_in")


@tagged("post_install", "-at_install", "crm_relationship_tour")
class TestPeopleTourPhone(PeopleTourCase):
    browser_size = "390x844"
    touch_enabled = True

    def test_a_leaver_handed_over(self):
        self.start_tour(
            "/odoo/salespeople",
            "crm_relationship_leaver_phone",
            login=own_login("tour_manager"),
        )
        self.check_handed_over()
        self.assertTrue(self.ann.active)

    def test_a_holiday_covered(self):
        self.cover("crm_relationship_stand_in_phone")
