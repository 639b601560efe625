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


@tagged("post_install", "-at_install")
class TestAmended(LoyaltyCase):
    """What an order of enough money has brought goes when it is no more."""

    def bought(self, **values):
        """Return the order, and the thank-you, which has left with a coupon."""
        order = self.buy(**values)
        thanks = self.released(order)
        self.mails(thanks).state = "sent"
        self.assertEqual(thanks.loyalty_state, "given")
        return order, thanks

    def test_amount_lowered_and_raised_again(self):
        self.make_thanks(order_amount=100)
        order, thanks = self.bought(amount=100)
        self.assertEqual(thanks.enrollment_id.state, "completed")
        card = thanks.loyalty_card_id
        order.order_line.price_unit = 99
        self.assertEqual(thanks.loyalty_state, "taken_back")
        self.assertEqual((card.points, card.active), (0, False))
        order.order_line.price_unit = 101
        self.assertEqual(thanks.loyalty_state, "given")
        self.assertEqual((card.points, card.active), (1, True))

    def test_points(self):
        loyalty = self.make_loyalty("loyalty")
        self.make_thanks(
            benefit=self.make_benefit(loyalty, loyalty_points=10), order_amount=100
        )
        order, thanks = self.bought(amount=100)
        order.order_line.discount = 50
        self.assertEqual(thanks.loyalty_card_id.points, 0)
        order.order_line.discount = 0
        self.assertEqual(thanks.loyalty_card_id.points, 10)

    def test_message_that_waits_goes_with_its_coupon(self):
        self.make_thanks(order_amount=100)
        order = self.buy(amount=100)
        thanks = self.released(order)
        order.order_line.price_unit = 99
        self.assertEqual(
            (thanks.state, thanks.reason_code), ("cancelled", "order_changed")
        )
        self.assertEqual(thanks.loyalty_state, "taken_back")
        self.assertEqual(self.mails(thanks).state, "cancel")

    def test_another_customer(self):
        """The first one keeps nothing of an order that is another's."""
        self.make_thanks()
        order, thanks = self.bought()
        other = self.make_customer("Other", email="o@example.com")
        order.partner_id = other
        self.assertEqual(thanks.loyalty_state, "taken_back")
        theirs = self.released(order) - thanks
        self.assertEqual((theirs.partner_id, theirs.loyalty_state), (other, "given"))
        order.partner_id = thanks.partner_id
        self.assertEqual(thanks.loyalty_state, "given")
        self.assertEqual(theirs.loyalty_state, "taken_back")

    def test_another_company(self):
        loyalty = self.make_loyalty("coupons")
        loyalty.company_id = False
        benefit = self.make_benefit(loyalty, company_id=False)
        self.make_thanks(company_id=False, benefit=benefit)
        order, thanks = self.bought(order_line=[])
        order.company_id = self.other_company
        self.assertEqual(thanks.loyalty_state, "taken_back")

    def test_another_program_gives_nothing_again(self):
        """Only what the order is enough for."""
        self.make_thanks(order_amount=100)
        other = self.make_thanks(
            benefit=self.make_benefit(self.make_loyalty("coupons")), name="Other"
        )
        order = self.buy(amount=100)
        thanks = self.released(order)
        self.mails(thanks).state = "sent"
        ours = thanks.filtered(lambda i: i.program_id != other)
        order.order_line.price_unit = 50
        self.assertEqual(ours.loyalty_state, "taken_back")
        self.assertEqual((thanks - ours).loyalty_state, "given")
        order.order_line.product_uom_qty = 0
        self.assertEqual(set(thanks.mapped("loyalty_state")), {"taken_back"})
        order.order_line.product_uom_qty = 1
        self.assertEqual(ours.loyalty_state, "taken_back")
        self.assertEqual((thanks - ours).loyalty_state, "given")

    def test_another_order_of_the_same_run_is_enough(self):
        self.make_thanks(order_amount=100)
        partner = self.make_customer(email="c@example.com")
        first, second = self.buy(partner, amount=100), self.buy(partner, amount=100)
        thanks = self.released(first) | self.released(second)
        self.mails(thanks).state = "sent"
        first.order_line.price_unit = 50
        self.assertEqual(thanks.loyalty_state, "given")
        second.order_line.price_unit = 50
        self.assertEqual(thanks.loyalty_state, "taken_back")

    def test_credit_note_that_is_taken_back(self):
        """A run that was over is given what it had, too."""
        self.make_accounts()
        self.make_thanks()
        order, thanks = self.bought()
        order.order_line.product_id.invoice_policy = "order"
        order.order_line.invalidate_recordset(["qty_to_invoice"])
        invoice = order._create_invoices()
        invoice.action_post()
        credit_note = invoice._reverse_moves()
        credit_note.action_post()
        self.assertEqual(thanks.loyalty_state, "taken_back")
        credit_note.button_draft()
        self.assertEqual(thanks.loyalty_state, "given")
