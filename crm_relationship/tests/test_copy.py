"""Copies and new records do no harm until somebody has looked at them."""

from odoo.tests import tagged

from .common import RelationshipCase


@tagged("post_install", "-at_install")
class TestCopy(RelationshipCase):
    def test_name_says_that_it_is_a_copy(self):
        plan = self.make_plan({"every": 1})
        for record in (plan, self.call, self.make_segment("Gold")):
            with self.subTest(model=record._name):
                self.assertEqual(record.copy().name, f"{record.name} (copy)")
                self.assertEqual(record.copy({"name": "Own"}).name, "Own")

    def test_copy_is_told_apart_in_every_language(self):
        self.env["res.lang"]._activate_lang("id_ID")
        segment = self.make_segment("Gold").with_context(lang="id_ID")
        segment.name = "Emas"
        for lang in ("id_ID", "en_US"):
            copy = segment.with_context(lang=lang).copy()
            names = {copy.with_context(lang=code).name for code in ("id_ID", "en_US")}
            self.assertFalse(names & {"Gold", "Emas"})

    def test_segment_for_all_others_remains_the_only_one(self):
        rest = self.make_segment("Rest", is_fallback=True)
        customer = self.make_relationship(self.make_customer())
        self.refresh()
        self.assertEqual(customer.segment_id, rest)
        copy = rest.copy()
        self.assertFalse(copy.is_fallback)
        self.assertFalse(copy.active)
        self.refresh()
        self.assertEqual(customer.segment_id, rest)

    def test_new_segment_comes_last(self):
        first = self.make_segment("First")
        self.make_segment("Far", sequence=first.sequence + 90, active=False)
        last = self.make_segment("Last")
        self.assertEqual(last.sequence, first.sequence + 100)

    def test_occasion_keeps_its_dates(self):
        occasion = self.env["crm.occasion"].create(
            {
                "name": "Open day",
                "date_ids": [
                    (0, 0, {"date": "2027-03-09"}),
                    (0, 0, {"date": "2027-08-17", "recurring": True}),
                ],
            }
        )
        names = ["03/09/2027", "08/17/2027, every year"]
        self.assertEqual(occasion.date_ids.mapped("display_name"), names)
        copy = occasion.copy()
        self.assertEqual(copy.date_ids.mapped("display_name"), names)
        self.assertFalse(copy.date_ids & occasion.date_ids)

    def test_program_waits_for_somebody_to_start_it(self):
        program = self.make_program(0, 3)
        self.assertEqual(program.trigger, "sale_confirmed")
        copy = program.copy()
        self.assertEqual(copy.trigger, "manual")
        self.assertTrue(copy.active)
