"""Salespeople who leave, and what becomes of their customers and interactions."""

from odoo.tests import tagged

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
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            staff.action_archive()
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        few = queries(self.budi, 5)
        many = queries(self.sari, 30)
        self.assertLessEqual(many, few + 40)
