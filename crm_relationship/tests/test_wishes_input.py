from odoo import Command
from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .common_wishes import WishesCase


@tagged("post_install", "-at_install")
class TestWishesInput(WishesCase):
    # ------------------------------------------------------------------
    # Bad input
    # ------------------------------------------------------------------

    def test_unknown_field_or_source_is_an_error_of_the_programmer(self):
        with self.assertRaises(ValueError):
            self.person._change_preferences({"name": "X"}, "portal")
        with self.assertRaises(ValueError):
            self.person._change_preferences({"consent_selling": "refused"}, "rumour")
        with self.assertRaises(ValueError):
            self.person._change_preferences(
                {"consent_selling": "refused"}, "staff", by_customer=True
            )

    def test_unknown_value_is_refused(self):
        with self.assertRaises(ValueError):
            self.person._change_preferences({"consent_selling": "maybe"}, "portal")

    def test_million_characters_are_refused(self):
        text = "x" * 1_000_000
        with self.assertRaisesRegex(ValidationError, "too long"):
            self._refuse({"consent_selling": "refused"}, wording=text)
        with self.assertRaisesRegex(ValidationError, "too long"):
            self._refuse({"do_not_contact": True, "do_not_contact_reason": text})
        self.assertFalse(self._history())

    def test_html_stays_plain_text(self):
        rows = self._refuse(
            {"consent_selling": "refused"}, wording="<script>alert(1)</script>\x00"
        )
        self.assertEqual(rows.wording, "<script>alert(1)</script>")

    def test_window_without_opening_is_refused(self):
        window = self.env["resource.calendar"].create(
            {"name": "Never", "attendance_ids": [Command.clear()]}
        )
        with self.assertRaisesRegex(ValidationError, "never open"):
            self.person.contact_window_id = window

    def test_window_in_use_cannot_lose_its_last_opening(self):
        window = self.env["resource.calendar"].create({"name": "Always"})
        self.person.contact_window_id = window
        with self.assertRaisesRegex(ValidationError, "never open"):
            window.attendance_ids = [Command.clear()]

    # ------------------------------------------------------------------
    # Falling back to the company contact
    # ------------------------------------------------------------------

    def test_empty_wishes_fall_back(self):
        self.firm.write(
            {
                "preferred_touchpoint_id": self.call.id,
                "refused_touchpoint_ids": [Command.set(self.email.ids)],
                "consent_selling": "refused",
                "do_not_contact": True,
            }
        )
        wish = self.person._get_contact_wish
        self.assertEqual(wish("preferred_touchpoint_id"), self.call)
        self.assertEqual(wish("refused_touchpoint_ids"), self.email)
        self.assertEqual(wish("consent_selling"), "refused")
        self.assertEqual(wish("consent_relationship"), "unknown")
        self.assertTrue(wish("do_not_contact"))

    def test_own_wishes_come_first(self):
        self.firm.consent_selling = "refused"
        self.person.consent_selling = "granted"
        self.assertEqual(self.person._get_contact_wish("consent_selling"), "granted")

    def test_time_zone_that_does_not_exist_is_passed_over(self):
        self.env.cr.execute(
            "UPDATE res_partner SET tz = 'Mars/Olympus' WHERE id = %s", [self.person.id]
        )
        self.person.invalidate_recordset(["tz"])
        self.firm.tz = "Asia/Jakarta"
        self.assertEqual(self.person._get_contact_tz(), "Asia/Jakarta")
        self.firm.tz = False
        self.assertFalse(self.person._get_contact_tz())
