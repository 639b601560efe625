"""A manager's morning on a phone."""

from odoo import fields
from odoo.tests import HttpCase, tagged

from .common import make_tour_user, own_login, set_live


@tagged("post_install", "-at_install", "crm_relationship_tour")
class TestMorningTourPhone(HttpCase):
    browser_size = "390x844"
    touch_enabled = True

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        company = cls.env.company
        set_live(company)
        for model in ("crm.program", "crm.segment", "crm.touchpoint"):
            cls.env[model].search([]).active = False
        cls.env["crm.relationship"].search([]).active = False
        make_tour_user(cls.env, "tour_manager", "group_sale_manager")
        sales = make_tour_user(cls.env, "tour_sales", "group_sale_salesman")
        call = cls.env["crm.touchpoint"].create({"name": "Tour call", "kind": "call"})
        names = ("Tour served", "Tour forgotten 0", "Tour forgotten 1")
        partners = cls.env["res.partner"].create([{"name": name} for name in names])
        customers = cls.env["crm.relationship"]._ensure(partners, company)
        customers.user_id = False
        served = customers.filtered(lambda c: c.partner_id == partners[0])
        served.user_id = sales
        for customer in customers:
            cls.env["crm.interaction"].create(
                {
                    "name": "Tour call",
                    "relationship_id": customer.id,
                    "touchpoint_id": call.id,
                    "user_id": customer.user_id.id,
                    "state": "open" if customer.user_id else "scheduled",
                    "date_planned": fields.Datetime.now(),
                }
            )
        customers._judge_care()

    def test_manager(self):
        login = own_login("tour_manager")
        tour = "crm_relationship_morning_phone"
        self.start_tour("/odoo/this-morning", tour, login=login)
