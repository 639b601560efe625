"""Holidays: a stand-in does what is due meanwhile, and gives it back afterwards."""

from datetime import timedelta
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from .common import NOW, TODAY
from .common_absence import AbsenceCase, day


@freeze_time(NOW)
@tagged("post_install", "-at_install")
class TestStandIn(AbsenceCase):
    # -- before it is released

    def test_due_meanwhile_goes_to_the_stand_in(self):
        self.absent(self.sari, 0, 2)
        today, later = self.make_calls(on=0), self.make_calls(on=3)
        (today + later)._release()
        self.assert_with(today, self.budi, on=0, instead_of=self.sari)
        self.assert_with(later, self.sari, on=3)

    def test_a_weekend_belongs_to_the_day_after(self):
        self.absent(self.sari, 6, 10)
        call = self.make_calls(on=5)
        call._release()
        self.assert_with(call, self.budi, on=6, instead_of=self.sari)

    def test_whoever_did_not_answer_is_tried_again_by_the_stand_in(self):
        self.company.relationship_retry_days = 1
        self.absent(self.sari, 1, 10)
        alone = self.make_queued(owner=self.dewi)
        call = self.make_queued()
        (alone + call).action_no_answer()
        self.assertEqual(call.date_planned.date(), day(1))
        self.run_cron("release")
        self.assert_with(call, self.budi, on=1, instead_of=self.sari)

    def test_whoever_did_not_answer_waits_where_nobody_stands_in(self):
        self.company.relationship_retry_days = 1
        self.sari.deputy_id = False
        self.absent(self.sari, 1, 10)
        call = self.make_queued()
        call.action_no_answer()
        self.assert_with(call, self.sari, on=13)

    def test_half_a_day_off_is_no_absence(self):
        leave = self.absent(self.sari, 0, 0)
        leave.date_to = leave.date_from + timedelta(hours=12)
        call = self.make_calls()
        call._release()
        self.assert_with(call, self.sari, on=0)

    def test_the_customers_own_stand_in_comes_first(self):
        self.absent(self.sari, 0, 2)
        call = self.make_calls()
        call.relationship_id.backup_user_id = self.dewi
        call._release()
        self.assert_with(call, self.dewi, on=0, instead_of=self.sari)

    def test_the_stand_in_has_time_for_some(self):
        """What does not fit is done by the salesperson on the first day back."""
        self.budi.contact_minutes_day = 30
        self.absent(self.sari, 0, 0)
        calls = self.make_calls(5)
        calls._release()
        taken = calls.filtered("for_user_id")
        self.assertEqual(len(taken), 2)
        self.assert_with(taken, self.budi, on=0, instead_of=self.sari)
        self.assert_with(calls - taken, self.sari, on=1)
        self.assertEqual(set((calls - taken).mapped("reason_code")), {"over_capacity"})

    def test_a_stand_in_who_is_not_what_the_customer_requires(self):
        tag = self.env["crm.staff.tag"].create(
            {"name": "Plays the violin (test)", "user_ids": (self.sari + self.dewi).ids}
        )
        self.absent(self.sari, 0, 2)
        call = self.make_calls()
        call.partner_id.staff_requirement_ids = [
            Command.create({"tag_id": tag.id, "level": "must"})
        ]
        call._release()
        self.assert_with(call, self.dewi, on=0, instead_of=self.sari)

    # -- after it was released

    def test_time_off_after_the_release(self):
        calls, later = self.make_queued(2, on=1), self.make_queued(on=3)
        leave = self.absent(self.sari, 1, 2)
        self.assert_with(calls, self.budi, on=1, instead_of=self.sari)
        self.assert_with(later, self.sari, on=3)
        leave.unlink()
        self.assert_with(calls, self.sari, on=1)

    def test_time_off_is_moved(self):
        early, late = self.make_queued(on=1), self.make_queued(on=3)
        leave = self.absent(self.sari, 1, 1)
        shift = timedelta(days=2)
        leave.write(
            {"date_from": leave.date_from + shift, "date_to": leave.date_to + shift}
        )
        self.assert_with(early, self.sari, on=1)
        self.assert_with(late, self.budi, on=3, instead_of=self.sari)

    def test_time_off_of_time_off(self):
        """The app writes without rights on sales, on somebody else's resource."""
        call = self.make_queued()
        resource = self.env["resource.resource"].create(
            {
                "name": "Sari",
                "user_id": self.sari.id,
                "company_id": self.company.id,
            }
        )
        leaves = self.env["resource.calendar.leaves"].with_user(self.internal)
        leaves.sudo().create(
            {
                "resource_id": resource.id,
                "date_from": NOW - timedelta(hours=8),
                "date_to": NOW + timedelta(hours=12),
            }
        )
        self.assert_with(call, self.budi, on=0, instead_of=self.sari)

    def test_what_somebody_planned_keeps_its_day(self):
        call = self.make_open(date_due=day(1))
        self.absent(self.sari, 1, 2)
        self.assert_with(call, self.budi, on=1, instead_of=self.sari)

    def test_a_failing_queue_is_in_nobodys_way(self):
        self.make_queued()
        interactions = type(self.env["crm.interaction"])
        logger = "odoo.addons.crm_relationship.models.base.apart"
        with (
            patch.object(interactions, "_follow_absences", side_effect=ValueError),
            mute_logger(logger),
        ):
            leave = self.absent(self.sari, 0, 1)
        self.assertTrue(leave.exists())

    # -- afterwards

    def test_what_is_still_open_comes_back(self):
        done, left = self.make_queued(2, on=1)
        self.absent(self.sari, 1, 2)
        done._close_done({"outcome": "reached"})
        with self.in_days(2):
            self.run_cron("release")
            self.assert_with(left, self.budi, instead_of=self.sari)
        with self.in_days(3):
            self.run_cron("release")
            self.assert_with(left, self.sari, on=3)
        self.assertRecordValues(
            done, [{"user_id": self.budi.id, "for_user_id": self.sari.id}]
        )

    def test_a_note_on_the_activity_goes_along(self):
        calls = self.make_queued(2)
        call, other = calls
        call.activity_id.with_user(self.sari).note = "<p>Asks for Rudi</p>"
        self.absent(self.sari, 0, 2)
        self.assert_with(call, self.budi, on=0, instead_of=self.sari)
        self.assertEqual(call.activity_id.note, "<p>Asks for Rudi</p>")
        self.assertFalse(other.activity_id.note)
        call.activity_id.with_user(self.budi).note = "<p>Rudi is on vacation</p>"
        self.budi.deputy_id = False
        self.absent(self.budi, 0, 2)
        self.assertFalse(call.activity_id and call.activity_id.user_id == self.budi)
        with self.in_days(3):
            self.run_cron("release")
            self.assertEqual(call.activity_id.user_id, self.sari)
            self.assertEqual(call.activity_id.note, "<p>Rudi is on vacation</p>")

    def test_a_note_stays_when_it_is_put_off(self):
        call = self.make_queued()
        call.activity_id.with_user(self.sari).note = "<p>Asks for Rudi</p>"
        call.with_user(self.sari)._postpone(day(1))
        self.assertEqual(call.activity_id.note, "<p>Asks for Rudi</p>")
        call.activity_id.with_user(self.sari).note = False
        call.with_user(self.sari)._postpone(day(2))
        self.assertFalse(call.activity_id.note)

    def test_what_the_plan_says_is_no_note(self):
        """Guidance that changes meanwhile is as it is told now."""
        self.plan.line_ids.note = "<p>Listen first.</p>"
        call = self.make_queued()
        self.plan.line_ids.note = "<p>Ask first.</p>"
        self.absent(self.sari, 0, 2)
        self.assertEqual(call.activity_id.note, "<p>Ask first.</p>")

    def test_nothing_moves_twice(self):
        calls = self.make_queued(2, on=1) + self.make_queued(1, on=0)
        self.absent(self.sari, 1, 2)
        activities = calls.activity_id
        self.run_cron("release")
        self.assertEqual(calls.activity_id, activities)

    def test_passed_on_manually_it_stays(self):
        call = self.make_queued(on=0)
        self.absent(self.sari, 0, 1)
        call.with_user(self.manager).user_id = self.dewi
        self.assertFalse(call.for_user_id)
        with self.in_days(3):
            self.run_cron("release")
        self.assertEqual(call.user_id, self.dewi)

    def test_refused_meanwhile(self):
        """What leaves its queue belongs to the salesperson again."""
        call = self.make_queued(on=0)
        self.absent(self.sari, 0, 1)
        call.partner_id.contact_snooze_until = day(30)
        self.assertRecordValues(
            call,
            [
                {
                    "state": "scheduled",
                    "user_id": self.sari.id,
                    "for_user_id": False,
                }
            ],
        )

    # -- chains

    def test_the_stand_in_is_absent_too(self):
        call = self.make_queued(on=1)
        self.absent(self.budi, 1, 1)
        self.absent(self.sari, 0, 2)
        self.assert_with(call, self.dewi, on=1, instead_of=self.sari)

    def test_the_stand_in_becomes_absent(self):
        call = self.make_queued(on=1)
        self.absent(self.sari, 0, 2)
        leave = self.absent(self.budi, 1, 1)
        self.assert_with(call, self.dewi, on=1, instead_of=self.sari)
        leave.unlink()
        self.run_cron("release")
        self.assert_with(call, self.dewi, on=1, instead_of=self.sari)

    def test_circles(self):
        self.budi.deputy_id = self.sari
        call = self.make_queued(on=0)
        self.absent(self.budi, 0, 2)
        self.absent(self.sari, 0, 1)
        self.assert_with(call, self.sari, on=2)
        self.assertEqual(call.reason_code, "absent")
        self.assertEqual(call.activity_id.user_id, self.sari)

    def test_nobody_stands_in(self):
        self.sari.deputy_id = False
        call = self.make_queued(on=1)
        leave = self.absent(self.sari, 1, 2)
        self.assert_with(call, self.sari, on=3)
        self.assertEqual(call.reason_code, "absent")
        activity = call.activity_id
        self.run_cron("release")
        self.assertEqual(call.activity_id, activity)
        leave.unlink()
        self.assert_with(call, self.sari, on=1)
        self.assertFalse(call.reason_code)

    def test_somebody_stands_in_after_all(self):
        self.sari.deputy_id = False
        soon, late = self.make_queued(on=1), self.make_queued(on=0)
        self.absent(self.sari, 0, 20)
        for call in soon + late:
            self.assertRecordValues(
                call,
                [{"state": "scheduled", "reason_code": "absent", "activity_id": False}],
            )
            self.assertEqual(call._get_deadline(), day(21))
        self.sari.deputy_id = self.dewi
        # planned as wanted, on the day that the plan asks for
        self.assert_with(soon, self.dewi, on=1, instead_of=self.sari)
        self.assert_with(late, self.dewi, on=0, instead_of=self.sari)

    def test_the_customer_gets_a_stand_in(self):
        self.sari.deputy_id = False
        self.absent(self.sari, 0, 20)
        call = self.make_calls()
        call._release()
        call.relationship_id.backup_user_id = self.dewi
        self.assert_with(call, self.dewi, on=0, instead_of=self.sari)

    def test_everybody_is_on_leave(self):
        for user in (self.sari, self.budi, self.dewi):
            self.absent(user, 0, 1)
        call = self.make_calls()
        call._release()
        self.assert_with(call, self.sari, on=2)

    def test_stand_ins_who_cannot(self):
        archived = self.budi.copy(
            {"login": "gone.budi", "active": False, "deputy_id": False}
        )
        for user in (self.stranger, archived):
            with self.subTest(user=user.name), self.env.cr.savepoint() as savepoint:
                self.sari.deputy_id = user
                self.absent(self.sari, 0, 1)
                call = self.make_calls()
                call._release()
                self.assert_with(call, self.sari, on=2)
                savepoint.rollback()
                self.env.invalidate_all()

    def test_a_stand_in_who_leaves_the_company(self):
        call = self.make_queued(on=0)
        self.absent(self.sari, 0, 1)
        self.budi.group_ids = self.env.ref("base.group_portal")
        self.assert_with(call, self.dewi, on=0, instead_of=self.sari)
        self.run_cron("release")
        self.assert_with(call, self.dewi, on=0, instead_of=self.sari)

    # -- bad input

    def test_leaves_that_overlap(self):
        """As other apps enter them."""
        call = self.make_queued(on=1)
        first = self.absent(self.sari, 0, 1)
        shift = timedelta(days=1)
        second = first.copy(
            {"date_from": first.date_from + shift, "date_to": first.date_to + shift}
        )
        first.unlink()
        self.assert_with(call, self.budi, on=1, instead_of=self.sari)
        second.unlink()
        self.assert_with(call, self.sari, on=1)

    def test_past_and_endless(self):
        call = self.make_queued(on=1)
        self.absent(self.sari, -20, -10)
        self.assert_with(call, self.sari, on=1)
        self.absent(self.sari, 1, 60_000)
        self.assert_with(call, self.budi, on=1, instead_of=self.sari)

    def test_time_off_of_nobody(self):
        """Public holidays, and those of a room or a machine."""
        call = self.make_queued(on=1)
        room = self.env["resource.resource"].create({"name": "Room"})
        for values in ({}, {"resource_id": room.id}):
            leave = self.env["resource.calendar.leaves"].create(
                {
                    "name": "Off",
                    "date_from": NOW + timedelta(days=1),
                    "date_to": NOW + timedelta(days=1, hours=3),
                    **values,
                }
            )
            leave.unlink()
        self.assert_with(call, self.sari, on=1)

    # -- rights

    def test_the_stand_in_sees_and_does_it(self):
        call = self.make_queued(on=0)
        history = self.make_interaction(
            call.relationship_id, state="done", outcome="reached"
        )
        customer = call.relationship_id.with_user(self.budi)
        self.assertFalse(customer.has_access("read"))
        self.absent(self.sari, 0, 1)
        self.env.invalidate_all()
        self.assertTrue(customer.has_access("read"))
        self.assertFalse(history.with_user(self.budi).has_access("write"))
        call.with_user(self.budi).action_done()
        self.assertEqual(call.state, "done")
        self.env.invalidate_all()
        self.assertFalse(customer.has_access("read"))

    def make_known(self):
        """Return a call in Sari's queue to a customer who has talked and bought."""
        call = self.make_queued(on=0)
        relationship = call.relationship_id
        talk = self.make_interaction(
            relationship,
            state="done",
            outcome="reached",
            feedback="Her daughter plays the cello",
        )
        order = self.make_order(relationship.partner_id, days_ago=9)
        order.user_id = self.sari
        self.env.flush_all()
        self.env.invalidate_all()
        return call, talk, order

    def see(self, user, call):
        """Return what somebody is told of a customer: on the card, and on the page."""
        self.env.invalidate_all()
        day = self.env["crm.my.day"].with_user(user).get_day()
        cards = [card for card in day["cards"] if card["id"] == call.id]
        told = [row["words"] for card in cards for row in card["talks"]]
        told += [row["name"] for card in cards for row in card["orders"]]
        customer = call.relationship_id.with_user(user)
        page = customer.timeline if customer.has_access("read") else ""
        return told, page

    def test_the_stand_in_sees_what_was_before(self):
        call, talk, order = self.make_known()
        self.assertEqual(self.see(self.budi, call), ([], ""))
        self.absent(self.sari, 0, 1)
        told, page = self.see(self.budi, call)
        self.assertEqual(told, ["Her daughter plays the cello", order.name])
        self.assertIn("cello", page)
        self.assertIn(order.name, page)
        self.assertNotIn(f"/odoo/orders/{order.id}", page)
        self.assertNotIn(f"/odoo/customer-contacts/{talk.id}", page)
        call.with_user(self.budi).action_done()
        self.assertEqual(self.see(self.budi, call), ([], ""))

    def test_no_longer_once_the_absence_is_over(self):
        call, _talk, _order = self.make_known()
        leave = self.absent(self.sari, 0, 1)
        self.assertTrue(all(self.see(self.budi, call)))
        leave.unlink()
        self.assertEqual(self.see(self.budi, call), ([], ""))

    def test_who_stands_in_is_told_and_no_more(self):
        call, talk, order = self.make_known()
        self.absent(self.sari, 0, 1)
        talk, order = talk.with_user(self.budi), order.with_user(self.budi)
        for operation in ("read", "write", "unlink"):
            self.assertFalse(talk.has_access(operation))
        for attack in (
            lambda: talk.write({"feedback": "Nothing"}),
            lambda: talk.unlink(),
            lambda: order.read(["amount_total"]),
            lambda: call.relationship_id.with_user(self.budi).write(
                {"user_id": self.budi.id}
            ),
        ):
            with self.assertRaises(AccessError):
                attack()

    def test_nobody_else_sees_it(self):
        """Neither colleagues nor whoever names himself a stand-in."""
        call, _talk, _order = self.make_known()
        other = self.make_known()[0]
        tono = self.budi.copy({"name": "Tono", "login": "tono"})
        self.absent(self.sari, 0, 1)
        self.assertEqual(self.see(tono, call), ([], ""))
        own = self.make_queued(on=0, owner=tono)
        for values in (
            {"for_user_id": self.sari.id},
            {"relationship_id": call.relationship_id.id},
        ):
            with self.assertRaises(UserError):
                own.with_user(tono).write(values)
        with self.assertRaises(UserError):
            self.env["crm.interaction"].with_user(tono).create(
                {
                    "name": "Mine",
                    "relationship_id": call.relationship_id.id,
                    "for_user_id": self.sari.id,
                    "state": "open",
                }
            )
        self.assertEqual(self.see(tono, call), ([], ""))
        # a call to one customer tells nothing of another
        other.with_user(self.budi).action_done()
        self.assertEqual(self.see(self.budi, other), ([], ""))
        self.assertTrue(all(self.see(self.budi, call)))

    def test_queries_do_not_grow(self):
        self.absent(self.sari, 0, 2)

        def count(number):
            calls = self.make_calls(number)
            return self.count_queries(calls._release)

        count(3)
        self.assertLessEqual(count(12), count(4) + 5)


@freeze_time(NOW)
@tagged("post_install", "-at_install")
class TestFaults(AbsenceCase):
    """What waits for people for more than a week is told."""

    def judge(self, calls):
        relationships = calls.relationship_id
        relationships._judge_care()
        return set(relationships.mapped("care_reason"))

    def test_absent(self):
        self.sari.deputy_id = False
        calls = self.make_queued()
        leave = self.absent(self.sari, 0, 6)
        self.assertEqual(self.judge(calls), {False})
        leave.date_to += timedelta(days=3)
        self.assertEqual(self.judge(calls), {"absent"})
        calls.relationship_id.backup_user_id = self.dewi
        self.assertEqual(self.judge(calls), {False})
        self.assert_with(calls, self.dewi, on=0, instead_of=self.sari)

    def test_somebody_else_serves(self):
        self.sari.deputy_id = False
        calls = self.make_queued()
        self.absent(self.sari, 0, 20)
        self.assertEqual(self.judge(calls), {"absent"})
        calls.relationship_id.user_id = self.budi
        self.assertEqual(calls.activity_id.date_deadline, TODAY)
        self.assertEqual(self.judge(calls), {False})

    def test_over_capacity(self):
        self.sari.write({"deputy_id": False, "contact_minutes_day": 15})
        calls = self.make_calls(7)
        calls._release()
        [waiting] = calls.filtered(lambda i: i.state == "scheduled")
        self.assertEqual(waiting.reason_code, "over_capacity")
        self.assertEqual(self.judge(waiting), {"over_capacity"})
        self.assertEqual(self.judge(calls - waiting), {False})

    def test_the_board_helps(self):
        self.sari.deputy_id = False
        calls = self.make_queued()
        self.absent(self.sari, 0, 20)
        self.judge(calls)
        card = self.env["crm.care.report"].search(
            [
                ("care_reason", "=", "absent"),
                ("company_id", "=", self.company.id),
            ]
        )
        action = card.with_user(self.manager).action_remedy()
        self.assertEqual(action["res_model"], "crm.care.remedy")
        self.assertEqual(action["context"]["active_ids"], calls.relationship_id.ids)
        self.assertTrue(card.note)


@freeze_time(NOW)
@tagged("post_install", "-at_install")
class TestCredit(AbsenceCase):
    """Who did it, and whose it is, are both recorded."""

    def test_a_quotation_by_the_stand_in(self):
        call = self.make_queued()
        self.absent(self.sari, 0, 2)
        call.with_user(self.budi).action_new_quotation()
        order = call.placed_order_id
        self.assertEqual(order.credited_user_id, self.sari)
        self.assertEqual(order.create_uid, self.budi)
        self.assertRecordValues(
            call,
            [
                {
                    "state": "done",
                    "user_id": self.budi.id,
                    "for_user_id": self.sari.id,
                }
            ],
        )

    def test_an_order_that_is_named_afterwards(self):
        call = self.make_queued()
        self.absent(self.sari, 0, 2)
        call._close_done({"outcome": "ordered"})
        call.relationship_id.user_id = self.dewi
        order = self.make_order(call.partner_id)
        call.with_user(self.budi).placed_order_id = order
        self.assertEqual(order.credited_user_id, self.sari)

    def test_by_the_salesperson(self):
        call = self.make_queued()
        call.with_user(self.sari).action_new_quotation()
        self.assertEqual(call.placed_order_id.credited_user_id, self.sari)
        self.assertFalse(call.for_user_id)

    def test_a_colleague_who_has_time(self):
        call = self.make_queued()
        call.user_id = self.dewi
        call._close_done({"outcome": "reached"})
        self.assertEqual(call.for_user_id, self.sari)

    def test_somebody_whom_the_plan_wants(self):
        self.plan.line_ids.user_id = self.dewi
        call = self.make_queued(user_id=self.dewi.id)
        call._close_done({"outcome": "reached"})
        self.assertFalse(call.for_user_id)
