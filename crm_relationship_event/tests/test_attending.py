"""Who accepts is registered; who came is what came of the interaction."""

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import InvitationCase


@tagged("post_install", "-at_install")
class TestAttending(InvitationCase):
    def accepted(self, touchpoint=None):
        """Return an invitation that its customer has accepted on the phone."""
        self.make_inviting(touchpoint or self.call)
        invited = self.invite()
        invited.with_user(self.sari).action_accept_invitation()
        return invited

    def test_salesperson_registers(self):
        invited = self.accepted()
        registration = self.event.registration_ids
        self.assertEqual((invited.state, invited.outcome), ("done", "accepted"))
        self.assertEqual(invited.registration_id, registration)
        self.assertEqual(
            (registration.partner_id, registration.state, registration.email),
            (invited.partner_id, "open", "c@example.com"),
        )
        self.assertFalse(invited.activity_id.active)

    def test_answer_to_a_message(self):
        invited = self.accepted(self.email)
        self.assertEqual(invited.outcome, "accepted")
        self.assertEqual(len(self.event.registration_ids), 1)

    def test_outcome_noted_by_hand_registers(self):
        self.make_inviting(self.call)
        invited = self.invite()
        mine = invited.with_user(self.sari)
        mine.action_done()
        mine.outcome = "accepted"
        self.assertEqual(len(self.event.registration_ids), 1)

    def test_accepted_twice_is_one_seat(self):
        invited = self.accepted()
        invited.with_user(self.sari).action_accept_invitation()
        invited._accept_invitation()
        self.assertEqual(len(self.event.registration_ids), 1)

    def test_who_is_registered_already_has_a_seat(self):
        self.make_inviting(self.call)
        invited = self.invite()
        known = self.env["event.registration"].create(
            {"event_id": self.event.id, "partner_id": invited.partner_id.id}
        )
        self.event.write({"seats_limited": True, "seats_max": 1})
        invited.with_user(self.sari).action_accept_invitation()
        self.assertEqual(invited.registration_id, known)

    def test_full_is_a_sentence(self):
        self.make_inviting(self.call)
        invited = self.invite()
        self.fill()
        with self.assertRaisesRegex(UserError, "fully booked"):
            invited.with_user(self.sari).action_accept_invitation()

    def test_last_seat_goes_to_one(self):
        self.make_inviting(self.call)
        self.event.write({"seats_limited": True, "seats_max": 1})
        first, second = self.invite(name="A"), self.invite(name="B")
        first.with_user(self.sari).action_accept_invitation()
        with self.assertRaisesRegex(UserError, "fully booked"):
            second.with_user(self.sari).action_accept_invitation()

    def test_nothing_to_accept(self):
        other = self.make_open()
        with self.assertRaisesRegex(UserError, "no event"):
            other.with_user(self.sari).action_accept_invitation()

    def test_ticket_that_is_available(self):
        ticket = self.env["event.event.ticket"].create(
            {"event_id": self.event.id, "name": "Guest"}
        )
        self.accepted()
        self.assertEqual(self.event.registration_ids.event_ticket_id, ticket)

    # -- who came

    def test_who_came(self):
        invited = self.accepted()
        self.event.registration_ids.action_set_done()
        self.assertEqual(invited.outcome, "attended")

    def test_desk_sees_no_ledger(self):
        desk = self.internal
        desk.group_ids += self.env.ref("event.group_event_registration_desk")
        invited = self.accepted()
        self.event.registration_ids.with_user(desk).action_set_done()
        self.assertEqual(invited.outcome, "attended")

    def test_checked_in_by_mistake(self):
        invited = self.accepted()
        self.event.registration_ids.action_set_done()
        self.event.registration_ids.action_confirm()
        self.assertEqual(invited.outcome, "accepted")
        self.assertEqual(len(self.event.registration_ids), 1)

    def test_cancelled_registration(self):
        invited = self.accepted()
        self.event.registration_ids.action_cancel()
        self.assertEqual(invited.outcome, "not_now")
        self.assertFalse(invited._is_coming())

    def test_declined(self):
        invited = self.accepted()
        invited._decline_invitation()
        self.assertEqual(self.event.registration_ids.state, "cancel")
        self.assertEqual(invited.outcome, "not_now")
        self.event.write({"seats_limited": True, "seats_max": 1})
        self.assertFalse(self.event._get_obstacle())

    def test_declined_before(self):
        self.make_inviting(self.call)
        invited = self.invite()
        invited._decline_invitation()
        self.assertEqual((invited.state, invited.outcome), ("done", "not_now"))
        self.assertFalse(self.event.registration_ids)
