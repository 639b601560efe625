from odoo.tests import tagged

from .common_portal import PortalCase


@tagged("post_install", "-at_install", "crm_relationship_tour")
class TestPortalTour(PortalCase):
    """The customers' page in a browser, through both doors and in both languages."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("id_ID")
        cls.env["ir.module.module"]._load_module_terms(["crm_relationship"], ["id_ID"])

    def _assert_walked(self, person, source):
        self.assertEqual(person.consent_selling, "refused")
        self.assertEqual(person.consent_relationship, "granted")
        self.assertEqual(person.refused_touchpoint_ids, self.call)
        self.assertEqual(person.preferred_touchpoint_id, self.whatsapp)
        self.assertFalse(person.contact_snooze_until)
        self.assertFalse(person.do_not_contact)
        self.assertTrue(person._get_erasure_request())
        rows = self.env["crm.preference.change"].search(
            [("partner_id", "=", person.id)]
        )
        self.assertEqual(set(rows.mapped("source")), {source})

    def test_english_by_login(self):
        self.start_tour(
            "/my/contact-preferences",
            "crm_relationship_preferences_en",
            login=self.user_a.login,
        )
        self._assert_walked(self.anna, "portal")

    def test_indonesian_by_link(self):
        self.bima.lang = "id_ID"
        self.start_tour(self.url_b, "crm_relationship_preferences_id")
        self._assert_walked(self.bima, "link")


@tagged("post_install", "-at_install", "crm_relationship_tour")
class TestPortalTourPhone(TestPortalTour):
    """The same with a thumb, 390 pixels wide."""

    browser_size = "390x844"
    touch_enabled = True
