"""The same step for two orders within a few days is made once, about both."""

from datetime import timedelta

from odoo.tests import tagged

from .common import NOW, TODAY
from .common_follow_ups import FollowUpCase


@tagged("post_install", "-at_install")
class TestCovering(FollowUpCase):
    def order_after(self, days, partner=None):
        with self.in_days(days):
            order = self.make_quotation(partner or self.partner)
            order.action_confirm()
        return order

    def get_covered(self, order):
        covered = self.follow_ups(order).filtered("covered_by_id")
        self.assertEqual(
            set(covered.mapped(lambda i: (i.state, i.reason_code))),
            {("skipped", "covered")} if covered else set(),
        )
        return covered.mapped("name")

    def test_what_comes_twice_within_a_week_comes_once(self):
        first = self.confirmed()  # thanked at once
        second = self.order_after(4)
        self.assertEqual(self.get_covered(first), ["Day 1", "Day 7", "Day 30"])
        self.assertEqual(first.enrollment_ids.state, "completed")
        steps = self.follow_ups(second)
        self.assertEqual(len(steps), 4)
        for step in steps[1:]:
            self.assertIn(first.name, step.about)
            self.assertIn(second.name, step.about)
        self.assertNotIn(first.name, steps[0].about, "it had a thank-you of its own")

    def test_thank_you_that_waits_names_both(self):
        first = self.order_after(0)
        second = self.order_after(4)
        with self.in_days(4):
            thanks = self.follow_ups(second)[0]
            thanks._release()
        self.assertEqual(len(self.queued()), 1)
        self.assertIn("Day 0", self.get_covered(first))
        self.assertIn(first.name, thanks.about)

    def test_later_ones_keep_both(self):
        first = self.confirmed()
        self.order_after(8)
        self.assertEqual(self.get_covered(first), [])
        self.assertEqual(len(self.follow_ups(first, "scheduled", "open")), 3)

    def test_run_for_each_order(self):
        self.program.merge_rule = "parallel"
        first = self.confirmed()
        self.order_after(4)
        self.assertEqual(self.get_covered(first), [])

    def test_several_in_a_row(self):
        first, second, third = (self.order_after(days) for days in (0, 3, 6))
        last = self.follow_ups(third)[0]
        for order in first + second + third:
            self.assertIn(order.name, last.about)
        self.assertEqual(self.follow_ups(first)[0].covered_by_id, last)

    def test_later_order_is_cancelled(self):
        first = self.confirmed()
        second = self.order_after(4)
        with self.in_days(4):
            second._action_cancel()
        self.assertEqual(self.get_covered(first), [])
        self.assertEqual(first.enrollment_ids.state, "running")
        pending = self.follow_ups(first, "scheduled", "open")
        self.assertEqual(pending.mapped("name"), ["Day 1", "Day 7", "Day 30"])

    def test_first_order_is_cancelled(self):
        first = self.confirmed()
        second = self.order_after(4)
        first._action_cancel()
        for step in self.follow_ups(second):
            self.assertNotIn(first.name, step.about)

    def test_first_order_is_given_back(self):
        first = self.confirmed()
        second = self.order_after(4)
        first.order_line.product_uom_qty = 0
        for step in self.follow_ups(second):
            self.assertNotIn(first.name, step.about)

    def test_colleague_is_asked_alone(self):
        firm = self.make_customer("Firm", is_company=True)
        people = [
            self.make_customer(name, parent_id=firm.id, email=f"{name}@example.com")
            for name in ("first", "second")
        ]
        first = self.confirmed(people[0])
        self.order_after(4, people[1])
        self.assertEqual(self.get_covered(first), [])

    def test_day_that_somebody_chose_stays(self):
        first = self.confirmed()
        chosen = self.follow_ups(first)[2]
        chosen.with_user(self.sari).date_planned = NOW + timedelta(days=9)
        self.order_after(4)
        self.assertEqual(self.get_covered(first), ["Day 1", "Day 30"])

    def test_order_of_an_earlier_day_that_is_imported_later(self):
        first = self.confirmed()
        older = self.make_quotation(self.partner)
        older.action_confirm()
        older.date_order = NOW - timedelta(days=4)
        self.assertEqual(self.get_covered(first), [])
        self.assertEqual(first.enrollment_ids.date, TODAY)

    def test_what_gave_way_is_not_placed_again(self):
        first, along = self.confirm_two()
        self.order_after(4)
        along._action_cancel()
        self.assertEqual(self.get_covered(first), ["Day 1", "Day 7", "Day 30"])
        self.assertFalse(self.follow_ups(first, "scheduled", "open"))

    def confirm_two(self):
        orders = self.make_quotation(self.partner) + self.make_quotation(self.partner)
        orders.action_confirm()
        self.release_due()
        self.queued().state = "sent"
        return orders

    def test_later_order_is_confirmed_again(self):
        first = self.confirmed()
        second = self.order_after(4)
        with self.in_days(4):
            second._action_cancel()
            second.action_draft()
            second.action_confirm()
        self.assertEqual(self.get_covered(first), ["Day 1", "Day 7", "Day 30"])
