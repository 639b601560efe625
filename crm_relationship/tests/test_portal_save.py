"""The page has one Save: nothing that the customer entered is dropped silently."""

import re
from datetime import timedelta

from lxml import html

from odoo.tests import tagged

from .common_portal import PortalCase


@tagged("post_install", "-at_install")
class TestPortalSave(PortalCase):
    """As a browser without JavaScript sends the form that the page shows."""

    def _read_form(self, text):
        """Return the page's one form, and what it would send without any entry."""
        forms = html.fromstring(text).xpath("//div[@id='wrap']//form")
        self.assertEqual(len(forms), 1, "a second form would drop the first one's")
        values = {}
        for field in forms[0].xpath(".//input | .//textarea"):
            if field.tag == "textarea":
                values[field.name] = field.text or ""
            elif field.get("type") not in ("radio", "checkbox") or field.checked:
                # the property would make "on" of an empty value
                values[field.name] = field.get("value", "")
        return forms[0], values

    def _send(self, url, button="save", page=None, without=(), **entered):
        """Enter values on a page and press a button."""
        _form, values = self._read_form(page or self.url_open(url).text)
        for name in without:
            values.pop(name)
        return self.url_open(url, {**values, **entered, "section": button})

    def _entered(self, response):
        return self._read_form(response.text)[1]

    def _flood(self):
        self.env["crm.preference.change"].create(
            [
                {
                    "partner_id": self.anna.id,
                    "kind": "consent_selling",
                    "new_value": "granted",
                    "source": "link",
                    "by_customer": True,
                }
            ]
            * 100
        )

    def _everything(self):
        window = self.env.ref("crm_relationship.resource_calendar_lunch")
        return {
            "without": [f"may_{self.call.id}"],
            "consent_selling": "refused",
            "consent_relationship": "granted",
            "preferred": str(self.whatsapp.id),
            "window": str(window.id),
            "pause": "week",
        }

    def _assert_everything(self, person):
        self.assertRecordValues(
            person,
            [
                {
                    "consent_selling": "refused",
                    "consent_relationship": "granted",
                    "refused_touchpoint_ids": self.call.ids,
                    "preferred_touchpoint_id": self.whatsapp.id,
                    "contact_window_id": self.env.ref(
                        "crm_relationship.resource_calendar_lunch"
                    ).id,
                    "contact_snooze_until": person._get_portal_today()
                    + timedelta(days=7),
                }
            ],
        )

    def test_one_save_by_link(self):
        response = self._send(self.url_a, **self._everything())
        self.assertEqual(response.status_code, 200)
        self._assert_everything(self.anna)
        listed = html.fromstring(response.text).xpath(
            "//*[@id='preferences_saved']//li"
        )
        self.assertEqual(len(listed), 6)

    def test_one_save_by_login(self):
        self.log_in(self.user_b)
        response = self._send("/my/contact-preferences", **self._everything())
        self.assertEqual(response.status_code, 200)
        self._assert_everything(self.bima)
        self.assertEqual(set(self._history(self.bima).mapped("source")), {"portal"})

    def test_one_button_saves(self):
        form, _values = self._read_form(self.url_open(self.url_a).text)
        shown = form.xpath(
            ".//button[@value='save'][not(contains(@class, 'visually-hidden'))]"
        )
        self.assertEqual(len(shown), 1)
        self.assertEqual(form.xpath(".//button")[0].get("value"), "save", "for Enter")

    def test_nothing_entered_changes_nothing(self):
        response = self._send(self.url_a)
        self.assertIn("Nothing had to be changed", response.text)
        self.assertFalse(self._history(self.anna))

    def test_every_button_saves_what_was_ticked(self):
        for button, state in (
            ("stop", {}),
            ("resume", {"do_not_contact": True}),
            ("end_pause", {"contact_snooze_until": "2100-01-01"}),
            ("erasure", {}),
            ("code_request", {}),
            ("revoke", {}),
        ):
            with self.subTest(button=button):
                self.anna.write({"consent_selling": "unknown", **state})
                response = self._send(
                    self._path(self.anna), button, consent_selling="refused"
                )
                self.assertEqual(response.status_code, 200)
                self.assertEqual(self.anna.consent_selling, "refused")
                self.assertIn("Selling consent", response.text)
                self.anna._change_preferences(
                    {"consent_selling": "unknown", "do_not_contact": False}, "portal"
                )

    def test_code_with_ticks(self):
        code = self._ask_code(self.url_a)
        for button, entered in (("code", "refused"), ("save", "granted")):
            response = self._send(
                self.url_a, button, code=code, consent_selling=entered
            )
            self.assertEqual(response.status_code, 200)
            self.assertEqual(self.anna.consent_selling, entered)
            self.assertIn("preferences_download", response.text)
            self.url_open("/web/session/logout")
            code = self._ask_code(self.url_a)
        response = self._send(self.url_a, code="000000", consent_selling="refused")
        self.assertEqual(response.status_code, 422)
        self.assertIn("This code is wrong", response.text)
        self.assertEqual(self.anna.consent_selling, "refused")

    def test_error_in_one_section_keeps_the_others(self):
        values = {**self._everything(), "pause": "until", "until": "2020-01-01"}
        response = self._send(self.url_a, **values)
        self.assertEqual(response.status_code, 422)
        self.assertIn("Please give a day between tomorrow", response.text)
        self.assertIn("preferences_also_saved", response.text)
        self.assertEqual(self.anna.consent_selling, "refused")
        self.assertEqual(self.anna.refused_touchpoint_ids, self.call)
        self.assertEqual(self.anna.preferred_touchpoint_id, self.whatsapp)
        self.assertTrue(self.anna.contact_window_id)
        self.assertFalse(self.anna.contact_snooze_until)
        entered = self._entered(response)
        self.assertEqual(entered["pause"], "until")
        self.assertEqual(entered["until"], "2020-01-01")
        self.assertEqual(entered["consent_selling"], "refused")
        self.assertNotIn(f"may_{self.call.id}", entered)
        day = (self.anna._get_portal_today() + timedelta(days=9)).isoformat()
        self._send(self.url_a, page=response.text, until=day)
        self.assertEqual(str(self.anna.contact_snooze_until), day)

    def test_error_in_each_section(self):
        gone = "99999999"
        for section, wrong in (
            ("window", {"window": gone}),
            ("channels", {"preferred": gone}),
            ("pause", {"until": "soon"}),
            ("pause", {"pause": "month", "until": "2100-01-01"}),
        ):
            with self.subTest(section=section, wrong=wrong):
                self.anna._change_preferences({"consent_selling": "unknown"}, "portal")
                response = self._send(self.url_a, consent_selling="granted", **wrong)
                self.assertEqual(response.status_code, 422)
                self.assertEqual(self.anna.consent_selling, "granted")
                self.assertIn("This was not saved", response.text)
                page = self._send(self.url_a, page=response.text, until="", pause="")
                self.assertEqual(page.status_code, 200)
                self.assertFalse(self.anna.contact_window_id)

    def test_a_choice_that_went_does_not_take_back_the_others(self):
        """The favorite is no longer offered; the refused channel stays as ticked."""
        response = self._send(
            self.url_a, without=[f"may_{self.sms.id}"], preferred="99999999"
        )
        self.assertEqual(response.status_code, 422)
        self.assertNotIn(f"may_{self.sms.id}", self._entered(response))
        self._send(self.url_a, page=response.text)
        self.assertEqual(self.anna.refused_touchpoint_ids, self.sms)

    def test_stop_outweighs_a_pause_that_cannot_be(self):
        """Whoever stops everything is not told first that something was not saved."""
        response = self._send(self.url_a, "stop", pause="until", until="2020-01-01")
        self.assertEqual(response.status_code, 200)
        self.assertTrue(self.anna.do_not_contact)
        self.assertNotIn("preferences_error", response.text)
        self.assertIn("preferences_saved", response.text)

    def test_day_alone_is_a_pause(self):
        day = (self.anna._get_portal_today() + timedelta(days=9)).isoformat()
        self._send(self.url_a, until=day)
        self.assertEqual(str(self.anna.contact_snooze_until), day)

    def test_words_without_their_button_are_kept(self):
        for section in ("erasure", "stop"):
            with self.subTest(section=section):
                response = self._send(self.url_a, **{f"{section}_words": "I am tired"})
                self.assertEqual(response.status_code, 422)
                self.assertEqual(
                    self._entered(response)[f"{section}_words"], "I am tired"
                )
                self.assertFalse(self.anna.do_not_contact)
                self._send(self.url_a, section, page=response.text)
        self.assertEqual(self.anna.do_not_contact_reason, "I am tired")
        self.assertIn("I am tired", self.anna._get_erasure_request().note)

    def test_too_long_words_are_kept_and_the_rest_is_saved(self):
        response = self._send(
            self.url_a, "stop", stop_words="x" * 600, consent_selling="refused"
        )
        self.assertEqual(response.status_code, 422)
        self.assertEqual(self.anna.consent_selling, "refused")
        self.assertEqual(len(self._entered(response)["stop_words"]), 600)

    def test_another_language_keeps_what_was_entered(self):
        self.env["res.lang"]._activate_lang("id_ID")
        form, values = self._read_form(self.url_open(self.url_a).text)
        button = form.xpath(".//button[@lang='id-ID']")[0]
        values |= {"consent_selling": "refused", "pause": "month", "stop_words": "Hm"}
        values.pop(f"may_{self.call.id}")
        response = self.url_open(
            button.get("formaction"), {**values, "section": button.get("value")}
        )
        self.assertEqual(response.status_code, 200)
        self.assertIn('lang="id-ID"', response.text)
        self.assertEqual(self.anna.consent_selling, "unknown")
        entered = self._entered(response)
        self.assertEqual(
            [entered[name] for name in ("consent_selling", "pause", "stop_words")],
            ["refused", "month", "Hm"],
        )
        self.assertNotIn(f"may_{self.call.id}", entered)
        self._send(self.url_a, page=response.text, stop_words="")
        self.assertEqual(self.anna.consent_selling, "refused")
        self.assertEqual(self.anna.refused_touchpoint_ids, self.call)

    def test_flood_drops_nothing(self):
        self._flood()
        response = self._send(self.url_a, **self._everything())
        self.assertEqual(response.status_code, 422)
        self.assertEqual(response.text.count("changed very often"), 1)
        entered = self._entered(response)
        self.assertEqual(entered["consent_selling"], "refused")
        self.assertEqual(entered["pause"], "week")
        self.assertNotIn(f"may_{self.call.id}", entered)
        self._send(self.url_a, "stop", page=response.text)
        self.assertTrue(self.anna.do_not_contact)

    def test_doubted_link_hears_less_and_keeps_the_rest(self):
        self.anna.email = "new@example.com"
        url = self._path(self.anna)
        response = self._send(
            url, consent_relationship="granted", without=[f"may_{self.call.id}"]
        )
        self.assertEqual(response.status_code, 422)
        self.assertEqual(self.anna.refused_touchpoint_ids, self.call)
        self.assertEqual(self.anna.consent_relationship, "unknown")
        self.assertEqual(self._entered(response)["consent_relationship"], "granted")

    def test_two_pages_at_once(self):
        """What one page did not touch is not undone by it, also after an error."""
        page = self.url_open(self.url_a).text
        wrong = self._send(self.url_a, page=page, until="soon").text
        self._send(self.url_a, consent_selling="refused", window="")
        self._send(self.url_a, page=wrong, until="")
        self._send(self.url_a, page=page)
        self.assertEqual(self.anna.consent_selling, "refused")

    def test_unknown_buttons(self):
        for button in ("", "delete_everything", "__init__"):
            self.assertEqual(self._send(self.url_a, button).status_code, 400)

    def test_page_is_valid_without_javascript(self):
        text = self.url_open(self.url_a).text
        form, _values = self._read_form(text)
        self.assertFalse(re.search(r"\son\w+=", html.tostring(form, encoding=str)))
        self.assertEqual(form.get("method"), "post")
