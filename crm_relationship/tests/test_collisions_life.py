"""Many programs at once, in any order: nobody who waits for a place is overtaken."""

import os
import unittest
from datetime import timedelta

from odoo.tests import tagged

from .common import NOW
from .test_collisions import CollisionCase

try:
    import hypothesis
    from hypothesis import strategies
except ImportError:  # where the addon is installed, its tests may run without
    hypothesis = None

EXAMPLES = int(os.environ.get("CRM_RELATIONSHIP_LIVES", 8))
LENGTH, DAYS = 20, 40
PRIORITIES = ("0", "1", "2")


@tagged("post_install", "-at_install")
@unittest.skipUnless(hypothesis, "hypothesis is not installed")
class TestCollisionsLife(CollisionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.programs = [
            cls.make_program(0, name=f"{number}", trigger="manual", priority=priority)
            for number, priority in enumerate(PRIORITIES * 3)
        ]

    def moves(self):
        everybody = strategies.integers(0, len(self.programs) - 1)
        enter = strategies.tuples(strategies.just("enter"), everybody)
        return strategies.one_of(
            *(enter,) * 5,
            strategies.tuples(strategies.just("wait"), strategies.integers(1, 5)),
            strategies.tuples(strategies.just("cancel"), strategies.integers(0, 20)),
            strategies.tuples(strategies.just("pause"), strategies.integers(0, 9)),
        )

    def play(self, moves):
        self.day, self.order = 0, []
        for name, number in moves:
            with self.in_days(self.day):
                getattr(self, f"do_{name}")(number)
        with self.in_days(self.day):
            self.do_wait(8)

    def do_enter(self, number):
        self.order += self.enter(self.programs[number], self.day)

    def do_cancel(self, number):
        pending = self.pending(self.relationship)
        if pending:
            pending[number % len(pending)].action_cancel()

    def do_pause(self, days):
        """A pause; of no days, it is lifted."""
        until = days and (NOW + timedelta(days=self.day + days)).date()
        self.partner._change_preferences({"contact_snooze_until": until}, "portal")

    def do_wait(self, days):
        """Each day, first of all what waits looks for a place; then people work."""
        for _day in range(days):
            if self.day >= DAYS:
                return
            self.day += 1
            with self.in_days(self.day):
                waiting = self.get_waiting()
                self.release()
                self.assert_not_overtaken(waiting)
                self.work()

    def get_waiting(self):
        return self.pending(self.relationship).filtered(
            lambda i: i.state == "scheduled" and i.reason_code == "too_frequent"
        )

    def assert_not_overtaken(self, waiting):
        """Assert that nothing newer has got a place for which these still wait."""
        for older in waiting.filtered(lambda i: i.state == "scheduled"):
            for newer in self.pending(self.relationship).filtered("enrollment_id"):
                if (
                    newer.id > older.id
                    and newer._get_priority() <= older._get_priority()
                ):
                    self.assertFalse(
                        newer.state == "open" and newer not in self.queued,
                        f"{newer.name} of {newer.program_id.name} overtakes",
                    )
                    if newer.state == "scheduled":
                        self.assertGreaterEqual(newer.date_planned, older.date_planned)
                    self.compared += 1
        self.queued = self.pending(self.relationship).filtered(
            lambda i: i.state == "open"
        )

    def work(self):
        today = (NOW + timedelta(days=self.day)).date()
        for step in self.pending(self.relationship):
            if step.state == "open" and step.date_planned.date() <= today:
                step.override_reason = "The customer called"
                step.action_done()

    def assert_capped(self):
        done = self.interactions(self.relationship, "done").mapped("date_done")
        for first, second in zip(sorted(done), sorted(done)[1:], strict=False):
            self.assertGreaterEqual(second - first, timedelta(days=6.5))

    def test_any_order(self):
        @hypothesis.settings(
            max_examples=EXAMPLES,
            derandomize=True,
            deadline=None,
            database=None,
            suppress_health_check=list(hypothesis.HealthCheck),
            phases=(hypothesis.Phase.generate,),
        )
        @hypothesis.given(
            strategies.lists(self.moves(), min_size=LENGTH // 2, max_size=LENGTH)
        )
        def play(moves):
            point = self.env.cr.savepoint()
            self.queued = self.env["crm.interaction"]
            try:
                self.play(moves)
                self.assert_capped()
            finally:
                point.close(rollback=True)
                self.env.invalidate_all()

        self.compared = 0
        play()
        self.assertTrue(self.compared, "somebody waited")
