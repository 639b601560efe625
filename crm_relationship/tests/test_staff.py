"""Staff who leave, what becomes of their customers, and who may get a contact."""

from unittest.mock import patch

from odoo import Command
from odoo.tests import tagged

from ..models.ledger.qualified import assign_qualified
from .common import RelationshipCase


@tagged("post_install", "-at_install")
class TestStaff(RelationshipCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plan = cls.make_plan()
        cls.covered = cls.make_relationship(
            cls.make_customer("A"), backup_user_id=cls.budi.id, plan_id=cls.plan.id
        )
        cls.alone = cls.make_relationship(cls.make_customer("B"), plan_id=cls.plan.id)
        for relationship in cls.covered + cls.alone:
            cls.env["crm.interaction"].search(
                [("relationship_id", "=", relationship.id)]
            )._release()

    def assertHandedOver(self):
        contact = self.pending(self.covered)
        self.assertEqual(self.covered.user_id, self.budi)
        self.assertFalse(self.covered.backup_user_id)
        self.assertEqual((contact.state, contact.user_id), ("open", self.budi))
        self.assertEqual(contact.activity_id.user_id, self.budi)
        waiting = self.pending(self.alone)
        self.assertFalse(self.alone.user_id)
        self.assertEqual(self.alone.coverage_state, "no_staff")
        self.assertEqual(waiting.state, "open")
        self.assertFalse(waiting.user_id)
        self.assertTrue(waiting.activity_id.active)
        self.assertFalse(waiting.activity_id.user_id)

    def test_archived_by_the_button(self):
        self.sari.action_archive()
        self.assertHandedOver()

    def test_archived_by_writing(self):
        self.sari.write({"active": False})
        self.assertHandedOver()

    def test_stand_in_archived(self):
        self.budi.action_archive()
        self.assertEqual(self.covered.user_id, self.sari)
        self.assertFalse(self.covered.backup_user_id)
        self.assertEqual(self.pending(self.covered).user_id, self.sari)

    def test_both_archived_at_once(self):
        (self.sari + self.budi).action_archive()
        self.assertFalse(self.covered.user_id)
        self.assertFalse(self.covered.backup_user_id)
        self.assertEqual(self.pending(self.covered).state, "open")

    def test_person_named_by_a_plan_line_archived(self):
        line = self.plan.line_ids
        line.user_id = self.budi
        relationship = self.make_relationship(plan_id=self.plan.id)
        contact = self.pending(relationship)
        self.assertEqual(contact.user_id, self.budi)
        contact._release()
        self.budi.action_archive()
        self.assertEqual(contact.user_id, self.sari)
        self.assertEqual(contact.activity_id.user_id, self.sari)
        contact.action_done()
        self.assertEqual(self.pending(relationship).user_id, self.sari)

    def test_contact_taken_over_from_a_colleague(self):
        contact = self.pending(self.alone)
        contact.user_id = self.budi
        self.budi.action_archive()
        self.assertEqual(contact.user_id, self.sari, "back to the salesperson")

    def test_new_staff_gets_the_waiting_contacts(self):
        self.sari.action_archive()
        self.alone.user_id = self.budi
        contact = self.pending(self.alone)
        self.assertEqual(contact.user_id, self.budi)
        self.assertEqual(contact.activity_id.user_id, self.budi)
        self.assertEqual(self.alone.coverage_state, "covered")

    def test_number_of_queries_does_not_depend_on_the_customers(self):
        def queries(staff, count):
            for _n in range(count):
                relationship = self.make_relationship(
                    user_id=staff.id, backup_user_id=self.all_documents.id
                )
                self.make_interaction(relationship)
            return self.count_queries(staff.action_archive)

        few = queries(self.budi, 5)
        many = queries(self.sari, 30)
        self.assertLessEqual(many, few + 40)


@tagged("post_install", "-at_install")
class TestWhoServes(RelationshipCase):
    """Nobody gets a contact who does not work in the contact's company."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.archived = cls.all_documents
        cls.archived.active = False
        cls.barred = cls.stranger + cls.portal + cls.archived

    def require(self, partner, staff):
        """Let a customer ask for what is true of ``staff`` only; return the tag."""
        tag = self.env["crm.staff.tag"].create(
            {"name": f"Like {len(staff)}", "user_ids": [Command.set(staff.ids)]}
        )
        partner.staff_requirement_ids = [
            Command.create({"tag_id": tag.id, "level": "must"})
        ]
        return tag

    def due(self, **values):
        return self.make_interaction(touchpoint_id=self.call.id, **values)

    # -- released

    def test_requirement_is_fulfilled_by_staff_of_the_company(self):
        contact = self.due()
        self.require(contact.partner_id, self.barred + self.internal + self.budi)
        contact._release()
        self.assertEqual(contact.user_id, self.budi)
        self.assertEqual(contact.activity_id.user_id, self.budi)

    def test_requirement_that_only_others_fulfil(self):
        contact = self.due()
        self.require(contact.partner_id, self.barred)
        contact._release()
        self.assertEqual(contact.state, "open")
        self.assertFalse(contact.user_id)

    def test_requirement_that_several_fulfil(self):
        contact = self.due()
        self.require(contact.partner_id, self.manager + self.budi)
        self.budi.name = "Zaki"
        contact._release()
        self.assertEqual(contact.user_id, self.budi, "by id, whatever their names")

    def test_requirement_goes_by_the_company_of_each_contact(self):
        here, there = self.due(), self.due()
        partner = there.partner_id
        there = self.make_interaction(
            self.make_relationship(partner, self.other_company, user_id=False),
            touchpoint_id=self.call.id,
        )
        tag = self.require(here.partner_id, self.stranger + self.budi)
        partner.staff_requirement_ids = [
            Command.create({"tag_id": tag.id, "level": "must"})
        ]
        (here + there)._release()
        self.assertEqual(here.user_id, self.budi)
        self.assertEqual(there.user_id, self.stranger)

    def test_planned_person_who_went_to_another_company(self):
        contact = self.due(user_id=self.budi.id)
        self.budi.write(
            {
                "company_id": self.other_company.id,
                "company_ids": [Command.set(self.other_company.ids)],
            }
        )
        contact._release()
        self.assertEqual(contact.user_id, self.sari)
        self.assertEqual(contact.activity_id.user_id, self.sari)

    def test_contact_for_nobody_stays_so(self):
        contact = self.due(user_id=False)
        contact._release()
        self.assertFalse(contact.user_id)

    def test_queries_of_requirements_do_not_depend_on_the_contacts(self):
        tag = self.env["crm.staff.tag"].create(
            {"name": "Patient", "user_ids": [Command.set(self.budi.ids)]}
        )

        def queries(count):
            contacts = self.env["crm.interaction"]
            for _n in range(count):
                contacts += self.due()
            contacts.partner_id.staff_requirement_ids = [
                Command.create({"tag_id": tag.id, "level": "must"})
            ]
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            contacts._release()
            self.env.flush_all()
            self.assertEqual(contacts.user_id, self.budi)
            return self.env.cr.sql_log_count - before

        queries(2)  # fills the caches
        self.assertEqual(queries(30), queries(5))

    def test_who_works_in_the_company_is_asked_once_a_batch(self):
        contacts = self.due() + self.due() + self.due()
        staff = self.registry["res.users"]
        with patch.object(
            staff, "_filter_staff_of", autospec=True, side_effect=staff._filter_staff_of
        ) as asked:
            assign_qualified(contacts)
        self.assertEqual(asked.call_count, 1)
        self.assertEqual(contacts.user_id, self.sari)

    # -- planned

    def test_plan_line_that_names_somebody_else(self):
        for user in self.barred:
            plan = self.make_plan({"user_id": user.id})
            relationship = self.make_relationship(plan_id=plan.id)
            self.assertEqual(self.pending(relationship).user_id, self.sari)

    def test_plan_of_a_customer_whose_staff_went(self):
        plan = self.make_plan()
        for user in self.barred:
            relationship = self.make_relationship(
                user_id=user.id, backup_user_id=self.budi.id, plan_id=plan.id
            )
            self.assertEqual(self.pending(relationship).user_id, self.budi)

    def test_program_of_an_order_that_somebody_else_sold(self):
        self.make_program(0)
        for user in self.barred:
            order = self.make_quotation(self.make_customer(), user_id=user.id)
            order._action_confirm()
            contact = order.enrollment_ids.interaction_ids
            self.assertEqual(len(contact), 1)
            self.assertFalse(contact.user_id)

    def test_contact_by_hand(self):
        for user in self.barred:
            relationship = self.make_relationship(user_id=user.id)
            contact = (
                self.env["crm.interaction"]
                .with_user(self.manager)
                .create({"name": "A word", "relationship_id": relationship.id})
            )
            self.assertEqual(contact.user_id, self.manager)

    def test_contact_by_the_system(self):
        contact = self.make_interaction(self.make_relationship(user_id=False))
        self.assertFalse(contact.user_id, "Odoo's robot works in no queue")

    # -- handed over

    def test_stand_in_who_may_not_serve(self):
        for user in self.barred:
            self.sari.active = True
            relationship = self.make_relationship(backup_user_id=user.id)
            contact = self.make_open(relationship)
            self.sari.action_archive()
            self.assertFalse(relationship.user_id)
            self.assertFalse(contact.user_id)

    def test_stand_in_who_serves_in_one_of_two_companies(self):
        self.sari.company_ids += self.other_company
        partner = self.make_customer()
        here, there = (
            self.make_relationship(partner, company, backup_user_id=self.budi.id)
            for company in (self.company, self.other_company)
        )
        self.sari.action_archive()
        self.assertEqual(here.user_id, self.budi)
        self.assertFalse(there.user_id)

    def test_contact_of_a_colleague_goes_to_staff_of_the_company(self):
        for user in self.barred:
            relationship = self.make_relationship(user_id=user.id)
            self.budi.active = True
            contact = self.make_open(relationship, user_id=self.budi.id)
            self.assertEqual(contact.user_id, self.budi)
            self.budi.action_archive()
            self.assertFalse(contact.user_id)

    def test_dedicated_staff_who_may_not_serve_gets_no_contacts(self):
        for user in self.barred:
            contact = self.make_open()
            contact.relationship_id.user_id = user
            self.assertFalse(contact.user_id)

    # -- new customers

    def test_salesperson_of_the_contact(self):
        for user in self.barred:
            partner = self.make_customer(user_id=user.id)
            relationship = self.env["crm.relationship"]._ensure(partner, self.company)
            self.assertFalse(relationship.user_id)

    def test_salesperson_of_the_last_sale(self):
        for user in self.barred:
            partner = self.make_customer()
            self.make_order(partner, days_ago=2, user_id=self.budi.id)
            self.make_order(partner, days_ago=1, user_id=user.id)
            relationship = self.env["crm.relationship"]._ensure(partner, self.company)
            self.assertEqual(relationship.user_id, self.budi)

    def test_staff_of_a_customer_found_by_the_refresh(self):
        expected = {}
        for user in self.barred:
            named = self.make_customer(user_id=user.id)
            sold_to = self.make_customer()
            self.make_order(named, days_ago=3)
            self.make_order(sold_to, days_ago=2, user_id=self.budi.id)
            self.make_order(sold_to, days_ago=1, user_id=user.id)
            expected |= {named: self.env["res.users"], sold_to: self.budi}
        self.refresh()
        for partner, staff in expected.items():
            self.assertEqual(partner.relationship_id.user_id, staff)
