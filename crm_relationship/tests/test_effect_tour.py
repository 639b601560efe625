"""A manager sees what interactions cost and what came after them."""

from datetime import timedelta

from odoo import fields
from odoo.tests import HttpCase, new_test_user, tagged

from .common import own_login, set_live


@tagged("post_install", "-at_install", "crm_relationship_tour")
class TestEffectTour(HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        company = cls.env.company
        set_live(company)
        cls.env["crm.interaction"].search([]).unlink()
        new_test_user(
            cls.env,
            own_login("tour_manager"),
            "sales_team.group_sale_manager",
            name="Tour Manager",
            tz="UTC",
        )
        partner = cls.env["res.partner"].create({"name": "Tour customer"})
        customer = cls.env["crm.relationship"]._ensure(partner, company)
        done = fields.Datetime.now() - timedelta(days=50)
        for channel, count in (("Tour call", 40), ("Tour letter", 3)):
            touchpoint = cls.env["crm.touchpoint"].create(
                {"name": channel, "kind": "call"}
            )
            cls.env["crm.interaction"].create(
                [
                    {
                        "name": "A word",
                        "relationship_id": customer.id,
                        "touchpoint_id": touchpoint.id,
                        "state": "done",
                        "outcome": "reached",
                        "date_planned": done,
                        "date_done": done,
                        "cost": 2,
                    }
                    for _number in range(count)
                ]
            )

    def walk(self, url):
        login = own_login("tour_manager")
        self.start_tour(url, "crm_relationship_effect", login=login)

    def test_effect(self):
        self.walk("/odoo/cost-and-effect")


@tagged("post_install", "-at_install", "crm_relationship_tour")
class TestEffectTourPhone(TestEffectTour):
    browser_size = "390x844"
    touch_enabled = True
