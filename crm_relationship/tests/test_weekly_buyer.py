"""A customer who buys every week, for a year: thanked in time, and never flooded."""

from datetime import timedelta

from odoo.tests import tagged

from .common import TODAY, set_live
from .common_days import QUEUES, DayByDayCase

DAYS = 364
WEEK = 7
# Steps that may be late at a time: each of the six at most once.
MOST_LATE = 6


@tagged("post_install", "-at_install")
class TestWeeklyBuyer(DayByDayCase):
    # one customer is neither a portfolio nor forgotten
    night_jobs = ("schedule",)
    queues = QUEUES[:1]

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.program = cls.env.ref("crm_relationship.crm_program_after_purchase")
        everything = cls.program.with_context(active_test=False)
        everything.step_ids.touchpoint_ids.active = True
        set_live(cls.company)
        cls.program.active = True
        cls.partner = cls.make_customer(
            "Weekly", email="weekly@example.com", phone="+62 812 5555 0001"
        )
        cls.relationship = cls.make_relationship(cls.partner)
        cls.orders = cls.env["sale.order"]

    def order(self):
        order = self.make_quotation(self.partner)
        order.action_confirm()
        self.orders += order

    def test_a_year(self):
        self.most_late = self.most_pending = 0
        self.play(DAYS, {day: [self.order] for day in range(0, DAYS, WEEK)})
        self.assertEqual(len(self.orders), DAYS / WEEK)
        for order in self.orders:
            self.assertThanked(order)
        self.assertLessEqual(self.most_late, MOST_LATE)
        self.assertLessEqual(self.most_pending, 2 * len(self.program.step_ids))

    def assertThanked(self, order):
        """Assert that a thank-you that names the order was sent within a week."""
        steps = order.enrollment_ids.interaction_ids
        thanks = steps.filtered(
            lambda i: i.program_step_id == self.program.step_ids[0]
        ).sorted("id")[-1:]
        thanks = thanks.covered_by_id or thanks
        self.assertEqual(thanks.state, "done", order.name)
        self.assertIn(order.name, thanks.about)
        self.assertLessEqual(thanks.date_done - order.date_order, timedelta(days=WEEK))

    def check_day(self):
        pending = self.pending(self.relationship)
        today = TODAY + timedelta(days=self.day)
        late = pending.filtered(lambda i: i.date_due < today)
        self.most_late = max(self.most_late, len(late))
        self.most_pending = max(self.most_pending, len(pending))
