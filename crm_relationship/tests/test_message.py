"""Automated interactions: email and SMS."""

from datetime import timedelta

from odoo import Command
from odoo.tests import tagged

from .common import NOW, TODAY
from .common_message import MessageCase


@tagged("post_install", "-at_install")
class TestMessage(MessageCase):
    # -- email

    def test_email_is_queued_logged_and_closes_the_contact(self):
        contact = self.planned(name="Ani")
        contact._release()
        self.assertRecordValues(
            contact,
            [
                {
                    "state": "done",
                    "outcome": "sent",
                    "touchpoint_id": self.email.id,
                    "date_done": NOW,
                    "activity_id": False,
                }
            ],
        )
        mail = self.mails(contact)
        self.assertEqual((mail.state, mail.subject), ("outgoing", "Hello Ani"))
        self.assertEqual(mail.recipient_ids, contact.partner_id)
        self.assertIn("Dear Ani", mail.body_html)
        self.assertIn(mail.mail_message_id, contact.partner_id.message_ids)
        self.assertFalse(contact.partner_id.activity_ids)
        self.assertEqual(contact.relationship_id.last_contact_date, TODAY)

    def test_email_is_not_sent_before_its_moment(self):
        contact = self.planned()
        contact.date_planned = NOW + timedelta(days=2)
        self.run_cron("release")
        self.assertEqual(contact.state, "scheduled")
        self.assertFalse(self.mails(contact))
        with self.at(NOW + timedelta(days=2, hours=1)):
            self.run_cron("release")
        self.assertEqual(contact.state, "done")
        self.assertEqual(len(self.mails(contact)), 1)

    def test_nothing_leaves_for_a_plan_or_line_out_of_use(self):
        for what in ("line", "plan"):
            with self.subTest(what=what):
                contact = self.planned()
                contact._release()
                [mail] = self.mails(contact)
                line = contact.plan_line_id
                (line if what == "line" else line.plan_id).active = False
                mail.send()
                self.assertEqual(mail.state, "cancel")
                self.assertEqual(
                    (contact.state, contact.reason_code), ("cancelled", "plan_changed")
                )

    def test_email_moved_forward_goes_at_its_new_moment(self):
        contact = self.planned()
        contact.date_planned = NOW + timedelta(days=5)
        self.run_cron("release")
        contact.date_planned = NOW + timedelta(days=1)
        with self.at(NOW + timedelta(days=1, hours=1)):
            self.run_cron("release")
        self.assertEqual(contact.state, "done")

    def test_channel_that_waits_can_still_be_refused(self):
        contact = self.planned(self.email + self.call)
        contact.date_planned = NOW + timedelta(days=2)
        self.run_cron("release")
        contact.partner_id.refused_touchpoint_ids = self.email
        with self.at(NOW + timedelta(days=2, hours=1)):
            self.run_cron("release")
        self.assertEqual((contact.state, contact.touchpoint_id), ("open", self.call))
        self.assertFalse(self.mails(contact))

    def test_second_run_sends_nothing(self):
        contact = self.planned()
        self.run_cron("release")
        self.run_cron("release")
        self.assertEqual(len(self.mails(contact)), 1)

    def test_blacklisted_email_falls_to_the_next_channel(self):
        contact = self.planned(self.email + self.call)
        self.env["mail.blacklist"]._add("c@example.com")
        contact._release()
        self.assertEqual((contact.state, contact.touchpoint_id), ("open", self.call))

    def test_blacklisted_email_without_other_channel_is_skipped(self):
        contact = self.planned()
        self.env["mail.blacklist"]._add("c@example.com")
        contact._release()
        self.assertRecordValues(
            contact, [{"state": "skipped", "reason_code": "blacklisted"}]
        )
        self.assertFalse(self.mails(contact).filtered(lambda m: m.state == "outgoing"))

    def test_missing_address_falls_to_the_next_channel(self):
        contact = self.planned(self.email + self.sms + self.call, email=False)
        contact._release()
        self.assertEqual((contact.state, contact.touchpoint_id), ("done", self.sms))
        contact = self.planned(self.email + self.call, email="nonsense")
        contact._release()
        self.assertEqual((contact.state, contact.touchpoint_id), ("open", self.call))

    def test_missing_address_without_other_channel_is_skipped(self):
        contact = self.planned(email=False)
        contact._release()
        self.assertRecordValues(
            contact, [{"state": "skipped", "reason_code": "no_address"}]
        )

    def test_without_template_a_person_does_it(self):
        contact = self.planned()
        contact.plan_line_id.mail_template_id = False
        contact._release()
        self.assertEqual((contact.state, contact.touchpoint_id), ("open", self.email))
        self.assertEqual(
            contact.activity_id.activity_type_id, self.email.activity_type_id
        )

    def test_two_customers_with_one_address_get_it_once(self):
        """Whoever reads the mails of the address would get the same twice."""
        first, second = self.planned(name="A"), self.planned(name="B")
        (first + second)._release()
        self.assertEqual((first.state, self.mails(first).state), ("done", "outgoing"))
        self.assertEqual(
            (second.state, second.reason_code), ("skipped", "already_sent")
        )
        self.assertFalse(self.mails(second))

    def test_names_are_escaped(self):
        contact = self.planned(name="<script>alert(1)</script>")
        contact._release()
        body = self.mails(contact).body_html
        self.assertNotIn("<script", body)
        self.assertIn("&lt;script", body)
        self.assertNotIn(
            "<script", "".join(contact.partner_id.message_ids.mapped("body"))
        )

    def test_message_names_the_company_and_staff_of_the_relationship(self):
        partner = self.make_customer(email="c@example.com")
        ours = self.make_relationship(partner)
        theirs = self.make_relationship(
            partner, self.other_company, user_id=self.stranger.id
        )
        # it is ten in the morning there, too
        self.other_company.partner_id.tz = "Asia/Jakarta"
        contact = self.planned(company=self.other_company)
        contact.write({"relationship_id": theirs.id, "partner_id": partner.id})
        self.assertEqual(ours.user_id, self.sari)
        self.run_cron("release")
        body = self.mails(contact).body_html
        self.assertIn("Stranger", body)
        self.assertIn("Elsewhere Ltd", body)

    def test_language_of_the_customer(self):
        self.env["res.lang"]._activate_lang("id_ID")
        self.mail_template.lang = "{{ object.lang }}"
        self.mail_template.with_context(lang="id_ID").subject = "Halo {{ object.name }}"
        contact = self.planned(name="Ani", lang="id_ID")
        contact._release()
        self.assertEqual(self.mails(contact).subject, "Halo Ani")

    # -- SMS

    def test_sms_is_queued_logged_and_closes_the_contact(self):
        contact = self.planned(self.sms, name="Ani")
        contact._release()
        self.assertEqual((contact.state, contact.outcome), ("done", "sent"))
        text = self.texts(contact)
        self.assertEqual((text.state, text.body), ("outgoing", "Hi Ani!"))
        self.assertTrue(
            contact.partner_id.message_ids.filtered(lambda m: m.message_type == "sms")
        )

    def test_blacklisted_number_falls_to_the_next_channel(self):
        """A number on the blacklist is not called either; its owner may be visited."""
        contact = self.planned(self.sms + self.call + self.visit)
        number = contact.partner_id.phone_sanitized or contact.partner_id.phone
        self.env["phone.blacklist"].add(number)
        contact.partner_id.invalidate_recordset()
        contact._release()
        self.assertEqual((contact.state, contact.touchpoint_id), ("open", self.visit))

    def test_blacklisted_number_without_other_channel_is_skipped(self):
        contact = self.planned(self.sms)
        number = contact.partner_id.phone_sanitized or contact.partner_id.phone
        self.env["phone.blacklist"].add(number)
        contact.partner_id.invalidate_recordset()
        contact._release()
        self.assertRecordValues(
            contact, [{"state": "skipped", "reason_code": "blacklisted"}]
        )
        self.assertFalse(self.texts(contact).filtered(lambda s: s.state == "outgoing"))

    def test_missing_number_falls_to_the_next_channel(self):
        contact = self.planned(self.sms + self.email, phone=False)
        contact._release()
        self.assertEqual((contact.state, contact.touchpoint_id), ("done", self.email))

    # -- many

    def test_many_at_once(self):
        plan = self.make_plan(
            {
                "touchpoints": self.email,
                "mail_template_id": self.mail_template.id,
            }
        )
        partners = self.env["res.partner"].create(
            [{"name": f"C{n}", "email": f"c{n}@example.com"} for n in range(40)]
        )
        segment = self.make_segment("S", plan_id=plan.id)
        self.env["crm.relationship"]._ensure(partners, self.company).write(
            {"segment_id": segment.id, "user_id": self.sari.id}
        )
        with self.in_days(40):
            self.run_cron("release")
            self.run_cron("release")
        contacts = self.env["crm.interaction"].search(
            [("partner_id", "in", partners.ids), ("state", "=", "done")]
        )
        self.assertEqual(len(contacts), 40)
        mails = self.env["mail.mail"].search([("res_id", "in", partners.ids)])
        self.assertEqual(sorted(mails.mapped("res_id")), sorted(partners.ids))

    def test_refusal_by_m2m_command(self):
        contact = self.planned()
        contact.partner_id.refused_touchpoint_ids = [Command.link(self.email.id)]
        contact._release()
        self.assertEqual(contact.reason_code, "channel_refused")
