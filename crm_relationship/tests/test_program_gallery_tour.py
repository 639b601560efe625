"""From the gallery to an interaction, in a browser: at the desk and on a phone."""

from datetime import timedelta

from odoo import Command, fields
from odoo.tests import HttpCase, freeze_time, new_test_user, tagged

from .common import own_login, set_live


@tagged("post_install", "-at_install", "crm_relationship_tour")
class TestProgramGalleryTour(HttpCase):
    suffix = ""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        set_live(cls.env.company)
        programs = cls.env["crm.program"].with_context(active_test=False)
        programs.search([]).write({"active": False, "is_ready_made": False})
        cls.env["crm.segment"].search([]).active = False
        cls.call = cls.env["crm.touchpoint"].create(
            {"name": "Tour phone", "kind": "call"}
        )
        cls.manager = new_test_user(
            cls.env,
            own_login("gallery_tour"),
            "sales_team.group_sale_manager",
            tz="UTC",
        )
        cls.customer = cls.env["res.partner"].create(
            {"name": "Ibu Sri", "phone": "+62 811 1", "user_id": cls.manager.id}
        )
        cls.program = cls.make_ready_made()
        cls.env["crm.relationship"]._ensure(cls.customer, cls.env.company)

    @classmethod
    def make_ready_made(cls):
        step = {"touchpoint_ids": [Command.set(cls.call.ids)]}
        program = cls.env["crm.program"].create(
            {
                "name": "Tour welcome",
                "active": False,
                "is_ready_made": True,
                "trigger": "sale_confirmed",
                "step_ids": [
                    Command.create(
                        {
                            **step,
                            "name": "Tour call",
                            "sequence": 1,
                            "talk_text": "Good morning, {customer}",
                        }
                    ),
                    *(
                        Command.create(
                            {**step, "name": name, "sequence": 2, "delay": 1}
                        )
                        for name in ("Tour visit", "Tour letter")
                    ),
                ],
            }
        )
        first, *others = program.step_ids
        for other in others:
            other.write(
                {
                    "condition_step_id": first.id,
                    "condition_outcome": "reached",
                    "condition_negated": other.name == "Tour letter",
                }
            )
        return program

    def walk(self, name, url):
        self.start_tour(url, name, login=own_login("gallery_tour"), timeout=120)

    def test_from_the_gallery_to_an_interaction(self):
        self.walk(f"crm_relationship_gallery{self.suffix}", "/odoo/ready-made-programs")
        program = self.program.made_ids
        self.assertTrue(program.active)
        self.assertFalse(program.enrollment_ids)
        self.assertFalse(self.program.active)
        self.buy()
        self.reach(program.enrollment_ids)
        self.walk(
            f"crm_relationship_program_followed{self.suffix}",
            f"/odoo/relationship-programs/{program.id}",
        )

    def buy(self):
        product = self.env["product.product"].create({"name": "T", "type": "consu"})
        order = self.env["sale.order"].create(
            {
                "partner_id": self.customer.id,
                "order_line": [Command.create({"product_id": product.id})],
            }
        )
        order.action_confirm()

    def reach(self, enrollment):
        """Note that the call reached the customer; then the next day comes."""
        call, *_others = enrollment.interaction_ids.sorted("date_planned")
        self.assertEqual(call.name, "Tour call")
        call._close_done({"outcome": "reached"})
        pending = enrollment.interaction_ids - call
        with freeze_time(fields.Datetime.now() + timedelta(days=3)):
            pending._release()


@tagged("post_install", "-at_install", "crm_relationship_tour")
class TestProgramGalleryTourPhone(TestProgramGalleryTour):
    browser_size = "390x844"
    touch_enabled = True
    suffix = "_phone"
