"""Registrations of a person who is forgotten."""

from odoo.tests import tagged

from .common import InvitationCase


@tagged("post_install", "-at_install")
class TestErasure(InvitationCase):
    def forgotten(self, came):
        self.make_inviting(self.call)
        invited = self.invite(name="Ratna Dewanti", email="ratna@example.com")
        invited.with_user(self.sari).action_accept_invitation()
        registration = invited.registration_id
        if came:
            registration.action_set_done()
        kept = invited.partner_id.with_user(self.manager)._erase_contact_data()
        self.assertTrue(any("Registrations" in line for line in kept))
        self.assertNotIn("Ratna", registration.name)
        self.assertFalse(registration.email or registration.phone)
        return registration

    def test_who_came_is_counted(self):
        self.assertEqual(self.forgotten(came=True).state, "done")

    def test_who_was_to_come_is_not_expected(self):
        self.assertEqual(self.forgotten(came=False).state, "cancel")
