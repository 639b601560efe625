"""WhatsApp is one tap away, the text ready; a number that is no use says why."""

from urllib.parse import parse_qs, urlsplit

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import RelationshipCase


@tagged("post_install", "-at_install")
class TestWhatsapp(RelationshipCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("id_ID")
        cls.template = cls.env["sms.template"].create(
            {
                "name": "Greeting",
                "model_id": cls.env["ir.model"]._get_id("res.partner"),
                "body": "Dear {{ object.name }}, 50 % & more?\nYours",
            }
        )
        cls.template.with_context(lang="id_ID").body = "Halo {{ object.name }}"
        cls.anna = cls.make_customer("Anna & Co", phone="+62 812-5555-1234")

    def interact(self, partner=None, **values):
        relationship = self.make_relationship(partner or self.anna)
        return self.make_interaction(
            relationship, touchpoint_id=self.whatsapp.id, **values
        )

    def planned(self, partner=None):
        plan = self.make_plan({"touchpoints": self.whatsapp, "every": 1})
        plan.line_ids.sms_template_id = self.template
        return self.interact(partner, plan_line_id=plan.line_ids.id)

    def open(self, interaction, user=None):
        """Return (number, text) of the conversation that opens."""
        action = interaction.with_user(user or self.sari).action_whatsapp()
        self.assertEqual(
            (action["type"], action["target"]), ("ir.actions.act_url", "new")
        )
        url = urlsplit(action["url"])
        self.assertEqual((url.scheme, url.netloc), ("https", "wa.me"))
        return url.path[1:], parse_qs(url.query).get("text", [""])[0]

    def test_text_is_ready(self):
        self.assertEqual(
            self.open(self.planned()),
            ("6281255551234", "Dear Anna & Co, 50 % & more?\nYours"),
        )

    def test_spaces_are_no_plus_signs(self):
        """WhatsApp shows a plus sign as it is."""
        url = self.planned().action_whatsapp()["url"]
        self.assertIn("Dear%20Anna%20%26%20Co", url)

    def test_language_of_the_customer(self):
        self.anna.lang = "id_ID"
        self.assertEqual(self.open(self.planned())[1], "Halo Anna & Co")

    def test_without_text(self):
        self.assertEqual(self.open(self.interact()), ("6281255551234", ""))

    def test_national_number_of_a_known_country(self):
        self.anna.write(
            {"phone": "0813 2610 000", "country_id": self.env.ref("base.id").id}
        )
        self.assertEqual(self.open(self.interact())[0], "628132610000")

    def test_number_that_cannot_be_used(self):
        interaction = self.interact()
        self.anna.write({"phone": "0813 2610 000", "country_id": False})
        self.company.country_id = False
        with self.assertRaisesRegex(UserError, "Set the country of Anna"):
            self.open(interaction)
        self.anna.phone = False
        with self.assertRaisesRegex(UserError, "has no phone number"):
            self.open(interaction)

    def test_refused(self):
        interaction = self.planned()
        self.anna._change_preferences(
            {"refused_touchpoint_ids": [(4, self.whatsapp.id)]}, "portal"
        )
        with self.assertRaises(UserError):
            self.open(interaction)
        self.anna._change_preferences({"do_not_contact": True}, "portal")
        with self.assertRaises(UserError):
            self.open(interaction)

    def test_colleagues_customer(self):
        with self.assertRaises(AccessError):
            self.open(self.interact(), self.portal)
