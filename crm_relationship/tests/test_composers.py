"""Odoo's own composers: who is left out, who is told, and what the ledger notes."""

from datetime import timedelta

from odoo import Command
from odoo.tests import Form, tagged

from .common import TODAY
from .common_gate import GateCase


@tagged("post_install", "-at_install")
class TestComposers(GateCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partner.name = "Willing"
        cls.silent, cls.pausing, cls.no_offers, cls.unsubscribed, cls.twin = cls.env[
            "res.partner"
        ].create(
            [
                {"name": name, "email": f"{name}@example.com", "phone": phone}
                for name, phone in (
                    ("silent", "+6281234567001"),
                    ("pausing", "+6281234567002"),
                    ("no_offers", "+6281234567003"),
                    ("unsubscribed", "+6281234567004"),
                    ("twin", "+6281234567005"),
                )
            ]
        )
        cls.silent.do_not_contact = True
        cls.pausing.contact_snooze_until = TODAY + timedelta(days=3)
        cls.no_offers.consent_selling = "refused"
        cls.unsubscribed._unsubscribe("email")
        cls.unsubscribed._unsubscribe("sms")
        cls.make_customer(
            "Other record",
            email="b@example.com, TWIN@example.com",
            phone=cls.twin.phone,
            refused_touchpoint_ids=[Command.set((cls.email + cls.sms).ids)],
        )
        cls.refusing = (
            cls.silent + cls.pausing + cls.no_offers + cls.unsubscribed + cls.twin
        )
        cls.everybody = cls.partner + cls.refusing

    def mail_composer(self, records=None, **values):
        records = self.everybody if records is None else records
        return (
            self.env["mail.compose.message"]
            .with_user(self.manager)
            .create(
                {
                    "composition_mode": "mass_mail",
                    "model": records._name,
                    "res_ids": records.ids,
                    "subject": "Spring sale",
                    "body": "<p>Hello</p>",
                    "force_send": False,
                    "auto_delete": False,
                    **values,
                }
            )
        )

    def sms_composer(self, records=None, **values):
        records = self.everybody if records is None else records
        return (
            self.env["sms.composer"]
            .with_user(self.manager)
            .create(
                {
                    "composition_mode": "mass",
                    "res_model": records._name,
                    "res_ids": repr(records.ids),
                    "body": "Hello",
                    **values,
                }
            )
        )

    def noted(self):
        return self.env["crm.interaction"].search([("source", "=", "composer")])

    def assert_told(self, action):
        self.assertEqual(action["tag"], "display_notification")
        message = action["params"]["message"]
        for line in (
            "silent: The customer does not want to be contacted",
            "pausing: The customer asked for a pause",
            "no_offers: No consent for this kind of interaction",
            "unsubscribed: Every channel of this interaction is refused",
            "twin: Every channel of this interaction is refused",
        ):
            self.assertIn(line, message)
        self.assertNotIn("Willing", message)

    # ------------------------------------------------------------------
    # To many people
    # ------------------------------------------------------------------

    def test_mass_email_leaves_out_who_refused(self):
        composer = self.mail_composer()
        action = composer.action_send_mail()
        mails = self.env["mail.mail"].search(
            [("model", "=", "res.partner"), ("res_id", "in", self.everybody.ids)]
        )
        by_state = mails.grouped("state")
        self.assertEqual(by_state["outgoing"].recipient_ids, self.partner)
        left_out = by_state["cancel"]
        self.assertEqual(sorted(left_out.mapped("res_id")), self.refusing.ids)
        self.assertIn("a pause", " ".join(left_out.mapped("failure_reason")))
        self.assert_told(action)

    def test_mass_sms_leaves_out_who_refused(self):
        action = self.sms_composer().action_send_sms()
        messages = self.env["sms.sms"].search(
            [("partner_id", "in", self.everybody.ids)]
        )
        by_state = messages.grouped("state")
        self.assertEqual(by_state["outgoing"].partner_id, self.partner)
        self.assertEqual(by_state["canceled"].partner_id, self.refusing)
        self.assert_told(action)

    def test_who_sends_is_told_beforehand(self):
        for composer in (self.mail_composer(), self.sms_composer()):
            self.assertIn("5 of the recipients", composer.contact_warning)
            self.assertIn("silent: The customer does not", composer.contact_warning)
            composer.contact_kind = "service"
            self.assertIn("4 of the recipients", composer.contact_warning)
            self.assertNotIn("no_offers", composer.contact_warning)

    def test_service_goes_to_those_who_refused_offers_only(self):
        self.mail_composer(contact_kind="service").action_send_mail()
        mails = self.env["mail.mail"].search(
            [("res_id", "in", self.everybody.ids), ("state", "=", "outgoing")]
        )
        self.assertEqual(mails.recipient_ids, self.partner + self.no_offers)

    def test_nobody_is_told_where_nobody_refused(self):
        self.assertFalse(self.mail_composer(self.partner).contact_warning)
        action = self.mail_composer(self.partner).action_send_mail()
        self.assertEqual(action["type"], "ir.actions.act_window_close")
        self.assertFalse(self.sms_composer(self.partner).action_send_sms())

    def test_a_consent_that_is_needed_and_was_not_asked_for(self):
        self.company.consent_policy_selling = "opt_in"
        composer = self.mail_composer(self.partner)
        self.assertIn("Willing: No consent", composer.contact_warning)

    def test_leads_by_contact_and_by_address(self):
        leads = self.env["crm.lead"].create(
            [
                {"name": "By contact", "partner_id": self.silent.id},
                {"name": "By address", "email_from": "Silent <SILENT@example.com>"},
                {"name": "Else", "email_from": "else@example.com"},
            ]
        )
        self.mail_composer(leads).action_send_mail()
        mails = self.env["mail.mail"].search([("model", "=", "crm.lead")])
        outgoing = mails.filtered(lambda mail: mail.res_id in leads.ids)
        outgoing = outgoing.filtered(lambda mail: mail.state == "outgoing")
        self.assertEqual(outgoing.mapped("res_id"), leads[2].ids)

    def test_cost_does_not_grow_with_the_recipients(self):
        def queries(count):
            people = self.env["res.partner"].create(
                [
                    {
                        "name": f"Person {rank}",
                        "email": f"p{count}.{rank}@example.com",
                        "do_not_contact": bool(rank % 2),
                    }
                    for rank in range(count)
                ]
            )
            composer = self.mail_composer(people)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.assertIn("of the recipients", composer.contact_warning)
            return self.env.cr.sql_log_count - before

        queries(2)
        self.assertEqual(queries(60), queries(20))

    # ------------------------------------------------------------------
    # The ledger
    # ------------------------------------------------------------------

    def test_the_ledger_notes_what_was_sent(self):
        for composer, channel, send in (
            (self.mail_composer(), self.email, "action_send_mail"),
            (self.sms_composer(), self.sms, "action_send_sms"),
        ):
            before = self.noted()
            getattr(composer, send)()
            noted = self.noted() - before
            self.assertEqual(noted.partner_id, self.partner)
            self.assertEqual(noted.touchpoint_id, channel)
            self.assertEqual(
                (noted.state, noted.outcome, noted.kind), ("done", "sent", "selling")
            )
        self.assertEqual(self.noted()[1].name, "Spring sale")
        self.assertEqual(self.relationship.last_contact_date, TODAY)

    def test_suppliers_and_colleagues_are_not_made_customers(self):
        supplier = self.make_customer("Supplier", email="s@example.com")
        supplier.supplier_rank = 1
        people = supplier + self.sari.partner_id
        self.sari.partner_id.email = "sari@example.com"
        self.mail_composer(people).action_send_mail()
        self.assertFalse(self.noted())

    def test_what_the_ledger_sends_is_noted_once(self):
        contact = self.contact(self.email)
        contact._release()
        self.assert_state(contact, "done", False)
        self.assertFalse(self.noted())

    def test_the_ledgers_own_messages_are_judged_by_the_gate_alone(self):
        """It knows the channel: another one that is refused does not matter."""
        other = self.email.copy({"name": "Newsletter"})
        self.partner.refused_touchpoint_ids = other
        self.partner.consent_selling = "refused"
        contact = self.contact(self.email)
        contact._release()
        self.assert_state(contact, "done", False)

    # ------------------------------------------------------------------
    # To one, and about documents
    # ------------------------------------------------------------------

    def test_one_customer_is_a_matter_of_the_sender_who_is_warned(self):
        composer = (
            self.env["mail.compose.message"]
            .with_user(self.manager)
            .create(
                {
                    "composition_mode": "comment",
                    "model": "res.partner",
                    "res_ids": self.silent.ids,
                    "partner_ids": [Command.set(self.silent.ids)],
                    "subject": "Hello",
                    "body": "<p>Hello</p>",
                }
            )
        )
        self.assertIn("silent: The customer does not", composer.contact_warning)
        action = composer.action_send_mail()
        self.assertEqual(action["type"], "ir.actions.act_window_close")
        self.assertEqual(self.silent.message_ids[0].subject, "Hello")

    def test_one_customer_by_sms(self):
        composer = self.sms_composer(
            self.silent,
            composition_mode="comment",
            res_id=self.silent.id,
            res_ids=False,
        )
        self.assertIn("silent: The customer does not", composer.contact_warning)

    def test_quotations_are_sent_and_warned_of(self):
        orders = self.make_quotation(self.silent) + self.make_quotation(self.no_offers)
        self.mail_composer(orders).action_send_mail()
        mails = self.env["mail.mail"].search(
            [("model", "=", "sale.order"), ("res_id", "in", orders.ids)]
        )
        self.assertEqual(set(mails.mapped("state")), {"outgoing"})
        for order, is_warned in zip(orders, (True, False), strict=True):
            composer = self.mail_composer(
                order,
                composition_mode="comment",
                partner_ids=[Command.set(order.partner_id.ids)],
            )
            self.assertEqual(bool(composer.contact_warning), is_warned)

    # ------------------------------------------------------------------
    # On the screen
    # ------------------------------------------------------------------

    def test_forms(self):
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "mail.action_partner_mass_mail"
        )
        self.assertEqual(action["res_model"], "mail.compose.message")
        composers = self.env["mail.compose.message"].with_user(self.manager)
        form = Form(
            composers.with_context(
                default_composition_mode="mass_mail",
                default_model="res.partner",
                default_res_ids=self.everybody.ids,
            )
        )
        self.assertTrue(form.is_to_people)
        self.assertIn("5 of the recipients", form.contact_warning)
        form.contact_kind = "service"
        self.assertIn("4 of the recipients", form.contact_warning)
        form = Form(
            self.env["sms.composer"]
            .with_user(self.manager)
            .with_context(
                default_composition_mode="mass",
                default_res_ids=self.everybody.ids,
                active_model="res.partner",
            )
        )
        self.assertIn("5 of the recipients", form.contact_warning)
