"""Release: from the plan into the salesperson's queue."""

from datetime import timedelta

from odoo import Command, fields
from odoo.tests import tagged

from .common import NOW, TODAY, RelationshipCase


@tagged("post_install", "-at_install")
class TestRelease(RelationshipCase):
    def planned(self, partner=None, touchpoints=None, **line):
        """Return an interaction due today that a plan asks for."""
        plan = self.make_plan({"touchpoints": touchpoints or self.call, **line})
        relationship = self.make_relationship(partner, plan_id=plan.id)
        contact = self.pending(relationship)
        contact.date_due = TODAY
        return contact

    # -- channel

    def test_preferred_channel_first_where_allowed(self):
        partner = self.make_customer(preferred_touchpoint_id=self.visit.id)
        contact = self.planned(partner, self.call + self.whatsapp)
        contact._release()
        self.assertEqual(contact.touchpoint_id, self.visit)

    def test_preferred_channel_not_where_the_line_says_no(self):
        partner = self.make_customer(preferred_touchpoint_id=self.visit.id)
        contact = self.planned(
            partner, self.call + self.whatsapp, use_preferred_touchpoint=False
        )
        contact._release()
        self.assertEqual(contact.touchpoint_id, self.call)

    def test_channels_are_tried_in_the_lines_own_order(self):
        self.call.sequence, self.visit.sequence, self.whatsapp.sequence = 1, 2, 3
        partner = self.make_customer(phone="+62 812 5555 0001")
        contact = self.planned(partner, self.whatsapp + self.visit + self.call)
        self.assertEqual(
            contact.plan_line_id.touchpoint_ids, self.whatsapp + self.visit + self.call
        )
        contact.plan_line_id.invalidate_recordset()
        self.assertEqual(
            contact.plan_line_id.touchpoint_ids.ids,
            (self.whatsapp + self.visit + self.call).ids,
        )
        contact._release()
        self.assertEqual(contact.touchpoint_id, self.whatsapp)

    def test_order_of_channels_survives_copying_a_plan(self):
        plan = self.make_plan({"touchpoints": self.whatsapp + self.call + self.visit})
        copy = plan.copy()
        self.assertEqual(
            copy.line_ids.touchpoint_ids.ids,
            (self.whatsapp + self.call + self.visit).ids,
        )

    def test_refused_channel_is_never_used(self):
        partner = self.make_customer(
            preferred_touchpoint_id=self.whatsapp.id,
            refused_touchpoint_ids=[Command.set((self.whatsapp + self.call).ids)],
        )
        contact = self.planned(partner, self.call + self.visit)
        contact._release()
        self.assertEqual(contact.touchpoint_id, self.visit)

    def test_wishes_of_the_firm_hold_for_its_people(self):
        firm = self.make_customer(
            "Firm", is_company=True, refused_touchpoint_ids=[Command.set(self.call.ids)]
        )
        person = self.make_customer("Person", parent_id=firm.id)
        contact = self.planned(firm, self.call + self.visit)
        contact.partner_id = person
        contact._release()
        self.assertEqual(contact.touchpoint_id, self.visit)

    def test_a_person_has_wishes_of_his_own(self):
        firm = self.make_customer(
            "Firm", is_company=True, preferred_touchpoint_id=self.call.id
        )
        person = self.make_customer(
            "Person", parent_id=firm.id, preferred_touchpoint_id=self.visit.id
        )
        contact = self.planned(firm, self.whatsapp)
        contact.partner_id = person
        contact._release()
        self.assertEqual(contact.touchpoint_id, self.visit)

    def test_no_channel_left_is_skipped_with_the_reason(self):
        partner = self.make_customer(
            refused_touchpoint_ids=[Command.set((self.call + self.visit).ids)]
        )
        contact = self.planned(partner, self.call + self.visit)
        contact._release()
        self.assertRecordValues(
            contact,
            [
                {
                    "state": "skipped",
                    "reason_code": "channel_refused",
                    "touchpoint_id": False,
                    "activity_id": False,
                }
            ],
        )
        self.assertEqual(contact.relationship_id.coverage_state, "unreachable")
        self.assertFalse(partner.activity_ids)

    def test_any_channel_when_the_line_names_none(self):
        self.visit.sequence = 1
        plan = self.make_plan({"touchpoints": self.env["crm.touchpoint"]})
        relationship = self.make_relationship(plan_id=plan.id)
        contact = self.pending(relationship)
        contact._release()
        self.assertEqual(contact.touchpoint_id, self.visit)

    def test_archived_channel_is_not_used(self):
        partner = self.make_customer(preferred_touchpoint_id=self.visit.id)
        contact = self.planned(partner, self.call + self.whatsapp)
        (self.visit + self.call).active = False
        contact._release()
        self.assertEqual(contact.touchpoint_id, self.whatsapp)

    def test_only_archived_channels_do_not_mean_any(self):
        contact = self.planned(touchpoints=self.visit)
        self.visit.active = False
        contact._release()
        self.assertEqual(contact.state, "skipped")

    def test_channel_chosen_by_hand_is_the_only_one(self):
        partner = self.make_customer(preferred_touchpoint_id=self.call.id)
        contact = self.make_open(
            self.make_relationship(partner), touchpoint_id=self.visit.id
        )
        self.assertEqual(contact.touchpoint_id, self.visit)

    # -- the queue

    def test_what_the_activity_holds(self):
        contact = self.planned(note="<p>Listen first.</p>")
        contact._release()
        self.assertEqual(contact.state, "open")
        self.assertRecordValues(
            contact.activity_id,
            [
                {
                    "res_model": "res.partner",
                    "res_id": contact.partner_id.id,
                    "activity_type_id": self.call.activity_type_id.id,
                    "summary": "How are you?",
                    "date_deadline": TODAY,
                    "user_id": self.sari.id,
                    "automated": True,
                }
            ],
        )
        self.assertIn("Listen first.", contact.activity_id.note)

    def test_nobody_is_mailed(self):
        self.sari.notification_type = "email"
        contact = self.planned()
        before = self.env["mail.mail"].search_count([])
        contact._release()
        self.assertEqual(self.env["mail.mail"].search_count([]), before)

    def test_only_within_the_horizon(self):
        self.company.relationship_horizon_days = 7
        near, far = self.planned(), self.planned()
        near.date_planned = NOW + timedelta(days=6, hours=23)
        far.date_planned = NOW + timedelta(days=7, hours=1)
        self.run_cron("release")
        self.assertEqual((near.state, far.state), ("open", "scheduled"))

    def test_every_company_has_its_horizon(self):
        self.company.relationship_horizon_days = 0
        self.other_company.relationship_horizon_days = 30
        partner = self.make_customer()
        contacts = [
            self.make_interaction(
                self.make_relationship(partner, company),
                date_planned=NOW + timedelta(days=10),
            )
            for company in self.company + self.other_company
        ]
        self.run_cron("release")
        self.assertEqual([c.state for c in contacts], ["scheduled", "open"])

    def test_second_run_changes_nothing(self):
        contact = self.planned()
        self.run_cron("release")
        activity = contact.activity_id
        self.run_cron("release")
        self.assertEqual(contact.activity_id, activity)
        self.assertEqual(contact.partner_id.activity_ids, activity)

    def test_archived_customer_is_left_in_peace(self):
        contact = self.planned()
        self.env.flush_all()
        for query in (
            "UPDATE res_partner SET active = FALSE WHERE id = %s",
            "UPDATE crm_relationship SET active = FALSE WHERE partner_id = %s",
        ):
            self.env.cr.execute(query, [contact.partner_id.id])
        self.env.invalidate_all()
        self.run_cron("release")
        self.assertRecordValues(
            contact, [{"state": "cancelled", "reason_code": "archived"}]
        )

    def test_vanished_activity_comes_back(self):
        contact = self.planned()
        contact._release()
        self.env.flush_all()
        self.env.cr.execute(
            "DELETE FROM mail_activity WHERE id = %s", [contact.activity_id.id]
        )
        self.env.invalidate_all()
        self.run_cron("release")
        self.assertEqual(contact.state, "open")
        self.assertTrue(contact.activity_id.active)

    def test_archived_activity_comes_back(self):
        contact = self.planned()
        contact._release()
        contact.activity_id.action_archive()
        self.run_cron("release")
        self.assertEqual(contact.state, "open")
        self.assertTrue(contact.activity_id.active)

    def test_number_of_queries_does_not_depend_on_the_contacts(self):
        plan = self.make_plan({"touchpoints": self.call + self.visit})

        def queries(count):
            contacts = self.env["crm.interaction"].union(
                *(
                    self.make_interaction(
                        self.make_relationship(),
                        plan_line_id=plan.line_ids.id,
                        date_due=TODAY,
                    )
                    for _n in range(count)
                )
            )
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            contacts._release()
            self.env.flush_all()
            self.assertEqual(set(contacts.mapped("state")), {"open"})
            return self.env.cr.sql_log_count - before

        few, many = queries(50), queries(200)
        self.assertLessEqual(many, few + 5)
        self.assertLessEqual(many, 76)

    def test_activities_are_written_at_once(self):
        """Also those of people with a time zone, which Odoo stores with them."""

        def queries(tz):
            self.sari.tz = tz
            contact = self.planned()
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            contact._release()
            self.env.flush_all()
            self.assertEqual(contact.activity_id.user_tz, tz)
            return self.env.cr.sql_log_count - before

        queries(False)  # fills the caches
        self.assertEqual(queries("Asia/Jakarta"), queries(False))

    def test_dates_coverage_and_care_are_written_at_once(self):
        relationship = self.make_interaction(self.make_relationship()).relationship_id
        self.env.flush_all()
        with self.assertQueryCount(1):
            relationship._refresh_contact_state()
        self.assertTrue(relationship.next_contact_date)
        self.assertTrue(relationship.care_state)

    def test_number_of_queries_of_contacts_planned_by_hand(self):
        def queries(count):
            contacts = self.env["crm.interaction"].union(
                *(
                    self.make_interaction(self.make_relationship())
                    for _n in range(count)
                )
            )
            return self.count_queries(contacts._release)

        queries(5)  # fills the caches
        self.assertLessEqual(queries(60), queries(20) + 5)

    def test_deadline_is_a_day_of_the_staff(self):
        self.sari.tz = "America/Los_Angeles"
        contact = self.make_open(
            date_planned=fields.Datetime.to_datetime("2026-04-02 02:00:00")
        )
        self.assertEqual(str(contact.activity_id.date_deadline), "2026-04-01")
