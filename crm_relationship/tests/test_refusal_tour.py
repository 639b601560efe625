"""Refusals and complaints as a salesperson notes them, at the desk and on a phone."""

from odoo import fields
from odoo.tests import HttpCase, new_test_user, tagged

from .common import own_login, set_live


@tagged("post_install", "-at_install")
class RefusalTourCase(HttpCase):
    """The queue of a salesperson with two customers in it."""

    suffix = ""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        set_live(cls.env.company)
        for model in ("crm.program", "crm.segment", "crm.touchpoint"):
            cls.env[model].search([]).active = False
        cls.call = cls.env["crm.touchpoint"].create(
            {"name": "Tour call", "kind": "call"}
        )
        cls.salesperson = new_test_user(
            cls.env, own_login("tour_sales"), "sales_team.group_sale_salesman", tz="UTC"
        )
        cls.interaction = cls._make_interaction("Ibu Kartini", "+62 811 111 111")
        cls._make_interaction("Pak Hasan", "+62 811 222 222")

    @classmethod
    def _make_interaction(cls, name, phone):
        customer = cls.env["res.partner"].create(
            {"name": name, "phone": phone, "user_id": cls.salesperson.id}
        )
        return cls.env["crm.interaction"].create(
            {
                "partner_id": customer.id,
                "name": "How are you?",
                "touchpoint_id": cls.call.id,
                "user_id": cls.salesperson.id,
                "state": "open",
                "date_planned": fields.Datetime.now(),
            }
        )

    def walk(self, name, url="/odoo/my-queue"):
        self.start_tour(
            url,
            f"crm_relationship_{name}{self.suffix}",
            login=own_login("tour_sales"),
        )


@tagged("post_install", "-at_install", "crm_relationship_tour")
class TestRefusalTour(RefusalTourCase):
    def test_refusal_in_the_queue(self):
        self.walk("refusal")
        interaction = self.interaction
        person = interaction.partner_id
        self.assertEqual(person.refused_touchpoint_ids, self.call)
        row = person.preference_change_ids
        self.assertRecordValues(
            row,
            [
                {
                    "source": "told",
                    "by_customer": True,
                    "wording": "Please stop calling me",
                    "user_id": self.salesperson.id,
                }
            ],
        )
        self.assertNotEqual(interaction.state, "open")

    def test_complaint(self):
        self.walk("complaint")
        made = self.interaction.relationship_id.interaction_ids
        complaint = made.filtered("is_complaint")
        self.assertRecordValues(
            complaint,
            [{"state": "done", "outcome": "solved", "is_complaint_open": False}],
        )


@tagged("post_install", "-at_install", "crm_relationship_tour")
class TestRefusalTourDesk(RefusalTourCase):
    def test_refusal_on_the_contact(self):
        person = self.interaction.partner_id
        self.walk("refusal_form", f"/odoo/res.partner/{person.id}")
        self.assertTrue(person.do_not_contact)
        row = person.preference_change_ids.filtered("is_refusal")
        self.assertTrue(row.by_customer)
        self.assertEqual(row.wording, "Never call me again")


@tagged("post_install", "-at_install", "crm_relationship_tour")
class TestRefusalTourPhone(TestRefusalTour):
    browser_size = "390x844"
    touch_enabled = True
    suffix = "_phone"
