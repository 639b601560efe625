"""Follow-ups of several orders of one customer, and their turns."""

from datetime import timedelta

from odoo import Command
from odoo.tests import tagged

from .common import NOW, TODAY
from .common_follow_ups import FollowUpCase


@tagged("post_install", "-at_install")
class TestTogether(FollowUpCase):
    """Several orders at about the same time: one run, its steps in order."""

    def confirm_many(self, count):
        orders = self.env["sale.order"].union(
            *(self.make_quotation(self.partner) for _n in range(count))
        )
        orders.action_confirm()
        self.release_due()
        return orders

    def test_twenty_orders_confirmed_together(self):
        self.mail_template.body_html = (
            '<p>About <t t-out="object.follow_up_orders"/></p>'
        )
        orders = self.confirm_many(20)
        self.assertEqual(len(self.follow_ups(orders)), 4)
        mail = self.queued()
        self.assertEqual(len(mail), 1)
        for order in orders:
            self.assertIn(order.name, mail.body_html)
            self.assertEqual(order.follow_up_count, 4)
            self.assertEqual(order.enrollment_ids.state, "running")
        self.assertEqual(
            self.env["crm.interaction"].search(
                orders[7].action_view_follow_ups()["domain"]
            ),
            self.follow_ups(orders).sorted(
                lambda i: (i.date_planned, i.id), reverse=True
            ),
        )

    def test_default_message_names_the_orders(self):
        self.thanks.mail_template_id = self.env.ref(
            "crm_relationship.mail_template_thanks"
        )
        orders = self.confirm_many(2)
        for order in orders:
            self.assertIn(order.name, self.queued().body_html)
        self.assertIn("CD", self.queued().body_html)

    def test_three_orders_in_twenty_minutes(self):
        for minutes in (0, 10, 20):
            with self.at(NOW + timedelta(minutes=minutes)):
                self.confirmed()
        orders = self.partner.sale_order_ids
        steps = self.follow_ups(orders)
        self.assertEqual(steps.mapped("name"), ["Day 0", "Day 1", "Day 7", "Day 30"])
        self.assertEqual(len(self.queued()), 1)
        self.assertIn(orders[-1].name, steps[1].about)

    def test_order_of_the_next_week_has_a_run_of_its_own(self):
        self.confirmed()
        with self.in_days(4):
            later = self.make_quotation(self.partner)
            later.action_confirm()
        self.assertFalse(later.enrollment_ids.joined_id)
        self.assertEqual(len(self.follow_ups(later)), 4)

    def test_restarted_by_an_order_that_comes_to_nothing(self):
        """What it began anew goes on: the first order still stands."""
        self.program.write({"merge_rule": "restart", "merge_days": 3})
        first = self.confirmed()
        self.queued().state = "sent"
        with self.in_days(2):
            second = self.make_quotation(self.partner)
            second.action_confirm()
            self.assertEqual(first.enrollment_ids.stop_reason, "restarted")
            second._action_cancel()
            self.assertEqual(first.enrollment_ids.state, "running")
            self.assertEqual(
                self.follow_ups(first, "scheduled").mapped("name"),
                ["Day 1", "Day 7", "Day 30"],
            )
            second.action_draft()
            second.action_confirm()
            self.assertEqual(first.enrollment_ids.stop_reason, "restarted")
            self.assertFalse(self.follow_ups(first, "scheduled", "open"))
            first._action_cancel()
            second._action_cancel()
        self.assertStopped(first, "restarted")

    def test_order_of_a_colleague_has_a_run_of_its_own(self):
        firm = self.make_customer("Firm", is_company=True)
        for name in ("first", "second"):
            person = self.make_customer(
                name, parent_id=firm.id, email=f"{name}@example.com"
            )
            self.confirmed(person)
            self.assertEqual(len(self.queued(person)), 1)

    def test_one_of_two_is_cancelled(self):
        self.mail_template.body_html = (
            '<p>About <t t-out="object.follow_up_orders"/></p>'
        )
        first, second = self.confirm_many(2)
        second._action_cancel()
        self.assertFalse(self.queued(), "it names the wrong order")
        self.assertEqual(first.enrollment_ids.state, "running")
        self.assertEqual(second.enrollment_ids.state, "stopped")
        self.release_due()
        self.assertNotIn(second.name, self.queued().body_html)
        self.assertIn(first.name, self.queued().body_html)

    def test_first_of_two_is_cancelled(self):
        first, second = self.confirm_many(2)
        self.queued().state = "sent"
        first._action_cancel()
        self.assertEqual(
            second.enrollment_ids.mapped(lambda e: (e.state, e.joined_id.id)),
            [("running", False)],
        )
        pending = self.follow_ups(second, "scheduled", "open")
        self.assertEqual(
            pending.mapped("name"), ["Day 1", "Day 7", "Day 30"], "thanked already"
        )
        self.assertNotIn(first.name, pending[0].about)
        second._action_cancel()
        self.assertStopped(second, "order_cancelled")

    def test_two_runs_that_come_to_the_same_step_on_the_same_day(self):
        self.program.merge_rule = "parallel"  # else the first gives way
        first = self.make_quotation(self.partner)
        first.action_confirm()
        with self.in_days(4):
            second = self.make_quotation(self.partner)
            second.action_confirm()
            self.assertFalse(second.enrollment_ids.joined_id)
            thanks = self.follow_ups(first)[0] + self.follow_ups(second)[0]
            thanks._release()
        self.assertEqual(thanks.mapped("state"), ["done", "skipped"])
        self.assertEqual(thanks[1].reason_code, "already_sent")
        self.assertEqual(len(self.queued()), 1)

    def test_all_are_cancelled_and_one_joins_another_run(self):
        first, second = self.confirm_many(2)
        (first + second)._action_cancel()
        third = self.confirm_many(1)
        first.action_draft()
        first.action_confirm()
        run = third.enrollment_ids
        self.assertEqual(first.enrollment_ids.joined_id, run)
        self.assertEqual(second.enrollment_ids.joined_id, run)
        self.assertEqual(second.enrollment_ids.state, "stopped")

    def test_orders_of_several_days_made_up_for_at_once(self):
        orders = self.env["sale.order"].union(
            *(self.make_order(self.partner, days_ago=days) for days in (2, 1, 0))
        )
        self.env["sale.order"]._catch_up_programs(self.company)
        first, second, third = (order.enrollment_ids for order in orders)
        self.assertEqual(second.joined_id, first)
        self.assertFalse(third.joined_id, "it is too late for the first")

    def test_same_step_while_the_first_message_still_waits(self):
        self.confirmed()
        with self.in_days(4):
            second = self.make_quotation(self.partner)
            second.action_confirm()
            thanks = self.follow_ups(second)[0]
            thanks._release()
        self.assertEqual(
            (thanks.state, thanks.reason_code), ("skipped", "already_sent")
        )
        self.assertEqual(len(self.queued()), 1)

    def test_all_are_completed_together(self):
        orders = self.confirm_many(3)
        for step in self.follow_ups(orders)[1:]:
            step.action_done()
        self.assertEqual(set(orders.enrollment_ids.mapped("state")), {"completed"})

    # -- in order

    def test_message_waits_for_the_step_before(self):
        second = self.program.step_ids[1]
        self.thanks.touchpoint_ids = self.call
        second.write(
            {
                "touchpoint_ids": [Command.set(self.email.ids)],
                "mail_template_id": self.mail_template.id,
            }
        )
        order = self.confirmed()
        thanks, asked = self.follow_ups(order)[:2]
        self.assertEqual(thanks.state, "open")
        with self.in_days(2):
            asked._release()
            self.assertEqual(
                (asked.state, asked.reason_code), ("scheduled", "step_first")
            )
            thanks.action_done()
            self.assertFalse(asked.date_retry)
            asked._release()
            self.assertEqual((asked.state, asked.reason_code), ("done", False))

    def test_step_waits_as_long_as_the_one_before_and_no_longer(self):
        self.partner.contact_snooze_until = TODAY + timedelta(days=60)
        self.thanks.touchpoint_ids = self.call
        order = self.confirmed()
        thanks, asked = self.follow_ups(order)[:2]
        asked._release()
        self.assertEqual((asked.state, asked.reason_code), ("scheduled", "step_first"))
        self.assertGreaterEqual(asked.date_planned, thanks.date_planned)
        self.partner.contact_snooze_until = False
        thanks.action_done()
        self.run_cron("release")
        self.assertEqual(asked.state, "open")
        self.assertLess(asked.date_planned, NOW + timedelta(days=2))

    def test_step_is_not_planned_before_one_that_waits_for_a_place(self):
        self.company.contact_cap_ids.unlink()
        self.env["crm.contact.cap"].create(
            {"company_id": self.company.id, "count": 1, "days": 5}
        )
        self.make_interaction(
            self.make_relationship(self.partner), state="done", date_done=NOW
        )
        order = self.make_quotation(self.partner)
        order.action_confirm()
        steps = self.follow_ups(order)
        steps._release()
        moments = steps.mapped("date_planned")
        self.assertEqual(moments, sorted(moments))
        self.assertGreaterEqual(moments[0], NOW + timedelta(days=5))


@tagged("post_install", "-at_install")
class TestTurns(FollowUpCase):
    """What waits for a place under a limit keeps its turn."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.contact_cap_ids.unlink()
        cls.env["crm.contact.cap"].create(
            {"company_id": cls.company.id, "count": 1, "days": 7}
        )
        cls.relationship = cls.make_relationship(cls.partner)

    def plan(self, name, days):
        moment = NOW + timedelta(days=days)
        return self.make_interaction(
            self.relationship,
            name=name,
            touchpoint_id=self.call.id,
            date_due=moment.date(),
            date_planned=moment,
        )

    def test_place_that_becomes_free_is_taken(self):
        holder, waiting = self.plan("Holder", 0), self.plan("Waiting", 1)
        self.company.relationship_horizon_days = 1
        (holder + waiting)._release()
        self.assertEqual(
            (waiting.state, waiting.reason_code), ("scheduled", "too_frequent")
        )
        self.assertEqual(waiting.date_planned, NOW + timedelta(days=7))
        holder.action_cancel()
        self.run_cron("release")
        self.assertEqual((waiting.state, waiting.reason_code), ("open", False))
        self.assertLess(waiting.date_planned, NOW + timedelta(days=2))

    def test_message_recalled_makes_a_place_free(self):
        order = self.confirmed()
        waiting = self.plan("Waiting", 1)
        self.company.relationship_horizon_days = 1
        waiting._release()
        self.assertEqual(waiting.reason_code, "too_frequent")
        order._action_cancel()
        self.run_cron("release")
        self.assertEqual((waiting.state, waiting.reason_code), ("open", False))

    def test_who_comes_later_does_not_take_the_place(self):
        self.company.relationship_horizon_days = 1
        holder, waiting = self.plan("Holder", 0), self.plan("Waiting", 1)
        (holder + waiting)._release()
        self.company.relationship_horizon_days = 30
        later = self.plan("Later", 7)
        later._release()
        self.assertEqual(waiting.date_planned, NOW + timedelta(days=7))
        self.assertEqual(later.date_planned, NOW + timedelta(days=14))

    def test_moved_by_hand_stays_where_it_was_moved(self):
        self.company.relationship_horizon_days = 1
        holder, waiting = self.plan("Holder", 0), self.plan("Waiting", 1)
        (holder + waiting)._release()
        waiting.with_user(self.sari).date_planned = NOW + timedelta(days=20)
        holder.action_cancel()
        self.run_cron("release")
        self.assertEqual(waiting.date_planned, NOW + timedelta(days=20))
