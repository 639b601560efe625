"""Nothing leaves a company, and no queue fills, before somebody says so."""

from datetime import timedelta

from odoo import Command
from odoo.tests import tagged

from .common import NOW, TODAY
from .common_live import PreviewCase


@tagged("post_install", "-at_install")
class TestPreview(PreviewCase):
    def test_a_new_company_is_in_preview(self):
        company = self.env["res.company"].create({"name": "Young"})
        self.assertEqual(company.relationship_state, "preview")
        self.assertFalse(company.live_touchpoint_ids)

    def test_nothing_enters_a_queue_in_thirty_nights(self):
        for day in range(0, 31, 3):
            with self.in_days(day):
                self.run_jobs()
        for relationship in (self.to_call, self.to_mail):
            self.assertEqual(self.pending(relationship).mapped("state"), ["scheduled"])
            self.assertFalse(self.activities(relationship))
            self.assertFalse(self.messages(relationship))

    def test_an_empty_queue_speaks_of_preview_only_there(self):
        queue = self.env.ref("crm_relationship.crm_interaction_action_queue")

        def read(*companies):
            queue_there = queue.with_context(
                allowed_company_ids=[company.id for company in companies]
            )
            [values] = queue_there.read(["res_model", "help"])
            return values["help"]

        self.assertIn("in Preview", read(self.company))
        self.company._go_live(self.env["crm.touchpoint"])
        self.assertNotIn("Preview", read(self.company))
        self.assertIn("Nobody is waiting for you", read(self.company))
        self.other_company.relationship_state = "preview"
        self.assertIn("in Preview", read(self.company, self.other_company))

    def test_a_company_without_a_state_is_in_preview(self):
        # another addon may make companies before ours is loaded
        self.env.cr.execute(
            "UPDATE res_company SET relationship_state = NULL WHERE id = %s",
            [self.company.id],
        )
        self.env.invalidate_all()
        self.make_due(self.to_call)._release()
        self.run_cron("release")
        self.assertFalse(self.activities(self.to_call))

    def test_the_neighbor_is_not_held_up(self):
        theirs, _other = self.make_two(self.other_company)
        self.make_due(theirs)
        self.run_cron("release")
        self.assertTrue(self.activities(theirs))

    def test_a_released_row_waits_with_the_reason(self):
        # whoever calls the release, there is one gate
        interaction = self.make_due(self.to_call)
        interaction._release()
        self.assertEqual(
            (interaction.state, interaction.reason_code), ("scheduled", "preview")
        )
        self.assertFalse(self.activities(self.to_call))

    def test_changed_preferences_release_nothing(self):
        self.make_due(self.to_call)
        self.to_call.partner_id.contact_snooze_until = TODAY + timedelta(days=1)
        self.to_call.partner_id.contact_snooze_until = False
        self.run_cron("release")
        self.assertFalse(self.activities(self.to_call))

    def test_orders_enroll_but_release_nothing(self):
        program = self.make_program(0, 7)
        program.step_ids[0].write(
            {
                "touchpoint_ids": [Command.set(self.email.ids)],
                "mail_template_id": self.template.id,
            }
        )
        customer = self.make_customer("Buyer", email="buyer@example.com")
        self.make_quotation(customer).action_confirm()
        relationship = self.env["crm.relationship"]._ensure(customer, self.company)
        self.run_jobs()
        self.assertEqual(
            self.pending(relationship).mapped("state"), ["scheduled", "scheduled"]
        )
        self.assertFalse(self.messages(relationship))

    def test_what_follows_an_order_waits_whoever_caused_it(self):
        order = self.make_order(self.to_call.partner_id)
        interaction = self.make_interaction(
            self.to_call, sale_order_id=order.id, kind="service", date_planned=NOW
        )
        self.assertTrue(interaction.create_uid)
        interaction._release()
        self.assertFalse(self.activities(self.to_call))

    def test_people_may_plan_manually(self):
        interaction = self.env["crm.interaction"].with_user(self.sari)
        interaction = interaction.create(
            {"name": "A word", "relationship_id": self.to_call.id, "date_planned": NOW}
        )
        interaction.action_plan()
        self.assertEqual(interaction.state, "open")

    def test_what_was_planned_manually_is_released_when_due(self):
        interaction = self.env["crm.interaction"].with_user(self.sari)
        interaction = interaction.create(
            {
                "name": "A word",
                "relationship_id": self.to_call.id,
                "date_planned": NOW + timedelta(days=20),
            }
        )
        with self.in_days(18):
            self.run_cron("release")
        self.assertEqual(interaction.state, "open")

    def test_a_complaint_never_waits(self):
        interaction = self.make_open(self.to_call)
        interaction._close_done({"outcome": "complaint"})
        service = self.pending(self.to_call).filtered("is_complaint")
        self.assertEqual(service.state, "open")


@tagged("post_install", "-at_install")
class TestGoLive(PreviewCase):
    def test_people_first_and_each_channel_apart(self):
        call, mail = self.make_due(self.to_call), self.make_due(self.to_mail)
        self.company._go_live()
        self.run_cron("release")
        self.assertEqual(call.state, "open")
        self.assertEqual((mail.state, mail.reason_code), ("scheduled", "preview"))
        self.assertEqual(mail.touchpoint_id, self.email)
        self.company._go_live(self.sms)
        self.run_cron("release")
        self.assertEqual(mail.state, "scheduled")
        self.company._go_live(self.email)
        self.run_cron("release")
        self.assertEqual((mail.state, mail.outcome), ("done", "sent"))
        self.assertEqual(self.messages(self.to_mail), ["outgoing"])

    def test_an_sms_channel_is_opened_apart(self):
        self.to_mail.plan_id = self.make_plan(
            {"touchpoints": self.sms, "sms_template_id": self.text.id}
        )
        self.to_mail.partner_id.phone = "+62 811 1234567"
        sms = self.make_due(self.to_mail)
        self.company._go_live(self.email)
        self.run_cron("release")
        self.assertEqual(sms.reason_code, "preview")
        self.company._go_live(self.sms)
        self.run_cron("release")
        self.assertEqual(self.messages(self.to_mail), ["outgoing"])

    def test_a_channel_of_people_is_no_automated_one(self):
        self.company._go_live(self.call)
        self.assertFalse(self.company.live_touchpoint_ids)

    def test_a_channel_live_elsewhere_is_not_live_here(self):
        mail = self.make_due(self.to_mail)
        self.company._go_live()
        self.assertIn(self.email, self.other_company.live_touchpoint_ids)
        self.run_cron("release")
        self.assertEqual(mail.reason_code, "preview")

    def test_a_channel_says_whether_it_waits(self):
        def waiting(user):
            channels = (self.call + self.email + self.sms).with_user(user)
            own = channels.with_context(allowed_company_ids=user.company_ids.ids)
            return own.filtered("waits_for_live")

        self.assertEqual(waiting(self.all_documents), self.email + self.sms)
        self.company._go_live(self.email)
        self.env.invalidate_all()
        self.assertEqual(waiting(self.all_documents), self.sms)
        self.assertFalse(waiting(self.stranger))

    def test_opening_a_channel_again_changes_nothing(self):
        self.company._go_live(self.email)
        call = self.make_due(self.to_call)
        self.company._go_live(self.email)
        self.assertEqual(call.date_planned, NOW)

    def test_steps_whose_day_passed_are_dropped_the_others_follow(self):
        program = self.make_program(0, 1, 30)
        customer = self.make_customer("Buyer", phone="+62 811 7654321")
        self.make_quotation(customer).action_confirm()
        relationship = self.env["crm.relationship"]._ensure(customer, self.company)
        with self.in_days(20):
            self.company._go_live()
            self.run_cron("release")
            steps = self.interactions(relationship)
            self.assertEqual(
                [(s.state, s.reason_code) for s in steps],
                [("cancelled", "preview")] * 2 + [("scheduled", False)],
            )
            self.assertEqual(program.enrollment_ids.state, "running")
        with self.in_days(30):
            self.run_cron("release")
            self.assertEqual(steps[-1].state, "open")

    def test_an_enrollment_of_which_nothing_is_left_is_completed(self):
        program = self.make_program(0)
        self.make_quotation(self.make_customer("Buyer")).action_confirm()
        with self.in_days(20):
            self.company._go_live()
        self.assertEqual(program.enrollment_ids.state, "completed")

    def test_steps_that_waited_for_a_channel_are_dropped_as_well(self):
        program = self.make_program(0)
        program.step_ids.write(
            {
                "touchpoint_ids": [Command.set(self.email.ids)],
                "mail_template_id": self.template.id,
            }
        )
        self.company._go_live()
        customer = self.make_customer("Buyer", email="buyer@example.com")
        self.make_quotation(customer).action_confirm()
        self.run_cron("release")
        relationship = self.env["crm.relationship"]._ensure(customer, self.company)
        with self.in_days(20):
            self.company._go_live(self.email)
            self.run_cron("release")
        self.assertEqual(self.interactions(relationship).state, "cancelled")
        self.assertFalse(self.messages(relationship))


@tagged("post_install", "-at_install")
class TestRamp(PreviewCase):
    """The first contacts are spread evenly over so many days for each salesperson."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plan = cls.make_plan({})

    def make_waiting(self, count, user, days_from_now=0):
        """Return interactions of as many customers, planned for one day."""
        relationships = self.env["crm.relationship"].union(
            *(
                self.make_relationship(user_id=user.id, plan_id=self.plan.id)
                for _number in range(count)
            )
        )
        waiting = self.env["crm.interaction"].search(
            [("relationship_id", "in", relationships.ids)]
        )
        waiting.write(
            {
                "date_due": TODAY + timedelta(days=days_from_now),
                "date_planned": NOW + timedelta(days=days_from_now),
            }
        )
        return waiting

    def days(self, interactions):
        """Return how many are planned for each day from today on."""
        planned = [(i.date_planned.date() - TODAY).days for i in interactions]
        return [planned.count(day) for day in range(max(planned) + 1)]

    def go_live(self, days):
        (self.pending(self.to_call) + self.pending(self.to_mail)).unlink()
        self.company.relationship_ramp_days = days
        self.company._go_live()

    def test_what_is_due_at_once_is_spread_evenly(self):
        sari, budi = self.make_waiting(20, self.sari), self.make_waiting(10, self.budi)
        self.go_live(5)
        self.assertEqual(self.days(sari), [4] * 5)
        self.assertEqual(self.days(budi), [2] * 5)

    def test_a_few_are_not_drawn_out(self):
        few = self.make_waiting(3, self.sari)
        self.go_live(10)
        self.assertEqual(self.days(few), [1, 1, 1])

    def test_none_comes_earlier_than_planned(self):
        now, later = self.make_waiting(5, self.sari), self.make_waiting(5, self.sari, 4)
        self.go_live(5)
        self.assertEqual(self.days(now), [2, 2, 1])
        self.assertEqual(self.days(later), [0, 0, 0, 0, 2, 2, 1])

    def test_what_is_overdue_comes_from_today_on(self):
        overdue = self.make_waiting(4, self.sari, -30)
        self.go_live(2)
        self.assertEqual(self.days(overdue), [2, 2])
        self.assertEqual(overdue[0].date_due, TODAY - timedelta(days=30))

    def test_what_comes_after_the_first_days_stays(self):
        later = self.make_waiting(4, self.sari, 12)
        self.go_live(10)
        self.assertEqual(set(later.mapped("date_planned")), {NOW + timedelta(days=12)})

    def test_occasions_keep_their_day(self):
        occasion = self.env["crm.occasion"].create(
            {
                "name": "Day of music",
                "kind": "big_day",
                "date_ids": [Command.create({"date": TODAY + timedelta(days=1)})],
            }
        )
        self.plan = self.make_plan({"occasion_id": occasion.id})
        greetings = self.make_waiting(4, self.sari, 1)
        self.go_live(5)
        self.assertEqual(self.days(greetings), [0, 4])

    def test_a_channel_opened_later_is_spread_by_itself(self):
        self.plan = self.make_plan(
            {"touchpoints": self.email, "mail_template_id": self.template.id}
        )
        mails = self.make_waiting(10, self.sari)
        mails.partner_id.email = "somebody@example.com"
        self.go_live(1)
        calls = self.make_waiting(2, self.budi)
        self.run_cron("release")
        self.assertEqual(set(mails.mapped("reason_code")), {"preview"})
        self.company.relationship_ramp_days = 5
        self.company._go_live(self.email)
        self.assertEqual(self.days(mails), [2] * 5)
        self.assertEqual(self.days(calls), [2])

    def test_as_many_statements_for_many_as_for_few(self):
        self.make_waiting(2, self.sari)
        self.go_live(5)
        counts = []
        for number in (2, 20):
            self.company._go_back_to_preview()
            self.make_waiting(number, self.sari)
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            self.company._go_live()
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(*counts)


@tagged("post_install", "-at_install")
class TestBackToPreview(PreviewCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company._go_live(cls.email)

    def test_what_the_system_put_into_queues_is_taken_back(self):
        call = self.make_due(self.to_call)
        self.run_cron("release")
        self.assertEqual(call.state, "open")
        self.company._go_back_to_preview()
        self.assertEqual((call.state, call.reason_code), ("scheduled", "preview"))
        self.assertFalse(self.activities(self.to_call))
        self.run_cron("release")
        self.assertEqual(call.state, "scheduled")

    def test_and_comes_again_when_live(self):
        call = self.make_due(self.to_call)
        self.run_cron("release")
        self.company._go_back_to_preview()
        self.company._go_live()
        self.run_cron("release")
        self.assertEqual((call.state, call.reason_code), ("open", False))

    def test_what_people_planned_stays(self):
        own = self.make_open(self.to_call)
        self.company._go_back_to_preview()
        self.assertEqual(own.state, "open")
        self.assertTrue(own.activity_id)

    def test_the_neighbors_queue_stays(self):
        theirs, _other = self.make_two(self.other_company)
        self.make_due(theirs)
        self.run_cron("release")
        self.company._go_back_to_preview()
        self.assertTrue(self.activities(theirs))

    def test_all_channels_are_closed(self):
        self.company._go_back_to_preview()
        self.company._go_live()
        self.assertFalse(self.company.live_touchpoint_ids)

    def test_messages_in_the_queue_do_not_leave(self):
        mail = self.make_due(self.to_mail)
        self.run_cron("release")
        self.company._go_back_to_preview()
        message = self.env["mail.mail"].search([("crm_interaction_id", "=", mail.id)])
        message.send()
        self.assertEqual(message.state, "cancel")
        self.assertEqual(
            (mail.state, mail.reason_code, mail.outcome),
            ("cancelled", "preview", False),
        )

    def test_sms_in_the_queue_do_not_leave(self):
        self.company._go_live(self.sms)
        self.to_mail.plan_id = self.make_plan(
            {"touchpoints": self.sms, "sms_template_id": self.text.id}
        )
        self.to_mail.partner_id.phone = "+62 811 1234567"
        interaction = self.make_due(self.to_mail)
        self.run_cron("release")
        self.company._go_back_to_preview()
        sms = self.env["sms.sms"].search([("crm_interaction_id", "=", interaction.id)])
        sms.send()
        self.assertEqual(sms.state, "canceled")
        self.assertEqual(interaction.state, "cancelled")


@tagged("post_install", "-at_install")
class TestReminder(PreviewCase):
    def reminder(self):
        return self.company.relationship_start_activity_id

    def test_nobody_is_reminded_who_has_not_begun(self):
        with self.in_days(30):
            self.run_cron("schedule")
        self.assertFalse(self.reminder())

    def test_who_stopped_halfway_is_reminded_once(self):
        self.company._note_start(self.manager)
        with self.in_days(1):
            self.run_cron("schedule")
            self.assertFalse(self.reminder())
        with self.in_days(3):
            self.run_cron("schedule")
            reminder = self.reminder()
            self.assertEqual(reminder.user_id, self.manager)
            self.assertIn("/odoo/going-live", reminder.note)
        reminder.unlink()
        with self.in_days(9):
            self.run_cron("schedule")
            self.assertFalse(self.reminder())

    def test_the_reminder_is_done_when_live(self):
        self.company._note_start(self.manager)
        with self.in_days(3):
            self.run_cron("schedule")
            reminder = self.reminder()
            self.company._go_live()
            self.assertFalse(reminder.active)
            self.run_cron("schedule")
            self.assertEqual(self.reminder(), reminder)

    def test_nobody_is_reminded_of_a_live_company(self):
        self.company._go_live()
        self.company._note_start(self.manager)
        with self.in_days(3):
            self.run_cron("schedule")
        self.assertFalse(self.reminder())

    def test_who_has_left_is_not_reminded(self):
        self.company._note_start(self.manager)
        self.manager.action_archive()
        with self.in_days(3):
            self.run_cron("schedule")
        self.assertFalse(self.reminder())
