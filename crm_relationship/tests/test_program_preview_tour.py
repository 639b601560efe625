"""A program is previewed, published, approved and changed, in a browser."""

from odoo import Command
from odoo.tests import HttpCase, new_test_user, tagged

from .common import own_login, set_live


@tagged("post_install", "-at_install", "crm_relationship_tour")
class TestProgramPreviewTour(HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        company = cls.env.company
        set_live(company)
        company.program_four_eyes = True
        for model in ("crm.program", "crm.segment", "crm.touchpoint"):
            cls.env[model].search([]).active = False
        cls.env["crm.relationship"].search([]).active = False
        cls.author, cls.approver = (
            new_test_user(
                cls.env,
                own_login(name),
                "sales_team.group_sale_manager",
                name=name.title(),
                tz="UTC",
            )
            for name in ("author", "approver")
        )
        sales = new_test_user(
            cls.env,
            own_login("tour_sales"),
            "sales_team.group_sale_salesman",
            name="Tour Sales",
            tz="UTC",
        )
        call = cls.env["crm.touchpoint"].create({"name": "Tour call", "kind": "call"})
        partners = cls.env["res.partner"].create(
            [{"name": f"Tour customer {n}", "phone": "+62 811"} for n in range(2)]
        )
        cls.customers = cls.env["crm.relationship"]._ensure(partners, company)
        cls.customers.write({"user_id": sales.id})
        cls.program = (
            cls.env["crm.program"]
            .with_user(cls.author)
            .create(
                {
                    "name": "Tour program",
                    "trigger": "manual",
                    "company_id": company.id,
                    "step_ids": [
                        Command.create(
                            {
                                "name": f"Tour {name}",
                                "delay": delay,
                                "talk_text": "Hello {customer}",
                                "touchpoint_ids": [Command.set(call.ids)],
                            }
                        )
                        for name, delay in (("thanks", 0), ("visit", 5))
                    ],
                }
            )
        )

    def walk(self, tour, user):
        url = f"/odoo/relationship-programs/{self.program.id}"
        self.start_tour(url, tour, login=user.login)
        self.env.invalidate_all()

    def test_published_by_two_and_changed(self):
        self.walk("crm_relationship_program_publish", self.author)
        self.assertEqual(self.program.state, "to_approve")
        self.walk("crm_relationship_program_approve", self.approver)
        self.assertEqual(self.program.state, "running")
        self.assertEqual(self.program.approved_by_id, self.approver)
        self.assertFalse(self.program.sudo().enrollment_ids)
        runs = self.program.sudo()._enroll(self.customers)
        self.program.step_ids[1].delay = 9
        self.program.with_user(self.approver).action_publish()
        self.walk("crm_relationship_program_move", self.author)
        self.assertEqual(set(runs.mapped("version")), {0})
        due = runs.interaction_ids.filtered(lambda i: i.state == "scheduled")
        days = {(i.date_due - runs[0].date).days for i in due}
        self.assertEqual(days, {0, 9})
