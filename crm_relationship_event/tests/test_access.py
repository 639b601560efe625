"""Who sees and changes what of events."""

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import InvitationCase


@tagged("post_install", "-at_install")
class TestAccess(InvitationCase):
    def test_auto_installed(self):
        module = self.env.ref("base.module_crm_relationship_event")
        self.assertEqual((module.state, module.auto_install), ("installed", True))

    def test_salesperson_sees_the_event_and_no_registration(self):
        self.make_inviting(self.call)
        invited = self.invite()
        mine = invited.with_user(self.sari)
        mine.action_accept_invitation()
        self.assertEqual(mine.invited_event_id.name, "Tasting")
        with self.assertRaises(AccessError):
            mine.read(["registration_id"])
        with self.assertRaises(AccessError):
            self.event.registration_ids.with_user(self.sari).read(["name"])

    def test_nobody_writes_what_was_accepted(self):
        self.make_inviting(self.call)
        invited = self.invite()
        with self.assertRaises(AccessError):
            invited.with_user(self.manager).invited_event_id = self.make_event()

    def test_portal_users_see_nothing(self):
        program = self.make_inviting()
        invited = self.invite()
        for record, name in (
            (invited, "invited_event_id"),
            (program.step_ids, "event_id"),
            (self.event, "name"),
            (self.portal.partner_id, "invitation_url"),
        ):
            with self.subTest(name), self.assertRaises(AccessError):
                record.with_user(self.portal).read([name])

    def test_other_company_accepts_nothing(self):
        self.make_inviting(self.call)
        invited = self.invite()
        with self.assertRaises(AccessError):
            invited.with_user(self.stranger).action_accept_invitation()
        with self.assertRaises(AccessError):
            self.event.with_user(self.stranger).read(["name"])

    def test_colleague_does_not_accept(self):
        self.make_inviting(self.call)
        invited = self.invite()
        with self.assertRaises(AccessError):
            invited.with_user(self.budi).action_accept_invitation()
