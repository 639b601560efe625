"""One tap reaches the customer through any channel; what is missing says so."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import TODAY, RelationshipCase
from .common_gate import GateCase
from .test_delivery import DeliveryCase


@tagged("post_install", "-at_install")
class TestReach(GateCase):
    sms_provider = DeliveryCase.sms_provider

    def reach(self, record, kind, user=None):
        record = record.with_user(user or self.sari)
        return record.with_context(channel=kind).action_reach()

    def buttons(self, record):
        return {b["kind"]: b["missing"] for b in record.reach}

    # -- what there is

    def test_a_button_for_each_channel(self):
        interaction = self.contact(self.call)
        interaction._release()
        self.assertEqual(
            self.buttons(interaction),
            {"call": False, "whatsapp": False, "sms": False, "email": False},
        )
        self.assertEqual([b["kind"] for b in interaction.reach if b["own"]], ["call"])
        self.partner.city = "Bandung"
        self.assertIn("visit", self.buttons(self.relationship))

    def test_nothing_is_opened_where_nothing_is_open(self):
        self.assertFalse(self.past(1).reach)

    def test_what_is_missing(self):
        interaction = self.contact(self.call)
        interaction._release()
        self.partner.phone = self.partner.email = False
        interaction.invalidate_recordset()
        self.assertEqual(
            self.buttons(interaction),
            {
                "call": "No phone number",
                "whatsapp": "No phone number",
                "sms": "No phone number",
                "email": "No email address",
            },
        )
        self.assertIn("No phone number", interaction.reach_warning)

    def test_what_is_refused(self):
        """A button for what the customer refuses does not look like the others."""
        self.partner.refused_touchpoint_ids = self.email
        interaction = self.contact(self.call)
        interaction._release()
        self.assertEqual(
            self.buttons(interaction),
            {"call": False, "whatsapp": False, "sms": False, "email": "Refused"},
        )
        self.partner.write(
            {"do_not_contact": True, "do_not_contact_reason": "Asked us to"}
        )
        self.assertEqual(
            set(self.buttons(self.relationship).values()), {"Not to be contacted"}
        )

    # -- what opens

    def test_call(self):
        interaction = self.contact(self.call)
        interaction._release()
        action = self.reach(interaction, "call")
        self.assertEqual(action["params"]["url"], "tel:+6281234567890")
        self.assertEqual(action["params"]["next"]["res_id"], interaction.id)

    def test_whatsapp_of_a_call(self):
        interaction = self.contact(self.call)
        interaction._release()
        action = self.reach(interaction, "whatsapp")
        self.assertEqual(
            action["params"]["url"], "https://wa.me/6281234567890?text=Hello"
        )
        self.assertEqual(interaction.touchpoint_id, self.whatsapp)

    def test_map(self):
        self.partner.write({"street": "Jl. Braga 5", "city": "Bandung"})
        interaction = self.contact(self.visit)
        interaction._release()
        action = self.reach(interaction, "visit")
        self.assertIn("query=Jl.%20Braga%205%2C%20Bandung", action["params"]["url"])

    def test_sms_is_written_and_closes(self):
        interaction = self.contact(self.call)
        interaction._release()
        self.sms_template.body = "Dear {{ object.name }}"
        action = self.reach(interaction, "sms")
        composer = self.env[action["res_model"]].browse(action["res_id"])
        composer = composer.with_user(self.sari)
        self.assertEqual(composer.body, "Dear Customer")
        composer.body = "Dear you"
        with self.sms_provider("success"):
            action = composer.action_send_sms()
        self.assertEqual(
            action["params"]["next"], {"type": "ir.actions.act_window_close"}
        )
        self.assertRecordValues(
            interaction,
            [{"state": "done", "outcome": "sent", "touchpoint_id": self.sms.id}],
        )
        self.assertIn("Dear you", " ".join(self.partner.message_ids.mapped("body")))
        self.assertEqual(self.interactions(self.relationship, "done"), interaction)

    def test_sms_that_does_not_leave(self):
        interaction = self.contact(self.call)
        interaction._release()
        action = self.reach(interaction, "sms")
        composer = self.env[action["res_model"]].browse(action["res_id"])
        composer.with_user(self.sari).action_send_sms()
        text = self.env["sms.sms"].search([("partner_id", "=", self.partner.id)])
        with self.sms_provider("insufficient_credit"):
            text.send()
        self.assertEqual(interaction.state, "open")
        self.assertFalse(self.interactions(self.relationship, "done"))

    def test_email_to_somebody_else_closes_nothing(self):
        interaction = self.contact(self.call)
        interaction._release()
        action = self.reach(interaction, "email")
        composer = self.env[action["res_model"]].browse(action["res_id"])
        composer.partner_ids = self.make_customer("Else", email="else@example.com")
        told = composer.with_user(self.sari).action_send_mail()
        self.assertIn("stays open", told["params"]["message"])
        self.assertEqual(interaction.state, "open")

    def test_email_is_written_and_closes(self):
        interaction = self.contact(self.call)
        interaction._release()
        action = self.reach(interaction, "email")
        composer = self.env[action["res_model"]].browse(action["res_id"])
        composer = composer.with_user(self.sari)
        self.assertEqual(
            (composer.subject, composer.partner_ids), ("Hello", self.partner)
        )
        self.assertIn("Hello", composer.body)
        composer.action_send_mail()
        self.assertRecordValues(
            interaction,
            [{"state": "done", "outcome": "sent", "touchpoint_id": self.email.id}],
        )
        self.assertEqual(self.interactions(self.relationship, "done"), interaction)

    def test_texts_in_the_language_of_the_customer(self):
        self.env["res.lang"]._activate_lang("id_ID")
        self.partner.lang = "id_ID"
        self.sms_template.with_context(lang="id_ID").body = "Halo"
        self.mail_template.lang = "{{ object.lang }}"
        self.mail_template.with_context(lang="id_ID").subject = "Halo"
        interaction = self.contact(self.call)
        interaction._release()
        for kind, field in (("sms", "body"), ("email", "subject")):
            action = self.reach(interaction, kind)
            composer = self.env[action["res_model"]].browse(action["res_id"])
            self.assertEqual(composer[field], "Halo")

    def test_from_the_customer(self):
        action = self.reach(self.relationship, "call")
        self.assertEqual(
            action["params"]["next"]["context"]["default_partner_id"], self.partner.id
        )
        self.assertIn(
            "wa.me", self.reach(self.relationship, "whatsapp")["params"]["url"]
        )
        for kind in ("sms", "email"):
            self.assertTrue(self.reach(self.relationship, kind)["res_id"])

    # -- what does not open

    def test_no_number_opens_the_dialog(self):
        interaction = self.contact(self.call)
        interaction._release()
        self.partner.phone = False
        self.assertEqual(self.reach(interaction, "call")["res_id"], interaction.id)
        action = self.reach(interaction, "sms")
        self.assertIn("No phone number", action["params"]["message"])
        self.assertEqual(action["params"]["next"]["res_id"], interaction.id)

    def test_refused(self):
        interaction = self.contact(self.call)
        interaction._release()
        self.partner._change_preferences({"do_not_contact": True}, "portal")
        for record in (interaction, self.relationship):
            for kind in ("call", "whatsapp", "sms", "email"):
                with self.subTest(record=record._name, kind=kind):
                    with self.assertRaises(UserError):
                        self.reach(record, kind)

    def test_refused_while_the_message_is_written(self):
        interaction = self.contact(self.call)
        interaction._release()
        action = self.reach(interaction, "sms")
        composer = self.env[action["res_model"]].browse(action["res_id"])
        self.partner._change_preferences(
            {"refused_touchpoint_ids": [(4, self.sms.id)]}, "portal"
        )
        with self.assertRaises(UserError):
            composer.with_user(self.sari).action_send_sms()

    def test_against_advice_a_reason_is_needed(self):
        interaction = self.contact(self.call)
        interaction._release()
        self.partner.contact_snooze_until = TODAY.replace(year=2027)
        action = self.reach(interaction, "sms")
        composer = self.env[action["res_model"]].browse(action["res_id"])
        composer = composer.with_user(self.sari)
        self.assertIn("pause", composer.interaction_advice)
        with self.assertRaisesRegex(UserError, "say why"):
            composer.action_send_sms()
        composer.override_reason = "Recall of the product"
        with self.sms_provider("success"):
            composer.action_send_sms()
        self.assertEqual(interaction.state, "done")

    def test_closed_in_another_tab(self):
        interaction = self.contact(self.call)
        interaction._release()
        action = self.reach(interaction, "sms")
        interaction.with_user(self.sari).action_done()
        composer = self.env[action["res_model"]].browse(action["res_id"])
        with self.assertRaisesRegex(UserError, "closed already"):
            composer.with_user(self.sari).action_send_sms()

    def test_nonsense(self):
        interaction = self.contact(self.call)
        for kind in (None, "letter", 7, ["call"], "<b>"):
            with self.assertRaisesRegex(UserError, "buttons"):
                self.reach(interaction, kind)
            with self.assertRaisesRegex(UserError, "buttons"):
                self.reach(self.relationship, kind)

    def test_colleagues_customer(self):
        interaction = self.contact(self.call)
        for record in (interaction, self.relationship):
            with self.assertRaises(AccessError):
                self.reach(record, "call", self.portal)


@tagged("post_install", "-at_install")
class TestNoNumber(RelationshipCase):
    """A channel without a number gives way to the next."""

    def planned(self, partner, *channels):
        plan = self.make_plan({"touchpoints": self.call.union(*channels)})
        return self.make_interaction(
            self.make_relationship(partner), plan_line_id=plan.line_ids.id
        )

    def test_next_channel(self):
        partner = self.make_customer(email="a@example.com")
        interaction = self.planned(partner, self.visit)
        interaction._release()
        self.assertEqual(interaction.touchpoint_id, self.visit)

    def test_none_is_left(self):
        """Nobody is left without contact: a salesperson finds the number out."""
        interaction = self.planned(self.make_customer(), self.whatsapp)
        interaction._release()
        self.assertRecordValues(
            interaction, [{"state": "open", "touchpoint_id": self.call.id}]
        )
        self.assertIn("No phone number", interaction.reach_warning)

    def test_next_channel_is_named(self):
        partner = self.make_customer(phone="+62 812 5555 1234", email="a@example.com")
        interaction = self.planned(partner)
        interaction._release()
        partner.phone = False
        interaction.invalidate_recordset()
        self.assertIn("next channel would be Visit", interaction.reach_warning)
        partner._change_preferences(
            {"refused_touchpoint_ids": [(4, self.visit.id)]}, "portal"
        )
        interaction.invalidate_recordset()
        self.assertIn("next channel would be Email", interaction.reach_warning)

    def test_not_allowed_without_a_number(self):
        partner = self.make_customer()
        self.make_relationship(partner)
        text = str(partner.contact_permission)
        self.assertIn("No phone number", text)
        self.assertIn("No email address", text)
        self.assertIn("Allowed now", text, "a visit needs none")

    def test_number_is_added_in_place(self):
        partner = self.make_customer()
        interaction = self.planned(partner)
        interaction._release()
        form = Form(
            interaction.with_user(self.sari),
            "crm_relationship.crm_interaction_view_form_outcome",
        )
        form.phone = "+62 812 5555 1234"
        form.save()
        self.assertEqual(partner.phone, "+62 812 5555 1234")
        self.assertFalse(interaction.reach_warning)

    def test_channel_is_corrected(self):
        interaction = self.planned(self.make_customer(phone="+62 812 5555 1234"))
        interaction._release()
        form = Form(
            interaction.with_user(self.sari),
            "crm_relationship.crm_interaction_view_form_outcome",
        )
        form.touchpoint_id = self.whatsapp
        form.save().action_done()
        self.assertRecordValues(
            interaction, [{"state": "done", "touchpoint_id": self.whatsapp.id}]
        )
