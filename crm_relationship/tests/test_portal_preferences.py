from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import Command, fields
from odoo.tests import tagged

from .common_portal import PortalCase


@tagged("post_install", "-at_install")
class TestPortalPreferences(PortalCase):
    """What customers change on their page, and what is kept of it."""

    def _saved(self, response):
        self.assertEqual(response.status_code, 200)
        self.assertIn('id="preferences_saved"', response.text)
        return response.text

    def _failed(self, response):
        self.assertEqual(response.status_code, 422)
        self.assertIn('id="preferences_error"', response.text)
        return response.text

    # Changes, through both doors
    def test_channels_by_link(self):
        form = self._channels(self.call, preferred=self.whatsapp)
        text = self._saved(self._post(self.url_a, "channels", **form))
        self.assertIn("Call", text)
        self.assertEqual(self.anna.refused_touchpoint_ids, self.call)
        self.assertEqual(self.anna.preferred_touchpoint_id, self.whatsapp)
        rows = self._history(self.anna)
        self.assertEqual(set(rows.mapped("source")), {"link"})
        self.assertTrue(all(rows.mapped("by_customer")))
        self.assertFalse(self._history(self.bima))

    def test_channels_by_login(self):
        self.log_in(self.user_b)
        form = self._channels(self.email)
        self._saved(self._post("/my/contact-preferences", "channels", **form))
        self.assertEqual(self.bima.refused_touchpoint_ids, self.email)
        self.assertEqual(self._history(self.bima).source, "portal")
        self.assertEqual(self._history(self.bima).user_id, self.user_b)

    def test_channel_allowed_again(self):
        self.anna._change_preferences(
            {"refused_touchpoint_ids": [(4, self.call.id)]}, "portal"
        )
        self._saved(
            self._post(self.url_a, "channels", **self._channels(shown=self.call))
        )
        self.assertFalse(self.anna.refused_touchpoint_ids)

    def test_refusal_outweighs_preference(self):
        self.anna.preferred_touchpoint_id = self.call
        form = self._channels(self.call, preferred=self.call, shown_preferred=self.call)
        self._saved(self._post(self.url_a, "channels", **form))
        self.assertEqual(self.anna.refused_touchpoint_ids, self.call)
        self.assertFalse(self.anna.preferred_touchpoint_id)

    def test_new_channel_is_not_offered_before_somebody_says_so(self):
        new = self.env["crm.touchpoint"].create({"name": "By Carrier Pigeon"})
        field = f'name="may_{new.id}"'
        self.assertNotIn(field, self.url_open(self.url_a).text)
        form = {f"was_{new.id}": "0", f"may_{new.id}": "1", "preferred": str(new.id)}
        self._post(self.url_a, "channels", **form)
        self.assertFalse(self.anna.preferred_touchpoint_id)
        new.is_offered = True
        self.assertIn(field, self.url_open(self.url_a).text)

    def test_refused_channel_can_be_allowed_when_no_longer_offered(self):
        self.anna._change_preferences(
            {"refused_touchpoint_ids": [(4, self.call.id)]}, "portal"
        )
        self.call.is_offered = False
        self.assertIn(f'name="may_{self.call.id}"', self.url_open(self.url_a).text)
        form = self._channels(shown=self.call)
        self._saved(self._post(self.url_a, "channels", **form))
        self.assertFalse(self.anna.refused_touchpoint_ids)

    def test_the_page_says_that_others_ask_for_less(self):
        self.assertNotIn("preferences_overruled", self.url_open(self.url_a).text)
        other = self.env["res.partner"].create(
            {"name": "Secret", "email": self.anna.email, "do_not_contact": True}
        )
        text = self.url_open(self.url_a).text
        self.assertIn("preferences_overruled", text)
        self.assertNotIn(other.name, text)
        self.anna.do_not_contact = True
        self.assertNotIn("preferences_overruled", self.url_open(self.url_a).text)

    def test_window(self):
        window = self.env.ref("crm_relationship.resource_calendar_lunch")
        self._saved(self._post(self.url_a, "window", window=window.id, was_window=""))
        self.assertEqual(self.anna.contact_window_id, window)
        self._saved(self._post(self.url_a, "window", window="", was_window=window.id))
        self.assertFalse(self.anna.contact_window_id)

    def test_window_that_is_not_offered(self):
        window = self.env["resource.calendar"].create(
            {"name": "Night shift of the shop"}
        )
        self.assertNotIn("Night shift", self.url_open(self.url_a).text)
        self._failed(self._post(self.url_a, "window", window=window.id))
        self.assertFalse(self.anna.contact_window_id)

    def test_consents_keep_the_words(self):
        self._saved(
            self._post(
                self.url_a,
                "consents",
                consent_relationship="granted",
                was_consent_relationship="unknown",
                consent_selling="refused",
                was_consent_selling="unknown",
            )
        )
        self.assertEqual(self.anna.consent_relationship, "granted")
        self.assertEqual(self.anna.consent_selling, "refused")
        wording = self.anna.consent_selling_wording
        self.assertIn("No, I do not want offers", wording)
        self.assertNotIn("stay in touch", wording)
        self.assertIn("Your answer since", self.url_open(self.url_a).text)

    def test_pauses(self):
        today = self.anna._get_portal_today()
        until = today + timedelta(days=40)
        for form, expected in (
            ({"pause": "week"}, today + timedelta(days=7)),
            ({"pause": "until", "until": until.isoformat()}, until),
            ({"pause": "end"}, False),
        ):
            with self.subTest(form=form):
                self._saved(self._post(self.url_a, "pause", **form))
                self.assertEqual(self.anna.contact_snooze_until, expected)

    def test_impossible_pauses(self):
        today = self.anna._get_portal_today()
        for until in ("", "2026-02-30", "soon", str(today), "9999-12-31"):
            with self.subTest(until=until):
                self._failed(
                    self._post(self.url_a, "pause", pause="until", until=until)
                )
                self.assertFalse(self.anna.contact_snooze_until)

    def test_stop_everything_and_back(self):
        text = self._saved(self._post(self.url_a, "stop", words="Too much <b>mail</b>"))
        self.assertIn('id="preferences_stopped"', text)
        self.assertNotIn("<b>mail</b>", text)
        self.assertTrue(self.anna.do_not_contact)
        self.assertEqual(self.anna.do_not_contact_reason, "Too much <b>mail</b>")
        self._saved(self._post(self.url_a, "resume"))
        self.assertFalse(self.anna.do_not_contact)

    # Two changes at once
    def test_stale_page_does_not_undo_other_changes(self):
        """Two pages opened at the same time: each writes only what it changed."""
        self._saved(self._post(self.url_a, "channels", **self._channels(self.call)))
        self._saved(self._post(self.url_a, "channels", **self._channels(self.sms)))
        self.assertEqual(self.anna.refused_touchpoint_ids, self.call | self.sms)

    def test_last_change_of_the_same_wish_wins(self):
        for answer in ("granted", "refused"):
            self._saved(
                self._post(
                    self.url_a,
                    "consents",
                    consent_selling=answer,
                    was_consent_selling="unknown",
                )
            )
        self.assertEqual(self.anna.consent_selling, "refused")
        self.assertEqual(
            self._history(self.anna).mapped("new_value"), ["granted", "refused"]
        )

    def test_nothing_changed_leaves_no_trace(self):
        text = self._saved(self._post(self.url_a, "channels", **self._channels()))
        self.assertIn("Nothing had to be changed", text)
        self.assertFalse(self._history(self.anna))

    def test_confirmation_is_shown_once_and_to_its_owner(self):
        csrf = self._csrf(self.url_a)
        self.url_open(
            self.url_a,
            {"csrf_token": csrf, "section": "pause", "pause": "week"},
            allow_redirects=False,
        )
        self.assertNotIn('id="preferences_saved"', self.url_open(self.url_b).text)
        self.assertNotIn('id="preferences_saved"', self.url_open(self.url_a).text)

    # Bad input
    def test_million_characters_are_refused(self):
        for section in ("stop", "erasure"):
            response = self._post(self.url_a, section, words="x" * 1_000_000)
            self.assertIn("1000000", self._failed(response).replace(",", ""))
        self.assertFalse(self.anna.do_not_contact)
        self.assertFalse(self.anna._get_erasure_request())

    def test_html_is_shown_as_text(self):
        self.anna.name = "<script>alert('name')</script>"
        self.call.name = "<script>alert('channel')</script>"
        tag = self.env["crm.staff.tag"].create(
            {"name": "<script>alert('tag')</script>"}
        )
        self.env["crm.staff.requirement"].create(
            {"partner_id": self.anna.id, "tag_id": tag.id}
        )
        self._make_contact(self.anna, "<script>alert('purpose')</script>")
        self._confirm(self.url_a)
        text = self.url_open(self.url_a).text
        self.assertNotIn("<script>alert", text)
        self.assertNotIn("<i>Sales</i>", text)
        for word in ("name", "channel", "tag", "purpose"):
            self.assertIn(f"alert(&#39;{word}&#39;)", text)

    def test_unknown_form(self):
        response = self._post(self.url_a, "delete_everything")
        self.assertEqual(response.status_code, 400)

    def test_flood_is_stopped_but_a_refusal_is_heard(self):
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
        self._failed(self._post(self.url_a, "pause", pause="week"))
        self._saved(self._post(self.url_a, "stop"))
        self.assertTrue(self.anna.do_not_contact)

    # Erasure
    def test_erasure_is_asked_once(self):
        words = "Please, <b>all</b> of it"
        text = self._saved(self._post(self.url_a, "erasure", words=words))
        self.assertIn('id="preferences_erasure_open"', text)
        self._post(self.url_a, "erasure")
        activity = self.anna._get_erasure_request()
        self.assertEqual(len(activity), 1)
        self.assertTrue(activity.user_id.has_group("sales_team.group_sale_manager"))
        self.assertIn("&lt;b&gt;all&lt;/b&gt;", activity.note)
        logged = self.anna.message_ids.filtered(lambda m: "erased" in (m.body or ""))
        self.assertEqual(len(logged), 1)

    def test_erasure_goes_to_the_dedicated_manager(self):
        relationships = self.env["crm.relationship"].search(
            [("partner_id", "=", self.bima.id)]
        )
        relationships.user_id = self.manager
        self._saved(self._post(self.url_b, "erasure"))
        self.assertEqual(self.bima._get_erasure_request().user_id, self.manager)

    def test_erasure_goes_to_nobody_who_cannot_see_the_customer(self):
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        managers = self.env.ref("sales_team.group_sale_manager").all_user_ids
        managers.write(
            {"company_id": elsewhere.id, "company_ids": [Command.set(elsewhere.ids)]}
        )
        relationship = self.env["crm.relationship"].search(
            [("partner_id", "=", self.bima.id)]
        )
        relationship.user_id = self.manager
        self.assertIn(self.bima._get_erasure_user(), managers, "better than nobody")
        self.bima.company_id = self.env.company
        self.assertFalse(self.bima._get_erasure_user())
        relationship.user_id = self.staff
        self.assertEqual(self.bima._get_erasure_user(), self.staff)

    # Language and time zone
    def test_link_speaks_the_customers_language(self):
        self.env["res.lang"]._activate_lang("id_ID")
        self.anna.lang = "id_ID"
        self.assertIn('lang="id-ID"', self.url_open(self.url_a).text)
        text = self.url_open(f"{self.url_a}?lang=en_US").text
        self.assertIn("How may we contact you?", text)

    def test_hours_speak_the_customers_language(self):
        """The names of the hours that come with the app, and the days."""
        self.env["res.lang"]._activate_lang("id_ID")
        lunch = self.env.ref("crm_relationship.resource_calendar_lunch")
        self.anna.lang = "id_ID"
        shipped = {"Lunch break": "Siang"}
        with patch.object(type(lunch), "_get_shipped_names", lambda _self: shipped):
            self.assertIn("Siang", self.url_open(self.url_a).text)
        lunch.name = "After the bell"
        self.assertIn("After the bell", self.url_open(self.url_a).text)

    def test_today_is_the_customers(self):
        self.anna.tz = "Pacific/Kiritimati"
        self.bima.tz = "Pacific/Pago_Pago"
        # for an hour a day, from ten o'clock, it would be two days
        with freeze_time("2026-03-31 12:00:00"):
            difference = self.anna._get_portal_today() - self.bima._get_portal_today()
        self.assertEqual(difference, timedelta(days=1))

    def test_time_zone_that_does_not_exist(self):
        self.env.cr.execute(
            "UPDATE res_partner SET tz = 'Mars/Base' WHERE id = %s", [self.anna.id]
        )
        self.env.invalidate_all()
        self._saved(self._post(self.url_a, "pause", pause="week"))
        self.assertGreater(self.anna.contact_snooze_until, fields.Date.today())
