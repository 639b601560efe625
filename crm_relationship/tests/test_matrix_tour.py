"""The channel matrix in a browser: editing a cell moves the next interactions."""

from datetime import timedelta

from odoo import Command, fields
from odoo.tests import HttpCase, new_test_user, tagged

from .common import own_login


@tagged("post_install", "-at_install", "crm_relationship_tour")
class TestMatrixTour(HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for model in ("crm.program", "crm.segment", "crm.touchpoint"):
            cls.env[model].search([]).active = False
        cls.call, cls.whatsapp = cls.env["crm.touchpoint"].create(
            [
                {"name": "Tour call", "kind": "call", "unit_cost": 0.5, "sequence": 1},
                {"name": "Tour WhatsApp", "kind": "whatsapp", "sequence": 2},
            ]
        )
        cls.plan = cls.env["crm.contact.plan"].create(
            {
                "name": "Tour care",
                "line_ids": [
                    Command.create(
                        {
                            "name": "Ask how it goes",
                            "every": 6,
                            "touchpoint_ids": [Command.set(cls.call.ids)],
                        }
                    )
                ],
            }
        )
        cls.gold, cls.silver = cls.env["crm.segment"].create(
            [
                {"name": "Tour gold", "plan_id": cls.plan.id, "sequence": 1},
                {"name": "Tour silver", "sequence": 2},
            ]
        )
        company = cls.env.company
        customers = cls.env["res.partner"].create(
            [{"name": "Ibu Kartini"}, {"name": "Pak Hasan"}]
        )
        cls.relationships = cls.env["crm.relationship"]._ensure(customers, company)
        for relationship in cls.relationships:
            cls.env["crm.interaction"].create(
                {
                    "relationship_id": relationship.id,
                    "name": "Visit at the shop",
                    "state": "done",
                    "date_done": fields.Datetime.now(),
                }
            )
        cls.relationships.segment_id = cls.gold

    def pending(self, name):
        return self.relationships.interaction_ids.filtered(
            lambda i: i.state == "scheduled" and i.name == name
        )

    def test_matrix(self):
        new_test_user(
            self.env,
            own_login("tour_matrix"),
            "sales_team.group_sale_manager",
            tz="UTC",
        )
        before = self.pending("Ask how it goes")
        self.assertEqual(len(before), 2)
        later = self.env.company._relationship_today() + timedelta(days=100)
        self.assertTrue(all(day > later for day in before.mapped("date_due")))
        self.start_tour(
            "/odoo", "crm_relationship_matrix", login=own_login("tour_matrix")
        )
        self.env.invalidate_all()
        line = self.plan.line_ids[0]
        self.assertRecordValues(line, [{"times": 1, "every": 1, "period": "week"}])
        self.assertEqual(set(before.mapped("state")), {"cancelled"})
        moved = self.pending("Ask how it goes")
        week = self.env.company._relationship_today() + timedelta(days=8)
        self.assertEqual(len(moved), 2)
        self.assertTrue(all(day <= week for day in moved.mapped("date_due")))
        self.assertEqual(
            set(self.relationships.mapped("next_contact_date")),
            {
                self.env.company._relationship_day(moment)
                for moment in moved.mapped("date_planned")
            },
        )
        self.assertEqual(len(self.pending("Tour WhatsApp")), 2)
        self.assertRecordValues(
            self.silver.plan_id.line_ids,
            [{"name": "Tour WhatsApp", "times": 1, "every": 2, "period": "year"}],
        )
