"""Customers who are archived, deleted or moved, and what their contact shows."""

from datetime import timedelta

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import TODAY, RelationshipCase


@tagged("post_install", "-at_install")
class TestCustomer(RelationshipCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plan = cls.make_plan({"name": "One"}, {"name": "Two"})
        cls.partner = cls.make_customer("Buyer")
        cls.relationship = cls.make_relationship(cls.partner, plan_id=cls.plan.id)

    def planned(self):
        return self.pending(self.relationship)

    def test_search_from_customer_to_customer(self):
        """As superuser, who reads paths by joins: no table is mistaken for another."""
        self.make_relationship(self.make_customer("Other"))
        path = "partner_id.relationship_id.partner_id.name"
        found = self.env["crm.relationship"].sudo().search([(path, "=", "Buyer")])
        self.assertEqual(found, self.relationship)

    # -- archived

    def test_archived_customer_is_not_contacted(self):
        first, second = self.planned()
        first._release()
        activity = first.activity_id
        self.partner.action_archive()
        self.assertFalse(self.relationship.active)
        self.assertFalse(self.planned())
        for contact in first + second:
            self.assertRecordValues(
                contact, [{"state": "cancelled", "reason_code": "archived"}]
            )
        self.assertFalse(activity.exists())
        self.schedule()
        self.assertFalse(self.planned())
        self.assertFalse(self.relationship.next_contact_date)

    def test_archived_firm_takes_the_contacts_of_its_people_along(self):
        firm = self.make_customer("Firm", is_company=True)
        person = self.make_customer("Person", parent_id=firm.id)
        relationship = self.make_relationship(firm)
        contact = self.make_interaction(relationship, partner_id=person.id)
        firm.action_archive()
        self.assertEqual(contact.state, "cancelled")

    def test_archived_person_of_a_firm(self):
        firm = self.make_customer("Firm", is_company=True)
        person = self.make_customer("Person", parent_id=firm.id)
        relationship = self.make_relationship(firm)
        theirs = self.make_interaction(relationship, partner_id=person.id)
        firms = self.make_interaction(relationship)
        person.action_archive()
        self.assertEqual(theirs.state, "cancelled")
        self.assertEqual(firms.state, "scheduled")
        self.assertTrue(relationship.active)

    def test_unarchived_customer_is_planned_again(self):
        days = self.planned().mapped("date_due")
        self.partner.action_archive()
        self.partner.action_unarchive()
        self.schedule()
        self.assertTrue(self.relationship.active)
        self.assertEqual(self.planned().mapped("date_due"), days, "no round is lost")

    def test_archived_customer_is_not_scored(self):
        self.make_order(self.partner, 3)
        self.partner.action_archive()
        self.refresh()
        self.assertEqual(self.relationship.rfm_code, "000")

    def test_stopped_programs_of_an_archived_customer(self):
        program = self.make_program(0, 5, trigger="manual")
        program._enroll(self.relationship)
        self.partner.action_archive()
        self.assertFalse(self.planned())

    # -- deleted

    def test_customer_without_history_can_be_deleted(self):
        contact = self.planned()[0]
        contact._release()
        self.partner.unlink()
        self.assertFalse(self.relationship.exists())
        self.assertFalse(contact.exists())

    def test_customer_with_history_cannot_be_deleted(self):
        self.planned()[0].action_done()
        with self.assertRaisesRegex(UserError, "(?i)archive"):
            self.partner.unlink()

    def test_firm_whose_people_have_history_cannot_be_deleted(self):
        firm = self.make_customer("Firm", is_company=True)
        person = self.make_customer("Person", parent_id=firm.id)
        relationship = self.make_relationship(firm)
        self.make_interaction(relationship, partner_id=person.id, state="done")
        with self.assertRaisesRegex(UserError, "(?i)archive"):
            firm.unlink()

    def test_customer_in_two_companies_can_be_deleted(self):
        other = self.make_relationship(self.partner, self.other_company)
        self.partner.unlink()
        self.assertFalse((other + self.relationship).exists())

    def test_relationship_with_history_cannot_be_deleted(self):
        self.planned()[0].action_done()
        with self.assertRaises(UserError):
            self.relationship.unlink()

    def test_relationship_without_history_takes_its_activities_along(self):
        contact = self.planned()[0]
        contact._release()
        activity = contact.activity_id
        self.relationship.unlink()
        self.assertFalse(activity.exists())

    # -- moved

    def test_customer_who_becomes_part_of_a_firm(self):
        done = self.planned()[0]
        done.action_done()
        firm = self.make_customer("Firm", is_company=True)
        self.partner.parent_id = firm
        firms = firm.relationship_id
        self.assertTrue(firms)
        self.assertEqual(done.relationship_id, firms, "the history goes along")
        self.assertEqual(done.partner_id, self.partner)
        self.assertFalse(self.relationship.exists())
        self.assertEqual(self.partner.relationship_id, firms)

    def test_customer_who_joins_a_firm_with_the_same_plan(self):
        firm = self.make_customer("Firm", is_company=True)
        firms = self.make_relationship(firm, plan_id=self.plan.id)
        self.partner.parent_id = firm
        self.assertEqual(
            self.pending(firms).plan_line_id, self.plan.line_ids, "nothing twice"
        )
        self.assertEqual(len(self.pending(firms)), 2)

    def test_person_who_leaves_a_firm(self):
        firm = self.make_customer("Firm", is_company=True)
        person = self.make_customer("Person", parent_id=firm.id)
        relationship = self.make_relationship(firm)
        done = self.make_interaction(relationship, partner_id=person.id, state="done")
        planned = self.make_interaction(relationship, partner_id=person.id)
        person.parent_id = False
        self.assertEqual(done.relationship_id, relationship, "made as the firm's")
        self.assertEqual(planned.state, "scheduled")
        self.assertEqual(
            planned.relationship_id.partner_id, person, "goes with the person"
        )
        planned.write({"partner_id": person.id})

    # -- what the contact shows

    def test_dedicated_staff_can_be_chosen_on_the_contact(self):
        partner = self.make_customer()
        self.assertFalse(partner.dedicated_user_id)
        partner.dedicated_user_id = self.budi
        self.assertEqual(partner.relationship_id.user_id, self.budi)
        self.assertEqual(partner.relationship_id.company_id, self.company)

    def test_dedicated_staff_of_a_person_is_the_firms(self):
        firm = self.make_customer("Firm", is_company=True)
        person = self.make_customer("Person", parent_id=firm.id)
        person.dedicated_user_id = self.budi
        self.assertEqual(firm.dedicated_user_id, self.budi)

    def test_dedicated_staff_of_several_contacts(self):
        partners = self.make_customer("A") + self.make_customer("B")
        partners.dedicated_user_id = self.budi
        self.assertEqual(partners.relationship_id.user_id, self.budi)
        self.assertEqual(len(partners.relationship_id), 2)

    def test_dedicated_staff_of_new_contact(self):
        partner = self.make_customer(dedicated_user_id=self.budi.id)
        self.assertEqual(partner.relationship_id.user_id, self.budi)

    def test_search_by_what_the_relationship_holds(self):
        Partner = self.env["res.partner"]
        segment = self.make_segment("Gold")
        self.relationship.write({"segment_id": segment.id, "lifecycle_stage": "loyal"})
        child = self.make_customer("Child", parent_id=self.partner.id)
        nobody = self.make_customer("Nobody")
        known = self.partner + child
        everybody = known + nobody
        among = [("id", "in", everybody.ids)]
        for domain, expected in (
            ([("segment_id", "=", segment.id)], known),
            ([("segment_id", "in", segment.ids)], known),
            ([("segment_id.name", "=", "Gold")], known),
            ([("segment_id", "!=", segment.id)], nobody),
            ([("segment_id", "=", False)], nobody),
            ([("segment_id", "!=", False)], known),
            ([("lifecycle_stage", "=", "loyal")], known),
            ([("lifecycle_stage", "!=", "loyal")], nobody),
            ([("dedicated_user_id", "=", self.sari.id)], known),
            ([("dedicated_user_id", "ilike", "sari")], known),
            ([("dedicated_user_id", "=", False)], nobody),
            ([("relationship_id", "!=", False)], known),
            ([("relationship_id", "=", False)], nobody),
        ):
            with self.subTest(domain=domain):
                self.assertEqual(Partner.search(domain + among, order="id"), expected)

    def test_relationship_is_unique(self):
        again = self.env["crm.relationship"]._ensure(self.partner, self.company)
        self.assertEqual(again, self.relationship)

    def test_coverage(self):
        self.assertEqual(self.relationship.coverage_state, "covered")
        self.relationship.user_id = False
        self.assertEqual(self.relationship.coverage_state, "no_staff")
        self.relationship.user_id = self.sari
        first = self.planned()[0]
        first.date_planned = first.date_planned - timedelta(days=90)
        self.assertEqual(self.relationship.coverage_state, "overdue")
        self.planned().unlink()
        self.relationship.plan_id = False
        self.assertEqual(self.relationship.coverage_state, "no_plan")
        self.assertEqual(self.relationship.next_contact_date, False)

    def test_contact_of_a_stranger_is_refused(self):
        stranger = self.make_customer("Stranger")
        with self.assertRaisesRegex(UserError, "does not belong"):
            self.make_interaction(self.relationship, partner_id=stranger.id)

    def test_html_in_names_is_text(self):
        self.partner.name = "<script>alert(1)</script>"
        contact = self.planned()[0]
        contact.name = "<img src=x onerror=alert(1)>"
        contact._release()
        self.assertEqual(contact.activity_id.summary, contact.name)
        contact.write({"feedback": "<script>alert(2)</script>"})
        contact.action_done()
        bodies = "".join(self.partner.message_ids.mapped("body"))
        self.assertNotIn("<script", bodies)
        self.assertNotIn("<img src=x", bodies)

    def test_today_of_the_company(self):
        self.assertEqual(self.company._relationship_today(), TODAY)
