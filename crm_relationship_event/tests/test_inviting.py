"""A step invites: by message, by a salesperson, or not at all."""

from datetime import timedelta

from odoo.exceptions import ValidationError
from odoo.tests import tagged

from odoo.addons.crm_relationship.tests.common import NOW

from .common import InvitationCase


@tagged("post_install", "-at_install")
class TestInviting(InvitationCase):
    def test_email_says_what_and_has_the_link(self):
        self.make_inviting()
        invited = self.invite()
        body = self.mails(invited).body_html
        self.assertEqual((invited.state, invited.outcome), ("done", "sent"))
        self.assertEqual(invited.invited_event_id, self.event)
        self.assertIn("Tasting, April 14, 2026", body)
        self.assertIn(f"/event-invitation/{invited.id}/", body)
        self.assertFalse(self.event.registration_ids)

    def test_link_stands_in_the_text_message(self):
        self.make_inviting(self.sms)
        invited = self.invite()
        self.assertIn(f"/event-invitation/{invited.id}/", self.texts(invited).body)

    def test_salesperson_reads_what_to(self):
        self.make_inviting(self.call)
        invited = self.invite()
        self.assertIn("Invite to: Tasting", invited.activity_id.note)
        self.assertIn("Invite to: Tasting", invited.with_user(self.sari).note)

    def test_refusal_is_respected(self):
        self.make_inviting()
        invited = self.invite(do_not_contact=True)
        self.assertEqual(invited.state, "skipped")

    # -- nobody can come

    def refused(self, words):
        program = self.make_inviting()
        invited = self.invite()
        self.assertEqual((invited.state, invited.reason_code), ("skipped", "no_event"))
        self.assertFalse(self.mails(invited))
        self.assertIn(words, program.step_ids.event_warning)

    def test_past(self):
        self.event.write(
            {
                "date_begin": NOW - timedelta(days=2),
                "date_end": NOW - timedelta(days=1),
            }
        )
        self.refused("is over")

    def test_full(self):
        self.fill()
        self.refused("fully booked")

    def test_cancelled(self):
        self.event.kanban_state = "cancel"
        self.refused("does not take place")

    def test_archived(self):
        self.event.active = False
        self.refused("does not take place")

    def test_slots(self):
        self.event.is_multi_slots = True
        self.refused("slots")

    def test_person_reads_why(self):
        self.make_inviting(self.call)
        self.fill()
        invited = self.invite()
        self.assertEqual(invited.state, "open")
        self.assertIn("fully booked", invited.activity_id.note)

    def test_message_that_waited_too_long_does_not_leave(self):
        self.make_inviting()
        invited = self.invite()
        self.fill()
        self.env["mail.mail"].browse(self.mails(invited).ids).send()
        self.assertEqual(
            (invited.state, invited.reason_code), ("cancelled", "no_event")
        )
        self.assertEqual(self.mails(invited).state, "cancel")

    def test_event_of_another_company(self):
        theirs = self.make_event(company_id=self.other_company.id)
        with self.assertRaisesRegex(ValidationError, "Elsewhere Ltd"):
            self.make_inviting(event=theirs)
