"""The gate after release: marking, changed wishes, sending, allowed channels."""

from datetime import timedelta

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import TODAY
from .common_gate import SELLING, GateCase


@tagged("post_install", "-at_install")
class TestGateLater(GateCase):
    # ------------------------------------------------------------------
    # Marking
    # ------------------------------------------------------------------

    def test_insisting_needs_a_reason_that_is_kept(self):
        contact = self.contact()
        contact._release()
        self.company.contact_cap_ids.unlink()
        self.company.contact_cap_ids = [Command.create({"count": 1, "days": 7})]
        self.past(1)
        with self.assertRaisesRegex(UserError, "often enough"):
            contact.with_user(self.sari).action_done()
        contact.override_reason = "She asked me to call today."
        contact.with_user(self.sari).action_done()
        self.assertEqual(contact.state, "done")
        self.assertIn(
            "She asked me to call today",
            "".join(self.partner.message_ids.mapped("body")),
        )

    def test_feedback_of_the_activity_is_the_reason(self):
        contact = self.contact()
        contact._release()
        self.company.contact_cap_ids.unlink()
        self.company.contact_cap_ids = [Command.create({"count": 1, "days": 7})]
        self.past(1)
        with self.assertRaises(UserError):
            contact.activity_id.action_done()
        contact.activity_id.action_feedback("He called back himself.")
        self.assertEqual(contact.override_reason, "He called back himself.")

    def test_refusal_of_the_customer_cannot_be_overridden(self):
        contact = self.contact()
        contact._release()
        self.env.cr.execute(
            "UPDATE res_partner SET do_not_contact = TRUE WHERE id = %s",
            [self.partner.id],
        )
        self.partner.invalidate_recordset()
        contact.override_reason = "I want to."
        with self.assertRaisesRegex(UserError, "cannot be overridden"):
            contact.action_done()

    # ------------------------------------------------------------------
    # Wishes that change
    # ------------------------------------------------------------------

    def test_refused_channel_leaves_the_queue_for_another(self):
        contact = self.contact(self.call + self.visit)
        contact._release()
        activity = contact.activity_id
        self.partner.refused_touchpoint_ids = self.call
        self.assertFalse(activity.exists())
        self.assert_state(contact, "open", False)
        self.assertEqual(contact.touchpoint_id, self.visit)
        self.assertTrue(contact.activity_id.active)

    def test_do_not_contact_empties_the_queue(self):
        contact = self.contact()
        contact._release()
        activity = contact.activity_id
        self.partner.do_not_contact = True
        self.assertFalse(activity.exists())
        self.assert_state(contact, "skipped", "do_not_contact")

    # ------------------------------------------------------------------
    # Sending
    # ------------------------------------------------------------------

    def test_refusal_between_release_and_sending_stops_the_email(self):
        contact = self.contact(self.email)
        contact._release()
        mail = self.env["mail.mail"].search([("crm_interaction_id", "=", contact.id)])
        self.assertEqual(mail.state, "outgoing")
        self.partner.refused_touchpoint_ids = self.email
        mail.send()
        self.assertEqual(mail.state, "cancel")
        self.assert_state(contact, "skipped", "channel_refused")
        self.assertFalse(contact.date_done)

    def test_refusal_between_release_and_sending_stops_the_sms(self):
        contact = self.contact(self.sms)
        contact._release()
        sms = self.env["sms.sms"].search([("crm_interaction_id", "=", contact.id)])
        self.assertEqual(sms.state, "outgoing")
        self.partner.do_not_contact = True
        sms.send()
        self.assertEqual(sms.state, "canceled")
        self.assert_state(contact, "skipped", "do_not_contact")

    def test_pause_between_release_and_sending_keeps_the_email_waiting(self):
        contact = self.contact(self.email)
        contact._release()
        mail = self.env["mail.mail"].search([("crm_interaction_id", "=", contact.id)])
        self.partner.contact_snooze_until = TODAY + timedelta(days=3)
        mail.send()
        self.assertEqual(mail.state, "outgoing")

    def test_what_sells_does_not_bar_itself(self):
        """In its queue it counts as done; it is not the last one that sold."""
        self.company.relationship_first_count = 1
        self.past(20)
        contact = self.contact(self.email, **SELLING)
        contact._release()
        mail = self.env["mail.mail"].search([("crm_interaction_id", "=", contact.id)])
        mail.send()
        self.assertNotEqual(mail.state, "cancel")
        self.assert_state(contact, "done", False)

    def test_what_sells_waits_for_what_comes_first_in_the_queue_too(self):
        """Another one that sold meanwhile bars it."""
        self.company.relationship_first_count = 1
        self.past(20)
        contact = self.contact(self.email, **SELLING)
        contact._release()
        self.past(1, **SELLING)
        mail = self.env["mail.mail"].search([("crm_interaction_id", "=", contact.id)])
        mail.send()
        self.assert_state(contact, "skipped", "relationship_first")

    def test_two_messages_to_one_person_are_two_messages(self):
        contacts = self.contact(self.email) + self.contact(self.email)
        contacts._release()
        mails = self.env["mail.mail"].search(
            [("crm_interaction_id", "in", contacts.ids)]
        )
        self.assertEqual(mails.crm_interaction_id, contacts)
        self.assertEqual(contacts.mapped("state"), ["done", "done"])

    def test_staff_requirements_touch_only_what_enters_a_queue(self):
        tag = self.env["crm.staff.tag"].create(
            {"name": "Female", "user_ids": [Command.set(self.budi.ids)]}
        )
        self.partner.staff_requirement_ids = [
            Command.create({"tag_id": tag.id, "level": "must"})
        ]
        call, message = self.contact(self.call), self.contact(self.email)
        (call + message)._release()
        self.assertEqual(call.user_id, self.budi)
        self.assertEqual(call.activity_id.user_id, self.budi)
        self.assertEqual(message.user_id, self.sari)

    # ------------------------------------------------------------------
    # Why and why not
    # ------------------------------------------------------------------

    def test_overview_names_each_channel(self):
        self.partner.refused_touchpoint_ids = self.whatsapp
        contact = self.contact()
        overview = contact.gate_overview
        for touchpoint in self.call + self.whatsapp + self.visit:
            self.assertIn(touchpoint.name, overview)
        self.assertIn("Refused on 31 March 2026 by", overview)
        self.assertIn("Allowed now", overview)

    # ------------------------------------------------------------------
    # Speed
    # ------------------------------------------------------------------

    def test_inputs_cost_a_constant_number_of_queries(self):
        def queries(count):
            contacts = self.env["crm.interaction"]
            for number in range(count):
                partner = self.make_customer(f"Customer {number}")
                self.relationship = self.make_relationship(partner)
                contacts += self.contact(partner_id=partner.id)
            return self.count_queries(contacts._release)

        queries(2)
        self.assertLessEqual(queries(40) - queries(10), 4)
