"""When the steps of a program come, and that they keep their order and distance."""

from datetime import date, datetime, timedelta

from odoo import Command
from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .common import NOW, TODAY
from .common_follow_ups import FollowUpCase

MONDAY, SATURDAY = 0, 5


class TimingCase(FollowUpCase):
    def program_of(self, *steps, **values):
        """Return a program of calls, one for each dict."""
        return self.env["crm.program"].create(
            {
                "name": "Timed",
                "trigger": "manual",
                "step_ids": [
                    Command.create(
                        {
                            "name": f"Step {rank}",
                            "sequence": rank,
                            "touchpoint_ids": [Command.set(self.call.ids)],
                            **step,
                        }
                    )
                    for rank, step in enumerate(steps)
                ],
                **values,
            }
        )

    def enroll(self, program, partner=None):
        relationship = self.make_relationship(partner or self.partner)
        enrollment = program._enroll(relationship)
        return enrollment.interaction_ids.sorted("id")

    def days(self, interactions):
        return [(i.date_due - TODAY).days for i in interactions]


@tagged("post_install", "-at_install")
class TestDelay(TimingCase):
    def test_each_unit_from_the_start(self):
        program = self.program_of(
            {"delay": 36, "delay_unit": "hours"},
            {"delay": 3},
            {"delay": 2, "delay_unit": "weeks"},
            {"delay": 1, "delay_unit": "months"},
        )
        steps = self.enroll(program)
        self.assertEqual(self.days(steps), [1, 3, 14, 30])
        self.assertEqual(steps[0].date_planned, NOW + timedelta(hours=36))
        self.assertEqual(steps[0].date_wanted, NOW + timedelta(hours=36))
        self.assertFalse(steps[1].date_wanted)

    def test_hours_after_the_order(self):
        self.program.step_ids[1].write({"delay": 2, "delay_unit": "hours"})
        order = self.make_quotation(self.partner)
        order.action_confirm()
        second = self.follow_ups(order)[1]
        self.assertEqual(second.date_planned, order.date_order + timedelta(hours=2))

    def test_hours_are_waited_for_although_the_gate_looks_again(self):
        program = self.program_of({"delay": 5, "delay_unit": "hours"})
        [step] = self.enroll(program)
        step.reason_code = "too_frequent"
        self.assertEqual(step._get_wanted_moment(), NOW + timedelta(hours=5))

    def test_from_the_previous_step(self):
        program = self.program_of(
            {},
            {"delay": 3, "delay_from": "previous"},
            {"delay": 1, "delay_unit": "weeks", "delay_from": "previous"},
        )
        steps = self.enroll(program)
        self.assertEqual(self.days(steps), [0, 3, 10])
        with self.in_days(4):
            steps[0].action_done()
            self.assertEqual(self.days(steps), [0, 7, 14])
            self.assertEqual(
                steps[1].date_planned,
                self.company._relationship_time(TODAY + timedelta(days=7)),
            )

    def test_previous_step_that_was_made_early(self):
        program = self.program_of(
            {"delay": 5}, {"delay": 3, "delay_from": "previous"}, {"delay": 30}
        )
        steps = self.enroll(program)
        steps[0].action_done()
        self.assertEqual(self.days(steps)[:2], [5, 3])

    def test_hours_after_the_previous_step(self):
        program = self.program_of(
            {}, {"delay": 4, "delay_unit": "hours", "delay_from": "previous"}
        )
        steps = self.enroll(program)
        with self.at(NOW + timedelta(days=2, hours=1)):
            steps[0].action_done()
        self.assertEqual(steps[1].date_planned, NOW + timedelta(days=2, hours=5))
        self.assertEqual(steps[1].date_wanted, NOW + timedelta(days=2, hours=5))
        self.assertEqual(steps[1].date_due, TODAY + timedelta(days=2))

    def test_previous_step_that_is_skipped(self):
        program = self.program_of({}, {"delay": 3, "delay_from": "previous"})
        steps = self.enroll(program)
        steps[0].action_cancel()
        self.assertEqual(self.days(steps), [0, 3])

    def test_before_the_day(self):
        occasion = self.env["crm.occasion"].create({"name": "B", "kind": "birthday"})
        self.program_of(
            {"delay": 10, "delay_from": "before"},
            {"delay": 0},
            {"delay": 2},
            trigger="occasion",
            occasion_id=occasion.id,
        )
        self.company.relationship_horizon_days = 7
        near = self.make_relationship(self.make_customer(birthdate="1990-04-13"))
        far = self.make_relationship(self.make_customer(birthdate="1990-04-20"))
        self.run_cron("schedule")
        self.assertEqual(
            near.interaction_ids.sorted("id").mapped("date_due"),
            [date(2026, 4, 3), date(2026, 4, 13), date(2026, 4, 15)],
        )
        self.assertFalse(far.interaction_ids.filtered("program_step_id"))

    def test_who_comes_late_does_not_get_what_was_before_the_day(self):
        occasion = self.env["crm.occasion"].create({"name": "B", "kind": "birthday"})
        program = self.program_of(
            {"delay": 10, "delay_from": "before"},
            {"delay": 0},
            trigger="occasion",
            occasion_id=occasion.id,
        )
        near = self.make_relationship(self.make_customer(birthdate="1990-04-03"))
        self.run_cron("schedule")
        self.assertEqual(
            near.interaction_ids.filtered("program_step_id").program_step_id,
            program.step_ids[1],
        )


@tagged("post_install", "-at_install")
class TestBadTiming(TimingCase):
    def assertRefused(self, words, *steps, **values):
        with self.assertRaisesRegex(ValidationError, words):
            self.program_of(*steps, **values)

    def test_first_step_after_the_previous(self):
        self.assertRefused("is the first step", {"delay_from": "previous"})

    def test_step_that_becomes_the_first(self):
        program = self.program_of({}, {"delay_from": "previous", "delay": 1})
        with self.assertRaisesRegex(ValidationError, "is the first step"):
            program.step_ids[0].sequence = 9

    def test_first_step_is_deleted(self):
        program = self.program_of({}, {"delay_from": "previous", "delay": 1})
        with self.assertRaisesRegex(ValidationError, "is the first step"):
            program.step_ids[0].unlink()
            self.env.cr.precommit.run()

    def test_before_a_day_that_nobody_knows(self):
        self.assertRefused("ahead of it", {"delay_from": "before", "delay": 1})

    def test_trigger_that_knows_no_day_any_more(self):
        occasion = self.env["crm.occasion"].create({"name": "B", "kind": "birthday"})
        program = self.program_of(
            {"delay_from": "before", "delay": 1},
            trigger="occasion",
            occasion_id=occasion.id,
        )
        with self.assertRaisesRegex(ValidationError, "ahead of it"):
            program.trigger = "manual"

    def test_beyond_ten_years(self):
        for delay, unit in ((121, "months"), (522, "weeks"), (3651, "days")):
            with self.subTest(unit=unit):
                self.assertRefused(
                    "ten years|at most", {"delay": delay, "delay_unit": unit}
                )

    def test_beyond_ten_years_step_by_step(self):
        half = {"delay": 70, "delay_unit": "months", "delay_from": "previous"}
        self.assertRefused("ten years", {}, half, half)

    def test_copy(self):
        program = self.program_of({}, {"delay_from": "previous", "delay": 2})
        copied = program.copy()
        self.assertEqual(copied.step_ids.mapped("offset_days"), [0, 2])
        self.assertEqual(copied.step_ids.mapped("place"), [0, 1])

    def test_steps_in_the_order_of_their_days(self):
        program = self.program_of({"delay": 9}, {"delay": 2}, {"delay": 5})
        self.assertEqual(program.step_ids.mapped("place"), [2, 0, 1])
        self.assertEqual(self.days(self.enroll(program)), [2, 5, 9])


@tagged("post_install", "-at_install")
class TestDistance(TimingCase):
    """What had to wait pushes back what comes after it."""

    def test_pause_pushes_back_what_follows(self):
        program = self.program_of({}, {"delay": 1}, {"delay": 7})
        self.partner.contact_snooze_until = TODAY + timedelta(days=5)
        steps = self.enroll(program)
        with self.in_days(5):
            self.run_cron("release")
            self.assertEqual(steps[0].state, "open")
        with self.in_days(6):
            self.run_cron("release")
        planned = steps.mapped("date_planned")
        self.assertGreaterEqual(planned[1].date(), planned[0].date() + timedelta(1))
        self.assertGreaterEqual(planned[2].date(), planned[1].date() + timedelta(6))

    def test_cap_pushes_back_what_follows(self):
        self.company.contact_cap_ids.unlink()
        self.env["crm.contact.cap"].create(
            {"company_id": self.company.id, "count": 3, "days": 30}
        )
        for _n in range(3):
            self.make_interaction(
                self.make_relationship(self.partner), state="done", date_done=NOW
            )
        program = self.program_of({}, {"delay": 1})
        steps = self.enroll(program)
        steps._release()
        planned = steps.mapped("date_planned")
        self.assertGreaterEqual(planned[0], NOW + timedelta(days=29))
        self.assertGreaterEqual(planned[1].date(), planned[0].date() + timedelta(1))
        self.assertEqual(steps[1].reason_code, "step_first")

    def test_done_after_a_wait(self):
        program = self.program_of({}, {"delay": 1}, {"delay": 7})
        steps = self.enroll(program)
        steps[0].write({"date_planned": NOW + timedelta(days=4)})
        with self.in_days(4):
            steps[0].action_done()
        self.assertEqual(self.days(steps), [0, 5, 11])
        self.assertEqual(steps.enrollment_id.shift_days, 4)

    def test_done_late_in_the_queue_pushes_nothing_back(self):
        program = self.program_of({}, {"delay": 1}, {"delay": 7})
        steps = self.enroll(program)
        with self.in_days(4):
            steps[0].action_done()
        self.assertEqual(self.days(steps), [0, 1, 7])

    def test_queue_holds_nothing_on_a_day_off_because_it_was_pushed_back(self):
        program = self.program_of({}, {"delay": 1})
        steps = self.enroll(program)
        steps._release()
        self.assertEqual(steps.mapped("state"), ["open", "open"])
        steps[0].write({"date_planned": NOW + timedelta(days=3)})
        with self.in_days(3):
            steps[0].action_done()
            self.assertEqual(self.days(steps), [0, 4])
            self.assertEqual(steps[1].date_due.weekday(), SATURDAY)
            self.run_cron("release")
            self.assertEqual(steps[1].state, "open")
            self.assertEqual(steps[1].date_planned.weekday(), MONDAY)
            self.assertEqual(steps[1].activity_id.date_deadline.weekday(), MONDAY)

    def test_day_that_somebody_chose_stays(self):
        program = self.program_of({}, {"delay": 1}, {"delay": 7})
        steps = self.enroll(program)
        chosen = NOW + timedelta(days=3)
        steps[1].with_user(self.sari).date_planned = chosen
        steps[0].date_planned = NOW + timedelta(days=4)
        with self.in_days(4):
            steps[0].action_done()
        self.assertEqual(steps[1].date_planned, chosen)
        self.assertEqual(self.days(steps)[2], 11)

    def test_birthday_stays_on_its_day(self):
        occasion = self.env["crm.occasion"].create({"name": "B", "kind": "birthday"})
        self.program_of(
            {"delay": 2, "delay_from": "before"},
            {"delay": 0},
            trigger="occasion",
            occasion_id=occasion.id,
        )
        relationship = self.make_relationship(
            self.make_customer(birthdate="1990-04-03")
        )
        self.run_cron("schedule")
        steps = relationship.interaction_ids.filtered("program_step_id").sorted("id")
        steps[0].date_planned += timedelta(days=1)
        with self.in_days(3):
            steps[0].action_done()
        self.assertEqual(steps[1].date_due, date(2026, 4, 3))

    def test_what_is_placed_again_keeps_the_distance(self):
        order = self.confirmed()
        enrollment = order.enrollment_ids
        enrollment.shift_days = 3
        asked = self.follow_ups(order)[1]
        asked.write({"state": "cancelled", "reason_code": "order_changed"})
        enrollment._place_steps()
        again = self.follow_ups(order, "scheduled").filtered(
            lambda i: i.program_step_id == asked.program_step_id
        )
        self.assertEqual(self.days(again), [4])

    def test_order_moved_to_another_day_starts_anew(self):
        order = self.confirmed()
        order.enrollment_ids.shift_days = 3
        order.date_order = datetime(2026, 4, 2, 3)
        order._follow_changes()
        self.assertFalse(order.enrollment_ids.shift_days)
