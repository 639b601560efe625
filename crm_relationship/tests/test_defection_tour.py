"""A salesperson hears a goodbye, walked in a browser."""

from odoo.tests import HttpCase, new_test_user, tagged

from .common import own_login


@tagged("post_install", "-at_install", "crm_relationship_tour")
class TestDefectionTour(HttpCase):
    def test_customer_is_leaving(self):
        for model in ("crm.program", "crm.segment", "crm.touchpoint"):
            self.env[model].search([]).active = False
        self.env["crm.touchpoint"].create({"name": "Tour call", "kind": "call"})
        self.env["crm.defection.reason"].create(
            {"name": "Tour price", "avoidable": True, "sequence": 0}
        )
        salesperson = new_test_user(
            self.env,
            own_login("tour_sales"),
            "sales_team.group_sale_salesman",
            tz="UTC",
        )
        customer = self.env["res.partner"].create(
            {"name": "Ibu Kartini", "user_id": salesperson.id}
        )
        relationship = self.env["crm.relationship"]._ensure(customer, self.env.company)
        relationship.write({"lifecycle_stage": "loyal", "yearly_margin": 120})
        self.start_tour(
            f"/odoo/customer-relationships/{relationship.id}",
            "crm_relationship_defection",
            login=own_login("tour_sales"),
        )
        defection = relationship.defection_ids
        self.assertRecordValues(
            defection,
            [
                {
                    "declared": True,
                    "reason_id": defection.reason_id.id,
                    "note": "Found it cheaper elsewhere",
                    "yearly_margin": 120,
                }
            ],
        )
        self.assertEqual(defection.reason_id.name, "Tour price")
        self.assertRecordValues(
            defection.interaction_id,
            [{"state": "done", "feedback": "Found it cheaper elsewhere"}],
        )
        self.assertEqual(relationship.lifecycle_stage, "lost")
