"""What a program is made of is archived, deleted or moved to another company.

A choice that is empty means "all": what is taken away must never make it empty.
"""

from datetime import date

from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .common import TODAY
from .test_triggers import TriggerCase


class PartsCase(TriggerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls.make_customer("Ani", email="ani@example.com")
        cls.relationship = cls.make_relationship(cls.customer)

    def buy(self, partner=None, **values):
        order = self.make_quotation(partner or self.customer, **values)
        order.action_confirm()
        return order

    def archive(self, record):
        record.active = False
        self.env.flush_all()
        self.env.invalidate_all()

    def assertTold(self, program, name):
        """Say on the form that something is archived, to whoever may mend it."""
        words = program.with_user(self.manager).archived_warning
        self.assertIn(f"“{name}”, which is archived", words or "")


@tagged("post_install", "-at_install")
class TestSegmentsOfPrograms(PartsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.gold, cls.silver = cls.make_segment("Gold"), cls.make_segment("Silver")
        cls.relationship.sudo().segment_id = cls.gold
        cls.other = cls.make_customer("Other")
        cls.make_relationship(cls.other)

    def test_target_is_not_deleted(self):
        """Else the program would be for everybody."""
        program = self.make_program(0, segment_ids=self.gold.ids)
        with self.assertRaisesRegex(UserError, "in use"):
            self.gold.unlink()
        self.assertEqual(program.segment_ids, self.gold)

    def test_archived_target_is_nobody(self):
        program = self.make_program(0, 5, segment_ids=self.gold.ids)
        self.archive(self.gold)
        self.buy(self.other)
        self.assertFalse(self.entered(program))
        self.assertTold(program, "Gold")
        program.action_back_to_draft()
        with self.assertRaisesRegex(UserError, "“Gold”, which is archived"):
            program.action_publish()

    def test_who_is_in_it_already(self):
        """The next night the customer is in another segment, outside the target."""
        program = self.make_program(5, segment_ids=self.gold.ids)
        self.buy()
        self.archive(self.gold)
        self.relationship.sudo().segment_id = self.silver
        with self.in_days(6):
            self.pending(self.relationship)._release()
        [step] = self.interactions(self.relationship)
        self.assertEqual((step.state, step.reason_code), ("skipped", "left_target"))
        self.assertTrue(program.enrollment_ids)

    def test_where_customers_come_from(self):
        """Coming from Gold is asked for; archived, it is not coming from anywhere."""
        program = self.make_program(
            0,
            trigger="segment",
            from_segment_ids=self.gold.ids,
            to_segment_ids=self.silver.ids,
            date_start=TODAY,
        )
        bronze = self.make_segment("Bronze")
        self.archive(self.gold)
        self.env["crm.segment.move"].create(
            {
                "relationship_id": self.relationship.id,
                "company_id": self.company.id,
                "date": TODAY,
                "from_segment_id": bronze.id,
                "to_segment_id": self.silver.id,
            }
        )
        self.relationship.sudo().segment_id = self.silver
        self.night()
        self.assertFalse(self.entered(program))
        self.assertTold(program, "Gold")


@tagged("post_install", "-at_install")
class TestPartsOfPrograms(PartsCase):
    def test_team(self):
        team = self.env["crm.team"].create(
            {"name": "Web", "company_id": self.company.id}
        )
        program = self.make_program(0, team_ids=team.ids)
        self.archive(team)
        self.buy(team_id=False)
        self.assertFalse(self.entered(program))
        self.assertTold(program, "Web")

    def test_product(self):
        product = self.product.product_tmpl_id
        program = self.make_program(
            0, order_what="products", product_tmpl_ids=product.ids
        )
        other = self.env["product.product"].create({"name": "DVD"})
        self.archive(product)
        self.assertIn("are archived", program.problem)
        line = {"product_id": other.id, "name": "DVD", "price_unit": 5}
        self.buy(order_line=[Command.create(line)])
        self.assertFalse(self.entered(program))

    def test_category(self):
        category = self.env["product.category"].create({"name": "Strings"})
        program = self.make_program(
            0, order_what="categories", product_categ_ids=category.ids
        )
        category.unlink()
        self.assertIn("Choose the product categories", program.problem)
        self.buy()
        self.assertFalse(self.entered(program))

    def test_product_that_is_sold_no_more(self):
        """Nobody asks whether to bring the next one of what there is no more."""
        program = self.make_program(0, trigger="runs_out", days_before=10)
        product = self.env["product.product"].create(
            {"name": "Oil", "relationship_lasting_days": 15}
        )
        line = {"product_id": product.id, "name": "Oil", "price_unit": 5}
        self.make_order(self.customer, order_line=[Command.create(line)])
        self.archive(product.product_tmpl_id)
        with self.in_days(6):
            self.night()
        self.assertFalse(self.entered(program))
        product.product_tmpl_id.active = True
        self.env.flush_all()
        with self.in_days(6):
            self.night()
        self.assertTrue(self.entered(program))

    def test_channel(self):
        """The step is left out, the next one is made, and the manager reads why."""
        program = self.make_program(0, 1, 2)
        program.step_ids[1].touchpoint_ids = self.whatsapp
        self.buy()
        self.archive(self.whatsapp)
        self.assertTold(program, "Whatsapp")
        for day in range(3):
            with self.in_days(day):
                self.pending(self.relationship)._release()
                for step in self.interactions(self.relationship, "open"):
                    step.sudo()._close_done({"outcome": "reached"})
        self.assertEqual(
            [(i.state, i.reason_code) for i in self.interactions(self.relationship)],
            [("done", False), ("skipped", "no_channel"), ("done", False)],
        )

    def test_message(self):
        template = self.env["mail.template"].create(
            {
                "name": "Thanks",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "subject": "Thanks",
                "body_html": "<p>Thanks</p>",
            }
        )
        program = self.make_program(0)
        program.step_ids.write(
            {
                "touchpoint_ids": [Command.set(self.email.ids)],
                "mail_template_id": template.id,
            }
        )
        with self.assertRaisesRegex(UserError, "in use"):
            template.unlink()
        self.archive(template)
        self.assertTold(program, "Thanks")

    def test_benefit(self):
        benefit = self.env["crm.benefit"].create({"name": "Strings"})
        program = self.make_program(0)
        program.step_ids.benefit_id = benefit
        self.buy()
        self.archive(benefit)
        self.assertTold(program, "Strings")
        self.pending(self.relationship)._release()
        self.assertFalse(self.interactions(self.relationship).benefit_id)

    def test_occasion(self):
        occasion = self.env.ref("crm_relationship.crm_occasion_birthday")
        program = self.make_program(0, trigger="occasion", occasion_id=occasion.id)
        with self.assertRaisesRegex(UserError, "in use"):
            occasion.unlink()
        self.archive(occasion)
        self.assertTold(program, occasion.name)

    def test_person(self):
        """Whoever serves the customer does what a person who left was to do."""
        program = self.make_program(1)
        program.step_ids.user_id = self.budi
        self.buy()
        self.budi.active = False
        with self.in_days(1):
            self.pending(self.relationship)._release()
        self.assertEqual(self.interactions(self.relationship).user_id, self.sari)

    def test_nothing_is_archived(self):
        self.assertFalse(self.make_program(0).archived_warning)


@tagged("post_install", "-at_install")
class TestCompanyOfPrograms(PartsCase):
    def test_not_while_others_go_through_it(self):
        program = self.make_program(0)
        self.buy()
        with self.assertRaisesRegex(ValidationError, "Toko Musik.*Duplicate"):
            program.company_id = self.other_company
        program.company_id = self.company
        self.assertEqual(program.running_count, 1)

    def test_not_after_others_went_through_it(self):
        """What they got would be part of a program that their people may not see."""
        program = self.make_program(0, company_id=self.company.id)
        self.buy()
        program.enrollment_ids._stop("by_hand")
        with self.assertRaisesRegex(ValidationError, "Toko Musik"):
            program.company_id = self.other_company
        program.company_id = False

    def test_of_whom_nobody_went_through_it(self):
        program = self.make_program(0, company_id=self.company.id)
        program.company_id = self.other_company
        self.assertEqual(program.company_id, self.other_company)


@tagged("post_install", "-at_install")
class TestDaysOfPrograms(PartsCase):
    def test_over(self):
        """Not in the hours before the night that ends it either."""
        program = self.make_program(
            0, trigger="manual", date_start=date(2026, 3, 1), date_end=date(2026, 3, 30)
        )
        dialog = self.env["crm.program.enroll"].create(
            {
                "program_id": program.id,
                "relationship_ids": [Command.set(self.relationship.ids)],
            }
        )
        with self.assertRaisesRegex(UserError, "over since"):
            dialog.action_enroll()
        program.date_end = TODAY
        dialog.action_enroll()
        self.assertEqual(self.entered(program), [(self.customer, TODAY)])

    def test_long_ago(self):
        """Whoever begins long ago has missed all steps: nothing is made up for."""
        program = self.make_program(0, 7, trigger="manual")
        run = program._enroll(self.relationship, {self.relationship: date(1900, 1, 1)})
        self.assertFalse(run.interaction_ids)
        self.assertEqual(run.state, "completed")

    def test_far_ahead(self):
        """As far as the calendar goes, and no further."""
        program = self.make_program(0, 3650, trigger="manual")
        run = program._enroll(self.relationship, {self.relationship: date(9998, 1, 1)})
        self.assertEqual(
            set(run.interaction_ids.mapped("date_due")), {date(2199, 12, 31)}
        )
