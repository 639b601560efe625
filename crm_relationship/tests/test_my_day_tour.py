"""A salesperson's morning in *My Day*, at the desk and on the phone."""

from datetime import timedelta

from odoo import Command, fields
from odoo.tests import tagged

from . import test_desk_tour
from .common import own_login

NAMES = (
    "Ibu Kartini",
    "Pak Hasan",
    "Ibu Ani",
    "Pak Raden",
    "Ibu Sri",
    "Pak Bambang",
    "Ibu Tien",
    "Pak Joko",
    "Ibu Wati",
    "Pak Agus",
)


@tagged("post_install", "-at_install", "crm_relationship_tour")
class TestMyDayTour(test_desk_tour.TestDeskTour):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # at any hour of any day, a complaint is there at once
        always = cls.env["resource.calendar"].create(
            {"name": "Always", "attendance_ids": [Command.clear()]}
        )
        cls.env.company.write(
            {
                "resource_calendar_id": always.id,
                "quiet_hour_from": 0,
                "quiet_hour_to": 0,
            }
        )
        (cls.kartini + cls.hasan + cls.ani + cls.raden)._cancel()
        cls.visit = cls.env["crm.touchpoint"].search([("kind", "=", "visit")])
        cls.day = {name: cls._make_due(rank) for rank, name in enumerate(NAMES)}

    @classmethod
    def _make_due(cls, rank):
        """Return an interaction of today, each a little later than the one before."""
        is_visit = NAMES[rank] == "Ibu Wati"
        return cls.env["crm.interaction"].create(
            {
                "partner_id": cls._make_customer(NAMES[rank]).id,
                "name": cls.line.name,
                "plan_line_id": cls.line.id,
                "touchpoint_id": (cls.visit if is_visit else cls.call).id,
                "user_id": cls.salesperson.id,
                "state": "open",
                "date_planned": fields.Datetime.now() - timedelta(minutes=60 - rank),
            }
        )

    def test_morning(self):
        self.start_tour(
            "/odoo/my-day",
            "crm_relationship_my_day",
            login=own_login("tour_desk"),
            timeout=180,
        )
        expected = {
            "Ibu Kartini": ("done", "reached"),
            "Pak Hasan": ("open", False),
            "Ibu Ani": ("scheduled", False),
            "Pak Raden": ("done", "ordered"),
            "Ibu Sri": ("done", "reached"),
            "Pak Bambang": ("done", "complaint"),
            "Ibu Tien": ("done", "reached"),
            "Pak Joko": ("done", "reached"),
            "Ibu Wati": ("done", "reached"),
            "Pak Agus": ("done", "reached"),
        }
        for name, (state, outcome) in expected.items():
            with self.subTest(name=name):
                self.assertRecordValues(
                    self.day[name], [{"state": state, "outcome": outcome}]
                )
        self.assertEqual(self.day["Pak Hasan"].attempt_count, 1)
        self.assertEqual(self.day["Ibu Sri"].sentiment, "positive")
        self.assertEqual(self.day["Ibu Tien"].asked_lead_id.name, "A bigger guitar")
        self.assertEqual(self.day["Pak Joko"].partner_id.consent_selling, "refused")
        self.assertEqual(self.day["Pak Agus"].feedback, "Very pleased")
        self.assertEqual(self.day["Ibu Wati"].event_id.user_id, self.salesperson)
        complaint = self.env["crm.interaction"].search(
            [("complaint_id", "=", self.day["Pak Bambang"].id)]
        )
        self.assertEqual(complaint.outcome, "solved")

    # those of the queue
    test_queue = None
    test_customer = None


@tagged("post_install", "-at_install", "crm_relationship_tour")
class TestMyDayTourPhone(TestMyDayTour):
    browser_size = "390x844"
    touch_enabled = True
