"""A customer who buys every week: thanked in time, and never flooded.

With all programs of the gallery at work at once.
"""

from datetime import timedelta

from odoo.tests import tagged

from .common import TODAY, set_live
from .common_days import EVENING, NIGHT, NOON, QUEUES, DayByDayCase
from .test_program_gallery import READY_MADE

# A year.
DAYS = 364
WEEK = 7
# What the company allows, by its settings: in so many days, so many interactions.
CAPS = ((7, 5), (30, 12))
# A message is written at one moment, and leaves at another.
TOLERANCE = timedelta(hours=2)


@tagged("post_install", "-at_install")
class TestWeeklyBuyer(DayByDayCase):
    # of one customer there is no portfolio to compare, nor is anybody forgotten
    night_jobs = ("schedule",)
    queues = QUEUES[:1]

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        everything = cls.env["crm.touchpoint"].with_context(active_test=False)
        everything.search([]).active = True
        set_live(cls.company)
        cls.programs = cls.env["crm.program"]
        for name in READY_MADE:
            cls.programs += cls.use(name)
        cls.thanks = cls.programs[0].step_ids[0]
        cls.partner = cls.make_customer(
            "Weekly",
            email="weekly@example.com",
            phone="+62 812 5555 0001",
            birthdate="1990-05-17",
        )
        cls.relationship = cls.make_relationship(cls.partner)
        cls.orders = cls.env["sale.order"]

    @classmethod
    def use(cls, name):
        program = cls.env.ref(f"crm_relationship.crm_program_{name}")
        program = program.with_user(cls.manager)
        used = cls.env["crm.program"].browse(program.action_use_ready_made()["res_id"])
        used.with_user(cls.manager).action_publish()
        return used

    def setUp(self):
        super().setUp()
        self.most_late = self.most_pending = 0

    def order(self):
        order = self.make_quotation(self.partner)
        order.action_confirm()
        self.orders += order

    def test_week_after_week(self):
        self.play(DAYS, {day: [self.order] for day in range(0, DAYS, WEEK)})
        self.assertEqual(len(self.orders), DAYS / WEEK)
        for order in self.orders:
            self.assertThanked(order)
        self.assert_capped()
        # no more than what two orders ask for, however many there were
        steps = len(self.relationship.enrollment_ids.program_id.step_ids)
        self.assertLessEqual(self.most_pending, 2 * steps)
        self.assertLessEqual(self.most_late, steps)

    def _run(self, hour, jobs):
        """Look for what is due by day, and once a week for what else there is."""
        if hour == NIGHT and self.day % WEEK:
            return
        if hour in (NOON, EVENING) and self.day not in self.happy:
            return
        super()._run(hour, jobs)

    def is_quiet(self, day, happenings):
        self.happy = happenings
        if day in happenings:
            return False
        evening = self.moment(23)
        return not self.pending(self.relationship).filtered(
            lambda i: i.date_planned < evening
            and (not i.date_retry or i.date_retry < evening)
        )

    def assertThanked(self, order):
        """Assert that a thank-you that names the order was made within a week."""
        runs = order.enrollment_ids
        thanks = (runs | runs.joined_id).interaction_ids.filtered(
            lambda i: self.thanks in i.program_step_id | i.program_step_id.root_id
        )
        thanks |= thanks.covered_by_id
        made = thanks.filtered(
            lambda i: i.state == "done" and order.name in (i.about or "")
        )
        self.assertTrue(made, (order.name, thanks.mapped(lambda i: (i.state, i.about))))
        waited = min(made.mapped("date_done")) - order.date_order
        self.assertLessEqual(waited, timedelta(days=WEEK), order.name)

    def assert_capped(self):
        done = self.interactions(self.relationship, "done").filtered(
            lambda i: i.kind != "service" and not i.along_id
        )
        moments = sorted(done.mapped("date_done"))
        for days, count in CAPS:
            for first, later in zip(moments, moments[count:], strict=False):
                self.assertGreaterEqual(later - first + TOLERANCE, timedelta(days=days))

    def check_day(self):
        pending = self.pending(self.relationship)
        today = TODAY + timedelta(days=self.day)
        late = pending.filtered(lambda i: i.date_due < today)
        self.most_late = max(self.most_late, len(late))
        self.most_pending = max(self.most_pending, len(pending))

    def test_twenty_orders_at_once(self):
        """One thank-you, which names all of them."""
        self.play(3, {0: [self.order] * 20})
        made = self.interactions(self.relationship, "done").filtered(
            lambda i: self.thanks in i.program_step_id | i.program_step_id.root_id
        )
        self.assertEqual(len(made), 1)
        for order in self.orders:
            self.assertIn(order.name, made.about)
            self.assertThanked(order)
