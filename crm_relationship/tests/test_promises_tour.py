"""A manager sees that plans cannot be kept, tries a remedy, and takes it back."""

from odoo import Command
from odoo.tests import HttpCase, new_test_user, tagged

from .common import own_login, set_live

CUSTOMERS = 22


@tagged("post_install", "-at_install", "crm_relationship_tour")
class TestPromisesTour(HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        company = cls.env.company
        set_live(company)
        company.relationship_minutes_day = 1
        for model in ("crm.program", "crm.segment", "crm.touchpoint"):
            cls.env[model].search([]).active = False
        cls.env["crm.relationship"].search([]).active = False
        new_test_user(
            cls.env,
            own_login("tour_manager"),
            "sales_team.group_sale_manager",
            name="Tour Manager",
            tz="UTC",
        )
        sales = new_test_user(
            cls.env,
            own_login("tour_sales"),
            "sales_team.group_sale_salesman",
            name="Tour Sales",
            tz="UTC",
        )
        call = cls.env["crm.touchpoint"].create(
            {"name": "Tour call", "kind": "call", "duration": 60}
        )
        cls.plan = cls.env["crm.contact.plan"].create(
            {
                "name": "Tour plan",
                "line_ids": [
                    Command.create(
                        {
                            "name": "How are you?",
                            "touchpoint_ids": [Command.set(call.ids)],
                        }
                    )
                ],
            }
        )
        partners = cls.env["res.partner"].create(
            [{"name": f"Tour customer {n}"} for n in range(CUSTOMERS + 1)]
        )
        customers = cls.env["crm.relationship"]._ensure(partners, company)
        customers.write({"plan_id": cls.plan.id, "user_id": sales.id})
        customers[0].user_id = False

    def walk(self, url, tour):
        self.start_tour(url, tour, login=own_login("tour_manager"))
        self.assertRecordValues(
            self.plan.line_ids, [{"times": 1, "every": 1, "period": "month"}]
        )

    def test_promises(self):
        self.walk("/odoo", "crm_relationship_promises")


@tagged("post_install", "-at_install", "crm_relationship_tour")
class TestPromisesTourPhone(TestPromisesTour):
    browser_size = "390x844"
    touch_enabled = True

    def test_promises(self):
        self.walk("/odoo/promises", "crm_relationship_promises_phone")
