"""A salesperson's hour at the desk and on the phone: each tap is counted."""

from unittest.mock import patch

from odoo import Command, fields
from odoo.tests import HttpCase, new_test_user, tagged

from odoo.addons.sms.tools.sms_api import SmsApi

from .common import own_login, set_live


def take_every_text(_api, messages, delivery_reports_url=False):
    return [
        {"uuid": number["uuid"], "state": "success"}
        for message in messages
        for number in message["numbers"]
    ]


@tagged("post_install", "-at_install", "crm_relationship_tour")
class TestDeskTour(HttpCase):
    tour = "crm_relationship_desk"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        set_live(cls.env.company)
        for model in ("crm.program", "crm.segment", "crm.touchpoint"):
            cls.env[model].search([]).active = False
        cls.call, *_others = cls.env["crm.touchpoint"].create(
            [
                {"name": "Tour call", "kind": "call"},
                {"name": "Tour WhatsApp", "kind": "whatsapp"},
                {"name": "Tour SMS", "kind": "sms"},
                {"name": "Tour email", "kind": "email"},
                {"name": "Tour visit", "kind": "visit"},
            ]
        )
        cls.salesperson = new_test_user(
            cls.env,
            own_login("tour_desk"),
            "sales_team.group_sale_salesman",
            name="Tour Desk",
            tz="UTC",
        )
        cls.line = cls._make_line()
        names = ("Ibu Kartini", "Pak Hasan", "Ibu Ani", "Pak Raden")
        cls.kartini, cls.hasan, cls.ani, cls.raden = (
            cls._make_contact(name) for name in names
        )
        cls.raden.partner_id.phone = False
        cls.bambang = cls._make_customer("Pak Bambang")

    @classmethod
    def _make_line(cls):
        template = cls.env["sms.template"].create(
            {
                "name": "Tour text",
                "model_id": cls.env["ir.model"]._get_id("res.partner"),
                "body": "Dear {{ object.name }}",
            }
        )
        return cls.env["crm.contact.plan.line"].create(
            {
                "plan_id": cls.env["crm.contact.plan"].create({"name": "Tour"}).id,
                "name": "Tour call",
                "touchpoint_ids": [Command.set(cls.call.ids)],
                "sms_template_id": template.id,
            }
        )

    @classmethod
    def _make_customer(cls, name):
        return cls.env["res.partner"].create(
            {
                "name": name,
                "phone": "+62 812-5555-1234",
                "email": "tour@example.com",
                "city": "Bandung",
                "user_id": cls.salesperson.id,
            }
        )

    @classmethod
    def _make_contact(cls, name):
        """Return an interaction in the salesperson's queue."""
        contact = cls.env["crm.interaction"].create(
            {
                "partner_id": cls._make_customer(name).id,
                "name": cls.line.name,
                "plan_line_id": cls.line.id,
                "touchpoint_id": cls.call.id,
                "date_planned": fields.Datetime.now(),
            }
        )
        contact._release()
        return contact

    def test_queue(self):
        with patch.object(SmsApi, "_send_sms_batch", take_every_text):
            self.start_tour(
                "/odoo/my-queue", self.tour, login=own_login("tour_desk"), timeout=120
            )
        self.assertRecordValues(
            self.kartini + self.hasan + self.ani + self.raden,
            [
                {"state": "open", "outcome": False, "attempt_count": 0},
                {"state": "open", "outcome": False, "attempt_count": 1},
                {"state": "scheduled", "outcome": False, "attempt_count": 0},
                {"state": "done", "outcome": "sent", "attempt_count": 0},
            ],
        )
        self.assertEqual(self.raden.partner_id.phone, "+62 812-5555-9999")
        self.assert_logged(self.bambang, "call")

    def test_customer(self):
        relationship = self.kartini.relationship_id
        self.start_tour(
            f"/odoo/crm.relationship/{relationship.id}",
            "crm_relationship_desk_customer",
            login=own_login("tour_desk"),
        )
        self.assert_logged(self.kartini.partner_id, "whatsapp")

    def assert_logged(self, partner, kind):
        logged = self.env["crm.interaction"].search(
            [("partner_id", "=", partner.id), ("state", "=", "done")]
        )
        self.assertRecordValues(logged, [{"outcome": "reached", "direction": "out"}])
        self.assertEqual(logged.touchpoint_id.kind, kind)


@tagged("post_install", "-at_install", "crm_relationship_tour")
class TestDeskTourPhone(TestDeskTour):
    browser_size = "390x844"
    touch_enabled = True
    tour = "crm_relationship_desk_phone"
