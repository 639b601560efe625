"""Many programs at once, one customer: who comes first, and who waits for a place."""

from datetime import timedelta
from unittest.mock import patch

from odoo import Command
from odoo.tests import tagged

from ..models.ledger import release
from .common import NOW, TODAY
from .common_message import MessageCase


@tagged("post_install", "-at_install")
class CollisionCase(MessageCase):
    """At most one interaction in seven days, and programs that all want it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.contact_cap_ids.unlink()
        cls.cap = cls.env["crm.contact.cap"].create(
            {"company_id": cls.company.id, "count": 1, "days": 7}
        )
        cls.company.relationship_horizon_days = 1
        cls.partner = cls.make_customer("Ani", email="ani@example.com")
        cls.relationship = cls.make_relationship(cls.partner)

    def make(self, name, **values):
        return self.make_program(0, name=name, trigger="manual", **values)

    def make_sending(self, name, **values):
        program = self.make(name, **values)
        program.step_ids.write(
            {
                "touchpoint_ids": [Command.set(self.email.ids)],
                "mail_template_id": self.mail_template.id,
            }
        )
        return program

    def enter(self, program, days=0):
        """Return the step of a customer who enters some days after the first day."""
        day = TODAY + timedelta(days=days)
        return program._enroll(
            self.relationship, {self.relationship: day}
        ).interaction_ids

    def release(self):
        self.run_cron("release")

    def get_days(self, *steps):
        return [(step.date_planned.date() - TODAY).days for step in steps]


@tagged("post_install", "-at_install")
class TestPriority(CollisionCase):
    def test_the_more_important_program_first(self):
        ordinary = self.enter(self.make("Ordinary"))
        important = self.enter(self.make("Important", priority="2"))
        unimportant = self.enter(self.make("Unimportant", priority="0"))
        self.release()
        self.assertEqual(important.state, "open")
        self.assertEqual(
            [ordinary.reason_code, unimportant.reason_code], ["too_frequent"] * 2
        )
        self.assertEqual(self.get_days(ordinary, unimportant), [7, 14])

    def test_an_unimportant_one_after_the_plan(self):
        unimportant = self.enter(self.make("Unimportant", priority="0"))
        planned = self.make_interaction(
            self.relationship,
            date_due=TODAY,
            date_planned=NOW + timedelta(hours=5),
            touchpoint_id=self.call.id,
        )
        (unimportant + planned)._release()
        self.assertEqual(planned.state, "open")
        self.assertEqual(unimportant.reason_code, "too_frequent")

    def test_service_before_everything(self):
        important = self.enter(self.make("Important", priority="2"))
        service = self.make_interaction(
            self.relationship,
            kind="service",
            date_due=TODAY,
            date_planned=NOW,
            touchpoint_id=self.call.id,
        )
        (important + service)._release()
        self.assertEqual((important + service).mapped("state"), ["open"] * 2)

    def test_in_the_queue_of_a_person(self):
        """Of several customers, too: who has little time makes what matters first."""
        self.cap.unlink()
        self.sari.contact_minutes_day = 10
        self.call.duration = 10
        steps = []
        for name, priority in (("Low", "0"), ("Usual", "1"), ("High", "2")):
            program = self.make(name, priority=priority)
            relationship = self.make_relationship(self.make_customer(name))
            steps.append(program._enroll(relationship).interaction_ids)
        self.release()
        low, usual, high = steps
        self.assertEqual(high.state, "open")
        self.assertEqual(usual.date_planned.date() > high.date_planned.date(), True)
        self.assertLess(usual.date_planned, low.date_planned)


@tagged("post_install", "-at_install")
class TestPlace(CollisionCase):
    """What waits keeps its place."""

    def setUp(self):
        super().setUp()
        self.holder = self.enter(self.make("Holder"))
        self.holder._release()
        self.waiting = self.enter(self.make("Waiting"))
        with self.in_days(0.1):
            self.release()
        self.assertEqual(self.waiting.reason_code, "too_frequent")
        self.assertEqual(self.get_days(self.waiting), [7])

    def test_a_newer_one_of_the_same_priority_comes_after_it(self):
        with self.in_days(6.5):
            newer = self.enter(self.make("Newer"), 6)
            self.release()
        self.assertEqual(self.get_days(self.waiting, newer), [7, 14])

    def test_a_newer_one_that_is_wanted_for_an_earlier_day(self):
        """An order of yesterday that is imported today is newer all the same."""
        newer = self.enter(self.make("Newer"), -1)
        self.holder.action_cancel()
        with self.in_days(0.5):
            self.release()
        self.assertEqual((self.waiting.state, newer.state), ("open", "scheduled"))

    def test_a_newer_one_of_lower_priority(self):
        newer = self.enter(self.make("Newer", priority="0"), -1)
        self.holder.action_cancel()
        with self.in_days(0.5):
            self.release()
        self.assertEqual((self.waiting.state, newer.state), ("open", "scheduled"))

    def test_a_newer_one_of_higher_priority_may(self):
        newer = self.enter(self.make("Newer", priority="2"), 1)
        self.holder.action_cancel()
        with self.in_days(1.2):
            self.release()
        self.assertEqual((newer.state, self.waiting.state), ("open", "scheduled"))

    def test_a_newer_message_does_not_slip_in(self):
        with self.in_days(7.1):
            newer = self.enter(self.make_sending("Newer"), 7)
            newer._release()
            self.assertEqual(newer.reason_code, "too_frequent")
        self.assertEqual(self.get_days(self.waiting), [7])

    def test_whatever_the_batches(self):
        """Who is more urgent for a person's time may be in an earlier batch."""
        self.holder.action_cancel()
        newer = self.enter(self.make("Newer"))
        newer.sale_order_id = self.make_order(self.partner)
        with (
            self.in_days(0.5),
            patch.object(release, "CONTACTS_PER_BATCH", 1),
        ):
            self.release()
        self.assertEqual((self.waiting.state, newer.state), ("open", "scheduled"))

    def test_one_that_was_not_deferred_yet_is_not_overtaken_by_the_batches(self):
        self.holder.action_cancel()
        self.waiting.action_cancel()
        older, newer = self.enter(self.make("A")), self.enter(self.make("B"))
        newer.write(
            {
                "sale_order_id": self.make_order(self.partner).id,
                "date_planned": older.date_planned + timedelta(hours=1),
            }
        )
        with (
            self.in_days(0.5),
            patch.object(release, "CONTACTS_PER_BATCH", 1),
        ):
            self.release()
        self.assertEqual((older.state, newer.state), ("open", "scheduled"))

    def test_one_that_waits_for_its_hours(self):
        """What waits for the morning holds its place against what people make."""
        self.holder.action_cancel()
        self.waiting.action_cancel()
        with self.at(NOW.replace(hour=16)):  # late in the evening there
            message = self.enter(self.make_sending("Message"))
            message._release()
            self.assertEqual(message.state, "scheduled")
            self.assertTrue(message.reason_code)
            newer = self.enter(self.make("Newer"), 1)
            newer._release()
        self.assertEqual(newer.reason_code, "too_frequent")
        self.assertEqual((newer.date_planned.date() - TODAY).days, 8)


@tagged("post_install", "-at_install")
class TestFreePlace(CollisionCase):
    """A place that becomes free is given away at once."""

    def setUp(self):
        super().setUp()
        self.program = self.make_program(0, name="Order")
        self.order = self.make_quotation(self.partner)
        self.order.action_confirm()
        self.holder = self.pending(self.relationship)
        self.holder._release()
        self.waiting = self.enter(self.make("Waiting"))
        self.waiting._release()
        self.assertEqual(
            (self.holder.state, self.waiting.reason_code), ("open", "too_frequent")
        )
        self.job = self.env.ref("crm_relationship.ir_cron_release")
        self.triggers = self.env["ir.cron.trigger"]
        self.forget()

    def forget(self):
        self.env.flush_all()
        self.triggers.search([("cron_id", "=", self.job.id)]).unlink()

    def assertLookedAt(self, *waiting):
        """Assert that the job is called at once, and lets these go on."""
        called = self.triggers.search([("cron_id", "=", self.job.id)])
        self.assertTrue(called)
        self.assertLessEqual(min(called.mapped("call_at")), NOW)
        self.release()
        self.assertEqual([i.state for i in waiting], ["open"] * len(waiting))

    def test_order_cancelled(self):
        self.order._action_cancel()
        self.assertLookedAt(self.waiting)

    def test_enrollment_stopped(self):
        self.order.enrollment_ids.action_stop()
        self.assertLookedAt(self.waiting)

    def test_program_archived(self):
        self.program.active = False
        self.assertLookedAt(self.waiting)

    def test_cancelled_by_hand(self):
        self.holder.with_user(self.sari).action_cancel()
        self.assertLookedAt(self.waiting)

    def test_deleted(self):
        self.holder.unlink()
        self.assertLookedAt(self.waiting)

    def test_put_off(self):
        self.holder.with_user(self.sari).date_planned = NOW + timedelta(days=60)
        self.assertLookedAt(self.waiting)

    def test_limit_raised(self):
        self.cap.count = 2
        self.assertLookedAt(self.waiting)

    def test_limit_deleted(self):
        self.cap.unlink()
        self.assertLookedAt(self.waiting)

    def test_closed_along_with_another(self):
        self.holder.action_done()
        self.assertFalse(self.triggers.search([("cron_id", "=", self.job.id)]))

    def test_pause_lifted(self):
        self.order._action_cancel()
        self.partner._change_preferences(
            {"contact_snooze_until": TODAY + timedelta(days=30)}, "portal"
        )
        self.release()
        self.assertEqual(self.waiting.reason_code, "snoozed")
        self.forget()
        self.partner._change_preferences({"contact_snooze_until": False}, "portal")
        self.assertLookedAt(self.waiting)

    def test_complaint_solved(self):
        self.order._action_cancel()
        self.company.relationship_first_count = 0
        selling = self.enter(self.make("Selling", objective="retention"))
        self.waiting.action_cancel()
        complaint = self.make_open(self.relationship, kind="service")
        complaint._close_done({"outcome": "complaint"})
        selling._release()
        self.assertEqual(selling.reason_code, "complaint_open")
        self.forget()
        self.relationship.interaction_ids.filtered("is_complaint_open")[
            :1
        ].action_solve_complaint()
        pending = self.relationship.interaction_ids.filtered(
            lambda i: i.is_complaint_open and i.state in ("scheduled", "open")
        )
        for interaction in pending:
            interaction._close_done({"outcome": "solved"})
        self.assertLookedAt(selling)


@tagged("post_install", "-at_install")
class TestRate(CollisionCase):
    """Not too many at once: the first day is a Tuesday."""

    def enter_many(self, program, count):
        partners = self.env["res.partner"].create(
            [{"name": f"Many {n}"} for n in range(count)]
        )
        relationships = self.env["crm.relationship"]._ensure(partners, self.company)
        relationships.user_id = self.sari
        entered = program._enroll(relationships)
        return [(day - TODAY).days for day in entered.sorted("date").mapped("date")]

    def test_nobody_enters_on_a_weekend(self):
        """Else the calls of three days would fall on the Monday."""
        program = self.make("Calls", daily_limit=1)
        self.assertEqual(self.enter_many(program, 6), [0, 1, 2, 3, 6, 7])

    def test_messages_leave_on_weekends(self):
        program = self.make_sending("Messages", daily_limit=1)
        self.assertEqual(self.enter_many(program, 6), [0, 1, 2, 3, 4, 5])

    def test_nobody_enters_on_a_holiday(self):
        self.company.resource_calendar_id.tz = "Asia/Jakarta"
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Holidays",
                "company_id": self.company.id,
                "calendar_id": self.company.resource_calendar_id.id,
                "date_from": NOW + timedelta(hours=15),
                "date_to": NOW + timedelta(hours=15 + 46),
            }
        )
        program = self.make("Calls", daily_limit=2)
        self.assertEqual(self.enter_many(program, 4), [0, 0, 3, 3])

    def test_who_entered_on_a_weekend_manually_begins_after_it(self):
        program = self.make("Calls", daily_limit=2)
        with self.in_days(4):
            self.assertEqual(self.enter_many(program, 3), [6, 6, 7])

    def test_as_people_have_time(self):
        self.sari.contact_minutes_day = 20
        self.call.duration = 10
        self.make_interaction(
            touchpoint_id=self.call.id,
            user_id=self.sari.id,
            date_due=TODAY + timedelta(days=1),
            date_planned=NOW + timedelta(days=1),
        )
        program = self.make("Calls", spread_by_time=True)
        self.assertEqual(self.enter_many(program, 6), [0, 0, 1, 2, 2, 3])

    def test_later_steps_take_time_as_well(self):
        self.sari.contact_minutes_day = 20
        self.call.duration = 10
        program = self.make_program(0, 1, trigger="manual", spread_by_time=True)
        self.assertEqual(self.enter_many(program, 4), [0, 0, 2, 2])

    def test_messages_take_nobodys_time(self):
        self.sari.contact_minutes_day = 10
        program = self.make_sending("Messages", spread_by_time=True)
        self.assertEqual(self.enter_many(program, 3), [0, 0, 0])

    def test_both_limits(self):
        self.sari.contact_minutes_day = 20
        self.call.duration = 10
        program = self.make("Calls", spread_by_time=True, daily_limit=1)
        self.assertEqual(self.enter_many(program, 2), [0, 1])

    def test_nobody_serves_them(self):
        program = self.make("Calls", spread_by_time=True)
        relationship = self.make_relationship(user_id=False)
        self.assertEqual(program._enroll(relationship).date, TODAY)

    def test_queries_do_not_depend_on_the_customers(self):
        program = self.make("Calls", spread_by_time=True, daily_limit=5)
        self.enter_many(program, 1)
        counts = []
        for count in (2, 20):
            self.env.flush_all()
            self.env.invalidate_all()
            partners = self.env["res.partner"].create(
                [{"name": f"Count {n}"} for n in range(count)]
            )
            relationships = self.env["crm.relationship"]._ensure(partners, self.company)
            relationships.user_id = self.sari
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            program._enroll(relationships)
            counts.append(self.env.cr.sql_log_count - before)
        # those who are moved: one update a day
        self.assertLessEqual(counts[1] - counts[0], 5)


@tagged("post_install", "-at_install")
class TestOneConversation(CollisionCase):
    """What several programs ask for within a few days is offered together."""

    def test_of_several_programs(self):
        self.cap.write({"count": 2, "days": 30})
        self.company.relationship_horizon_days = 7
        first, second = (self.enter(self.make(name)) for name in ("A", "B"))
        (first + second)._release()
        third = self.enter(self.make("Service"), 3)
        third.kind = "service"
        third._release()
        self.assertEqual(first.also_due_ids, second + third)
        own = first.with_user(self.sari)
        own.together_ids = (second + third).with_user(self.sari)
        own._close_done({"outcome": "reached"})
        self.assertEqual((first + second + third).mapped("state"), ["done"] * 3)
        self.assertEqual(
            (first + second + third).enrollment_id.mapped("state"), ["completed"] * 3
        )
        later = self.enter(self.make("Later"), 1)
        later._release()
        self.assertEqual(later.state, "open", "they took one place")
