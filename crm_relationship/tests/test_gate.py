"""The gate in Odoo: each reason on each path, company policies, overriding, sending."""

from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import NOW, TODAY, RelationshipCase

SELLING = {"objective": "retention", "kind": "selling"}


@tagged("post_install", "-at_install")
class TestGate(RelationshipCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.relationship_first_count = 0
        cls.partner = cls.make_customer(
            email="customer@example.com", phone="+6281234567890", tz="Asia/Jakarta"
        )
        cls.relationship = cls.make_relationship(cls.partner)
        cls.mail_template = cls.env["mail.template"].create(
            {
                "name": "Hello",
                "model_id": cls.env["ir.model"]._get_id("res.partner"),
                "subject": "Hello",
                "body_html": "<p>Hello</p>",
                "partner_to": "{{ object.id }}",
                "use_default_to": False,
            }
        )
        cls.sms_template = cls.env["sms.template"].create(
            {
                "name": "Hello",
                "model_id": cls.env["ir.model"]._get_id("res.partner"),
                "body": "Hello",
            }
        )

    # ------------------------------------------------------------------
    # Makers
    # ------------------------------------------------------------------

    def contact(self, touchpoints=None, **values):
        """Return a contact that is due now, from a plan line of its own."""
        touchpoints = touchpoints or self.call
        plan = self.make_plan(
            {
                "touchpoints": touchpoints,
                "objective": values.get("objective", "relationship"),
                "mail_template_id": self.mail_template.id,
                "sms_template_id": self.sms_template.id,
            }
        )
        return self.env["crm.interaction"].create(
            {
                "name": "How are you?",
                "relationship_id": self.relationship.id,
                "plan_line_id": plan.line_ids.id,
                "objective": "relationship",
                "date_due": TODAY,
                "date_planned": NOW,
                **values,
            }
        )

    def past(self, days, **values):
        """Return a contact made so many days ago."""
        return self.env["crm.interaction"].create(
            {
                "name": "Earlier",
                "relationship_id": self.relationship.id,
                "state": "done",
                "outcome": "reached",
                "date_due": TODAY - timedelta(days=days),
                "date_done": NOW - timedelta(days=days),
                **values,
            }
        )

    def assert_state(self, contact, state, reason):
        self.assertEqual((contact.state, contact.reason_code), (state, reason))

    def each_path(self):
        """Yield a released contact's maker for each way a contact is made."""
        for name, touchpoint in (
            ("activity", self.call),
            ("email", self.email),
            ("sms", self.sms),
        ):
            with self.subTest(path=name):
                yield touchpoint

    # ------------------------------------------------------------------
    # Each reason, on each path
    # ------------------------------------------------------------------

    def test_ok(self):
        for touchpoint in self.each_path():
            contact = self.contact(touchpoint)
            contact._release()
            expected = "open" if touchpoint == self.call else "done"
            self.assert_state(contact, expected, False)

    def test_archived(self):
        for touchpoint in self.each_path():
            contact = self.contact(touchpoint)
            self.env.cr.execute(
                "UPDATE res_partner SET active = FALSE WHERE id = %s", [self.partner.id]
            )
            self.partner.invalidate_recordset()
            contact._release()
            self.assert_state(contact, "cancelled", "archived")
            self.partner.active = True

    def test_do_not_contact(self):
        self.partner.do_not_contact = True
        for touchpoint in self.each_path():
            contact = self.contact(touchpoint)
            contact._release()
            self.assert_state(contact, "skipped", "do_not_contact")

    def test_snoozed(self):
        self.partner.contact_snooze_until = TODAY + timedelta(days=20)
        for touchpoint in self.each_path():
            contact = self.contact(touchpoint)
            contact._release()
            self.assert_state(contact, "scheduled", "snoozed")
            # Midnight in Jakarta is 17:00 UTC of the day before.
            self.assertEqual(
                contact.date_planned, fields.Datetime.to_datetime("2026-04-19 17:00:00")
            )

    def test_no_consent_when_refused(self):
        self.partner.consent_relationship = "refused"
        for touchpoint in self.each_path():
            contact = self.contact(touchpoint)
            contact._release()
            self.assert_state(contact, "skipped", "no_consent")

    def test_opt_in_needs_a_granted_consent(self):
        self.company.consent_policy_relationship = "opt_in"
        contact = self.contact()
        contact._release()
        self.assert_state(contact, "skipped", "no_consent")
        self.partner.consent_relationship = "granted"
        contact = self.contact()
        contact._release()
        self.assert_state(contact, "open", False)

    def test_refusing_selling_silences_neither_relationship_nor_service(self):
        self.partner.consent_selling = "refused"
        selling = self.contact(**SELLING)
        selling._release()
        self.assert_state(selling, "skipped", "no_consent")
        for kind in ("relationship", "service"):
            contact = self.contact(kind=kind)
            contact._release()
            self.assert_state(contact, "open", False)

    def test_channel_refused(self):
        self.partner.refused_touchpoint_ids = self.call + self.email + self.sms
        for touchpoint in self.each_path():
            contact = self.contact(touchpoint)
            contact._release()
            self.assert_state(contact, "skipped", "channel_refused")

    def test_blacklisted(self):
        self.env["mail.blacklist"]._add("customer@example.com")
        self.env["phone.blacklist"].add("+6281234567890")
        self.partner.invalidate_recordset()
        for touchpoint in self.each_path():
            contact = self.contact(touchpoint)
            contact._release()
            self.assert_state(contact, "skipped", "blacklisted")

    def test_no_address(self):
        """A message needs one; a person finds one out."""
        self.partner.write({"email": "no address", "phone": "12"})
        for touchpoint in self.each_path():
            contact = self.contact(touchpoint)
            contact._release()
            if touchpoint == self.call:
                self.assert_state(contact, "open", False)
            else:
                self.assert_state(contact, "skipped", "no_address")

    def test_complaint_open(self):
        made = self.contact()
        made._release()
        made.with_context(outcome="complaint").action_done()
        complaint = self.relationship.interaction_ids.filtered("is_complaint")
        for touchpoint in self.each_path():
            contact = self.contact(touchpoint, **SELLING)
            contact._release()
            self.assert_state(contact, "scheduled", "complaint_open")
            self.assertEqual(contact.date_retry, NOW + timedelta(days=1))
        complaint.action_done()
        contact = self.contact(**SELLING)
        contact._release()
        self.assert_state(contact, "open", False)

    def test_relationship_first(self):
        self.company.relationship_first_count = 2
        for touchpoint in self.each_path():
            contact = self.contact(touchpoint, **SELLING)
            contact._release()
            self.assert_state(contact, "scheduled", "relationship_first")
        self.past(40)
        self.past(30)
        contact = self.contact(**SELLING)
        contact._release()
        self.assert_state(contact, "open", False)
        contact.action_done()
        following = self.contact(**SELLING)
        following._release()
        self.assert_state(following, "scheduled", "relationship_first")

    def test_program_may_skip_relationship_first(self):
        self.company.relationship_first_count = 2
        program = self.env["crm.program"].create(
            {
                "name": "Recall of a product",
                "objective": "retention",
                "skip_relationship_first": True,
                "skip_relationship_first_reason": "The customer must be told.",
                "step_ids": [
                    Command.create(
                        {"name": "Tell", "touchpoint_ids": [Command.set(self.call.ids)]}
                    )
                ],
            }
        )
        contact = program._enroll(self.relationship).interaction_ids
        contact._release()
        self.assert_state(contact, "open", False)

    def test_too_frequent(self):
        self.company.contact_cap_ids.unlink()
        self.company.contact_cap_ids = [Command.create({"count": 2, "days": 7})]
        self.past(3)
        self.past(1)
        for touchpoint in self.each_path():
            contact = self.contact(touchpoint)
            contact._release()
            # The oldest of the two leaves the window of seven days in four days.
            self.assertEqual(contact.date_planned, NOW + timedelta(days=4))
            self.assertEqual(contact.reason_code, "too_frequent")
            contact.action_cancel()
        service = self.contact(kind="service")
        service._release()
        self.assert_state(service, "open", False)

    def test_outside_window(self):
        self.partner.contact_window_id = self.env["resource.calendar"].create(
            {
                "name": "Saturday mornings",
                "tz": "UTC",
                "attendance_ids": [
                    Command.clear(),
                    Command.create(
                        {
                            "name": "Saturday",
                            "dayofweek": "5",
                            "hour_from": 9,
                            "hour_to": 11,
                        }
                    ),
                ],
            }
        )
        for touchpoint in self.each_path():
            contact = self.contact(touchpoint)
            contact._release()
            # Nine o'clock in Jakarta on the Saturday after a Tuesday.
            self.assertEqual(
                contact.date_planned, fields.Datetime.to_datetime("2026-04-04 02:00:00")
            )
            self.assertEqual(contact.reason_code, "outside_window")
            self.assertEqual(
                contact.state, "open" if touchpoint == self.call else "scheduled"
            )
            contact.action_cancel()

    def test_regulated_selling_hours(self):
        self.company.selling_calendar_id = self.env.ref(
            "crm_relationship.resource_calendar_regulated"
        )
        evening = fields.Datetime.to_datetime("2026-04-01 13:00:00")  # 20:00 Jakarta
        contact = self.contact(date_planned=evening, **SELLING)
        contact._release()
        self.assertEqual(
            contact.date_planned, fields.Datetime.to_datetime("2026-04-02 01:00:00")
        )
        greeting = self.contact(date_planned=evening)
        greeting._release()
        self.assertEqual(greeting.date_planned, evening)

    # ------------------------------------------------------------------
    # Caps and priority
    # ------------------------------------------------------------------

    def test_full_cap_postpones_what_matters_less(self):
        self.company.contact_cap_ids.unlink()
        self.company.contact_cap_ids = [Command.create({"count": 1, "days": 7})]
        referral = self.contact(objective="referral", kind="selling")
        recovery = self.contact(objective="recovery")
        (referral + recovery)._release()
        self.assertEqual(recovery.date_planned, NOW)
        self.assertEqual(referral.date_planned, NOW + timedelta(days=7))
        self.assertEqual(referral.reason_code, "too_frequent")

    # ------------------------------------------------------------------
    # Marking
    # ------------------------------------------------------------------

    def test_insisting_needs_a_reason_that_is_kept(self):
        contact = self.contact()
        contact._release()
        self.company.contact_cap_ids.unlink()
        self.company.contact_cap_ids = [Command.create({"count": 1, "days": 7})]
        self.past(1)
        with self.assertRaisesRegex(UserError, "often enough"):
            contact.with_user(self.sari).action_done()
        contact.override_reason = "She asked me to call today."
        contact.with_user(self.sari).action_done()
        self.assertEqual(contact.state, "done")
        self.assertIn(
            "She asked me to call today",
            "".join(self.partner.message_ids.mapped("body")),
        )

    def test_feedback_of_the_activity_is_the_reason(self):
        contact = self.contact()
        contact._release()
        self.company.contact_cap_ids.unlink()
        self.company.contact_cap_ids = [Command.create({"count": 1, "days": 7})]
        self.past(1)
        with self.assertRaises(UserError):
            contact.activity_id.action_done()
        contact.activity_id.action_feedback("He called back himself.")
        self.assertEqual(contact.override_reason, "He called back himself.")

    def test_refusal_of_the_customer_cannot_be_overridden(self):
        contact = self.contact()
        contact._release()
        self.env.cr.execute(
            "UPDATE res_partner SET do_not_contact = TRUE WHERE id = %s",
            [self.partner.id],
        )
        self.partner.invalidate_recordset()
        contact.override_reason = "I want to."
        with self.assertRaisesRegex(UserError, "cannot be overridden"):
            contact.action_done()

    # ------------------------------------------------------------------
    # Wishes that change
    # ------------------------------------------------------------------

    def test_refused_channel_leaves_the_queue_for_another(self):
        contact = self.contact(self.call + self.visit)
        contact._release()
        activity = contact.activity_id
        self.partner.refused_touchpoint_ids = self.call
        self.assertFalse(activity.exists())
        self.assert_state(contact, "open", False)
        self.assertEqual(contact.touchpoint_id, self.visit)
        self.assertTrue(contact.activity_id.active)

    def test_do_not_contact_empties_the_queue(self):
        contact = self.contact()
        contact._release()
        activity = contact.activity_id
        self.partner.do_not_contact = True
        self.assertFalse(activity.exists())
        self.assert_state(contact, "skipped", "do_not_contact")

    # ------------------------------------------------------------------
    # Sending
    # ------------------------------------------------------------------

    def test_refusal_between_release_and_sending_stops_the_email(self):
        contact = self.contact(self.email)
        contact._release()
        mail = self.env["mail.mail"].search([("crm_interaction_id", "=", contact.id)])
        self.assertEqual(mail.state, "outgoing")
        self.partner.refused_touchpoint_ids = self.email
        mail.send()
        self.assertEqual(mail.state, "cancel")
        self.assert_state(contact, "skipped", "channel_refused")
        self.assertFalse(contact.date_done)

    def test_refusal_between_release_and_sending_stops_the_sms(self):
        contact = self.contact(self.sms)
        contact._release()
        sms = self.env["sms.sms"].search([("crm_interaction_id", "=", contact.id)])
        self.assertEqual(sms.state, "outgoing")
        self.partner.do_not_contact = True
        sms.send()
        self.assertEqual(sms.state, "canceled")
        self.assert_state(contact, "skipped", "do_not_contact")

    def test_pause_between_release_and_sending_keeps_the_email_waiting(self):
        contact = self.contact(self.email)
        contact._release()
        mail = self.env["mail.mail"].search([("crm_interaction_id", "=", contact.id)])
        self.partner.contact_snooze_until = TODAY + timedelta(days=3)
        mail.send()
        self.assertEqual(mail.state, "outgoing")

    # ------------------------------------------------------------------
    # Why and why not
    # ------------------------------------------------------------------

    def test_overview_names_each_channel(self):
        self.partner.refused_touchpoint_ids = self.whatsapp
        contact = self.contact()
        overview = contact.gate_overview
        for touchpoint in self.call + self.whatsapp + self.visit:
            self.assertIn(touchpoint.name, overview)
        self.assertIn("refused", overview)
        self.assertIn("Allowed now", overview)

    # ------------------------------------------------------------------
    # Speed
    # ------------------------------------------------------------------

    def test_inputs_cost_a_constant_number_of_queries(self):
        def queries(count):
            contacts = self.env["crm.interaction"]
            for number in range(count):
                partner = self.make_customer(f"Customer {number}")
                self.relationship = self.make_relationship(partner)
                contacts += self.contact(partner_id=partner.id)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            contacts._release()
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        queries(2)
        self.assertLessEqual(queries(40) - queries(10), 4)
