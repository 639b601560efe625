"""The activity and the interaction behind it stay in step, both ways."""

from datetime import timedelta

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import NOW, TODAY, RelationshipCase


@tagged("post_install", "-at_install")
class TestSync(RelationshipCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        plan = cls.make_plan({"times": 1, "every": 10, "period": "day"})
        cls.relationship = cls.make_relationship(plan_id=plan.id)
        cls.contact = cls.env["crm.interaction"].search(
            [("relationship_id", "=", cls.relationship.id)]
        )
        cls.contact.date_due = TODAY
        cls.contact._release()
        cls.activity = cls.contact.activity_id
        cls.activity_id = cls.activity.id

    def following(self):
        return self.pending(self.relationship) - self.contact

    # -- from the activity

    def test_activity_done_with_feedback(self):
        self.activity.with_user(self.sari).action_feedback(feedback="Was glad")
        self.assertRecordValues(
            self.contact,
            [
                {
                    "state": "done",
                    "outcome": "reached",
                    "feedback": "Was glad",
                    "date_done": NOW,
                    "cost": 0.5,
                }
            ],
        )
        self.assertEqual(self.relationship.last_contact_date, TODAY)
        self.assertEqual(self.following().date_due, TODAY + timedelta(days=10))

    def test_activity_done_without_feedback(self):
        self.activity.with_user(self.sari).action_done()
        self.assertEqual(self.contact.state, "done")
        self.assertFalse(self.contact.feedback)

    def test_activity_rescheduled(self):
        self.activity.with_user(self.sari).date_deadline = TODAY + timedelta(days=3)
        self.assertEqual(self.contact.date_planned, NOW.replace(day=3, month=4, hour=2))
        self.assertEqual(self.activity.date_deadline, TODAY + timedelta(days=3))
        self.assertEqual(self.relationship.next_contact_date, TODAY + timedelta(days=3))
        self.assertEqual(self.contact.date_due, TODAY, "what the plan asked for stays")

    def test_activity_rescheduled_to_today(self):
        self.activity.date_deadline = TODAY + timedelta(days=3)
        self.activity.action_reschedule_today()
        self.assertEqual(self.contact.date_planned.date(), TODAY)

    def test_activity_rescheduled_across_time_zones(self):
        for staff, company in (
            ("America/Los_Angeles", "Asia/Jakarta"),
            ("Pacific/Auckland", "America/Los_Angeles"),
            ("Asia/Jakarta", "Pacific/Auckland"),
        ):
            with self.subTest(staff=staff, company=company):
                self.sari.tz = staff
                self.company.partner_id.tz = company
                day = TODAY + timedelta(days=4)
                self.activity.date_deadline = day
                self.assertEqual(self.activity.date_deadline, day)
                self.assertEqual(self.contact._get_deadline(), day)

    def test_activity_reassigned(self):
        self.activity.with_user(self.manager).user_id = self.budi
        self.assertEqual(self.contact.user_id, self.budi)

    def test_activity_reassigned_and_rescheduled_across_time_zones(self):
        self.budi.tz = "America/Los_Angeles"
        day = TODAY + timedelta(days=4)
        self.activity.write({"user_id": self.budi.id, "date_deadline": day})
        self.assertEqual(self.contact.user_id, self.budi)
        self.assertEqual(self.activity.date_deadline, day)

    def test_activity_cancelled(self):
        self.activity.with_user(self.sari).action_cancel()
        self.assertRecordValues(
            self.contact, [{"state": "cancelled", "reason_code": "by_hand"}]
        )
        self.assertEqual(self.following().date_due, TODAY + timedelta(days=10))

    def test_activity_deleted(self):
        self.activity.unlink()
        self.assertEqual(self.contact.state, "cancelled")
        self.assertTrue(self.following())

    def test_other_activities_of_the_customer_mean_nothing(self):
        other = self.relationship.partner_id.activity_schedule(
            "mail.mail_activity_data_todo", user_id=self.sari.id
        )
        other.action_feedback(feedback="Something else")
        self.assertEqual(self.contact.state, "open")

    # -- from the contact

    def test_contact_done(self):
        self.contact.with_user(self.sari).write({"feedback": "Wants <b>more</b>"})
        self.contact.with_user(self.sari).with_context(outcome="ordered").action_done()
        self.assertEqual(
            (self.contact.state, self.contact.outcome), ("done", "ordered")
        )
        self.assertFalse(self.activity.active)
        self.assertEqual(self.activity.date_done, TODAY)
        message = self.relationship.partner_id.message_ids[0]
        self.assertEqual(message.author_id, self.sari.partner_id)
        self.assertIn("Wants &lt;b&gt;more", message.body)

    def test_contact_rescheduled(self):
        self.contact.date_planned = NOW + timedelta(days=2)
        self.assertEqual(self.activity.date_deadline, TODAY + timedelta(days=2))
        self.assertEqual(self.relationship.next_contact_date, TODAY + timedelta(days=2))

    def test_contact_reassigned(self):
        self.contact.user_id = self.budi
        self.assertEqual(self.activity.user_id, self.budi)

    def test_channel_changed(self):
        self.contact.touchpoint_id = self.visit
        self.assertEqual(self.activity.activity_type_id, self.visit.activity_type_id)

    def test_purpose_changed(self):
        self.contact.name = "Another word"
        self.assertEqual(self.activity.summary, "Another word")

    def test_contact_cancelled(self):
        self.contact.with_user(self.sari).action_cancel()
        self.assertEqual(self.contact.state, "cancelled")
        self.assertFalse(self.activity.exists())
        self.assertTrue(self.following())

    def test_contact_deleted(self):
        self.contact.unlink()
        self.assertFalse(self.activity.exists(), "no activity without an interaction")
        self.schedule()
        self.assertEqual(len(self.pending(self.relationship)), 1)

    def test_customer_handed_over(self):
        self.relationship.user_id = self.budi
        self.assertEqual(self.contact.user_id, self.budi)
        self.assertEqual(self.activity.user_id, self.budi)

    def test_reassigning_mails_nobody(self):
        self.budi.notification_type = "email"
        before = self.env["mail.mail"].search_count([])
        self.relationship.user_id = self.budi
        self.assertEqual(self.env["mail.mail"].search_count([]), before)

    # -- outcome

    def test_closing_twice_is_a_clear_error(self):
        self.contact.action_done()
        with self.assertRaisesRegex(UserError, "closed already"):
            self.contact.action_done()

    def test_done_contact_cannot_be_deleted(self):
        self.contact.action_done()
        with self.assertRaisesRegex(UserError, "history"):
            self.contact.unlink()

    def test_no_answer_tries_again(self):
        self.contact.with_user(self.sari).action_no_answer()
        self.assertRecordValues(
            self.contact,
            [
                {
                    "state": "open",
                    "attempt_count": 1,
                    "reason_code": "no_answer",
                    # tried at ten in the morning; the next time at three
                    "date_planned": NOW + timedelta(days=2, hours=5),
                }
            ],
        )
        self.assertEqual(self.activity.date_deadline, TODAY + timedelta(days=2))
        self.assertFalse(self.relationship.last_contact_date)

    def test_no_answer_at_last_is_missed(self):
        for _attempt in range(3):
            self.contact.action_no_answer()
        self.assertRecordValues(
            self.contact,
            [{"state": "missed", "reason_code": "no_answer", "attempt_count": 3}],
        )
        self.assertFalse(self.activity.exists())
        self.assertTrue(self.following())

    def test_complaint_opens_service(self):
        self.contact.feedback = "The CD is scratched"
        self.contact.with_user(self.sari).with_context(
            outcome="complaint"
        ).action_done()
        service = self.pending(self.relationship).filtered(
            lambda i: i.kind == "service"
        )
        self.assertRecordValues(
            service,
            [
                {
                    "state": "open",
                    "user_id": self.sari.id,
                    "feedback": "The CD is scratched",
                    "date_due": TODAY,
                    "plan_line_id": False,
                }
            ],
        )
        self.assertTrue(service.activity_id.active)
        self.assertTrue(self.following() - service, "and the plan goes on")

    def test_cost_is_in_company_currency(self):
        currency = self.env["res.currency"].create(
            {
                "name": "XTS",
                "symbol": "X",
                "rate_ids": [(0, 0, {"name": "2026-01-01", "rate": 4})],
            }
        )
        self.call.write({"currency_id": currency.id, "unit_cost": 8})
        self.contact.action_done()
        self.assertEqual(self.contact.cost, 2)

    def test_cost_entered_by_hand_stays(self):
        self.contact.cost = 7
        self.contact.action_done()
        self.assertEqual(self.contact.cost, 7)

    def test_contact_made_without_a_plan_is_noted(self):
        contact = self.make_interaction(
            self.relationship,
            state="done",
            touchpoint_id=self.visit.id,
            outcome="reached",
        )
        self.assertEqual((contact.date_done, contact.cost), (NOW, 15))
        self.assertEqual(self.relationship.last_contact_date, TODAY)

    def test_several_done_at_once(self):
        others = self.contact + self.make_open(
            self.make_relationship(self.make_customer("Second"))
        )
        others.action_done()
        self.assertEqual(others.mapped("state"), ["done", "done"])
        self.assertFalse(any(others.activity_id.mapped("active")))
