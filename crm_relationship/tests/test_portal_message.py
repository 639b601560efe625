import re

from odoo.tests import tagged

from odoo.addons.mail.tests.common import MockEmail
from odoo.addons.sms.tests.common import SMSCase

from ..models.ledger.messages import send
from .common_portal import PortalCase


@tagged("post_install", "-at_install")
class TestPortalMessage(PortalCase, MockEmail, SMSCase):
    """Every automated message opens its reader's page, and nobody else's."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Each test sends one message; caps are tested with the gate.
        cls.env["crm.contact.cap"].search([]).unlink()
        cls.env.company.write(
            {
                "relationship_first_count": 0,
                "relationship_first_days": 0,
                "selling_calendar_id": False,
                "quiet_hour_from": 0,
                "quiet_hour_to": 0,
            }
        )
        for person in (cls.anna, cls.bima):
            person.write(
                {"consent_relationship": "granted", "consent_selling": "granted"}
            )
        cls.anna.phone = "+62 812 1111 2222"
        cls.template = cls._make_template()

    @classmethod
    def _make_template(cls, **values):
        """Return a template as an administrator makes one, without any link."""
        return cls.env["mail.template"].create(
            {
                "name": "Own template",
                "model_id": cls.env["ir.model"]._get_id("res.partner"),
                "subject": "Hello",
                "body_html": "<p>Hello there</p>",
                "partner_to": "{{ object.id }}",
                "use_default_to": False,
                **values,
            }
        )

    def _email(self, kind="relationship", template=None, person=None):
        """Send an automated email; return what is sent, by recipient."""
        contact = self._make_contact(
            person or self.anna, "Message", state="open", date_done=False, kind=kind
        )
        with self.mock_mail_gateway():
            send(contact, template or self.template, self.email)
            mail = self.env["mail.mail"].search(
                [("crm_interaction_id", "=", contact.id)]
            )
            mail.send()
        self.assertEqual(mail.state, "sent", mail.failure_reason)
        return {
            ",".join(sent["email_to"] or sent["email_cc"]): sent for sent in self._mails
        }

    def _links(self, text):
        """Return the links to the pages in a message, as paths."""
        return re.findall(r"/contact-preferences/[\w/-]+", text)

    def _queue_text(self):
        contact = self._make_contact(
            self.anna,
            "Message",
            state="open",
            date_done=False,
            touchpoint_id=self.sms.id,
        )
        template = self.env["sms.template"].create(
            {
                "name": "Own template",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "body": "Hello there",
            }
        )
        send(contact, template, self.sms)
        return self.env["sms.sms"].search([("crm_interaction_id", "=", contact.id)])

    def test_email_of_any_template_opens_the_page(self):
        (sent,) = self._email().values()
        page, unsubscribe = self._links(sent["body"])
        self.assertIn("Hello there", sent["body"])
        self.assertIn("Customer Anna", self.url_open(page).text)
        self.assertRegex(unsubscribe, r"/unsubscribe/email$")
        token = unsubscribe.split("/")[3]
        self.assertNotEqual(token, page.split("/")[3])
        opened = self.url_open(f"/contact-preferences/{self.anna.id}/{token}")
        self.assertEqual(opened.status_code, 403, "it unsubscribes, and no more")
        self.assertIn(page, sent["body_alternative"])

    def test_one_click_header(self):
        (sent,) = self._email("selling").values()
        headers = sent["headers"]
        self.assertEqual(headers["List-Unsubscribe-Post"], "List-Unsubscribe=One-Click")
        target = headers["List-Unsubscribe"]
        self.assertRegex(target, r"^<https?://[^<>]+/unsubscribe/selling>$")
        (path,) = self._links(target)
        answer = self.url_open(path, {"List-Unsubscribe": "One-Click"})
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(self.anna.consent_selling, "refused")

    def test_each_receiver_has_the_own_link(self):
        self.bima.email = "bima@example.com"
        for person in (self.anna, self.bima):
            (sent,) = self._email(person=person).values()
            for link in self._links(sent["body"]):
                self.assertTrue(link.startswith(f"/contact-preferences/{person.id}/"))

    def test_copies_carry_no_link(self):
        template = self._make_template(email_cc="boss@example.com")
        sent = self._email(template=template)
        linked = [to for to, values in sent.items() if self._links(values["body"])]
        self.assertEqual(len(sent), 2)
        self.assertEqual(len(linked), 1)
        self.assertIn("anna@example.com", linked[0])
        copy = next(values for to, values in sent.items() if to not in linked)
        self.assertNotIn("List-Unsubscribe", copy["headers"])

    def test_staff_find_no_link_in_the_chatter(self):
        self._email()
        messages = self.anna.message_ids
        self.assertIn("Hello there", "".join(messages.mapped("body")))
        self.assertFalse(self._links("".join(messages.mapped("body"))))
        mails = self.env["mail.mail"].search([("mail_message_id", "in", messages.ids)])
        self.assertFalse(self._links("".join(mails.mapped("body_html"))))

    def test_other_emails_are_left_alone(self):
        with self.mock_mail_gateway():
            self.env["mail.mail"].create(
                {"body_html": "<p>Invoice</p>", "email_to": "anna@example.com"}
            ).send()
        (sent,) = self._mails
        self.assertFalse(self._links(sent["body"]))
        self.assertNotIn("List-Unsubscribe", sent["headers"])

    def test_email_in_the_customers_language(self):
        self.env["res.lang"]._activate_lang("id_ID")
        source = "You receive this message as a customer of"
        self.env.ref("crm_relationship.mail_way_out").update_field_translations(
            "arch_db", {"id_ID": {source: "Anda menerima pesan ini sebagai pelanggan"}}
        )
        self.anna.lang = "id_ID"
        (sent,) = self._email().values()
        self.assertIn("Anda menerima pesan ini", sent["body"])

    def test_sms_opens_the_page(self):
        sms = self._queue_text()
        with self.mockSMSGateway():
            sms._send()
        sent = self._sms[0]["body"]
        (page,) = self._links(sent)
        self.assertTrue(sent.startswith("Hello there\n"))
        self.assertIn("Customer Anna", self.url_open(page).text)
        self.assertFalse(self._links("".join(self.anna.message_ids.mapped("body"))))

    def test_sms_tried_again_has_one_link(self):
        sms = self._queue_text()
        with self.mockSMSGateway(sim_error="credit"):
            sms._send()
        sms.state = "outgoing"
        with self.mockSMSGateway():
            sms._send()
        self.assertEqual(len(self._links(sms.body)), 1)
