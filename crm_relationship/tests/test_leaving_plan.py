"""What becomes of plan, queue and interview when a customer is lost, and returns."""

from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import NOW, TODAY
from .common_defection import DefectionCase


@tagged("post_install", "-at_install")
class TestLeavingPlan(DefectionCase):
    def make_lost_segment(self, **values):
        """Return a segment of lost customers whose plan asks them why."""
        plan = self.make_plan(
            {"name": "Why?", "objective": "recovery", "every": 1, "period": "year"},
            name="Farewell",
        )
        return self.make_segment(
            "Lost", lifecycle_stage="lost", sequence=1, plan_id=plan.id, **values
        )

    def make_asking(self, relationship=None, **values):
        """Return what the plan for lost customers has planned."""
        lost = self.make_lost_segment()
        relationship = relationship or self.customer
        relationship.segment_id = lost
        planned = relationship.interaction_ids.filtered(
            lambda i: i.plan_line_id == lost.plan_id.line_ids
        )
        planned.write(values)
        return planned

    # -- the reason tap

    def test_reason_is_asked_where_no_loss_is_recorded(self):
        self.customer.lifecycle_stage = "lost"
        interview = self.make_open(self.customer, objective="recovery")
        asked = interview.with_user(self.sari)
        self.assertTrue(asked.is_exit_interview)
        self.assertFalse(asked.defection_reason_id)
        asked.write({"defection_reason_id": self.price.id, "feedback": "Too dear"})
        asked.action_done()
        self.assertRecordValues(
            self.defections(self.customer),
            [
                {
                    "reason_id": self.price.id,
                    "interaction_id": interview.id,
                    "note": "Too dear",
                    "declared": False,
                }
            ],
        )

    def test_reason_of_the_plans_interview_goes_to_the_open_loss(self):
        silent = self.make_silent()
        interview = self.make_asking(state="open")
        interview.with_user(self.sari).defection_reason_id = self.moved
        self.assertRecordValues(
            silent, [{"reason_id": self.moved.id, "interaction_id": interview.id}]
        )

    def test_interviewer_who_is_not_the_salesperson(self):
        self.customer.lifecycle_stage = "lost"
        interview = self.make_open(
            self.customer, objective="recovery", user_id=self.budi.id
        )
        interview.with_user(self.budi).defection_reason_id = self.price
        self.assertEqual(self.defections(self.customer).reason_id, self.price)

    def test_colleague_records_no_reason(self):
        self.customer.lifecycle_stage = "lost"
        interview = self.make_open(self.customer, objective="recovery")
        with self.assertRaises(AccessError):
            interview.with_user(self.budi).defection_reason_id = self.price

    def test_no_reason_where_nobody_is_lost(self):
        interaction = self.make_open(self.customer, objective="recovery")
        self.assertFalse(interaction.is_exit_interview)
        with self.assertRaisesRegex(UserError, "Ani is not lost"):
            interaction.with_user(self.sari).defection_reason_id = self.price
        self.assertFalse(self.defections(self.customer))

    def test_other_interactions_of_a_lost_customer_ask_nothing(self):
        self.customer.lifecycle_stage = "lost"
        self.assertFalse(self.make_open(self.customer).is_exit_interview)

    # -- within days, and once

    def test_plans_interview_comes_soon_after_a_goodbye(self):
        interview = self.make_asking(date_due=TODAY + timedelta(days=84))
        defection = self.declare()
        self.env["crm.interaction"]._schedule(self.company)
        self.assertEqual(defection.interaction_id, interview)
        self.assertRecordValues(
            interview, [{"state": "scheduled", "date_due": TODAY + timedelta(days=1)}]
        )

    def test_plans_interview_does_not_ask_twice(self):
        planned = self.make_asking(date_due=TODAY + timedelta(days=10))
        defection = self.declare(plan_interview=True)
        self.assertNotEqual(defection.interaction_id, planned)
        self.assertRecordValues(
            planned, [{"state": "cancelled", "reason_code": "asked_already"}]
        )
        again = self.customer.interaction_ids.filtered("plan_line_id") - planned
        self.assertGreater(again.date_due, TODAY + timedelta(days=300))
        self.env["crm.interaction"]._schedule(self.company)
        self.assertEqual(again.state, "scheduled")

    def test_who_refuses_is_not_asked_soon(self):
        interview = self.make_asking(date_due=TODAY + timedelta(days=84))
        self.customer.partner_id.do_not_contact = True
        self.declare()
        self.env["crm.interaction"]._schedule(self.company)
        self.assertEqual(interview.date_due, TODAY + timedelta(days=84))

    def test_queries_do_not_depend_on_how_many_refuse(self):
        lost = self.make_lost_segment()

        def queries(count):
            for _n in range(count):
                relationship = self.make_relationship(lifecycle_stage="loyal")
                relationship.segment_id = lost
                relationship.partner_id.do_not_contact = True
                self.declare(relationship)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.env["crm.interaction"]._ask_soon(self.company)
            return self.env.cr.sql_log_count - before

        few = queries(1)
        self.assertLessEqual(queries(6), few)

    def test_silence_keeps_the_day_of_the_plan(self):
        interview = self.make_asking(date_due=TODAY + timedelta(days=84))
        self.make_silent()
        self.env["crm.interaction"]._schedule(self.company)
        self.assertEqual(interview.date_due, TODAY + timedelta(days=84))

    def test_dialog_asks_by_default(self):
        action = self.customer.with_user(self.sari).action_declare_defection()
        dialog = self.env["crm.defection.declare"].with_context(**action["context"])
        self.assertTrue(dialog.create({}).plan_interview)

    # -- what waits in the queue

    def make_cared_for(self):
        """Return what a plan of former days has put into the queue, and plans."""
        plan = self.make_plan({"name": "All well?"}, {"name": "News"})
        self.gold.plan_id = plan
        first, second = plan.line_ids
        waiting = self.make_open(self.customer, plan_line_id=first.id)
        planned = self.make_interaction(
            self.customer, plan_line_id=second.id, date_due=TODAY + timedelta(days=40)
        )
        return waiting, planned

    def test_goodbye_takes_back_what_was_planned_before(self):
        waiting, planned = self.make_cared_for()
        complaint = self.make_open(self.customer, kind="service", is_complaint=True)
        personal = self.make_open(self.customer, name="Bring back the umbrella")
        activity = waiting.activity_id
        self.declare()
        self.assertRecordValues(
            waiting + planned, [{"state": "cancelled", "reason_code": "lost"}] * 2
        )
        self.assertFalse(activity.exists().filtered("active"))
        self.assertEqual((complaint + personal).mapped("state"), ["open"] * 2)

    def test_goodbye_stops_programs_but_not_those_that_win_back(self):
        follow_up = self.make_program(trigger="manual")
        win_back = self.make_program(
            trigger="manual", objective="recovery", worthwhile_only=False
        )
        for program in (follow_up, win_back):
            program._enroll(self.customer)
        self.declare()
        enrollments = self.customer.enrollment_ids
        self.assertRecordValues(
            enrollments.sorted(lambda e: e.program_id.id),
            [
                {"state": "stopped", "stop_reason": "lost"},
                {"state": "running", "stop_reason": False},
            ],
        )
        left = enrollments.filtered(lambda e: e.program_id == follow_up)
        self.assertEqual(set(left.interaction_ids.mapped("state")), {"cancelled"})

    def test_silence_empties_the_queue_with_the_refresh(self):
        waiting, _planned = self.make_cared_for()
        lost = self.make_lost_segment()
        self.make_order(self.customer.partner_id, 400)
        self.refresh()
        self.assertEqual(self.customer.segment_id, lost)
        self.assertRecordValues(
            waiting, [{"state": "cancelled", "reason_code": "lost"}]
        )

    def test_plan_for_lost_customers_stays_in_the_queue(self):
        lost = self.make_lost_segment()
        self.make_order(self.customer.partner_id, 400)
        self.refresh()
        line = lost.plan_id.line_ids
        line.objective = "relationship"
        card = self.make_open(self.customer, plan_line_id=line.id)
        self.refresh()
        self.assertEqual(card.state, "open")

    def test_who_bought_again_is_not_asked_why(self):
        self.make_order(self.customer.partner_id, 400)
        self.make_lost_segment()
        self.refresh()
        loss = self.defections(self.customer)
        loss.action_ask_why()
        own = loss.interaction_id
        self.env["crm.interaction"]._schedule(self.company)
        asking = self.customer.interaction_ids.filtered("plan_line_id")
        asking.date_planned = NOW
        asking._release()
        self.assertEqual(asking.state, "open")
        self.make_order(self.customer.partner_id)
        self.refresh()
        self.assertRecordValues(
            own + asking, [{"state": "cancelled", "reason_code": "returned"}] * 2
        )


@tagged("post_install", "-at_install")
class TestVisit(DefectionCase):
    """Several interactions of a customer within a few days are one visit."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.call.duration = 10
        cls.first, cls.second, cls.third = (
            cls.make_open(cls.customer, name=name) for name in ("A", "B", "C")
        )

    def test_others_are_offered(self):
        self.third.date_planned += timedelta(days=30)
        self.make_open(self.make_loyal("Somebody else"))
        first = self.first.with_user(self.sari)
        self.assertEqual(first.also_due_ids, self.second)
        self.assertEqual(first.also_due, "B")

    def test_a_complaint_is_solved_by_itself(self):
        self.make_open(self.customer, kind="service", is_complaint=True)
        first = self.first.with_user(self.sari)
        self.assertEqual(first.also_due_ids, self.second + self.third)

    def test_ticked_ones_are_closed_with_the_same_outcome(self):
        first = self.first.with_user(self.sari)
        first.write(
            {
                "together_ids": [(4, self.second.id)],
                "sentiment": "positive",
                "feedback": "Fine",
            }
        )
        self.assertEqual(first.together_ids, self.second)
        first.with_context(outcome="ordered").action_done()
        self.assertRecordValues(
            self.first + self.second,
            [
                {
                    "state": "done",
                    "outcome": "ordered",
                    "sentiment": "positive",
                    "feedback": "Fine",
                    "cost": 0.5,
                    "duration": 10,
                },
                {
                    "state": "done",
                    "outcome": "ordered",
                    "sentiment": "positive",
                    "feedback": False,
                    "cost": 0,
                    "duration": 0,
                },
            ],
        )
        self.assertEqual(self.second.along_id, self.first)
        self.assertEqual(self.third.state, "open")

    def test_a_visit_counts_once_for_the_limits(self):
        self.first.together_ids = self.second
        self.first.with_user(self.sari).action_done()
        [(_id, _moments, ids, *_rest)] = self.third._read_contact_history(
            self.first.date_done - timedelta(days=1)
        )
        self.assertIn(self.first.id, ids)
        self.assertNotIn(self.second.id, ids)

    def test_no_answer_holds_for_all(self):
        self.first.together_ids = self.second
        self.first.with_user(self.sari).action_no_answer()
        self.assertEqual((self.first + self.second).mapped("attempt_count"), [1, 1])
        self.assertEqual(self.third.attempt_count, 0)

    def test_unticked_again(self):
        first = self.first.with_user(self.sari)
        first.together_ids = self.second
        first.together_ids = False
        first.action_done()
        self.assertEqual(self.second.state, "open")

    def test_one_left_over_costs_what_it_costs(self):
        self.first.together_ids = self.second
        self.first.with_user(self.sari).action_cancel()
        self.second.with_user(self.sari).action_done()
        self.assertEqual(self.second.cost, 0.5)

    def test_refusal_binds_those_that_go_along(self):
        self.first.touchpoint_id = self.visit
        self.first.together_ids = self.second
        # as if the refusal had come in while the dialog was open
        with patch.object(type(self.first), "_reconsider"):
            self.customer.partner_id.refused_touchpoint_ids = self.call
        with self.assertRaisesRegex(UserError, "Refused"):
            self.first.with_user(self.sari).action_done()

    def test_other_customers_cannot_be_ticked(self):
        other = self.make_open(self.make_loyal("Somebody else", user_id=self.budi.id))
        own = self.make_open(self.make_loyal("Another"))
        self.first.with_user(self.sari).write({"together_ids": [(4, own.id)]})
        self.env.invalidate_all()
        self.assertFalse(self.first.together_ids)
        with self.assertRaises(AccessError):
            self.first.with_user(self.sari).write({"together_ids": [(4, other.id)]})
        self.first.with_user(self.sari).action_done()
        self.assertEqual((own + other).mapped("state"), ["open"] * 2)
