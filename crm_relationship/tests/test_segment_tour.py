"""A manager narrows a segment, and keeps a customer in one, walked in a browser."""

from odoo.tests import HttpCase, new_test_user, tagged

from .common import own_login


@tagged("post_install", "-at_install", "crm_relationship_tour")
class TestSegmentTour(HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for model in ("crm.program", "crm.segment", "crm.touchpoint"):
            cls.env[model].search([]).active = False
        cls.env["crm.relationship"].search([]).active = False
        cls.broken, cls.best = cls.env["crm.segment"].create(
            [{"name": "Broken", "sequence": 1}, {"name": "Best", "sequence": 2}]
        )
        partners = cls.env["res.partner"].create(
            [{"name": f"Customer {score}"} for score in (1, 3, 5)]
        )
        cls.customers = cls.env["crm.relationship"]._ensure(partners, cls.env.company)
        for customer, score in zip(cls.customers, (1, 3, 5), strict=True):
            customer.rfm_monetary = score
        new_test_user(
            cls.env, own_login("tour_manager"), "sales_team.group_sale_manager"
        )

    def test_segment_is_narrowed(self):
        # a field that was removed together with its app
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_segment SET partner_domain = %s WHERE id = %s",
            ("[('gone', '=', 1)]", self.broken.id),
        )
        self.env.invalidate_all()
        self.start_tour(
            "/odoo/customer-segments",
            "crm_relationship_segments",
            login=own_login("tour_manager"),
        )
        self.assertEqual(self.best.monetary_min, 4)

    def test_customer_is_kept_by_hand(self):
        customer = self.customers[0]
        self.start_tour(
            f"/odoo/customer-relationships/{customer.id}",
            "crm_relationship_keep",
            login=own_login("tour_manager"),
        )
        self.assertFalse(customer.locked_segment_id)
