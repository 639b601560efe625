"""The customer's page beside a website, which has languages of its own."""

from unittest import SkipTest

from odoo.tests import tagged

from .common_portal import PortalCase


@tagged("post_install", "-at_install")
class TestPortalWebsite(PortalCase):
    """A website in English does not keep us from speaking to an Indonesian customer.

    Its languages are those of its pages; ours are all that the company writes in.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if "website" not in cls.env:
            raise SkipTest("website is not installed: ./dev odoo -i website …")
        english = cls.env.ref("base.lang_en")
        cls.env["res.lang"]._activate_lang("id_ID")
        cls.env["website"].search([]).write(
            {"language_ids": english.ids, "default_lang_id": english.id}
        )
        cls.anna.lang = "id_ID"

    def open(self, url):
        response = self.url_open(url)
        self.assertEqual(response.status_code, 200)
        return response

    def unsubscribe_url(self, subject):
        return self._local(self.anna._get_unsubscribe_url(subject))

    def test_preferences_by_link(self):
        self.assertIn('lang="id-ID"', self.open(self.url_a).text)

    def test_preferences_after_the_login(self):
        self.log_in(self.user_a)
        response = self.open("/my/contact-preferences")
        self.assertIn('lang="id-ID"', response.text)

    def test_the_choice_of_the_visitor_counts_where_there_is_one(self):
        languages = self.env["res.lang"].search([("code", "in", ("en_US", "id_ID"))])
        self.env["website"].search([]).language_ids = languages
        self.log_in(self.user_a)
        self.opener.cookies["frontend_lang"] = "en_US"
        response = self.open("/my/contact-preferences")
        self.assertIn('lang="en-US"', response.text)

    def test_unsubscribing(self):
        for subject in ("selling", "email", "sms"):
            with self.subTest(subject):
                url = self.unsubscribe_url(subject)
                self.assertIn('lang="id-ID"', self.open(url).text)
                answer = self.url_open(url, {"List-Unsubscribe": "One-Click"})
                self.assertIn('lang="id-ID"', answer.text)

    def test_another_language_can_be_chosen(self):
        page = self.open(self.url_a).text
        self.assertIn("Bahasa Indonesia", page)
        self.assertIn("English", page)
        english = self.open(f"{self.url_a}?lang=en_US").text
        self.assertIn('lang="en-US"', english)

    def test_the_link_is_not_led_to_another_address(self):
        """A website puts its language into addresses; ours stays what was sent."""
        for url in (self.url_a, self.unsubscribe_url("selling")):
            response = self.url_open(url, allow_redirects=False)
            self.assertEqual(response.status_code, 200)

    def test_what_is_saved_is_answered_in_the_same_language(self):
        response = self._post(self.url_a, "stop")
        self.assertIn('lang="id-ID"', response.text)
