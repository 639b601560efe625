"""Steps that make no sense any more: too late, or no longer meant for the customer."""

from datetime import date, timedelta

from odoo import Command
from odoo.tests import tagged

from .common import NOW, TODAY
from .test_program_timing import TimingCase


@tagged("post_install", "-at_install")
class TestExpired(TimingCase):
    """What waits longer than it makes sense is closed, and never sent late."""

    def assertExpired(self, interaction, state="skipped"):
        self.assertRecordValues(
            interaction, [{"state": state, "reason_code": "expired"}]
        )

    def test_in_nobodys_queue(self):
        program = self.program_of({"expires": "days", "expires_days": 3})
        self.partner.contact_snooze_until = TODAY + timedelta(days=30)
        step = self.enroll(program)
        with self.in_days(3):
            self.run_cron("release")
            self.assertEqual(step.state, "scheduled")
        with self.in_days(4):
            self.run_cron("release")
        self.assertExpired(step)
        self.assertEqual(step.enrollment_id.state, "completed")
        self.assertEqual(program.expired_count, 1)

    def test_in_somebodys_queue(self):
        program = self.program_of({"expires": "days", "expires_days": 3})
        step = self.enroll(program)
        step._release()
        activity = step.activity_id
        self.assertEqual(step.state, "open")
        with self.in_days(4):
            self.run_cron("release")
        self.assertExpired(step)
        self.assertFalse(activity.exists())

    def test_in_the_mail_queue(self):
        self.thanks.write({"expires": "days", "expires_days": 2})
        order = self.confirmed()
        [mail] = self.queued()
        with self.in_days(3):
            mail.send()
        self.assertEqual(mail.state, "cancel")
        self.assertExpired(self.follow_ups(order)[0], "cancelled")
        self.assertEqual(self.program.expired_count, 1)

    def test_in_the_sms_queue(self):
        self.thanks.write(
            {"touchpoint_ids": [Command.set(self.sms.ids)], "expires": "day"}
        )
        order = self.confirmed()
        text = self.env["sms.sms"].search([("partner_id", "=", self.partner.id)])
        with self.in_days(1):
            text._send()
        self.assertEqual(text.state, "canceled")
        self.assertExpired(self.follow_ups(order)[0], "cancelled")

    def test_looked_at_again_by_somebody(self):
        program = self.program_of({"expires": "days", "expires_days": 0})
        step = self.enroll(program)
        with self.in_days(1):
            step._release()
        self.assertExpired(step)

    def test_end_of_the_program(self):
        program = self.program_of(
            {"delay": 2}, {"delay": 9, "expires": "program"}, date_end=TODAY
        )
        steps = self.enroll(program)
        with self.in_days(1):
            self.run_cron("release")
        self.assertEqual(steps.mapped("reason_code")[1], "expired")
        self.assertIn(steps[0].state, ("scheduled", "open"))

    def test_day_of_the_occasion(self):
        occasion = self.env["crm.occasion"].create({"name": "B", "kind": "birthday"})
        self.program_of(
            {"delay": 3, "delay_from": "before", "expires": "day"},
            trigger="occasion",
            occasion_id=occasion.id,
        )
        partner = self.make_customer(birthdate="1990-04-04")
        relationship = self.make_relationship(partner)
        self.run_cron("schedule")
        step = relationship.interaction_ids.filtered("program_step_id")
        self.assertEqual(step.date_due, date(2026, 4, 1))
        with self.in_days(4):
            self.run_cron("release")
            self.assertIn(step.state, ("scheduled", "open"))
        with self.in_days(5):
            self.run_cron("release")
        self.assertExpired(step)

    def test_moved_by_a_person_makes_sense_from_there(self):
        program = self.program_of({"expires": "days", "expires_days": 2})
        step = self.enroll(program)
        step.with_user(self.sari).date_planned = NOW + timedelta(days=10)
        with self.in_days(11):
            self.run_cron("release")
            self.assertIn(step.state, ("scheduled", "open"))
        with self.in_days(13):
            self.run_cron("release")
        self.assertExpired(step)

    def test_followers_of_one_that_waits_do_not_expire_before_it(self):
        program = self.program_of({}, {"delay": 1, "expires": "days"})
        self.partner.contact_snooze_until = TODAY + timedelta(days=20)
        steps = self.enroll(program)
        self.company.relationship_horizon_days = 30
        self.run_cron("release")
        with self.in_days(12):
            self.run_cron("release")
        self.assertIn(steps[1].state, ("scheduled", "open"), steps[1].reason_code)

    def test_never(self):
        step = self.enroll(self.program_of({}))
        with self.in_days(300):
            self.run_cron("release")
        self.assertIn(step.state, ("scheduled", "open"))

    def test_button(self):
        program = self.program_of({"expires": "days", "expires_days": 0})
        step = self.enroll(program)
        with self.in_days(1):
            step._release()
        action = program.action_view_expired()
        domain = [("program_id", "=", program.id), ("reason_code", "=", "expired")]
        self.assertEqual(self.env["crm.interaction"].search(domain), step)
        self.assertEqual(action["res_model"], "crm.interaction")

    def test_queries_do_not_depend_on_the_customers(self):
        program = self.program_of({"expires": "days", "expires_days": 3})

        def queries(count):
            relationships = self.env["crm.relationship"]._ensure(
                self.env["res.partner"].create(
                    [{"name": f"C{n}"} for n in range(count)]
                ),
                self.company,
            )
            steps = program._enroll(relationships).interaction_ids
            with self.in_days(9):
                self.env.flush_all()
                self.env.invalidate_all()
                before = self.env.cr.sql_log_count
                self.env["crm.interaction"]._close_senseless()
                self.env.flush_all()
                count = self.env.cr.sql_log_count - before
            self.assertEqual(set(steps.mapped("reason_code")), {"expired"})
            return count

        queries(2)
        self.assertLessEqual(queries(40), queries(5) + 5)


@tagged("post_install", "-at_install")
class TestLeft(TimingCase):
    """Who leaves the stage or target does not get the steps that are still to come."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.gold, cls.silver = cls.make_segment("Gold"), cls.make_segment("Silver")
        cls.relationship = cls.make_relationship(cls.partner)
        cls.relationship._move_to(cls.gold, "test")

    def assertLeft(self, interaction, state="skipped"):
        self.assertRecordValues(
            interaction, [{"state": state, "reason_code": "left_target"}]
        )

    def test_segment_left_while_scheduled(self):
        program = self.program_of({"delay": 3}, segment_ids=self.gold.ids)
        step = self.enroll(program)
        self.relationship._move_to(self.silver, "test")
        step._release()
        self.assertLeft(step)
        self.assertEqual(step.enrollment_id.state, "completed")

    def test_segment_left_while_in_a_queue(self):
        program = self.program_of({}, segment_ids=self.gold.ids)
        step = self.enroll(program)
        step._release()
        self.assertEqual(step.state, "open")
        self.relationship._move_to(self.silver, "test")
        self.run_cron("release")
        self.assertLeft(step)

    def test_segment_left_while_in_the_mail_queue(self):
        self.program.segment_ids = self.gold
        order = self.confirmed()
        [mail] = self.queued()
        self.relationship._move_to(self.silver, "test")
        mail.send()
        self.assertEqual(mail.state, "cancel")
        self.assertLeft(self.follow_ups(order)[0], "cancelled")

    def test_filter(self):
        self.partner.city = "Bogor"
        program = self.program_of({}, partner_domain="[('city', '=', 'Bogor')]")
        step = self.enroll(program)
        self.partner.city = "Bandung"
        step._release()
        self.assertLeft(step)

    def test_filter_that_cannot_be_read_any_more(self):
        program = self.program_of({}, partner_domain="[('city', '=', False)]")
        step = self.enroll(program)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_program SET partner_domain = 'gone' WHERE id = %s",
            [program.id],
        )
        program.invalidate_recordset()
        step._release()
        self.assertEqual(step.state, "open")

    def test_stage(self):
        self.relationship.lifecycle_stage = "at_risk"
        program = self.program_of(
            {}, trigger="lifecycle", lifecycle_stage="at_risk", date_start=TODAY
        )
        step = self.enroll(program)
        self.relationship.lifecycle_stage = "lost"
        step._release()
        self.assertLeft(step)

    def test_order_condition(self):
        self.program.order_domain = "[('partner_id.city', '=', 'A')]"
        self.partner.city = "A"
        order = self.make_quotation(self.partner)
        order.action_confirm()
        step = self.follow_ups(order)[0]
        self.partner.city = "B"
        step._release()
        self.assertLeft(step)

    def test_order_that_goes_along_still_meets_the_condition(self):
        self.program.order_domain = "[('client_order_ref', '=', 'A')]"
        orders = self.env["sale.order"].union(
            *(
                self.make_quotation(self.partner, client_order_ref="A")
                for _n in range(2)
            )
        )
        orders.action_confirm()
        steps = orders.enrollment_ids.interaction_ids
        leader = steps.enrollment_id.sale_order_id
        leader.client_order_ref = "B"
        steps[0]._release()
        self.assertNotEqual(steps[0].reason_code, "left_target")

    def test_enrolled_by_hand_outside_the_target(self):
        program = self.program_of({}, segment_ids=self.silver.ids)
        step = self.enroll(program)
        self.assertFalse(step.enrollment_id.by_target)
        step._release()
        self.assertEqual(step.state, "open")

    def test_back_in_the_target_gets_the_steps_to_come(self):
        program = self.program_of({}, {"delay": 9}, segment_ids=self.gold.ids)
        steps = self.enroll(program)
        self.relationship._move_to(self.silver, "test")
        steps[0]._release()
        self.assertLeft(steps[0])
        self.relationship._move_to(self.gold, "test")
        with self.in_days(9):
            steps[1]._release()
        self.assertEqual(steps[1].state, "open")

    def test_queries_do_not_depend_on_the_customers(self):
        program = self.program_of({}, segment_ids=self.gold.ids)

        def queries(count):
            relationships = self.env["crm.relationship"]._ensure(
                self.env["res.partner"].create(
                    [{"name": f"C{n}"} for n in range(count)]
                ),
                self.company,
            )
            relationships.segment_id = self.gold
            steps = program._enroll(relationships).interaction_ids
            steps = steps.browse(steps.ids)  # as the release reads them: together
            relationships.segment_id = self.silver
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            steps._drop_senseless()
            self.env.flush_all()
            self.assertEqual(set(steps.mapped("reason_code")), {"left_target"})
            return self.env.cr.sql_log_count - before

        queries(2)
        self.assertLessEqual(queries(40), queries(5) + 5)
