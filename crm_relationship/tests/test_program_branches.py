"""Steps that are made on a condition: of the customer, the order or an earlier step."""

from datetime import timedelta

from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .common import NOW, TODAY
from .test_program_timing import TimingCase


class BranchCase(TimingCase):
    def branching(self, outcome, negated=False, **values):
        """Return a program whose second step asks what came of the first."""
        program = self.program_of({}, {"delay": 2, **values})
        program.step_ids[1].write(
            {
                "condition_step_id": program.step_ids[0].id,
                "condition_outcome": outcome,
                "condition_negated": negated,
            }
        )
        return program

    def ask(self, step, days=2):
        """Let the second step's day come."""
        with self.in_days(days):
            step._release()
        return step.state, step.reason_code

    def assertMet(self, step, days=2):
        self.assertEqual(self.ask(step, days)[0], "open")

    def assertUnmet(self, step, days=2):
        self.assertEqual(self.ask(step, days), ("skipped", "condition_unmet"))


@tagged("post_install", "-at_install")
class TestOutcome(BranchCase):
    def test_reached(self):
        first, second = self.enroll(self.branching("reached"))
        first._close_done({"outcome": "reached"})
        self.assertMet(second)

    def test_not_reached(self):
        first, second = self.enroll(self.branching("reached"))
        first.action_cancel()
        self.assertUnmet(second)
        self.assertEqual(second.enrollment_id.state, "completed")

    def test_opposite(self):
        first, second = self.enroll(self.branching("reached", negated=True))
        first.action_cancel()
        self.assertMet(second)

    def test_opposite_of_what_happened(self):
        first, second = self.enroll(self.branching("reached", negated=True))
        first._close_done({"outcome": "ordered"})
        self.assertUnmet(second)

    def test_no_answer(self):
        self.company.relationship_max_attempts = 1
        first, second = self.enroll(self.branching("no_answer"))
        first.action_no_answer()
        self.assertEqual(first.state, "missed")
        self.assertMet(second)

    def test_answer_after_all(self):
        first, second = self.enroll(self.branching("no_answer"))
        first.action_no_answer()
        first._close_done({"outcome": "reached"})
        self.assertUnmet(second, 9)

    def test_made(self):
        first, second = self.enroll(self.branching("made"))
        first.action_done()
        self.assertMet(second)

    def messaging(self, outcome, **values):
        program = self.branching(outcome, **values)
        program.step_ids[0].write(
            {
                "touchpoint_ids": [Command.set(self.email.ids)],
                "mail_template_id": self.mail_template.id,
            }
        )
        first, second = self.enroll(program)
        first.date_planned = NOW - timedelta(hours=1)
        first._release()
        self.assertEqual(first.outcome, "sent")
        return first, second

    def test_bounced(self):
        first, second = self.messaging("bounced")
        first._follow_failure("email")
        self.assertEqual(first.state, "skipped")
        self.assertMet(second)

    def test_arrived(self):
        _first, second = self.messaging("bounced")
        self.assertUnmet(second)

    def reply(self, author):
        self.env["mail.message"].create(
            {
                "model": "res.partner",
                "res_id": self.partner.id,
                "author_id": author.id,
                "message_type": "email",
                "body": "Thank you!",
                "date": NOW + timedelta(hours=5),
            }
        )

    def test_replied(self):
        _first, second = self.messaging("replied")
        self.reply(self.partner)
        self.assertMet(second)

    def test_not_replied(self):
        _first, second = self.messaging("replied")
        self.reply(self.make_customer("Somebody else"))
        self.assertUnmet(second)

    def test_not_replied_is_what_is_asked(self):
        _first, second = self.messaging("replied", negated=True)
        self.assertMet(second)

    def test_bought(self):
        first, second = self.enroll(self.branching("bought"))
        first.action_done()
        self.make_order(self.partner, -1)
        self.assertMet(second)

    def test_bought_in_another_company(self):
        first, second = self.enroll(self.branching("bought"))
        first.action_done()
        self.make_order(self.partner, -1, company=self.other_company)
        self.assertUnmet(second)

    def test_two_runs_of_one_customer_asked_together(self):
        """What the second run is about was bought after the step of the first one."""
        program = self.branching("bought")
        program.write({"trigger": "sale_confirmed", "merge_rule": "parallel"})
        runs = []
        for days in (0, 3):
            with self.in_days(days):
                order = self.make_quotation(self.partner)
                order.action_confirm()
                run = order.enrollment_ids.filtered(lambda e: e.program_id == program)
                first, second = run.interaction_ids.sorted("date_due")
                first.action_done()
                runs.append(second)
        with self.in_days(6):
            (runs[0] + runs[1])._release()
        self.assertEqual(
            [(i.state, i.reason_code) for i in runs],
            [("open", False), ("skipped", "condition_unmet")],
        )

    def test_bought_before(self):
        first, second = self.enroll(self.branching("bought"))
        self.make_order(self.partner, 1)
        first.action_done()
        self.assertUnmet(second)

    def test_own_order_does_not_count(self):
        self.program.step_ids[1].write(
            {
                "condition_step_id": self.thanks.id,
                "condition_outcome": "bought",
                "delay": 2,
            }
        )
        order = self.confirmed()
        order.date_order = NOW + timedelta(hours=1)
        self.queued().send()
        second = self.follow_ups(order)[1]
        self.assertUnmet(second)

    def test_asked_when_its_moment_comes_and_not_before(self):
        first, second = self.enroll(self.branching("bought"))
        first.action_done()
        self.run_cron("release")
        self.assertEqual(second.state, "scheduled")
        self.make_order(self.partner, -1)
        with self.in_days(3):
            self.run_cron("release")
        self.assertEqual(second.state, "open")

    def test_waits_for_the_outcome(self):
        first, second = self.enroll(self.branching("reached"))
        first._release()
        self.assertEqual(self.ask(second), ("scheduled", "step_first"))
        with self.in_days(4):
            first._close_done({"outcome": "reached"})
            self.run_cron("release")
        self.assertEqual(second.state, "open")

    def test_step_left_out_by_who_comes_late(self):
        program = self.branching("made")
        relationship = self.make_relationship(self.partner)
        enrollment = program._enroll(
            relationship, {relationship: TODAY - timedelta(days=2)}
        )
        [second] = enrollment.interaction_ids
        self.assertUnmet(second, 0)

    def test_queries_do_not_depend_on_the_customers(self):
        program = self.branching("bought")

        def queries(count):
            relationships = self.env["crm.relationship"]._ensure(
                self.env["res.partner"].create(
                    [{"name": f"C{n}"} for n in range(count)]
                ),
                self.company,
            )
            steps = program._enroll(relationships).interaction_ids
            steps = steps.browse(steps.ids)  # as the release reads them: together
            first = steps.filtered(lambda i: not i.program_step_id.delay)
            first.action_cancel()
            with self.in_days(2):
                self.env.flush_all()
                self.env.invalidate_all()
                before = self.env.cr.sql_log_count
                (steps - first)._drop_senseless()
                self.env.flush_all()
                spent = self.env.cr.sql_log_count - before
            self.assertEqual(
                set((steps - first).mapped("reason_code")), {"condition_unmet"}
            )
            return spent

        queries(2)
        self.assertLessEqual(queries(40), queries(5) + 8)


@tagged("post_install", "-at_install")
class TestFilters(BranchCase):
    def test_customer(self):
        program = self.program_of({"condition_partner": "[('city', '=', 'Bogor')]"})
        step = self.enroll(program)
        self.assertUnmet(step, 0)
        self.partner.city = "Bogor"
        step = self.enroll(program)
        self.assertMet(step, 0)

    def test_order(self):
        self.program.step_ids[1].condition_order = "[('client_order_ref', '=', 'A')]"
        order = self.confirmed()
        self.queued().send()
        second = self.follow_ups(order)[1]
        self.assertUnmet(second)
        other = self.make_customer("Other", email="o@example.com", phone="+62 811 1")
        order = self.confirmed(other, client_order_ref="A")
        self.queued(other).send()
        self.assertMet(self.follow_ups(order)[1])

    def test_filter_that_cannot_be_read_any_more_makes_wait(self):
        program = self.program_of({"condition_partner": "[('city', '=', 'Bogor')]"})
        step = self.enroll(program)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_program_step SET condition_partner = %s WHERE program_id = %s",
            ["[('gone', '=', 1)]", program.id],
        )
        self.env.invalidate_all()
        self.assertEqual(self.ask(step, 0), ("scheduled", "error"))
        self.assertIn("cannot be read", program.problem)

    def test_both_must_hold(self):
        program = self.branching("made", condition_partner="[('city', '=', 'Bogor')]")
        first, second = self.enroll(program)
        first.action_done()
        self.assertUnmet(second)


@tagged("post_install", "-at_install")
class TestBadBranches(BranchCase):
    def assertRefused(self, words):
        return self.assertRaisesRegex((UserError, ValidationError), words)

    def test_what_nobody_tells(self):
        for outcome in ("opened", "clicked"):
            with self.subTest(outcome=outcome), self.assertRefused("does not tell"):
                self.branching(outcome)

    def test_what_nobody_tells_while_the_program_is_archived(self):
        program = self.branching("made")
        program.active = False
        step = program.step_ids[1]
        step.condition_outcome = "opened"
        self.assertIn("does not tell", step.condition_warning)
        with self.assertRefused("does not tell"):
            program.active = True

    def test_later_step(self):
        program = self.program_of({}, {"delay": 2})
        with self.assertRefused("does not come before"):
            program.step_ids[0].write(
                {
                    "condition_step_id": program.step_ids[1].id,
                    "condition_outcome": "made",
                }
            )

    def test_itself(self):
        program = self.program_of({}, {"delay": 2})
        with self.assertRefused("does not come before"):
            program.step_ids[1].write(
                {
                    "condition_step_id": program.step_ids[1].id,
                    "condition_outcome": "made",
                }
            )

    def test_step_of_another_program(self):
        program = self.program_of({}, {"delay": 2})
        with self.assertRefused("does not come before"):
            program.step_ids[1].write(
                {"condition_step_id": self.thanks.id, "condition_outcome": "made"}
            )

    def test_asked_step_is_moved_behind(self):
        program = self.branching("made")
        with self.assertRefused("does not come before"):
            program.step_ids[0].delay = 5

    def test_asked_step_is_deleted(self):
        program = self.branching("made")
        with self.assertRefused("asks what came of"):
            program.step_ids[0].unlink()

    def test_both_are_deleted(self):
        program = self.branching("made")
        program.step_ids = [Command.clear(), Command.create({"name": "New"})]
        self.assertEqual(program.step_ids.name, "New")

    def test_program_is_deleted(self):
        program = self.branching("made")
        program.unlink()
        self.assertFalse(program.exists())

    def test_step_without_outcome(self):
        program = self.program_of({}, {"delay": 2})
        with self.assertRefused("Say for"):
            program.step_ids[1].condition_step_id = program.step_ids[0]

    def test_filter_that_is_none(self):
        with self.assertRefused("cannot be read"):
            self.program_of({"condition_partner": "[('gone', '=', 1)]"})

    def test_copy_asks_its_own_steps(self):
        program = self.branching("reached", negated=True)
        copied = program.copy()
        first, second = copied.step_ids
        self.assertEqual(second.condition_step_id, first)
        self.assertEqual(second.condition_outcome, "reached")
        self.assertTrue(second.condition_negated)
