"""Coupons and points: given once, told to the customer, never more than there is."""

from datetime import timedelta

from psycopg2.errors import CheckViolation

from odoo.exceptions import ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.crm_relationship.tests.common import NOW, TODAY

from .common import LoyaltyCase


@tagged("post_install", "-at_install")
class TestGiving(LoyaltyCase):
    def cards(self, loyalty=None):
        cards = self.env["loyalty.card"].with_context(active_test=False)
        return cards.search([("program_id", "=", (loyalty or self.coupons).id)])

    # -- a coupon

    def test_code_stands_in_the_email(self):
        self.make_thanks()
        order = self.buy()
        thanks = self.released(order)
        card = self.cards()
        self.assertEqual((thanks.state, thanks.loyalty_state), ("done", "given"))
        self.assertEqual(thanks.loyalty_card_id, card)
        self.assertEqual((card.partner_id, card.points), (order.partner_id, 1))
        self.assertIn(card.code, self.mails(thanks).body_html)
        self.assertIn(self.coupons.name, self.mails(thanks).body_html)

    def test_code_stands_in_the_text_message(self):
        self.make_thanks(self.sms)
        thanks = self.released(self.buy())
        self.assertIn(self.cards().code, self.texts(thanks).body)

    def test_each_customer_has_a_code_of_their_own(self):
        self.make_thanks()
        orders = [
            self.buy(self.make_customer(name, email=f"{name}@example.com"))
            for name in ("a", "b")
        ]
        codes = {self.released(order).loyalty_code for order in orders}
        self.assertEqual(len(codes), 2)
        for order in orders:
            thanks = self.env["crm.interaction"].search(
                [("sale_order_id", "=", order.id)]
            )
            self.assertIn(thanks.loyalty_code, self.mails(thanks).body_html)

    def test_salesperson_reads_the_code(self):
        self.make_thanks(self.call)
        thanks = self.released(self.buy())
        self.assertEqual((thanks.state, thanks.loyalty_state), ("open", "given"))
        self.assertIn(thanks.loyalty_code, thanks.note)
        self.assertIn(thanks.loyalty_code, thanks.activity_id.note)
        self.assertIn(thanks.loyalty_code, thanks.with_user(self.sari).note)

    def test_whatsapp_has_the_code(self):
        self.make_thanks(self.whatsapp)
        thanks = self.released(self.buy())
        self.assertIn(thanks.loyalty_code, thanks._get_whatsapp_text())

    def test_given_once_whatever_is_tried(self):
        self.make_thanks(self.call)
        thanks = self.released(self.buy())
        thanks.with_user(self.sari).action_no_answer()
        thanks.write({"state": "scheduled", "activity_id": False})
        thanks._release()
        self.assertEqual(len(self.cards()), 1)

    def test_validity(self):
        self.benefit.loyalty_days = 30
        self.make_thanks()
        self.released(self.buy())
        self.assertEqual(self.cards().expiration_date, TODAY + timedelta(days=30))

    def test_odoo_sends_no_message_of_its_own(self):
        """It would pass no gate."""
        self.env["loyalty.mail"].create(
            {
                "program_id": self.coupons.id,
                "trigger": "create",
                "mail_template_id": self.env.ref(
                    "loyalty.mail_template_loyalty_card"
                ).id,
            }
        )
        self.make_thanks(self.call)
        before = self.env["mail.mail"].search_count([])
        self.released(self.buy())
        self.assertEqual(self.env["mail.mail"].search_count([]), before)

    def test_code_is_accepted_by_the_next_order(self):
        self.make_thanks()
        order = self.buy()
        thanks = self.released(order)
        following = self.make_quotation(order.partner_id, 100)
        result = following._try_apply_code(thanks.loyalty_code)
        self.assertNotIn("error", result)

    def test_plan_lines_give_as_well(self):
        contact = self.planned()
        contact.plan_line_id.plan_id.company_id = self.company
        contact.plan_line_id.benefit_id = self.benefit
        contact._release()
        self.assertEqual(contact.loyalty_state, "given")

    def test_what_nobody_gets_is_not_given(self):
        self.make_thanks()
        order = self.buy(self.make_customer(email="c@example.com"))
        order.partner_id.do_not_contact = True
        thanks = self.released(order)
        self.assertEqual(thanks.state, "skipped")
        self.assertFalse(self.cards())

    # -- points

    def test_points_are_added_to_the_card(self):
        loyalty = self.make_loyalty("loyalty")
        self.make_thanks(benefit=self.make_benefit(loyalty, loyalty_points=10))
        partner = self.make_customer(email="c@example.com")
        card = self.env["loyalty.card"].create(
            {"program_id": loyalty.id, "partner_id": partner.id, "points": 5}
        )
        thanks = self.released(self.buy(partner))
        self.assertEqual(thanks.loyalty_card_id, card)
        self.assertEqual(card.points, 15)
        self.assertEqual(card.history_ids.issued, 10)
        self.assertFalse(thanks.loyalty_code)
        self.assertIn("10", self.mails(thanks).body_html)

    def test_first_points_bring_a_card(self):
        loyalty = self.make_loyalty("loyalty")
        self.make_thanks(benefit=self.make_benefit(loyalty, loyalty_points=10))
        self.released(self.buy())
        self.assertEqual(self.cards(loyalty).points, 10)

    # -- nothing is left

    def refused(self):
        """Return what is said of a thank-you that has nothing to bring."""
        thanks = self.released(self.buy())
        self.assertEqual((thanks.state, thanks.reason_code), ("skipped", "no_benefit"))
        self.assertFalse(self.mails(thanks))
        self.assertFalse(self.cards())
        return self.benefit._get_warning(self.env["crm.segment"])

    def test_program_is_over(self):
        self.make_thanks()
        self.coupons.date_to = TODAY - timedelta(days=1)
        self.assertIn("is over", self.refused())

    def test_program_has_not_begun(self):
        self.make_thanks()
        self.coupons.date_from = TODAY + timedelta(days=1)
        self.assertIn("not begun", self.refused())

    def test_program_is_archived(self):
        self.make_thanks()
        self.coupons.active = False
        self.assertIn("archived", self.refused())

    def test_program_was_used_up(self):
        self.make_thanks()
        card = self.env["loyalty.card"].create(
            {
                "program_id": self.coupons.id,
                "partner_id": self.make_customer().id,
                "points": 1,
            }
        )
        self.spend(card)
        card.program_id = self.make_loyalty("coupons")
        self.coupons.write({"limit_usage": True, "max_usage": 1})
        self.assertIn("as often as it may be", self.refused())

    def test_no_more_than_the_limit(self):
        """Also within one batch."""
        self.benefit.loyalty_limit = 2
        self.make_thanks()
        orders = self.env["sale.order"]
        for name in ("a", "b", "c"):
            orders += self.buy(self.make_customer(name, email=f"{name}@example.com"))
        thanks = self.released(orders[0] + orders[1] + orders[2])
        self.assertEqual(sorted(thanks.mapped("state")), ["done", "done", "skipped"])
        self.assertEqual(len(self.cards()), 2)
        self.assertEqual(self.benefit.loyalty_count, 2)
        self.assertIn("given: 2", thanks.program_step_id.benefit_warning)

    def test_person_reads_why_there_is_none(self):
        self.make_thanks(self.call)
        self.coupons.date_to = TODAY - timedelta(days=1)
        thanks = self.released(self.buy())
        self.assertEqual(thanks.state, "open")
        self.assertFalse(thanks.loyalty_state)
        self.assertIn("is over", thanks.activity_id.note)

    def test_message_waits_for_a_later_day_with_its_coupon(self):
        """What is deferred brings nothing yet."""
        self.make_thanks()
        order = self.buy()
        order.partner_id.contact_snooze_until = TODAY + timedelta(days=3)
        self.released(order)
        self.assertFalse(self.cards())
        with self.at(NOW + timedelta(days=5)):
            thanks = self.released(order)
            self.assertEqual(thanks.loyalty_state, "given")

    # -- what may be chosen

    def test_programs_that_work_by_themselves_are_refused(self):
        with self.assertRaisesRegex(ValidationError, "works by itself"):
            self.make_benefit(self.make_loyalty("promotion"))

    def test_nothing_is_no_gift(self):
        with mute_logger("odoo.sql_db"), self.assertRaises(CheckViolation):
            self.make_benefit(self.coupons, loyalty_points=0)
            self.env.flush_all()

    def test_program_of_another_company(self):
        theirs = self.make_loyalty("coupons", company_id=self.other_company.id)
        for company in (self.company, self.env["res.company"]):
            with self.assertRaisesRegex(ValidationError, "Elsewhere Ltd"):
                self.make_benefit(theirs, company_id=company.id)

    def test_step_says_what_it_gives(self):
        step = self.make_thanks().step_ids
        self.assertEqual(step.loyalty_summary, "A code of “Thanks (coupons)”")
        step.benefit_id = self.make_benefit(
            self.make_loyalty("loyalty"), loyalty_points=10
        )
        self.assertTrue(step.loyalty_summary.startswith("10 "))
