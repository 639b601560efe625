"""Salespeople who leave, lose a company, or change: somebody follows."""

from odoo import SUPERUSER_ID, Command
from odoo.tests import tagged

from .common import RelationshipCase


@tagged("post_install", "-at_install")
class TestStaffLeft(RelationshipCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.program = cls.make_program(0, 1)
        cls.partner = cls.make_customer("Buyer")
        cls.relationship = cls.make_relationship(cls.partner)

    def leave(self, user, how):
        """Let a user leave in one of several ways; by SQL, no hook is called."""
        if how == "archived":
            self.env.flush_all()
            self.env.cr.execute(
                "UPDATE res_users SET active = FALSE WHERE id = %s", [user.id]
            )
            self.env.invalidate_all()
        elif how == "portal":
            user.group_ids = self.env.ref("base.group_portal")
        else:
            user.write(
                {
                    "company_id": self.other_company.id,
                    "company_ids": [Command.set(self.other_company.ids)],
                }
            )

    def contacts_of_an_order(self, **values):
        order = self.make_quotation(self.partner, **values)
        order.action_confirm()
        return self.env["crm.interaction"].search([("sale_order_id", "=", order.id)])

    def test_new_orders_go_to_somebody_who_can_do_it(self):
        for how in ("archived", "portal", "elsewhere"):
            with self.subTest(how=how), self.env.cr.savepoint() as savepoint:
                self.leave(self.sari, how)
                contacts = self.contacts_of_an_order(user_id=self.budi.id)
                self.assertEqual(contacts.user_id, self.budi)
                savepoint.rollback()
                self.env.invalidate_all()

    def test_nobody_can_do_it(self):
        for how in ("archived", "portal", "elsewhere"):
            with self.subTest(how=how), self.env.cr.savepoint() as savepoint:
                self.leave(self.sari, how)
                contacts = self.contacts_of_an_order(user_id=SUPERUSER_ID)
                self.assertFalse(contacts.user_id)
                self.assertEqual(
                    self.relationship.coverage_state, "no_staff", "for the manager"
                )
                savepoint.rollback()
                self.env.invalidate_all()

    def test_stand_in_does_it(self):
        self.relationship.backup_user_id = self.budi
        self.leave(self.sari, "archived")
        contacts = self.contacts_of_an_order()
        self.assertEqual(contacts.user_id, self.budi)
        self.assertEqual(self.relationship.coverage_state, "covered")

    def test_what_is_in_the_queue_is_handed_over(self):
        for how in ("portal", "elsewhere"):
            with self.subTest(how=how), self.env.cr.savepoint() as savepoint:
                self.relationship.backup_user_id = self.budi
                mine = self.make_open(self.relationship)
                others = self.make_open(
                    self.make_relationship(user_id=self.budi.id), user_id=self.sari.id
                )
                self.leave(self.sari, how)
                self.assertEqual(self.relationship.user_id, self.budi)
                for contact in mine + others:
                    self.assertEqual(contact.user_id, self.budi)
                    self.assertEqual(contact.activity_id.user_id, self.budi)
                savepoint.rollback()
                self.env.invalidate_all()

    # -- the salesperson of the contact

    def last_note(self):
        return self.partner.message_ids[:1].body

    def test_customer_follows_the_salesperson_of_the_contact(self):
        self.partner.user_id = self.sari
        contact = self.make_open(self.relationship)
        self.partner.with_user(self.manager).user_id = self.budi
        self.assertEqual(self.relationship.user_id, self.budi)
        self.assertEqual(contact.user_id, self.budi)
        self.assertEqual(contact.activity_id.user_id, self.budi)
        self.assertIn("Budi is the dedicated salesperson", self.last_note())

    def test_customer_of_nobody_follows(self):
        self.relationship.user_id = False
        self.partner.with_user(self.sari).user_id = self.budi
        self.assertEqual(self.relationship.user_id, self.budi)

    def test_customer_served_by_somebody_else_on_purpose_stays(self):
        self.partner.user_id = self.all_documents
        self.partner.with_user(self.manager).user_id = self.budi
        self.assertEqual(self.relationship.user_id, self.sari)
        self.assertIn("Sari remains the dedicated salesperson", self.last_note())

    def test_nobody_takes_a_colleagues_customer(self):
        self.partner.user_id = self.sari
        self.partner.with_user(self.budi).user_id = self.budi
        self.assertEqual(self.relationship.user_id, self.sari)

    def test_who_may_not_serve_does_not_follow(self):
        self.partner.user_id = self.sari
        self.partner.with_user(self.manager).sudo().user_id = self.stranger
        self.assertEqual(self.relationship.user_id, self.sari)

    def test_contact_that_is_no_customer(self):
        partner = self.make_customer(user_id=self.sari.id)
        notes = partner.message_ids
        partner.user_id = self.budi
        self.assertEqual(partner.message_ids, notes)

    def test_other_changes_of_the_contact(self):
        """They say nothing about who serves the customer."""
        self.partner.user_id = self.budi
        self.relationship.user_id = self.sari
        notes = self.partner.message_ids
        for vals in ({"city": "Solo"}, {"user_id": self.budi.id}, {"tz": "Asia/Tokyo"}):
            self.partner.write(vals)
        self.assertEqual(self.relationship.user_id, self.sari)
        self.assertEqual(self.partner.message_ids, notes)
