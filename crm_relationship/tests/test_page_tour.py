"""The customer's page, walked in a browser, at the desk and on the phone."""

from datetime import timedelta

from odoo import fields
from odoo.tests import HttpCase, new_test_user, tagged

from .common import own_login, set_live


@tagged("post_install", "-at_install", "crm_relationship_tour")
class TestPageTour(HttpCase):
    def make_world(self):
        """Return the page of a customer of whom much is known."""
        set_live(self.env.company)
        for model in ("crm.program", "crm.segment", "crm.touchpoint"):
            self.env[model].search([]).active = False
        call = self.env["crm.touchpoint"].create({"name": "Tour call", "kind": "call"})
        self.salesperson = new_test_user(
            self.env,
            own_login("tour_sales"),
            "sales_team.group_sale_salesman",
            name="Tour Sales",
            tz="UTC",
        )
        customer = self.env["res.partner"].create(
            {
                "name": "Ibu Kartini",
                "phone": "+62 811 000 000",
                "user_id": self.salesperson.id,
                "preferred_touchpoint_id": call.id,
            }
        )
        relationship = self.env["crm.relationship"]._ensure(customer, self.env.company)
        now = fields.Datetime.now()
        common = {
            "relationship_id": relationship.id,
            "user_id": self.salesperson.id,
            "touchpoint_id": call.id,
        }
        self.env["crm.interaction"].create(
            [
                {
                    **common,
                    "name": f"Tour talk {number}",
                    "state": "done",
                    "outcome": "reached",
                    "date_done": now - timedelta(days=10 + number),
                    "sentiment": "positive" if number else "negative",
                    "feedback": "Delivered late" if not number else False,
                }
                for number in range(11)
            ]
        )
        self.env["crm.interaction"].create(
            [
                {
                    **common,
                    "name": "Tour next call",
                    "date_planned": now + timedelta(days=20),
                },
                {
                    **common,
                    "name": "Tour complaint",
                    "kind": "service",
                    "is_complaint": True,
                    "is_complaint_open": True,
                    "feedback": "The box was broken",
                    "state": "open",
                    "date_planned": now,
                },
            ]
        )
        product = self.env["product.product"].create(
            {"name": "Tour product", "type": "consu", "list_price": 70}
        )
        order = self.env["sale.order"].create(
            {
                "partner_id": customer.id,
                "user_id": self.salesperson.id,
                "order_line": [(0, 0, {"product_id": product.id})],
            }
        )
        order.action_confirm()
        relationship._refresh_portfolio(self.env.company)
        return relationship

    def test_customer_on_one_page(self):
        relationship = self.make_world()
        self.start_tour(
            f"/odoo/contacts/{relationship.partner_id.id}",
            "crm_relationship_page",
            login=own_login("tour_sales"),
        )
        messages = relationship.message_ids
        self.assertIn("Likes tea", "".join(messages.mapped("body")))


@tagged("post_install", "-at_install", "crm_relationship_tour")
class TestPageTourPhone(TestPageTour):
    browser_size = "390x844"
    touch_enabled = True

    def test_customer_on_one_page(self):
        relationship = self.make_world()
        self.start_tour(
            f"/odoo/customer-relationships/{relationship.id}",
            "crm_relationship_page_phone",
            login=own_login("tour_sales"),
        )
