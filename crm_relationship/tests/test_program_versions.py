"""Customers keep the steps they started with, until a manager moves them."""

from datetime import timedelta

from odoo import Command
from odoo.exceptions import UserError
from odoo.modules.module import load_script
from odoo.tests import tagged

from .common import TODAY
from .test_program_timing import TimingCase


class VersionCase(TimingCase):
    def setUp(self):
        super().setUp()
        self.made = self.program_of(
            {"talk_text": "Hello"},
            {"delay": 3, "talk_text": "How is it?"},
            {"delay": 10, "delay_from": "previous"},
            name="Versioned",
        )
        self.steps = self.enroll(self.made)
        self.run = self.steps.enrollment_id
        self.mine = self.made.with_user(self.manager)

    def due(self, *states):
        """Return the days and names of what is planned, or in these states."""
        found = self.run.interaction_ids.filtered(
            lambda i: i.state in (states or ("scheduled",))
        )
        return sorted(((i.date_due - TODAY).days, i.name) for i in found)


@tagged("post_install", "-at_install")
class TestKept(VersionCase):
    def test_what_is_planned_stays(self):
        before = self.due()
        self.mine.step_ids[1].write({"delay": 5, "talk_text": "Changed"})
        self.assertEqual(self.due(), before)
        self.assertEqual(self.run.version, 1)
        kept = self.steps[1].program_step_id
        self.assertEqual((kept.version, kept.delay), (1, 3))
        self.assertEqual(kept.root_id, self.made.step_ids[1])
        self.assertEqual(self.steps[1]._get_spoken_text(), "How is it?")
        self.assertEqual(kept.touchpoint_ids, self.call)

    def test_who_enters_later_gets_the_new_ones(self):
        self.mine.step_ids[1].delay = 5
        later = self.enroll(self.made, self.make_customer("Later"))
        self.assertEqual(later.enrollment_id.version, 0)
        self.assertEqual(self.days(later), [0, 5, 15])
        self.assertEqual(later.program_step_id, self.made.step_ids)

    def test_steps_of_today_are_those_of_the_form(self):
        self.mine.step_ids[1].delay = 5
        self.assertEqual(len(self.made.step_ids), 3)
        self.env.invalidate_all()
        self.assertEqual(len(self.made.step_ids), 3)
        self.assertFalse(any(self.made.step_ids.mapped("version")))
        self.assertEqual(len(self.made.copy().step_ids), 3)

    def test_one_version_for_several_changes(self):
        self.mine.step_ids[1].delay = 5
        self.mine.step_ids[2].delay = 12
        self.mine.write({"step_ids": [Command.create({"name": "More", "delay": 99})]})
        self.assertEqual(self.run.version, 1)
        kept = self.env["crm.program.step"].search([("version", ">", 0)])
        self.assertEqual(len(kept), 3)

    def test_two_versions(self):
        self.mine.step_ids[1].delay = 5
        second = self.enroll(self.made, self.make_customer("Second")).enrollment_id
        self.mine.step_ids[1].delay = 6
        self.assertEqual((self.run.version, second.version), (1, 2))
        third = self.enroll(self.made, self.make_customer("Third"))
        self.assertEqual(self.days(third), [0, 6, 16])
        self.assertIn("former steps", self.mine.former_note)
        self.mine.action_move_runs()
        self.assertFalse((self.run | second).filtered("version"))

    def test_step_that_is_deleted(self):
        before = self.due()
        self.mine.step_ids[2].unlink()
        self.env.cr.precommit.run()
        self.assertEqual(self.due(), before)

    def test_channels_and_conditions(self):
        self.made.step_ids[1].write(
            {
                "condition_step_id": self.made.step_ids[0].id,
                "condition_outcome": "reached",
            }
        )
        self.mine.step_ids[1].touchpoint_ids = self.visit
        kept = self.steps.program_step_id.sorted("sequence")
        self.assertEqual(kept[1].touchpoint_ids, self.call)
        self.assertEqual(kept[1].condition_step_id, kept[0])
        self.assertEqual(self.made.step_ids[1].condition_step_id, self.made.step_ids[0])

    def test_pace_follows_the_kept_steps(self):
        self.mine.step_ids[2].delay = 20
        with self.in_days(5):
            self.steps[:2].action_done()
        self.assertEqual(self.days(self.steps)[2], 15)

    def test_nothing_is_placed_twice(self):
        self.steps[0].action_done()
        self.mine.step_ids[1].delay = 5
        self.run._place_steps()
        self.assertEqual(len(self.run.interaction_ids), 3)

    def test_corrections_of_the_system_are_for_all(self):
        self.made.step_ids[1].delay = 5
        self.assertFalse(self.run.version)

    def test_nobody_goes_through_it(self):
        self.run._stop("by_hand")
        self.mine.step_ids[1].delay = 5
        self.assertFalse(self.env["crm.program.step"].search([("version", ">", 0)]))

    def test_harmless_change(self):
        self.mine.step_ids[1].name = "Another name"
        self.assertFalse(self.run.version)

    def test_kept_steps_are_not_changed_by_hand(self):
        self.mine.step_ids[1].delay = 5
        kept = self.steps[1].program_step_id.with_user(self.manager)
        for work in (lambda: kept.write({"delay": 1}), kept.unlink):
            with self.assertRaisesRegex(UserError, "kept for the customers"):
                work()
        today = self.mine.step_ids[1]
        today.write({"version": 7, "root_id": kept.id})
        self.assertFalse(today.version or today.root_id)

    def test_results_by_step_add_up(self):
        self.steps[0].action_done()
        other = self.enroll(self.made, self.make_customer("Other"))
        self.mine.step_ids[1].delay = 5
        third = self.enroll(self.made, self.make_customer("Third"))
        (other[0] | third[0]).action_done()
        self.env.flush_all()
        groups = self.env["crm.effect.report"]._read_group(
            [("program_id", "=", self.made.id)], ["program_step_id"], ["__count"]
        )
        self.assertEqual(groups, [(self.made.step_ids[0], 3)])

    def test_order_that_hands_over_its_run(self):
        self.program.merge_days = 1
        first = self.confirmed()
        second = self.make_quotation(self.partner)
        program = self.program.with_user(self.manager)
        program.step_ids[2].delay = 8
        second.action_confirm()
        followed = first.enrollment_ids
        self.assertEqual(second.enrollment_ids.joined_id, followed)
        first._action_cancel()
        heir = second.enrollment_ids
        self.assertEqual(heir.version, 1)
        live = heir.interaction_ids.filtered(
            lambda i: i.state in ("scheduled", "open", "done")
        )
        roots = [i.program_step_id.root_id for i in live]
        self.assertEqual(len(roots), len(set(roots)))

    def test_same_step_of_another_version_gives_way(self):
        """Who buys every week is asked once, also where a step was changed since."""
        self.confirmed()
        self.program.with_user(self.manager).step_ids[2].note = "Changed"
        with self.in_days(4):
            later = self.make_quotation(self.partner)
            later.action_confirm()
        run = later.enrollment_ids
        self.assertFalse(run.version)
        covered = run.interaction_ids.covered_ids
        self.assertEqual(set(covered.mapped("name")), {"Day 1", "Day 7", "Day 30"})
        self.assertEqual(set(covered.mapped("reason_code")), {"covered"})


@tagged("post_install", "-at_install")
class TestMoved(VersionCase):
    def move(self):
        action = self.mine.action_move_runs()
        self.assertFalse(self.run.version)
        return action

    def test_what_lies_ahead_is_planned_anew(self):
        self.steps[0].action_done()
        self.mine.step_ids[1].write({"delay": 5, "talk_text": "Changed"})
        self.assertIn("03/31/2026: 1", self.mine.former_note)
        self.move()
        self.assertEqual(self.due(), [(5, "Step 1"), (15, "Step 2")])
        self.assertEqual(self.due("done"), [(0, "Step 0")])
        self.assertFalse(self.mine.former_note)
        self.assertEqual(self.run.interaction_ids.program_step_id, self.made.step_ids)
        self.assertEqual(self.run.state, "running")

    def test_nothing_comes_twice(self):
        self.steps[:2].action_done()
        self.mine.step_ids[1].delay = 8
        self.move()
        self.assertEqual(self.due("done"), [(0, "Step 0"), (3, "Step 1")])
        self.assertNotIn("Step 1", [name for _day, name in self.due()])

    def test_what_was_cancelled_stays_so(self):
        self.steps[1].action_cancel()
        self.mine.step_ids[1].delay = 5
        self.move()
        self.assertNotIn("Step 1", [name for _day, name in self.due()])

    def test_nothing_before_what_was_made_already(self):
        with self.in_days(1):
            self.steps[:2].action_done()
        self.mine.write(
            {
                "step_ids": [
                    Command.create({"name": "Between", "sequence": 1, "delay": 2}),
                    Command.create({"name": "After", "sequence": 9, "delay": 30}),
                ]
            }
        )
        self.move()
        names = [name for _day, name in self.due()]
        self.assertNotIn("Between", names)
        self.assertIn("After", names)

    def test_what_is_in_a_queue_stays(self):
        self.steps[0]._release()
        self.assertEqual(self.steps[0].state, "open")
        self.mine.step_ids[0].talk_text = "New words"
        self.move()
        self.assertEqual(self.steps[0].state, "open")
        self.assertEqual(self.steps[0]._get_spoken_text(), "New words")

    def test_step_that_is_no_more(self):
        self.mine.step_ids[2].unlink()
        self.env.cr.precommit.run()
        self.move()
        self.assertEqual(self.due(), [(0, "Step 0"), (3, "Step 1")])
        self.assertEqual(self.steps[2].reason_code, "plan_changed")

    def test_what_is_past_is_left_out(self):
        self.steps[0].action_done()
        with self.in_days(3):
            self.steps[1].action_done()
        with self.in_days(8):
            self.mine.step_ids[2].write({"delay": 4, "delay_from": "start"})
            self.move()
        self.assertFalse(self.due())
        self.assertEqual(self.run.state, "completed")

    def test_only_a_running_program(self):
        self.mine.step_ids[1].delay = 5
        self.mine.action_back_to_draft()
        with self.assertRaisesRegex(UserError, "is not running"):
            self.mine.action_move_runs()

    def test_moved_twice(self):
        self.mine.step_ids[1].delay = 5
        self.move()
        before = self.due()
        self.mine.action_move_runs()
        self.assertEqual(self.due(), before)

    def test_queries_do_not_depend_on_the_customers(self):
        def count(customers):
            for n in range(customers):
                self.enroll(self.made, self.make_customer(f"C{n}"))
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.mine.step_ids[1].delay += 1
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        count(1)
        count(2)
        self.assertEqual(count(2), count(9))


@tagged("post_install", "-at_install")
class TestMigrationOfPublishing(TimingCase):
    def test_existing_programs_count_as_approved(self):
        program = self.program_of({})
        over = self.program_of({}, date_start=False, date_end=TODAY - timedelta(days=9))
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_program SET state = 'draft' WHERE id = ANY(%s)",
            [(program | over).ids],
        )
        path = "crm_relationship/migrations/19.0.1.6.0/post-publishing.py"
        load_script(path, "post").migrate(self.env.cr, "19.0.1.5.0")
        self.env.invalidate_all()
        self.assertEqual(program.state, "running")
        self.assertEqual(over.state, "ended")
        self.assertFalse(program.step_ids.version)
        self.assertTrue(program._enroll(self.make_relationship(self.partner)))
