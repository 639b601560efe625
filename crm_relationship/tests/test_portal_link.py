from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import freeze_time, tagged

from .common_portal import PortalCase

ONE_CLICK = {"List-Unsubscribe": "One-Click"}
REFUSED = 'id="preferences_link_invalid"'
GRANT = {"consent_selling": "granted", "was_consent_selling": "unknown"}


@tagged("post_install", "-at_install")
class TestPortalLink(PortalCase):
    """A link is bound to the address it was sent to, and to its purpose."""

    def _status(self, url):
        return self.url_open(url).status_code

    def _unsubscribe(self, path):
        response = self.url_open(path, ONE_CLICK, allow_redirects=False)
        self.env.invalidate_all()
        return response.status_code

    def _unsubscribe_path(self, person, subject="selling"):
        return self._local(person._get_unsubscribe_url(subject))

    def _take_over(self, address="sari@example.com"):
        """Let staff put their own address in place of Anna's; return the new link."""
        self.anna.with_user(self.manager).email = address
        return self._path(self.anna)

    # ------------------------------------------------------------------
    # Bound to the purpose
    # ------------------------------------------------------------------

    def test_unsubscribe_link_only_unsubscribes(self):
        path = self._unsubscribe_path(self.anna)
        page = path.rpartition("/unsubscribe/")[0]
        self.assertEqual(self._status(page), 403)
        self.assertEqual(self._status(f"{page}/data"), 403)
        csrf = self._csrf(self.url_a)
        response = self.url_open(page, {"csrf_token": csrf, "section": "stop"})
        self.assertEqual(response.status_code, 403)
        self.assertFalse(self.anna.do_not_contact)
        self.assertNotIn(page + '"', self.url_open(path).text)
        self.assertEqual(self._unsubscribe(path), 200)
        self.assertEqual(self.anna.consent_selling, "refused")

    def test_unsubscribe_link_of_another_subject(self):
        path = self._unsubscribe_path(self.anna, "selling")
        self.assertEqual(self._unsubscribe(path.replace("selling", "email")), 403)
        self.assertFalse(self._history(self.anna))

    # ------------------------------------------------------------------
    # Bound to the address
    # ------------------------------------------------------------------

    def test_link_to_an_address_that_was_left_opens_nothing(self):
        self._take_over()
        self.assertIn(REFUSED, self.url_open(self.url_a).text)
        self.anna.email = "Anna@Example.com"
        self.assertEqual(self._status(self.url_a), 200, "the address is back")

    def test_link_to_an_address_that_was_left_still_unsubscribes(self):
        path = self._unsubscribe_path(self.anna)
        self._take_over()
        self.assertEqual(self._unsubscribe(path), 200)
        self.assertEqual(self.anna.consent_selling, "refused")
        self.assertTrue(self._history(self.anna).by_customer)

    def test_links_by_email_and_sms_are_bound_each_to_its_own(self):
        self.bima.phone = "+62 812 1111 3333"
        by_sms, by_email = self._path(self.bima, "phone"), self._path(self.bima)
        self.bima.email = "bima.new@example.com"
        self.assertEqual(self._status(by_sms), 200)
        self.assertEqual(self._status(by_email), 403)
        self.bima.phone = "+62 812 1111 4444"
        self.assertEqual(self._status(by_sms), 403)

    def test_staff_grant_nothing_by_an_address_of_their_own(self):
        url = self._take_over()
        response = self._post(url, "consents", **GRANT)
        self.assertEqual(response.status_code, 422)
        self.assertEqual(self.anna.consent_selling, "unknown")
        self.assertFalse(self._history(self.anna))

    def test_staff_take_nothing_back_by_an_address_of_their_own(self):
        self.anna._change_preferences(
            {
                "do_not_contact": True,
                "refused_touchpoint_ids": [(4, self.call.id)],
                "contact_snooze_until": fields.Date.today() + timedelta(days=90),
                "consent_selling": "refused",
            },
            "portal",
        )
        known = self._history(self.anna)
        url = self._take_over()
        for section, form in (
            ("resume", {}),
            ("channels", self._channels(shown=self.call)),
            ("pause", {"pause": "week"}),
            ("pause", {"pause": "end"}),
            ("consents", {**GRANT, "was_consent_selling": "refused"}),
        ):
            with self.subTest(section=section, form=form):
                response = self._post(url, section, **form)
                self.assertEqual(response.status_code, 422)
                self.assertIn("contacted less", response.text)
        self.assertEqual(self._history(self.anna), known)

    def test_stepping_stone(self):
        """A refusal by that link first does not make the address the customer's."""
        url = self._take_over()
        self._post(url, "stop")
        self.assertEqual(self._post(url, "resume").status_code, 422)
        self.assertTrue(self.anna.do_not_contact)

    def test_refusal_by_a_changed_address_is_the_customers(self):
        """Better that than a customer with a corrected address who is not heard."""
        url = self._take_over("anna.new@example.com")
        self.assertEqual(self._post(url, "stop").status_code, 200)
        rows = self._history(self.anna)
        self.assertEqual(set(rows.mapped("source")), {"changed_address"})
        stop = rows.filtered(lambda row: row.kind == "do_not_contact")
        self.assertTrue(stop.by_customer)

    def test_other_wishes_by_a_changed_address_are_noted_as_what_they_are(self):
        url = self._take_over()
        form = self._channels(preferred=self.whatsapp)
        self.assertEqual(self._post(url, "channels", **form).status_code, 200)
        self.assertRecordValues(
            self._history(self.anna),
            [{"source": "changed_address", "by_customer": False}],
        )

    def test_detours_to_a_changed_address(self):
        other = "sari@example.com"
        for detour in (
            ({"email": False}, {"email": other}),
            ({"email": "typo@example.com"}, {"email": other}),
            ({"email": other}, {"name": "Anna"}, {"email": other.upper()}),
        ):
            with self.subTest(detour=detour):
                self.anna.write({"email": "anna@example.com"})
                for vals in detour:
                    self.anna.with_user(self.manager).write(vals)
                response = self._post(self._path(self.anna), "consents", **GRANT)
                self.assertEqual(response.status_code, 422)

    def test_marks_cannot_be_written(self):
        self._take_over()
        partner = self.anna.with_user(self.manager)
        for name in ("own_email_mark", "own_phone_mark", "link_generation"):
            with self.subTest(name=name), self.assertRaises(AccessError):
                partner.write({name: False})
            self.assertNotIn(name, partner.fields_get())

    def test_first_address_is_the_customers(self):
        person = self.env["res.partner"].create({"name": "Citra"})
        person.with_user(self.manager).email = "citra@example.com"
        url = self._path(person)
        self.assertEqual(self._post(url, "consents", **GRANT).status_code, 200)
        self.assertRecordValues(
            self._history(person), [{"source": "link", "by_customer": True}]
        )

    def test_customers_vouch_for_an_address_they_enter_themselves(self):
        self._take_over()
        own = self.anna.with_user(self.user_a)
        own.sudo().email = "anna.home@example.com"
        url = self._path(self.anna)
        self.assertEqual(self._post(url, "consents", **GRANT).status_code, 200)
        self.assertTrue(self._history(self.anna).by_customer)
        url = self._take_over()
        self.assertEqual(self._post(url, "resume").status_code, 200)
        response = self._post(url, "consents", consent_relationship="granted")
        self.assertEqual(response.status_code, 422)

    # ------------------------------------------------------------------
    # Of the version before
    # ------------------------------------------------------------------

    def test_link_of_the_version_before_unsubscribes(self):
        for subject in ("selling", "email", "sms"):
            path = f"{self._old_path(self.anna)}/unsubscribe/{subject}"
            self.assertEqual(self._status(path), 200)
            self.assertEqual(self._unsubscribe(path), 200)
        self.assertEqual(self.anna.consent_selling, "refused")
        self.assertEqual(self.anna.refused_touchpoint_ids, self.email | self.sms)

    def test_link_of_the_version_before_asks_for_less_only(self):
        url = self._old_path(self.anna)
        self.assertEqual(self._status(url), 200)
        self.assertEqual(self._post(url, "consents", **GRANT).status_code, 422)
        self.assertEqual(self._status(f"{url}/data"), 403)
        self.assertEqual(self._post(url, "code_request").status_code, 400)
        self.assertEqual(self._post(url, "stop").status_code, 200)
        self.assertTrue(self.anna.do_not_contact)

    # ------------------------------------------------------------------
    # After a merge
    # ------------------------------------------------------------------

    def _merge(self, source, remaining):
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((source | remaining).ids, remaining)
        self.env.invalidate_all()

    def _make_person(self, name, **values):
        return self.env["res.partner"].create({"name": name, **values})

    def test_old_links_unsubscribe_the_merged_contact(self):
        old = self._make_person("Old", email="old@example.com")
        middle = self._make_person("Middle", email="middle@example.com")
        last = self._make_person("Last", email="last@example.com")
        new_format = self._unsubscribe_path(old)
        old_format = f"{self._old_path(old)}/unsubscribe/email"
        page = self._path(old)
        self._merge(old, middle)
        self._merge(middle, last)
        self.assertEqual(self._unsubscribe(new_format), 200)
        self.assertEqual(last.consent_selling, "refused")
        self.assertEqual(self._unsubscribe(old_format), 200)
        self.assertEqual(last.refused_touchpoint_ids, self.email)
        self.assertTrue(all(self._history(last).mapped("by_customer")))
        self.assertEqual(self._status(page), 403, "sent to another address")

    def test_page_of_the_same_address_survives_a_merge(self):
        old = self._make_person("Twin", email="twin@example.com")
        page = self._path(old)
        twin = self._make_person("Twin", email="twin@example.com")
        self._merge(old, twin)
        self.assertEqual(self._status(page), 200)

    def test_merging_into_an_own_contact_gives_no_voice(self):
        known = self._make_person("Dian", email="dian@example.com")
        known._change_preferences({"consent_relationship": "granted"}, "portal")
        mine = self._make_person("Dian", email="sari@example.com")
        self._merge(known, mine)
        response = self._post(self._path(mine), "consents", **GRANT)
        self.assertEqual(response.status_code, 422)
        silent = self._make_person("Eka", email="eka@example.com")
        mine = self._make_person("Eka", email="sari@example.com")
        self._merge(silent, mine)
        response = self._post(self._path(mine), "consents", **GRANT)
        self.assertEqual(response.status_code, 422)

    # ------------------------------------------------------------------
    # Revoked
    # ------------------------------------------------------------------

    def test_customer_makes_earlier_links_invalid(self):
        by_sms = self._path(self.anna, "phone")
        unsubscribe = self._unsubscribe_path(self.anna)
        old = self._old_path(self.anna)
        response = self._post(self.url_a, "revoke")
        self.assertIn('id="preferences_links_revoked"', response.text)
        for url in (self.url_a, by_sms, old):
            self.assertIn(REFUSED, self.url_open(url).text)
        self.assertEqual(self._status(self._path(self.anna)), 200, "the next message")
        self.assertEqual(self._status(self.url_b), 200, "of somebody else")
        self.assertEqual(self._unsubscribe(unsubscribe), 200)
        self.assertEqual(self._unsubscribe(f"{old}/unsubscribe/email"), 200)

    def test_customer_makes_links_invalid_by_login(self):
        self.log_in(self.user_a)
        response = self._post("/my/contact-preferences", "revoke")
        self.assertIn('id="preferences_saved"', response.text)
        self.authenticate(None, None)
        self.assertEqual(self._status(self.url_a), 403)

    # ------------------------------------------------------------------
    # Reading personal data
    # ------------------------------------------------------------------

    def _data(self, url):
        return self._status(f"{url}/data")

    def _forget_visit(self):
        """Go on as somebody else: another browser, without cookies."""
        self.opener.cookies.clear()

    def test_forwarded_message_is_not_enough(self):
        response = self.url_open(f"{self.url_a}/data")
        self.assertEqual(response.status_code, 403)
        self.assertNotIn("anna@example.com", response.text)
        page = self.url_open(self.url_a).text
        self.assertNotIn("Word to Customer Anna", page)
        self.assertNotIn('id="preferences_download"', page)

    def test_code_sent_to_the_address_opens_the_data(self):
        code = self._ask_code(self.url_a)
        mail = self.env["mail.mail"].search([], order="id DESC", limit=1)
        self.assertIn("anna@example.com", mail.email_to)
        self.assertIn(code, mail.body_html)
        self.assertTrue(mail.auto_delete)
        page = self._post(self.url_a, "code", code=code).text
        self.assertIn("Word to Customer Anna", page)
        self.assertEqual(self._data(self.url_a), 200)

    def test_code_is_in_no_chatter_and_not_in_the_database(self):
        code = self._ask_code(self.url_a)
        for message in self.anna.message_ids:
            self.assertNotIn(code, message.body)
        stored = self.env["crm.link.code"].search([("partner_id", "=", self.anna.id)])
        self.assertNotIn(code, stored.digest)
        mail = self.env["mail.mail"].search([], order="id DESC", limit=1)
        found = (
            self.env["mail.message"]
            .with_user(self.manager)
            .search([("id", "=", mail.mail_message_id.id)])
        )
        self.assertFalse(found, "staff do not read it")

    def test_code_by_sms(self):
        self.bima.phone = "+62 812 1111 3333"
        url = self._path(self.bima, "phone")
        code = self._ask_code(url)
        sms = self.env["sms.sms"].search([], order="id DESC", limit=1)
        self.assertEqual(sms.number, self.bima.phone_sanitized)
        self.assertIn(code, sms.body)
        self._post(url, "code", code=f" {code[:3]} {code[3:]} ")
        self.assertEqual(self._data(url), 200)

    def test_confirmation_is_of_one_browser_and_one_link(self):
        self._confirm(self.url_a)
        self.assertEqual(self._data(self.url_b), 403)
        self.assertEqual(self._data(self._path(self.anna, "phone")), 403)
        self._forget_visit()
        self.assertEqual(self._data(self.url_a), 403)

    def test_confirmation_ends(self):
        self._confirm(self.url_a)
        with freeze_time(fields.Datetime.now() + timedelta(minutes=16)):
            self.assertEqual(self._data(self.url_a), 403)

    def test_code_works_once_and_not_for_long(self):
        code = self._ask_code(self.url_a)
        self._post(self.url_a, "code", code=code)
        self._forget_visit()
        self.assertEqual(self._post(self.url_a, "code", code=code).status_code, 422)
        code = self._ask_code(self.url_a)
        late = fields.Datetime.now() - timedelta(minutes=11)
        self.env.cr.execute(
            "UPDATE crm_link_code SET create_date = %s WHERE partner_id = %s",
            [late, self.anna.id],
        )
        self.env.invalidate_all()
        self.assertEqual(self._post(self.url_a, "code", code=code).status_code, 422)

    def test_guessing_is_limited(self):
        code = self._ask_code(self.url_a)
        for guess in ("000000", "", "1", "x" * 1000, "271827"):
            response = self._post(self.url_a, "code", code=guess)
            self.assertEqual(response.status_code, 422)
            self._forget_visit()
        self.assertEqual(self._post(self.url_a, "code", code=code).status_code, 422)
        self.assertEqual(self._data(self.url_a), 403)

    def test_codes_are_limited(self):
        for _time in range(3):
            self._ask_code(self.url_a)
            self._forget_visit()
        with self.subTest("and the customer's mailbox is not flooded"):
            before = self.env["mail.mail"].search_count([])
            response = self._post(self.url_a, "code_request")
            self.assertEqual(response.status_code, 422)
            self.assertEqual(self.env["mail.mail"].search_count([]), before)

    def test_earlier_code_is_void(self):
        first = self._ask_code(self.url_a)
        self._post(self.url_a, "code_request")
        self.assertEqual(self._post(self.url_a, "code", code=first).status_code, 422)

    def test_no_code_for_a_changed_address(self):
        url = self._take_over()
        self.assertEqual(self._post(url, "code_request").status_code, 400)
        self.assertEqual(self._post(url, "code", code="1").status_code, 400)
        self.assertEqual(self._data(url), 403)

    def test_no_code_without_a_csrf_token(self):
        for section in ("code_request", "code", "revoke"):
            response = self.url_open(self.url_a, {"section": section})
            self.assertEqual(response.status_code, 400)
        self.assertFalse(self.env["crm.link.code"].search([]))
        self.assertEqual(self._status(self.url_a), 200)
