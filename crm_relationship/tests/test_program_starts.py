"""How often something would have started a program: what its load is told from."""

from datetime import timedelta

from odoo import Command
from odoo.tests import tagged

from ..models.people.promises import Promises
from .common import NOW, TODAY
from .test_triggers import TriggerCase


@tagged("post_install", "-at_install")
class TestProgramStarts(TriggerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partners = cls.env["res.partner"].browse()
        for name in ("Ani", "Budi", "Citra"):
            cls.partners += cls.make_customer(name)
        cls.relationships = cls.env["crm.relationship"].concat(
            *(cls.make_relationship(partner) for partner in cls.partners)
        )

    def count(self, **values):
        program = self.make_program(0, **values)
        count = Promises(self.company)._count_starts(program)
        # what has started it counts as well
        self.night()
        self.assertEqual(Promises(self.company)._count_starts(program), count)
        return count

    def test_orders(self):
        for days, amount in ((1, 10), (50, 300), (200, 300)):
            self.make_order(self.partners[0], days, amount)
        for trigger in ("sale_confirmed", "delivered", "invoiced"):
            with self.subTest(trigger=trigger):
                self.assertEqual(self.count(trigger=trigger), 2)
                self.assertEqual(self.count(trigger=trigger, order_amount=100), 1)
                self.assertEqual(self.count(trigger=trigger, order_rank="first"), 0)

    def test_quotation(self):
        for days in (1, 20, 200):
            quotation = self.make_quotation(self.partners[0])
            quotation.write({"state": "sent", "date_order": NOW - timedelta(days=days)})
        self.assertEqual(self.count(trigger="quotation", wait_days=5), 1)

    def test_what_runs_out(self):
        self.product.relationship_lasting_days = 30
        other = self.product.copy({"relationship_lasting_days": 0})
        for product in (self.product, other):
            self.make_order(
                self.partners[0],
                20,
                order_line=[
                    Command.create({"product_id": product.id, "name": "Pills"})
                ],
            )
        self.assertEqual(self.count(trigger="runs_out", days_before=5), 1)

    def test_stage(self):
        self.relationships.sudo().write({"lifecycle_stage": "lost"})
        for relationship, days in zip(self.relationships, (1, 60, 120), strict=True):
            relationship.sudo().lifecycle_date = TODAY - timedelta(days=days)
        self.assertEqual(self.count(trigger="lifecycle", lifecycle_stage="lost"), 2)
        self.assertEqual(self.count(trigger="lifecycle", lifecycle_stage="at_risk"), 0)

    def test_segment(self):
        gold = self.make_segment("Gold")
        for relationship, days in zip(self.relationships, (1, 60, 120), strict=True):
            self.env["crm.segment.move"].create(
                {
                    "relationship_id": relationship.id,
                    "company_id": self.company.id,
                    "date": TODAY - timedelta(days=days),
                    "to_segment_id": gold.id,
                }
            )
            relationship.sudo().segment_id = gold
        self.assertEqual(self.count(trigger="segment", to_segment_ids=gold.ids), 2)

    def test_complaint(self):
        self.make_interaction(
            self.relationships[0],
            kind="service",
            is_complaint=True,
            state="done",
            date_done=NOW,
            date_solved=NOW - timedelta(days=10),
        )
        self.assertEqual(self.count(trigger="complaint"), 1)

    def test_referral(self):
        self.partners[1].referred_by_id = self.partners[0]
        self.assertEqual(self.count(trigger="referral"), 1)

    def test_days_ahead(self):
        """As many weeks ahead as the others count back."""
        for partner, days in zip(self.partners, (5, 80, 200), strict=True):
            partner.birthdate = (TODAY + timedelta(days=days)).replace(year=1990)
        values = {"date_field": "birthdate", "date_yearly": True}
        self.assertEqual(self.count(trigger="date", **values), 2)
        birthday = self.env["crm.occasion"].search([("kind", "=", "birthday")], limit=1)
        self.assertEqual(self.count(trigger="occasion", occasion_id=birthday.id), 2)

    def test_program_long_before_a_day(self):
        """A step ahead of the first day is planned in time, however long before."""
        day = TODAY + timedelta(days=55)
        self.partners[0].birthdate = day.replace(year=1990)
        program = self.make_program(
            0, trigger="date", date_field="birthdate", date_yearly=True
        )
        program.step_ids.write({"delay_from": "before", "delay": 50})
        self.night()
        self.assertEqual(self.entered(program), [(self.partners[0], day)])

    def test_manually(self):
        self.assertEqual(self.count(trigger="manual"), 0)

    # ------------------------------------------------------------------
    # What happened before
    # ------------------------------------------------------------------

    def lose(self, relationship, days_ago):
        relationship.sudo().write(
            {
                "lifecycle_stage": "lost",
                "lifecycle_date": TODAY - timedelta(days=days_ago),
            }
        )

    def start_by_stage(self, program):
        self.env["crm.program"]._enroll_lifecycle(self.company)
        return program.enrollment_ids.relationship_id

    def test_published_long_after_its_first_day(self):
        """Those of the weeks in between do not all enter in the first night."""
        program = self.make_program(
            0,
            trigger="lifecycle",
            lifecycle_stage="lost",
            date_start=TODAY - timedelta(days=60),
        )
        program.state = "draft"
        self.lose(self.relationships[0], 30)
        program.with_user(self.manager).action_publish()
        self.lose(self.relationships[1], 0)
        self.assertEqual(self.start_by_stage(program), self.relationships[1])

    def test_taken_back_from_the_archive(self):
        program = self.make_program(
            0,
            trigger="lifecycle",
            lifecycle_stage="lost",
            date_start=TODAY - timedelta(days=60),
        )
        program.active = False
        self.lose(self.relationships[0], 30)
        program.with_user(self.manager).active = True
        self.lose(self.relationships[1], 0)
        self.assertEqual(self.start_by_stage(program), self.relationships[1])
