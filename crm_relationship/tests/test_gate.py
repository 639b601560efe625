"""The gate at release: each reason on each path, company policies, caps."""

from datetime import datetime, timedelta

from odoo import Command, fields
from odoo.tests import tagged

from .common import NOW, TODAY
from .common_gate import SELLING, GateCase


@tagged("post_install", "-at_install")
class TestGate(GateCase):
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

    def test_customer_of_another_company(self):
        """Salespeople here can no longer even open the contact."""
        waiting = self.contact(self.call)
        waiting._release()
        self.assert_state(waiting, "open", False)
        self.partner.company_id = self.other_company
        self.assert_state(waiting, "skipped", "other_company")
        for touchpoint in self.each_path():
            contact = self.contact(touchpoint)
            contact._release()
            self.assert_state(contact, "skipped", "other_company")
        self.partner.company_id = self.company
        contact = self.contact(self.call)
        contact._release()
        self.assert_state(contact, "open", False)

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
            # Nine o'clock in Jakarta is 2:00 UTC.
            self.assertEqual(
                contact.date_planned, fields.Datetime.to_datetime("2026-04-20 02:00:00")
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
        complaint.with_context(outcome="solved").action_done()
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
            # The oldest of the two leaves the window of seven days in four days, on a
            # Saturday; Sari calls on Monday at eight.
            free = NOW + timedelta(days=4)
            expected = free if touchpoint != self.call else datetime(2026, 4, 6, 1)
            self.assertEqual(contact.date_planned, expected)
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
        greeting = self.contact(self.email, date_planned=evening)
        greeting._release()
        self.assert_state(greeting, "scheduled", False)
        self.assertEqual(greeting.date_planned, evening)

    def test_nothing_is_sold_on_a_public_holiday(self):
        self.company.selling_calendar_id = self.env.ref(
            "crm_relationship.resource_calendar_regulated"
        )
        for company, day in (
            (self.company, "2026-04-01"),
            (self.other_company, "2026-04-02"),
        ):
            holiday = self.env["resource.calendar.leaves"].with_company(company)
            holiday = holiday.create(
                {
                    "name": "Holiday",
                    "calendar_id": False,
                    "date_from": f"{day} 00:00:00",
                    "date_to": f"{day} 16:00:00",
                }
            )
            self.assertEqual(holiday.company_id, company)
        contact = self.contact(
            date_planned=fields.Datetime.to_datetime("2026-04-01 03:00:00"), **SELLING
        )
        contact._release()
        self.assert_state(contact, "open", "outside_window")
        self.assertEqual(
            contact.date_planned, fields.Datetime.to_datetime("2026-04-02 01:00:00")
        )

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
