"""A manager looks whether programs work, and tries another cadence."""

from datetime import datetime, time, timedelta

from odoo import Command
from odoo.tests import HttpCase, new_test_user, tagged

from .common import own_login, set_live

LOGIN = own_login("tour_manager")


@tagged("post_install", "-at_install", "crm_relationship_tour")
class TestProofTour(HttpCase):
    all_programs = "crm_relationship_proof_all"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        set_live(cls.company)
        cls.env["crm.program"].search([]).active = False
        cls.today = cls.company._relationship_today()
        new_test_user(
            cls.env,
            LOGIN,
            "sales_team.group_sale_manager",
            name="Tour Manager",
            tz="UTC",
        )
        cls.partners = cls.env["res.partner"].create(
            [{"name": f"Tour customer {number}"} for number in range(80)]
        )
        customers = cls.env["crm.relationship"]._ensure(cls.partners, cls.company)
        cls.customers = customers.sorted(lambda customer: customer.partner_id.id)

    def enroll(self, **aside):
        """Enroll all, half of them kept aside; all others bought, and half of these."""
        program = self.env["crm.program"].create(
            {
                "name": "Tour program",
                "trigger": "manual",
                "step_ids": [Command.create({"name": "A word"})],
            }
        )
        began = self.today - timedelta(days=150)
        self.env["crm.program.enrollment"].create(
            [
                {
                    "program_id": program.id,
                    "relationship_id": customer.id,
                    "date": began,
                    "state": "control" if number < 40 else "completed",
                    **{
                        name: number < 40 if value is True else value
                        for name, value in aside.items()
                    },
                }
                for number, customer in enumerate(self.customers)
            ]
        )
        product = self.env["product.product"].create({"name": "CD", "taxes_id": False})
        line = {"product_id": product.id, "price_unit": 100}
        self.env["sale.order"].create(
            [
                {
                    "partner_id": partner.id,
                    "state": "sale",
                    "date_order": datetime.combine(began, time()) + timedelta(days=10),
                    "order_line": [Command.create(line)],
                }
                for partner in self.partners[20:]
            ]
        )
        return program, began

    def test_program(self):
        program, began = self.enroll(is_control=True, holdout_round=1)
        program.write(
            {
                "holdout_share": 50,
                "holdout_from": began,
                "holdout_until": began + timedelta(days=10),
            }
        )
        program.write(
            {"holdout_from": began, "holdout_until": began + timedelta(days=10)}
        )
        self.start_tour(
            f"/odoo/relationship-programs/{program.id}",
            "crm_relationship_proof_program",
            login=LOGIN,
        )

    def test_all_programs(self):
        period = self.env["crm.holdout"].create(
            {
                "company_id": self.company.id,
                "share": 50,
                "day_from": self.today - timedelta(days=151),
                "day_until": self.today - timedelta(days=140),
                "result_days": 90,
                "state": "over",
            }
        )
        self.enroll(is_kept_from_all=True, holdout_id=period.id)
        self.start_tour(
            f"/odoo/all-programs-together/{period.id}",
            self.all_programs,
            login=LOGIN,
        )

    def test_experiment(self):
        plan = self.env["crm.contact.plan"].create(
            {
                "name": "Tour plan",
                "line_ids": [
                    Command.create({"name": "Tour call", "times": 1, "every": 2})
                ],
            }
        )
        segment = self.env["crm.segment"].create(
            {"name": "Tour segment", "plan_id": plan.id}
        )
        self.customers[:40].segment_id = segment
        experiment = self.env["crm.cadence.experiment"].create(
            {
                "segment_id": segment.id,
                "plan_line_id": plan.line_ids.id,
                "times": 1,
                "every": 1,
            }
        )
        self.start_tour(
            f"/odoo/how-often-is-enough/{experiment.id}",
            "crm_relationship_experiment",
            login=LOGIN,
        )
        self.assertEqual(experiment.state, "running")
        self.assertEqual(len(experiment.member_ids), 40)


@tagged("post_install", "-at_install", "crm_relationship_tour")
class TestProofTourPhone(TestProofTour):
    all_programs = "crm_relationship_proof_all_phone"
    browser_size = "390x844"
    touch_enabled = True
