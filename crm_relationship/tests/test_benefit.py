"""Benefits: which customers they suit, where they are used, what they cost."""

import psycopg2

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import TODAY, RelationshipCase


@tagged("post_install", "-at_install")
class TestBenefit(RelationshipCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.platinum, cls.gold, cls.regular = (
            cls.make_segment(name) for name in ("Platinum", "Gold", "Regular")
        )
        cls.discount = cls.make_benefit(
            "Discount", kind="financial", unsuited_segment_ids=cls.platinum.ids
        )
        cls.gift = cls.make_benefit("Gift", cost=8)

    @classmethod
    def make_benefit(cls, name, **values):
        return cls.env["crm.benefit"].create(
            {"name": name, "currency_id": cls.company.currency_id.id, **values}
        )

    def make_line(self, benefit, *segments):
        """Return a line with a benefit, in a plan that these segments use."""
        plan = self.make_plan({"benefit_id": benefit.id})
        self.env["crm.segment"].union(*segments).plan_id = plan
        return plan.line_ids

    def make_contact(self, benefit, segment=None, **values):
        relationship = self.make_relationship(
            self.make_customer(), segment_id=segment and segment.id
        )
        line = self.make_line(benefit)
        return self.make_open(relationship, plan_line_id=line.id, **values)

    # -- whom a benefit suits

    def test_suits_everybody_by_default(self):
        segments = self.platinum + self.gold
        self.assertFalse(self.gift._get_unsuited(segments))
        self.assertFalse(self.gift._get_warning(segments))

    def test_does_not_suit(self):
        segments = self.platinum + self.gold
        self.assertEqual(self.discount._get_unsuited(segments), self.platinum)

    def test_suits_only(self):
        self.gift.segment_ids = self.gold
        segments = self.platinum + self.gold
        self.assertEqual(self.gift._get_unsuited(segments), self.platinum)

    def test_many_segments_are_not_all_named(self):
        others = self.env["crm.segment"].union(
            *(self.make_segment(f"S{number}") for number in range(5))
        )
        self.gift.segment_ids = self.gold
        warning = self.gift._get_warning(others)
        self.assertEqual(warning, "“Gift” does not suit S0, S1, S2 and 2 more.")

    def test_suits_and_does_not_suit(self):
        with self.assertRaisesRegex(ValidationError, "both suit and not suit Platinum"):
            self.discount.segment_ids = self.platinum

    def test_negative_cost(self):
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaisesRegex(psycopg2.IntegrityError, "cost_not_negative"),
        ):
            self.make_benefit("Negative", cost=-1)

    def test_archived_segment_still_counts(self):
        self.gift.segment_ids = self.gold
        self.gold.active = False
        self.assertEqual(self.gift._get_unsuited(self.platinum), self.platinum)

    # -- warnings

    def test_plan_line_warns_about_the_segments_that_use_the_plan(self):
        line = self.make_line(self.discount, self.gold)
        self.assertFalse(line.benefit_warning)
        self.platinum.plan_id = line.plan_id
        self.assertEqual(line.benefit_warning, "“Discount” does not suit Platinum.")
        self.discount.unsuited_segment_ids = False
        line.invalidate_recordset()
        self.assertFalse(line.benefit_warning)

    def test_warns_while_the_form_is_edited(self):
        plan = self.make_line(self.gift, self.platinum).plan_id
        with Form(plan) as form, form.line_ids.edit(0) as line:
            line.benefit_id = self.discount
            self.assertEqual(line.benefit_warning, "“Discount” does not suit Platinum.")
        program = self.make_program(segment_ids=self.platinum.ids)
        with Form(program) as form:
            form.benefit_ids.add(self.discount)
            self.assertEqual(form.benefit_warning, "“Discount” does not suit Platinum.")

    def test_program_warns_about_its_segments(self):
        program = self.make_program(
            segment_ids=self.gold.ids, benefit_ids=self.discount.ids
        )
        self.assertFalse(program.benefit_warning)
        program.segment_ids += self.platinum
        self.assertEqual(program.benefit_warning, "“Discount” does not suit Platinum.")

    def test_program_for_everybody_warns_as_well(self):
        program = self.make_program(benefit_ids=self.discount.ids)
        self.assertEqual(program.benefit_warning, "“Discount” does not suit Platinum.")

    def test_step_warns_about_the_segments_of_the_program(self):
        program = self.make_program(0, segment_ids=self.platinum.ids)
        program.step_ids.benefit_id = self.discount
        self.assertEqual(
            program.step_ids.benefit_warning, "“Discount” does not suit Platinum."
        )

    def test_contact_shows_the_benefit_to_its_staff(self):
        contact = self.make_contact(self.discount, self.gold).with_user(self.sari)
        self.assertEqual(contact.benefit_id, self.discount)
        self.assertFalse(contact.benefit_warning)

    def test_contact_warns_about_the_customers_own_segment(self):
        contact = self.make_contact(self.discount, self.platinum).with_user(self.sari)
        self.assertEqual(contact.benefit_warning, "“Discount” does not suit Platinum.")

    def test_contact_of_a_step_shows_its_benefit(self):
        program = self.make_program(0, trigger="manual")
        program.step_ids.benefit_id = self.gift
        enrollment = program._enroll(self.make_relationship())
        self.assertEqual(enrollment.interaction_ids.benefit_id, self.gift)

    def test_customer_without_segment_gives_no_warning(self):
        self.assertFalse(self.make_contact(self.discount).benefit_warning)

    # -- cost

    def test_benefit_counts_to_the_cost_of_the_contact(self):
        contact = self.make_contact(self.gift)
        contact.with_user(self.sari).action_done()
        self.assertEqual(contact.given_benefit_id, self.gift)
        self.assertAlmostEqual(contact.cost, 8.5)

    def test_cost_at_the_rate_of_the_day(self):
        currency = self.env["res.currency"].create(
            {
                "name": "XBN",
                "symbol": "x",
                "rate_ids": [
                    Command.create(
                        {"name": day, "rate": rate, "company_id": self.company.id}
                    )
                    for day, rate in (("2026-01-01", 2), (TODAY, 4))
                ],
            }
        )
        self.gift.currency_id = currency
        contact = self.make_contact(self.gift)
        contact.action_done()
        self.assertAlmostEqual(contact.cost, 0.5 + 8 / 4)

    def test_cost_entered_by_hand_counts_as_it_is(self):
        contact = self.make_contact(self.gift, cost=3)
        contact.action_done()
        self.assertEqual((contact.cost, contact.given_benefit_id), (3, self.gift))

    def test_benefit_not_handed_over_costs_nothing(self):
        contact = self.make_contact(self.gift)
        contact.benefit_withheld = True
        contact.action_done()
        self.assertAlmostEqual(contact.cost, 0.5)
        self.assertFalse(contact.given_benefit_id)

    def test_contact_not_made_gives_nothing(self):
        contact = self.make_contact(self.gift)
        contact.action_cancel()
        self.assertFalse(contact.given_benefit_id)
        self.assertFalse(contact.benefit_id)

    def test_archived_benefit_is_not_offered(self):
        contact = self.make_contact(self.gift)
        self.gift.active = False
        contact.invalidate_recordset()
        self.assertFalse(contact.benefit_id)
        contact.action_done()
        self.assertFalse(contact.given_benefit_id)

    def test_what_was_handed_over_stays_when_the_plan_changes(self):
        contact = self.make_contact(self.gift)
        contact.action_done()
        contact.plan_line_id.benefit_id = self.discount
        contact.invalidate_recordset()
        self.assertEqual(contact.benefit_id, self.gift)

    # -- deleting what is in use

    def assertInUse(self, record, user):
        with self.assertRaisesRegex(UserError, f"{record.name}.*in use.*{user}"):
            record.unlink()

    def test_benefit_in_use_is_not_deleted(self):
        self.make_line(self.discount)
        self.assertInUse(self.discount, "How are you")
        self.make_program(benefit_ids=self.gift.ids)
        self.assertInUse(self.gift, "After the purchase")

    def test_benefit_handed_over_is_not_deleted(self):
        contact = self.make_contact(self.gift)
        contact.action_done()
        contact.plan_line_id.benefit_id = False
        self.assertInUse(self.gift, "A word")

    def test_unused_benefit_is_deleted(self):
        self.discount.unlink()
        self.assertFalse(self.discount.exists())

    def test_segment_named_by_a_benefit_is_not_deleted(self):
        self.assertInUse(self.platinum, "Discount")
        self.regular.unlink()

    # -- companies and access

    def test_benefit_of_another_company_is_hidden(self):
        theirs = self.make_benefit("Theirs", company_id=self.other_company.id)
        for user in (self.sari, self.manager):
            found = self.env["crm.benefit"].with_user(user).search([])
            self.assertNotIn(theirs, found)
            with self.assertRaises(AccessError):
                theirs.with_user(user).read(["name"])
        stranger = theirs.with_user(self.stranger).with_context(
            allowed_company_ids=self.other_company.ids
        )
        self.assertEqual(stranger.name, "Theirs")

    def test_plan_of_all_companies_takes_no_benefit_of_one(self):
        self.gift.company_id = self.company
        with self.assertRaisesRegex(ValidationError, "benefit of Toko Musik only"):
            self.make_line(self.gift)
        plan = self.make_plan({"benefit_id": self.gift.id}, company_id=self.company.id)
        with self.assertRaisesRegex(ValidationError, "benefit of Toko Musik only"):
            plan.company_id = False

    def test_program_of_all_companies_takes_no_benefit_of_one(self):
        self.gift.company_id = self.company
        with self.assertRaisesRegex(ValidationError, "benefit of Toko Musik only"):
            self.make_program(benefit_ids=self.gift.ids)
        program = self.make_program(
            0, company_id=self.company.id, benefit_ids=self.gift.ids
        )
        program.step_ids.benefit_id = self.gift
        program.benefit_ids = False
        with self.assertRaisesRegex(ValidationError, "benefit of Toko Musik only"):
            program.company_id = self.other_company

    def test_benefit_in_use_elsewhere_does_not_change_company(self):
        self.make_line(self.gift)
        with self.assertRaisesRegex(ValidationError, "benefit of Toko Musik only"):
            self.gift.company_id = self.company

    def test_benefit_handed_over_elsewhere_does_not_change_company(self):
        """Salespeople there could no longer read their own interactions."""
        contact = self.make_open()
        contact.given_benefit_id = self.gift
        self.gift.company_id = self.company
        with self.assertRaisesRegex(ValidationError, "benefit of Elsewhere"):
            self.gift.company_id = self.other_company

    def test_benefit_of_another_company_is_not_handed_over(self):
        theirs = self.gift.copy({"company_id": self.other_company.id})
        contact = self.make_open(self.make_relationship())
        with self.assertRaises(UserError):
            contact.with_user(self.sari).given_benefit_id = theirs

    def test_access(self):
        operations = ("read", "write", "create", "unlink")
        for user, allowed in (
            (self.sari, ("read",)),
            (self.all_documents, ("read",)),
            (self.manager, operations),
            (self.internal, ()),
            (self.portal, ()),
        ):
            for operation in operations:
                with self.subTest(user=user.login, operation=operation):
                    self.assertEqual(
                        self.gift.with_user(user).has_access(operation),
                        operation in allowed,
                    )

    # -- what comes along

    def test_default_benefits(self):
        data = self.env["ir.model.data"].search(
            [("module", "=", "crm_relationship"), ("model", "=", "crm.benefit")]
        )
        benefits = self.env["crm.benefit"].browse(data.mapped("res_id"))
        self.assertEqual(
            set(benefits.mapped("kind")), {"financial", "emotional", "spiritual"}
        )
        discount = self.env.ref("crm_relationship.crm_benefit_discount_voucher")
        platinum = self.env.ref("crm_relationship.crm_segment_platinum")
        self.assertEqual(discount._get_unsuited(platinum), platinum)
