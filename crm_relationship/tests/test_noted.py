"""What people do for customers elsewhere counts as well, and is in the ledger."""

from datetime import timedelta

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import NOW, TODAY
from .test_delivery import DeliveryCase


@tagged("post_install", "-at_install")
class TestNoted(DeliveryCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partner = cls.make_customer("Ani", email="c@example.com")
        cls.relationship = cls.make_relationship(cls.partner)
        cls.own_env = cls.env(user=cls.sari)
        cls.own_partner = cls.partner.with_env(cls.own_env)

    def noted(self, relationship=None):
        return self.interactions(relationship or self.relationship).filtered("source")

    def assertNoted(self, **values):
        self.assertRecordValues(
            self.noted(),
            [
                {
                    "state": "done",
                    "date_done": NOW,
                    "date_planned": NOW,
                    "user_id": self.sari.id,
                    "kind": "relationship",
                    **values,
                }
            ],
        )
        self.assertEqual(self.relationship.last_contact_date, TODAY)

    def activity(self, xmlid="mail.mail_activity_data_call", record=None, **values):
        record = record or self.own_partner
        return record.with_env(self.own_env).activity_schedule(
            xmlid, summary="A question", user_id=self.sari.id, **values
        )

    # -- activities

    def test_call_of_ones_own_making(self):
        self.activity().action_feedback(feedback="Happy")
        self.assertNoted(
            source="activity",
            touchpoint_id=self.call.id,
            name="A question",
            feedback="Happy",
            outcome="reached",
        )

    def test_activity_of_a_channel(self):
        activity = self.own_env["mail.activity"].create(
            {
                "res_model_id": self.env["ir.model"]._get_id("res.partner"),
                "res_id": self.partner.id,
                "activity_type_id": self.visit.activity_type_id.id,
                "summary": "Passed by",
                "user_id": self.sari.id,
            }
        )
        activity.action_feedback()
        self.assertNoted(touchpoint_id=self.visit.id, cost=15)

    def test_call_on_an_opportunity_sells(self):
        lead = self.env["crm.lead"].create(
            {
                "name": "More",
                "type": "opportunity",
                "partner_id": self.partner.id,
                "user_id": self.sari.id,
            }
        )
        self.activity(record=lead).action_feedback()
        self.assertNoted(kind="selling")
        action = self.noted().with_user(self.sari).action_open_source()
        self.assertEqual((action["res_model"], action["res_id"]), (lead._name, lead.id))

    def test_call_on_an_order(self):
        order = self.make_quotation(self.partner)
        order.user_id = self.sari
        self.activity(record=order).action_feedback()
        self.assertNoted(kind="selling")

    def test_reminder_is_no_interaction(self):
        self.activity("mail.mail_activity_data_todo").action_feedback()
        self.assertFalse(self.noted())

    def test_activity_of_an_interaction_is_not_noted_twice(self):
        contacts = self.make_open(self.relationship)
        contacts += self.make_open(self.relationship)
        contacts[0].activity_id.with_user(self.sari).action_feedback()
        contacts[1].with_user(self.sari).action_done()
        self.assertEqual(set(contacts.mapped("state")), {"done"})
        self.assertFalse(self.noted())

    def test_call_to_somebody_who_is_no_customer(self):
        supplier = self.make_customer("Supplier")
        self.activity(record=supplier).action_feedback()
        self.assertFalse(
            self.env["crm.relationship"].search([("partner_id", "=", supplier.id)])
        )

    def test_call_to_a_person_of_the_firm(self):
        person = self.make_customer("Person", parent_id=self.partner.id)
        self.activity(record=person).action_feedback()
        self.assertNoted(partner_id=person.id)

    # -- messages

    def write_email(self, record=None, **values):
        record = (record or self.partner).with_env(self.own_env)
        return record.message_post(
            body="How are you?",
            subject="Hello",
            partner_ids=self.partner.ids,
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            **values,
        )

    def test_email_from_the_chatter(self):
        self.write_email()
        self.assertNoted(
            source="email", name="Hello", touchpoint_id=self.email.id, outcome="sent"
        )

    def test_email_from_the_chatter_closes_and_moves_nothing(self):
        """So there is nothing to undo: see *A message from the chatter has no Undo*."""
        relationship = self.relationship
        self.make_open(relationship)
        relationship.plan_id = self.make_plan({"touchpoints": self.call})
        pending = self.pending(relationship)
        names = ["state", "date_planned", "date_due", "reason_code", "touchpoint_id"]
        before = pending.read(names)
        self.assertGreater(len(before), 1)
        self.write_email()
        self.assertNoted(source="email")
        pending.invalidate_recordset()
        self.assertEqual(pending.read(names), before)

    def test_email_to_several_people_of_one_customer_counts_once(self):
        person = self.make_customer(
            "Person", parent_id=self.partner.id, email="p@example.com"
        )
        self.partner.message_subscribe(person.ids)
        self.write_email()
        self.assertNoted(source="email")

    def test_email_from_a_quotation_sells(self):
        order = self.make_quotation(self.partner)
        order.user_id = self.sari
        self.write_email(order)
        self.assertNoted(kind="selling")

    def test_note_is_no_interaction(self):
        self.own_partner.message_post(body="A note", subtype_xmlid="mail.mt_note")
        self.own_partner._message_log(body="A log")
        self.assertFalse(self.noted())

    def test_what_the_customer_writes_is_no_interaction_of_ours(self):
        self.partner.message_post(
            body="Hi",
            author_id=self.partner.id,
            message_type="email",
            subtype_xmlid="mail.mt_comment",
        )
        self.assertFalse(self.noted())

    def test_message_of_the_system_is_no_interaction(self):
        contact, mail = self.sent(self.email)
        self.assertFalse(self.noted(contact.relationship_id))

    def test_email_scheduled_for_later_counts_later(self):
        self.write_email(scheduled_date=str(NOW + timedelta(days=2)))
        self.assertFalse(self.noted())

    def test_email_that_comes_back(self):
        message = self.write_email()
        mail = self.env["mail.mail"].search([("mail_message_id", "=", message.id)])
        self.bounce(
            mail.exists()
            or self.env["mail.mail"].new(
                {"mail_message_id": message.id, "recipient_ids": self.partner.ids}
            )
        )
        self.assertRecordValues(
            self.noted(), [{"state": "skipped", "reason_code": "undelivered"}]
        )
        self.assertFalse(self.relationship.last_contact_date)

    def test_email_that_the_mail_server_refuses(self):
        with self.mail_server(AssertionError("refused")):
            message = self.write_email()
            self.env["mail.mail"].search(
                [("mail_message_id", "=", message.id), ("state", "=", "outgoing")]
            ).send()
        self.assertFalse(self.noted().filtered(lambda i: i.state == "done"))

    def test_sms_from_the_chatter(self):
        self.partner.phone = "+62 812-1111-2222"
        with self.sms_provider("success"):
            self.own_partner._message_sms("Hello", partner_ids=self.partner.ids)
        self.assertNoted(source="sms", touchpoint_id=self.sms.id)

    # -- meetings

    def meeting(self, hours=-1, **values):
        start = NOW + timedelta(hours=hours)
        return self.own_env["calendar.event"].create(
            {
                "name": "Lunch",
                "start": start,
                "stop": start + timedelta(hours=1),
                "user_id": self.sari.id,
                "partner_ids": [Command.set((self.partner + self.sari.partner_id).ids)],
                **values,
            }
        )

    def test_meeting_that_has_taken_place(self):
        self.meeting()
        self.assertNoted(source="meeting", name="Lunch", touchpoint_id=self.visit.id)

    def test_meeting_counts_when_it_has_taken_place(self):
        self.meeting(hours=5)
        self.run_cron("schedule")
        self.assertFalse(self.noted())
        with self.in_days(1):
            self.run_cron("schedule")
            self.run_cron("schedule")
        self.assertEqual(len(self.noted()), 1)
        self.assertEqual(self.noted().date_done, NOW + timedelta(hours=6))

    def test_meeting_that_was_called_off_after_all(self):
        for change in (
            lambda event: event.unlink(),
            lambda event: event.write({"active": False}),
            lambda event: event.write(
                {"start": NOW + timedelta(2), "stop": NOW + timedelta(3)}
            ),
        ):
            event = self.meeting()
            change(event)
            self.assertEqual(set(self.noted().mapped("state")), {"cancelled"})
            self.assertFalse(self.relationship.last_contact_date)

    def test_calendar_that_is_tidied_up_changes_no_history(self):
        event = self.meeting()
        with self.in_days(30):
            event.unlink()
        self.assertNoted(source="meeting")

    def test_private_meeting_keeps_its_name(self):
        self.meeting(privacy="private")
        self.assertNoted(name="Meeting")

    def test_meeting_that_the_customer_declined(self):
        event = self.meeting(hours=5)
        event.attendee_ids.filtered(
            lambda a: a.partner_id == self.partner
        ).state = "declined"
        with self.in_days(1):
            self.run_cron("schedule")
        self.assertFalse(self.noted())

    # -- what follows

    def test_it_restarts_the_clock(self):
        plan = self.make_plan({"every": 1, "period": "month"})
        self.activity().action_feedback()
        self.relationship.plan_id = plan
        self.assertEqual(
            self.pending(self.relationship).date_due, TODAY.replace(month=4, day=30)
        )

    def test_it_counts_for_the_limits(self):
        self.company.contact_cap_ids.unlink()
        self.env["crm.contact.cap"].create(
            {"company_id": self.company.id, "count": 1, "days": 10}
        )
        self.write_email()
        contact = self.make_open(self.relationship)
        self.assertEqual(contact.reason_code, "too_frequent")

    def test_all_in_one_line_of_time(self):
        self.activity().action_feedback()
        self.meeting()
        planned = self.make_interaction(self.relationship)
        action = self.partner.with_user(self.sari).action_view_interactions()
        found = self.env["crm.interaction"].search(action["domain"])
        self.assertEqual(found, self.noted() | planned)

    def test_source_that_is_gone(self):
        activity = self.activity()
        activity.action_feedback()
        noted = self.noted().with_user(self.sari)
        activity.sudo().unlink()
        with self.assertRaises(UserError):
            noted.action_open_source()

    def test_merged_customers_who_met_together(self):
        twin = self.make_customer("Ani again", email="c@example.com")
        other = self.make_relationship(twin)
        self.meeting(partner_ids=[Command.set((self.partner + twin).ids)])
        self.assertTrue(self.noted() and self.noted(other))
        other._merge_into(self.relationship)
        self.assertEqual(len(self.noted()), 2)
