"""A new company finds its way in: *Where Do We Start?*, on the desk and the phone."""

from odoo import Command
from odoo.tests import HttpCase, new_test_user, tagged

from .common import own_login


@tagged("post_install", "-at_install", "crm_relationship_tour")
class TestReadinessTour(HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        company = cls.env["res.company"].create({"name": "A Young Company"})
        new_test_user(
            cls.env,
            own_login("tour_start"),
            "sales_team.group_sale_manager",
            name="Tour Starter",
            tz="UTC",
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )
        partners = cls.env["res.partner"].create(
            [
                {
                    "name": name,
                    "email": f"{name.split()[0].lower()}@example.com",
                    "phone": phone,
                    "company_id": company.id,
                }
                for name, phone in (("With phone", "+15550100"), ("No phone", False))
            ]
        )
        cls.env["crm.relationship"]._ensure(partners, company)

    def test_readiness(self):
        self.start_tour(
            "/odoo/where-do-we-start",
            "crm_relationship_readiness",
            login=own_login("tour_start"),
        )


@tagged("post_install", "-at_install", "crm_relationship_tour")
class TestReadinessTourPhone(TestReadinessTour):
    browser_size = "390x844"
    touch_enabled = True
