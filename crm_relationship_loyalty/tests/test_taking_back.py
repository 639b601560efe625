"""What an order caused goes with the order, unless it was used."""

from datetime import timedelta

from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .common import LoyaltyCase


@tagged("post_install", "-at_install")
class TestTakingBack(LoyaltyCase):
    def test_order_is_cancelled(self):
        self.make_thanks()
        order = self.buy()
        thanks = self.released(order)
        self.mails(thanks).state = "sent"
        card = thanks.loyalty_card_id
        order._action_cancel()
        self.assertEqual(thanks.loyalty_state, "taken_back")
        self.assertEqual((card.points, card.active), (0, False))
        following = self.make_quotation(order.partner_id, 100)
        self.assertIn("error", following._try_apply_code(card.code))

    def test_message_that_waits_is_recalled_with_its_coupon(self):
        self.make_thanks()
        order = self.buy()
        thanks = self.released(order)
        order._action_cancel()
        self.assertEqual(thanks.state, "cancelled")
        self.assertEqual(thanks.loyalty_state, "taken_back")
        self.assertEqual(self.mails(thanks).state, "cancel")

    def test_salesperson_has_not_called_yet(self):
        self.make_thanks(self.call)
        order = self.buy()
        thanks = self.released(order)
        order._action_cancel()
        self.assertEqual(thanks.loyalty_state, "taken_back")

    def test_used_stays_and_the_order_says_so(self):
        self.make_thanks()
        order = self.buy()
        thanks = self.released(order)
        self.mails(thanks).state = "sent"
        with self.in_days(5):
            self.spend(thanks.loyalty_card_id).action_confirm()
            order._action_cancel()
        self.assertEqual(thanks.loyalty_state, "used")
        self.assertIn(thanks.loyalty_code, order.message_ids[0].body)
        self.assertIn("used already", order.message_ids[0].body)

    def test_coupon_in_a_quotation_is_not_used(self):
        self.make_thanks()
        order = self.buy()
        thanks = self.released(order)
        self.mails(thanks).state = "sent"
        quotation = self.spend(thanks.loyalty_card_id)
        order._action_cancel()
        self.assertEqual(thanks.loyalty_state, "taken_back")
        with self.assertRaises(ValidationError):
            quotation.action_confirm()

    def test_points_that_are_left_are_taken_back(self):
        loyalty = self.make_loyalty("loyalty")
        self.make_thanks(benefit=self.make_benefit(loyalty, loyalty_points=10))
        order = self.buy()
        thanks = self.released(order)
        self.mails(thanks).state = "sent"
        card = thanks.loyalty_card_id
        card.points = 4
        order._action_cancel()
        self.assertEqual((card.points, card.active), (0, True))
        self.assertEqual(thanks.loyalty_state, "used")
        self.assertIn("6", order.message_ids[0].body)

    def test_points_of_before_stay(self):
        loyalty = self.make_loyalty("loyalty")
        self.make_thanks(benefit=self.make_benefit(loyalty, loyalty_points=10))
        order = self.buy()
        thanks = self.released(order)
        self.mails(thanks).state = "sent"
        thanks.loyalty_card_id.points += 7
        order._action_cancel()
        self.assertEqual(thanks.loyalty_card_id.points, 7)
        self.assertEqual(thanks.loyalty_state, "taken_back")

    def test_confirmed_again_it_is_given_again(self):
        self.make_thanks()
        order = self.buy()
        thanks = self.released(order)
        self.mails(thanks).state = "sent"
        order._action_cancel()
        order.action_draft()
        order.action_confirm()
        card = thanks.loyalty_card_id
        self.assertEqual(thanks.loyalty_state, "given")
        self.assertEqual((card.points, card.active), (1, True))

    def test_another_order_of_the_same_run_stands(self):
        self.make_thanks()
        partner = self.make_customer(email="c@example.com")
        first = self.buy(partner)
        second = self.buy(partner)
        thanks = self.released(first) | self.released(second)
        self.assertEqual(len(thanks), 1)
        self.mails(thanks).state = "sent"
        first._action_cancel()
        self.assertEqual(thanks.loyalty_state, "given")
        second._action_cancel()
        self.assertEqual(thanks.loyalty_state, "taken_back")

    def test_not_handed_over(self):
        self.make_thanks(self.call)
        thanks = self.released(self.buy())
        mine = thanks.with_user(self.sari)
        mine.benefit_withheld = True
        mine.action_done()
        self.assertEqual(thanks.loyalty_state, "taken_back")

    def test_not_reached(self):
        self.make_thanks(self.call)
        thanks = self.released(self.buy())
        thanks.with_user(self.sari).action_cancel()
        self.assertEqual(thanks.loyalty_state, "taken_back")

    def test_done_it_stays(self):
        self.make_thanks(self.call)
        thanks = self.released(self.buy())
        thanks.with_user(self.sari).action_done()
        self.assertEqual(thanks.loyalty_state, "given")

    def test_deleted_with_its_interaction(self):
        self.make_thanks(self.call)
        thanks = self.released(self.buy())
        card = thanks.loyalty_card_id
        thanks.unlink()
        self.assertFalse(card.active)

    def test_cancelled_by_the_planner(self):
        contact = self.planned(self.call)
        contact.plan_line_id.plan_id.company_id = self.company
        contact.plan_line_id.benefit_id = self.benefit
        contact._release()
        card = contact.loyalty_card_id
        contact.write({"state": "scheduled", "activity_id": False})
        contact.plan_line_id.active = False
        self.env.flush_all()
        self.schedule()
        self.assertEqual(contact.state, "cancelled")
        self.env["crm.interaction"]._before_scheduling(self.company)
        self.assertFalse(card.active)

    def test_other_reasons_take_nothing(self):
        self.make_thanks()
        order = self.buy()
        thanks = self.released(order)
        self.mails(thanks).state = "sent"
        order.enrollment_ids._stop("by_hand")
        self.assertEqual(thanks.loyalty_state, "given")
        with self.at(thanks.date_done + timedelta(days=1)):
            order._action_cancel()
        self.assertEqual(thanks.loyalty_state, "taken_back")

    def test_returned(self):
        self.make_thanks()
        order = self.buy()
        thanks = self.released(order)
        self.mails(thanks).state = "sent"
        order.order_line.product_uom_qty = 0
        order._follow_changes()
        self.assertEqual(thanks.loyalty_state, "taken_back")
