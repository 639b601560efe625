from odoo.tests import tagged

from .common_portal import PortalCase

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@tagged("post_install", "-at_install")
class TestPortalUnsubscribe(PortalCase):
    """One click, RFC 8058: POST refuses, GET only asks."""

    def _click(self, person, subject):
        """Post as a mail program does: no cookie, no token, no redirect."""
        return self.url_open(
            f"{self._path(person)}/unsubscribe/{subject}",
            ONE_CLICK,
            allow_redirects=False,
        )

    def test_get_changes_nothing(self):
        for subject in ("selling", "email", "sms"):
            response = self.url_open(f"{self.url_a}/unsubscribe/{subject}")
            self.assertEqual(response.status_code, 200)
            self.assertIn('id="unsubscribe_ask"', response.text)
        self.assertFalse(self._history(self.anna))

    def test_selling(self):
        response = self._click(self.anna, "selling")
        self.assertEqual(response.status_code, 200)
        self.assertNotIn("session_id", response.headers.get("Set-Cookie", ""))
        self.assertEqual(self.anna.consent_selling, "refused")
        self.assertEqual(self.anna.consent_relationship, "unknown")
        self.assertFalse(self.anna.refused_touchpoint_ids)
        change = self._history(self.anna)
        self.assertEqual(change.source, "unsubscribe")
        self.assertTrue(change.by_customer)

    def test_email(self):
        self.anna.preferred_touchpoint_id = self.email
        personal = self.email.copy({"mode": "personal"})
        newsletter = self.email.copy({"name": "Newsletter"})
        self.assertEqual(self._click(self.anna, "email").status_code, 200)
        self.assertEqual(self.anna.refused_touchpoint_ids, self.email | newsletter)
        self.assertNotIn(personal, self.anna.refused_touchpoint_ids)
        self.assertFalse(self.anna.preferred_touchpoint_id)
        self.assertEqual(self.anna.consent_selling, "unknown")

    def test_sms(self):
        self._click(self.anna, "sms")
        self.assertEqual(self.anna.refused_touchpoint_ids, self.sms)

    def test_twice_is_once(self):
        for _time in range(2):
            self.assertEqual(self._click(self.anna, "selling").status_code, 200)
            self.assertEqual(self._click(self.anna, "email").status_code, 200)
        self.assertEqual(len(self._history(self.anna)), 2)

    def test_refusal_by_staff_becomes_the_customers(self):
        self.anna.consent_selling = "refused"
        self._click(self.anna, "selling")
        self.assertEqual(self._history(self.anna).mapped("by_customer"), [False, True])

    def test_page_says_nothing_about_the_person(self):
        for text in (
            self.url_open(f"{self.url_a}/unsubscribe/email").text,
            self._click(self.anna, "email").text,
        ):
            self.assertNotIn("Anna", text)
            self.assertNotIn("anna@", text)

    def test_archived_customer_is_heard(self):
        self.user_a.active = False
        self.anna.active = False
        response = self._click(self.anna, "selling")
        self.assertEqual(response.status_code, 200)
        self.assertNotIn(f'href="{self.url_a}"', response.text)
        self.assertEqual(self.anna.consent_selling, "refused")

    def test_tampered_link(self):
        token = self.url_a.rsplit("/", 1)[1]
        for path in (f"{self.bima.id}/{token}", f"{self.anna.id}/{token[:-4]}"):
            url = f"/contact-preferences/{path}/unsubscribe/selling"
            self.assertEqual(self.url_open(url).status_code, 403)
            self.assertEqual(self.url_open(url, ONE_CLICK).status_code, 403)
        self.assertFalse(self._history(self.anna) + self._history(self.bima))

    def test_unknown_subject(self):
        response = self._click(self.anna, "everything")
        self.assertEqual(response.status_code, 403)
        self.assertIn("This link does not work", response.text)
        self.assertFalse(self._history(self.anna))

    def test_link_that_was_cut(self):
        """Message programs break long lines; what is left says what to do."""
        whole = f"{self.url_a}/unsubscribe/selling"
        for end in (20, 22, 24, 30, len(whole) - 1, len(whole) - 9):
            with self.subTest(url=whole[:end]):
                response = self.url_open(whole[:end])
                self.assertEqual(response.status_code, 403)
                self.assertIn("This link does not work", response.text)
        for path in ("", "/abc/abc", "/abc/abc/unsubscribe/email", "/1/2/3/4/5"):
            with self.subTest(path=path):
                response = self.url_open(f"/contact-preferences{path}")
                self.assertEqual(response.status_code, 403)
                self.assertIn("This link does not work", response.text)

    def test_unsubscribing_happens_on_post_alone(self):
        url = self.base_url() + f"{self.url_a}/unsubscribe/selling"
        for method in ("OPTIONS", "HEAD", "GET", "PUT", "PATCH", "DELETE", "TRACE"):
            with self.subTest(method=method):
                self.opener.request(method, url, timeout=30, data=ONE_CLICK)
                self.opener.request(method, url, timeout=30)
                self.anna.invalidate_recordset()
                self.assertEqual(self.anna.consent_selling, "unknown")
        self.assertFalse(self._history(self.anna))

    def test_page_is_saved_on_post_alone(self):
        for door, login in ((self.url_a, None), ("/my/contact-preferences", True)):
            if login:
                self.log_in(self.user_a)
            url = f"{self.base_url()}{door}?section=stop"
            for method in ("OPTIONS", "HEAD", "GET", "PUT", "PATCH", "DELETE", "TRACE"):
                with self.subTest(door=door, method=method):
                    self.opener.request(method, url, timeout=30)
                    self.anna.invalidate_recordset()
                    self.assertFalse(self.anna.do_not_contact)
        self.assertFalse(self._history(self.anna))
