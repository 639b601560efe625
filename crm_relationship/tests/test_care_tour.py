"""A manager finds customers whom nobody serves, and gives them somebody."""

from datetime import timedelta

from odoo import fields
from odoo.tests import HttpCase, new_test_user, tagged

from .common import own_login, set_live


@tagged("post_install", "-at_install", "crm_relationship_tour")
class TestCareTour(HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        set_live(cls.env.company)
        for model in ("crm.program", "crm.segment", "crm.touchpoint"):
            cls.env[model].search([]).active = False
        cls.env["crm.relationship"].search([]).active = False
        for name, group in (
            ("tour_manager", "group_sale_manager"),
            ("tour_sales", "group_sale_salesman"),
        ):
            new_test_user(
                cls.env,
                own_login(name),
                f"sales_team.{group}",
                name=name.replace("_", " ").title(),
                tz="UTC",
            )
        cls.salesperson = cls.env["res.users"].search(
            [("login", "=", own_login("tour_sales"))]
        )
        partners = cls.env["res.partner"].create(
            [{"name": name} for name in ("Ibu Rukmini", "Pak Umar", "Pak Wahid")]
        )
        cls.customers = cls.env["crm.relationship"]._ensure(partners, cls.env.company)
        served = cls.customers.filtered(lambda r: r.partner_id == partners[2])
        served.user_id = cls.salesperson
        for customer in cls.customers:
            cls.env["crm.interaction"].create(
                {
                    "name": "A word",
                    "relationship_id": customer.id,
                    "date_due": fields.Date.today() + timedelta(days=9),
                }
            )
        cls.env["crm.care.day"]._count(cls.env.company)

    def walk(self, url, tour):
        self.start_tour(url, tour, login=own_login("tour_manager"))
        self.assertEqual(self.customers.user_id, self.salesperson)
        self.assertEqual(set(self.customers.mapped("care_state")), {"planned"})

    def test_fault_is_found_and_remedied(self):
        self.walk("/odoo", "crm_relationship_care")


@tagged("post_install", "-at_install", "crm_relationship_tour")
class TestCareTourPhone(TestCareTour):
    browser_size = "390x844"
    touch_enabled = True

    def test_fault_is_found_and_remedied(self):
        self.walk("/odoo/nobody-forgotten", "crm_relationship_care_phone")
