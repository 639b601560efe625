"""A purchase that ended a program comes to nothing: what it ended goes on."""

from datetime import timedelta
from itertools import product
from unittest.mock import patch

from odoo.tests import tagged

from ..models.program.result import ProgramResult
from .common import NOW, TODAY
from .test_amended import AmendedCase


class ResumedCase(AmendedCase):
    """Nothing but the purchase ends the program, in which nobody bought anything."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.program.write({"trigger": "manual", "end_on_purchase": True})
        cls.relationship = cls.make_relationship(cls.partner)

    def enter(self, program=None):
        program = program or self.program
        run = program._enroll(self.relationship)
        self.release_due()
        return run

    def bought(self, days=0, hours=1, partner=None):
        with self.at(NOW + timedelta(days=days, hours=hours)):
            order = self.make_quotation(partner or self.partner)
            order.action_confirm()
        return order

    def ended(self, run):
        return (run.state, run.stop_reason) == ("stopped", "purchase")

    def steps(self, run, *states):
        """Return the days of the steps in one of some states."""
        steps = run.interaction_ids.filtered(lambda i: i.state in states)
        return sorted((i.date_due - TODAY).days for i in steps)

    def assertWaits(self, run, *days):
        self.assertEqual((run.state, run.stop_reason), ("running", False))
        self.assertEqual(self.steps(run, "scheduled", "open"), [*days])


@tagged("post_install", "-at_install")
class TestPurchaseCancelled(ResumedCase):
    def test_cancelled(self):
        run = self.enter()
        order = self.bought()
        self.assertTrue(self.ended(run))
        with self.at(NOW + timedelta(hours=2)):
            order._action_cancel()
        self.assertWaits(run, 0, 1, 7, 30)
        with self.at(NOW + timedelta(hours=2)):
            self.release_due()
        self.assertEqual(len(self.queued()), 1, "the message that was recalled")

    def test_reset_to_a_quotation_and_deleted(self):
        run = self.enter()
        order = self.bought()
        with self.at(NOW + timedelta(hours=2)):
            order._action_cancel()
            order.action_draft()
            self.assertWaits(run, 0, 1, 7, 30)
            order.unlink()
        self.assertWaits(run, 0, 1, 7, 30)

    def test_reset_at_once(self):
        run = self.enter()
        order = self.bought()
        with self.at(NOW + timedelta(hours=2)):
            order.state = "draft"
        self.assertWaits(run, 0, 1, 7, 30)

    def test_confirmed_again(self):
        run = self.enter()
        order = self.bought()
        with self.at(NOW + timedelta(hours=2)):
            order._action_cancel()
            order.action_draft()
        with self.at(NOW + timedelta(hours=3)):
            order.action_confirm()
        self.assertTrue(self.ended(run))
        with self.at(NOW + timedelta(hours=4)):
            order._action_cancel()
        self.assertWaits(run, 0, 1, 7, 30)

    def test_of_somebody_else_after_all(self):
        other = self.make_customer("Somebody else")
        theirs = self.program._enroll(self.make_relationship(other))
        run = self.enter()
        order = self.bought()
        with self.at(NOW + timedelta(hours=2)):
            order.partner_id = other
        self.assertWaits(run, 0, 1, 7, 30)
        self.run_cron("schedule")
        self.assertTrue(self.ended(theirs))

    def test_what_has_left_is_not_sent_again(self):
        run = self.enter()
        self.queued().state = "sent"
        order = self.bought()
        with self.at(NOW + timedelta(hours=2)):
            order._action_cancel()
            self.release_due()
        self.assertWaits(run, 1, 7, 30)
        self.assertFalse(self.queued())

    def test_days_that_passed_are_skipped_and_told(self):
        run = self.enter()
        order = self.bought()
        with self.in_days(10):
            order._action_cancel()
            self.run_cron("schedule")
            self.release_due()
        self.assertWaits(run, 30)
        passed = run.interaction_ids.filtered(lambda i: i.state == "skipped")
        self.assertEqual(self.steps(run, "skipped"), [0, 1, 7])
        self.assertEqual(set(passed.mapped("reason_code")), {"expired"})
        self.assertFalse(self.queued())

    def test_open_call_goes_on_the_day_after(self):
        """It was late already: an error is not to take it away."""
        run = self.enter()
        with self.in_days(4):
            call = run.interaction_ids.filtered(
                lambda i: (i.date_due - TODAY).days == 1
            )
            call._release()
            self.assertEqual(call.state, "open")
        order = self.bought(4, hours=2)
        self.assertEqual(call.state, "cancelled")
        with self.in_days(5):
            order._action_cancel()
        self.assertIn(call, run.interaction_ids._filter_pending())

    def test_hours_that_passed(self):
        program = self.make_program(0, 2, 5, 9, trigger="manual", end_on_purchase=True)
        program.step_ids.write({"delay_unit": "hours"})
        run = self.enter(program)
        with self.at(NOW + timedelta(hours=1)):
            run.interaction_ids.sorted("date_planned")[0].action_done()
        order = self.bought()
        with self.at(NOW + timedelta(hours=6)):
            order._action_cancel()
        waits = run.interaction_ids._filter_pending()
        self.assertEqual(waits.mapped("date_wanted"), [NOW + timedelta(hours=9)])

    def test_all_days_are_over(self):
        run = self.enter()
        order = self.bought()
        with self.in_days(40):
            order._action_cancel()
        self.assertTrue(self.ended(run))
        self.assertEqual(self.steps(run, "scheduled", "open"), [])

    def test_what_somebody_took_out_stays_out(self):
        run = self.enter()
        last = run.interaction_ids.sorted("date_due")[-1]
        last.with_user(self.sari).action_cancel()
        moved = run.interaction_ids.sorted("date_due")[2]
        moved.with_user(self.sari).date_planned = NOW + timedelta(days=9)
        asked = moved.date_due
        order = self.bought()
        with self.at(NOW + timedelta(hours=2)):
            order._action_cancel()
        self.assertEqual(last.state, "cancelled")
        self.assertEqual((moved.state, moved.date_due), ("scheduled", asked))

    def test_noticed_at_night(self):
        """By SQL, or where the hook failed."""
        run = self.enter()
        order = self.bought()
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE sale_order SET state = 'cancel' WHERE id = %s", [order.id]
        )
        order.invalidate_recordset()
        self.run_cron("schedule")
        self.assertWaits(run, 0, 1, 7, 30)

    def test_the_sale_goes_on_if_that_fails(self):
        run = self.enter()
        order = self.bought()
        Run = type(run)
        with (
            patch.object(Run, "_resume", side_effect=ValueError("broken")),
            self.assertLogs("odoo.addons.crm_relationship", "ERROR"),
        ):
            order._action_cancel()
        self.assertEqual(order.state, "cancel")
        self.assertTrue(self.ended(run))

    def test_figures_count_no_cancelled_purchase(self):
        self.program.write({"holdout_share": 1, "result_days": 7})
        run = self.enter()
        run.write({"state": "running", "is_control": False})
        order = self.bought(1)

        def count_buyers():
            result = ProgramResult(self.program, self.company)
            return result.get_groups()[False]["buyers"]

        with self.in_days(10):
            self.assertEqual(count_buyers(), 1)
            order._action_cancel()
            self.assertEqual(count_buyers(), 0)


@tagged("post_install", "-at_install")
class TestStillEnded(ResumedCase):
    """Something else ends the run, or ended it already."""

    def cancelled(self, order, hours=2):
        with self.at(NOW + timedelta(hours=hours)):
            order._action_cancel()

    def test_another_purchase(self):
        run = self.enter()
        first, second = self.bought(), self.bought(hours=2)
        self.cancelled(first, 3)
        self.assertTrue(self.ended(run))
        self.cancelled(second, 4)
        self.assertWaits(run, 0, 1, 7, 30)

    def test_purchase_from_before(self):
        """It had not ended the run."""
        order = self.bought(-1)
        run = self.enter()
        self.cancelled(self.bought())
        self.assertWaits(run, 0, 1, 7, 30)
        self.cancelled(order)
        self.assertWaits(run, 0, 1, 7, 30)

    def test_purchase_of_another_customer(self):
        run = self.enter()
        self.bought()
        other = self.bought(hours=2, partner=self.make_customer("Other"))
        self.cancelled(other, 3)
        self.assertTrue(self.ended(run))

    def test_stopped_otherwise(self):
        run = self.enter()
        run.action_stop()
        self.cancelled(self.bought())
        self.assertEqual((run.state, run.stop_reason), ("stopped", "by_hand"))

    def test_complained_since(self):
        self.program.end_on_complaint = True
        run = self.enter()
        order = self.bought()
        with self.at(NOW + timedelta(hours=2)):
            self.make_open(self.relationship)._close_done({"outcome": "complaint"})
        self.cancelled(order, 3)
        self.assertTrue(self.ended(run))

    def test_lost_since(self):
        run = self.enter()
        order = self.bought()
        self.relationship.sudo().lifecycle_stage = "lost"
        self.cancelled(order)
        self.assertTrue(self.ended(run))
        self.program.objective = "recovery"
        self.env["sale.order"]._catch_up_programs(self.company)
        self.assertWaits(run, 0, 1, 7, 30)

    def test_program_archived_since(self):
        run = self.enter()
        order = self.bought()
        self.program.active = False
        self.cancelled(order)
        self.assertTrue(self.ended(run))

    def test_entered_again_since(self):
        run = self.enter()
        order = self.bought()
        with self.at(NOW + timedelta(hours=2)):
            again = self.program._enroll(self.relationship)
        self.cancelled(order, 3)
        self.assertTrue(self.ended(run))
        self.assertEqual(again.state, "running")


@tagged("post_install", "-at_install")
class TestOrderOfItsOwn(ResumedCase):
    """The run began with an order, too."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.program.write({"trigger": "sale_confirmed", "merge_days": 1})

    def own(self, order):
        return order.enrollment_ids.filtered(lambda e: e.program_id == self.program)

    def test_next_order(self):
        first = self.bought(hours=0)
        self.release_due()
        self.queued().state = "sent"
        second = self.bought(10)
        self.assertTrue(self.ended(self.own(first)))
        with self.in_days(11):
            second._action_cancel()
            self.assertWaits(self.own(first), 1, 7, 30)
        self.assertEqual(self.own(second).stop_reason, "order_cancelled")

    def test_step_that_gave_way_to_the_next_order(self):
        """All but the last, which somebody has moved."""
        first = self.bought(hours=0)
        run = self.own(first)
        last = run.interaction_ids.sorted("date_due")[-1]
        last.with_user(self.sari).date_planned = NOW + timedelta(days=31)
        second = self.bought(5)
        self.assertTrue(self.ended(run))
        self.assertIn(7, self.steps(run, "skipped"))
        with self.in_days(6):
            second._action_cancel()
        self.assertEqual(run.state, "running")
        self.assertIn(7, self.steps(run, "scheduled"))
        self.assertEqual(last.state, "scheduled")

    def test_own_order_cancelled_or_deleted_first(self):
        for days, is_deleted in product((5, 10), (False, True)):
            with self.subTest(days, is_deleted=is_deleted):
                first, second = self.bought(hours=0), self.bought(days)
                run = self.own(first)
                with self.in_days(11):
                    first._action_cancel()
                    if is_deleted:
                        first.unlink()
                    second._action_cancel()
                self.assertEqual(run.state, "stopped")
                self.assertFalse(run.interaction_ids._filter_pending())

    def test_run_of_several_orders(self):
        first, along = self.bought(hours=0), self.bought(1)
        leader, member = self.own(first), self.own(along)
        self.assertEqual(member.joined_id, leader)
        order = self.bought(10)
        self.assertTrue(self.ended(leader) and self.ended(member))
        with self.in_days(11):
            order._action_cancel()
            self.assertEqual(set((leader | member).mapped("state")), {"running"})
        order = self.bought(12)
        self.assertTrue(self.ended(leader) and self.ended(member))
        with self.in_days(12.5):
            first._action_cancel()
            order._action_cancel()
        self.assertEqual(member.state, "running")
        self.assertTrue(member._get_leaders().interaction_ids._filter_pending())
        self.assertEqual(leader.state, "stopped")

    def test_quotation_ended_by_another_order(self):
        program = self.make_program(
            0, 3, trigger="quotation", wait_days=2, end_on_purchase=True
        )
        quotation = self.make_quotation(self.partner)
        quotation.state = "sent"
        with self.in_days(3):
            self.env["crm.program"]._enroll_occasions(self.company)
        order = self.bought(4)
        run = self.run_of(quotation, program)
        self.assertTrue(self.ended(run))
        with self.in_days(4.5):
            order._action_cancel()
        self.assertWaits(run, 3, 6)

    def test_quotation_that_is_open_again(self):
        program = self.make_program(0, 3, trigger="quotation", wait_days=2)
        quotation = self.make_quotation(self.partner)
        quotation.state = "sent"
        with self.in_days(3):
            self.env["crm.program"]._enroll_occasions(self.company)
            run = self.run_of(quotation, program)
            self.assertEqual(run.state, "running")
            quotation.action_confirm()
            self.assertEqual(run.stop_reason, "answered")
        with self.in_days(4):
            quotation._action_cancel()
            self.assertEqual(run.stop_reason, "order_cancelled")
            quotation.action_draft()
            quotation.state = "sent"
        with self.in_days(6):
            self.env["crm.program"]._enroll_occasions(self.company)
            self.assertEqual((run.state, run.stop_reason), ("running", False))

    def test_stopped_one_that_is_cancelled_stays_what_it_was(self):
        order = self.bought(hours=0)
        self.own(order).action_stop()
        order._action_cancel()
        self.assertEqual(self.own(order).stop_reason, "by_hand")


@tagged("post_install", "-at_install")
class TestCostOfCancelling(ResumedCase):
    def test_nothing_where_no_sale_ends_a_program(self):
        self.program.end_on_purchase = False
        self.env["crm.program"].search([("trigger", "=", "quotation")]).active = False
        self.env["crm.program"].search([("end_on_purchase", "=", True)]).write(
            {"end_on_purchase": False}
        )
        order = self.bought()
        with patch.object(type(self.env["sale.order"]), "_resume_runs") as resume:
            order._action_cancel()
        resume.assert_not_called()
