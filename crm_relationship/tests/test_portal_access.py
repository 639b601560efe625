import json
from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError
from odoo.tests import freeze_time, new_test_user, tagged
from odoo.tools.misc import hash_sign

from .common import own_login
from .common_portal import PortalCase

REFUSED = 'id="preferences_link_invalid"'


@tagged("post_install", "-at_install")
class TestPortalAccess(PortalCase):
    """Who sees whose page: all see only their own, by login or by their own link."""

    def _get(self, url, status=200):
        response = self.url_open(url)
        self.assertEqual(response.status_code, status)
        return response

    # By login
    def test_customer_sees_own_page_only(self):
        self.log_in(self.user_a)
        text = self._get("/my/contact-preferences").text
        self.assertIn("Word to Customer Anna", text)
        self.assertNotIn("Bima", text)
        self.assertNotIn("Secret Colleague", text)

    def test_other_customer_sees_own_page(self):
        self.log_in(self.user_b)
        text = self._get("/my/contact-preferences").text
        self.assertIn("Word to Customer Bima", text)
        self.assertNotIn("Anna", text)

    def test_staff_who_no_longer_serves_is_not_shown(self):
        self.assertIn("Sari &lt;i&gt;Sales", self.url_open(self.url_a).text)
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        self.staff.write(
            {"company_id": elsewhere.id, "company_ids": [Command.set(elsewhere.ids)]}
        )
        self.assertNotIn("Sari", self.url_open(self.url_a).text)

    def test_visitor_is_asked_to_log_in(self):
        response = self._get("/my/contact-preferences")
        self.assertIn("/web/login", response.url)

    def test_portal_user_of_another_company(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        user = new_test_user(
            self.env,
            own_login("citra"),
            "base.group_portal",
            name="Customer Citra",
            company_id=company.id,
            company_ids=[(6, 0, company.ids)],
        )
        self.log_in(user)
        text = self._get("/my/contact-preferences").text
        self.assertIn(user.name, text)
        self.assertNotIn("Word to", text)
        self._post("/my/contact-preferences", "pause", pause="week")
        self.assertTrue(user.partner_id.contact_snooze_until)
        self.assertFalse(self.anna.contact_snooze_until)

    def test_employee_has_an_own_page(self):
        self.log_in(self.staff)
        text = self._get("/my/contact-preferences").text
        self.assertNotIn("Word to", text)

    def test_entry_on_portal_home(self):
        self.log_in(self.user_a)
        self.assertIn('href="/my/contact-preferences"', self._get("/my").text)

    # By link
    def test_link_opens_page_without_login(self):
        response = self._get(self.url_a)
        self.assertIn("Customer Anna", response.text)
        self.assertNotIn("Word to Customer Anna", response.text)
        self.assertNotIn("Secret Colleague", response.text)
        self.assertEqual(response.headers["X-Robots-Tag"], "noindex, nofollow")
        self.assertEqual(response.headers["Cache-Control"], "no-store")
        self.assertEqual(response.headers["Referrer-Policy"], "same-origin")

    def test_link_with_another_id(self):
        token = self.url_a.rsplit("/", 1)[1]
        text = self._get(f"/contact-preferences/{self.bima.id}/{token}", 403).text
        self.assertIn(REFUSED, text)
        self.assertNotIn("Bima", text)

    def test_tampered_links(self):
        base, token = self.url_a.rsplit("/", 1)
        flipped = token[:-3] + ("A" if token[-3] != "A" else "B") + token[-2:]
        for bad in (flipped, token[:-8], "x", "é", "A" * 5000, token + "=="):
            with self.subTest(token=bad[:20]):
                self.assertIn(REFUSED, self._get(f"{base}/{bad}", 403).text)

    def test_link_of_another_purpose(self):
        token = hash_sign(self.env(su=True), "another purpose", self.anna.id)
        self.assertIn(
            REFUSED, self._get(f"/contact-preferences/{self.anna.id}/{token}", 403).text
        )

    def test_expired_link(self):
        with freeze_time(fields.Datetime.now() - timedelta(days=181)):
            url = self._path(self.anna)
        self.assertIn(REFUSED, self._get(url, 403).text)

    def test_link_is_valid_for_months(self):
        with freeze_time(fields.Datetime.now() - timedelta(days=179)):
            url = self._path(self.anna)
        self.assertIn("Customer Anna", self._get(url).text)

    def test_link_with_unknown_or_huge_id(self):
        token = self.url_a.rsplit("/", 1)[1]
        for number in (0, 2**31, 10**30):
            self._get(f"/contact-preferences/{number}/{token}", 403)

    def test_logged_in_customer_with_the_link_of_another(self):
        """The link says whose page it is; the login opens the visitor's own."""
        self.log_in(self.user_b)
        self.assertIn("Customer Anna", self._get(self.url_a).text)
        text = self._get("/my/contact-preferences").text
        self.assertNotIn("Anna", text)

    def test_staff_cannot_open_a_customers_link(self):
        """What is done there counts as the customer's own word."""
        self.log_in(self.staff)
        self.assertIn(REFUSED, self._get(self.url_a, 403).text)
        self._get(f"{self.url_a}/data", 403)
        csrf = self._csrf("/my/contact-preferences")
        for path in (self.url_a, f"{self.url_a}/unsubscribe/selling"):
            response = self.url_open(path, {"csrf_token": csrf, "section": "stop"})
            self.assertEqual(response.status_code, 403)
        self.assertFalse(self.anna.do_not_contact)
        self.assertEqual(self.anna.consent_selling, "unknown")

    def test_staff_opens_the_own_link(self):
        self.log_in(self.staff)
        self._get(self._path(self.staff.partner_id))

    def test_archived_customer_has_no_page(self):
        self.user_a.active = False
        self.anna.active = False
        self.assertIn(REFUSED, self._get(self.url_a, 403).text)
        self._get(f"{self.url_a}/data", 403)

    def test_deleted_customer_has_no_page(self):
        gone = self.env["res.partner"].create({"name": "Gone"})
        url = self._path(gone)
        gone.unlink()
        self._get(url, 403)

    def test_form_needs_a_csrf_token(self):
        response = self.url_open(self.url_a, {"section": "stop"})
        self.assertEqual(response.status_code, 400)
        self.assertFalse(self.anna.do_not_contact)

    # Models
    def test_portal_user_has_no_access_to_the_models(self):
        for model in ("crm.interaction", "crm.preference.change", "crm.relationship"):
            with self.subTest(model=model), self.assertRaises(AccessError):
                self.env[model].with_user(self.user_a).search([])

    # Download
    def test_download_holds_own_data_only(self):
        self.log_in(self.user_a)
        self._confirm(self.url_a)
        for url in ("/my/contact-preferences/data", f"{self.url_a}/data"):
            response = self._get(url)
            self.assertIn("attachment", response.headers["Content-Disposition"])
            self.assertEqual(response.headers["Cache-Control"], "no-store")
            data = json.loads(response.text)
            self.assertEqual(data["person"]["email"], "anna@example.com")
            self.assertEqual(
                [contact["purpose"] for contact in data["contacts"]],
                ["Word to Customer Anna"],
            )
            for secret in ("Bima", "Colleague", "negative", "Rina"):
                self.assertNotIn(secret, response.text)

    def test_download_holds_wishes_and_history(self):
        self.anna._change_preferences({"consent_selling": "refused"}, "link")
        self._make_contact(self.anna, "Planned", state="scheduled", date_done=False)
        self._confirm(self.url_a)
        data = json.loads(self._get(f"{self.url_a}/data").text)
        self.assertEqual(data["wishes"]["consent_selling"], "refused")
        self.assertEqual(data["history"][-1]["wish"], "consent_selling")
        self.assertTrue(data["history"][-1]["by_you"])
        self.assertNotIn("Planned", [c["purpose"] for c in data["contacts"]])
