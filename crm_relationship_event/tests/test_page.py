"""The page behind the link of an invitation."""

import re

from odoo.tests import HttpCase, tagged

from .common import InvitationCase


@tagged("post_install", "-at_install")
class TestPage(InvitationCase, HttpCase):
    def setUp(self):
        super().setUp()
        self.make_inviting()
        self.invited = self.invite()
        self.url = self.invited._get_invitation_url()

    def post(self, answer, url=None):
        page = self.url_open(url or self.url).text
        token = re.search(r'name="csrf_token"\s+value="([^"]+)"', page)[1]
        return self.url_open(
            url or self.url, data={"csrf_token": token, "answer": answer}
        )

    def test_opening_changes_nothing(self):
        """A virus scanner opens every link."""
        page = self.url_open(self.url)
        self.assertEqual(page.status_code, 200)
        self.assertIn("You are invited", page.text)
        self.assertIn("Tasting", page.text)
        self.assertEqual(page.headers["Cache-Control"], "no-store")
        self.assertFalse(self.event.registration_ids)

    def test_accepts(self):
        page = self.post("accept")
        self.assertIn("We look forward", page.text)
        self.assertEqual(self.invited.outcome, "accepted")
        self.assertEqual(self.invited.registration_id.email, "c@example.com")

    def test_declines_after_accepting(self):
        self.post("accept")
        page = self.post("decline")
        self.assertIn("Thank you for telling us", page.text)
        self.assertEqual(self.invited.registration_id.state, "cancel")
        self.assertEqual(self.invited.outcome, "not_now")

    def test_accepts_after_declining(self):
        self.post("decline")
        self.post("accept")
        self.assertEqual(self.invited.outcome, "accepted")
        self.assertTrue(self.invited._is_coming())

    def test_full(self):
        self.fill()
        page = self.url_open(self.url)
        self.assertIn("fully booked", page.text)
        self.assertNotIn("I will come", page.text)

    def test_last_seat_is_taken_meanwhile(self):
        page = self.url_open(self.url).text
        token = re.search(r'name="csrf_token"\s+value="([^"]+)"', page)[1]
        self.fill()
        answer = {"csrf_token": token, "answer": "accept"}
        page = self.url_open(self.url, data=answer)
        self.assertEqual(page.status_code, 422)
        self.assertIn("fully booked", page.text)
        self.assertEqual(self.invited.outcome, "sent")

    def test_wrong_answers_change_nothing(self):
        self.post("_erase")
        self.assertEqual(self.invited.outcome, "sent")

    def test_without_csrf_token(self):
        page = self.url_open(self.url, data={"answer": "accept"})
        self.assertEqual(page.status_code, 400)
        self.assertFalse(self.event.registration_ids)

    def test_links_that_open_nothing(self):
        base, interaction, partner, token = self.url.rsplit("/", 3)
        other = self.make_open()
        for url in (
            f"{base}/{interaction}/{partner}/x{token}",
            f"{base}/{other.id}/{partner}/{token}",
            f"{base}/{interaction}/{self.portal.partner_id.id}/{token}",
            f"{base}/{2**31}/{partner}/{token}",
            f"{base}/{interaction}/{2**40}/{token}",
        ):
            with self.subTest(url=url):
                page = self.url_open(url)
                self.assertEqual(page.status_code, 403)
                self.assertNotIn("Tasting", page.text)

    def test_link_to_the_preferences_is_another_one(self):
        token = self.invited.partner_id._get_preferences_token("email")
        base, *_parts = self.url.rsplit("/", 1)
        self.assertEqual(self.url_open(f"{base}/{token}").status_code, 403)

    def test_staff_do_not_speak_for_the_customer(self):
        self.authenticate(self.sari.login, self.sari.login)
        self.assertEqual(self.url_open(self.url).status_code, 403)

    def test_archived_contact(self):
        self.invited.partner_id.active = False
        self.assertEqual(self.url_open(self.url).status_code, 403)

    def test_after_a_merge(self):
        other = self.make_customer("Same", email="c@example.com")
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((self.invited.partner_id | other).ids, other)
        self.assertEqual(self.url_open(self.url).status_code, 200)
        self.post("accept")
        self.assertEqual(self.invited.registration_id.partner_id, other)
