"""Who may see and do what: relationships and what depends on them.

One operation a test, allowed or denied, for each level of access.
"""

from odoo.exceptions import AccessError
from odoo.service.model import call_kw
from odoo.tests import tagged

from .common import RelationshipCase


@tagged("post_install", "-at_install")
class TestAccess(RelationshipCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.public = cls.env.ref("base.public_user")
        cls.plan = cls.make_plan()
        cls.own = cls.make_relationship(cls.make_customer("Own"))
        cls.stood_in = cls.make_relationship(
            cls.make_customer("Stood in"),
            user_id=cls.budi.id,
            backup_user_id=cls.sari.id,
        )
        cls.foreign = cls.make_relationship(
            cls.make_customer("Foreign"), user_id=cls.budi.id
        )
        cls.elsewhere = cls.make_relationship(
            cls.make_customer("Elsewhere"),
            cls.other_company,
            user_id=cls.stranger.id,
        )
        cls.all_relationships = cls.own + cls.stood_in + cls.foreign + cls.elsewhere
        program = cls.make_program(trigger="manual")
        program._enroll(cls.all_relationships)
        for relationship in cls.all_relationships:
            cls.env["crm.segment.move"].create(
                {
                    "relationship_id": relationship.id,
                    "company_id": relationship.company_id.id,
                    "date": "2026-03-01",
                }
            )

    def seen(self, user, model, path="relationship_id"):
        """Return the relationships of the records of a model that a user finds."""
        records = self.env[model].with_user(user)
        records = records.with_context(allowed_company_ids=user.company_ids.ids)
        records = records.search([])
        found = records.sudo()[path] if path else records
        return found.with_user(self.env.user) & self.all_relationships

    def contact(self, relationship):
        return self.env["crm.interaction"].search(
            [("relationship_id", "=", relationship.id)], limit=1
        )

    def assertDenied(self, user, records, operation):
        with self.assertRaises(AccessError):
            records.with_user(user).check_access(operation)

    def assertAllowed(self, user, records, operation):
        records.with_user(user).check_access(operation)

    # -- salesperson: own documents

    def test_salesperson_finds_own_and_stood_in_customers(self):
        self.assertEqual(
            self.seen(self.sari, "crm.relationship", None), self.own + self.stood_in
        )

    def test_salesperson_finds_their_contacts(self):
        self.assertEqual(
            self.seen(self.sari, "crm.interaction"), self.own + self.stood_in
        )

    def test_salesperson_finds_their_enrollments(self):
        self.assertEqual(
            self.seen(self.sari, "crm.program.enrollment"), self.own + self.stood_in
        )

    def test_salesperson_finds_their_segment_changes(self):
        self.assertEqual(
            self.seen(self.sari, "crm.segment.move"), self.own + self.stood_in
        )

    def test_salesperson_reads_no_other_customer(self):
        self.assertDenied(self.sari, self.foreign, "read")

    def test_salesperson_does_not_change_a_relationship(self):
        self.assertDenied(self.sari, self.own, "write")

    def test_salesperson_makes_no_relationship(self):
        self.assertDenied(self.sari, self.env["crm.relationship"], "create")

    def test_salesperson_deletes_no_relationship(self):
        self.assertDenied(self.sari, self.own, "unlink")

    def test_salesperson_changes_own_contact(self):
        self.assertAllowed(self.sari, self.contact(self.own), "write")

    def test_salesperson_changes_contact_stood_in_for(self):
        self.assertAllowed(self.sari, self.contact(self.stood_in), "write")

    def test_salesperson_reads_no_other_contact(self):
        self.assertDenied(self.sari, self.contact(self.foreign), "read")

    def test_salesperson_changes_no_other_contact(self):
        self.assertDenied(self.sari, self.contact(self.foreign), "write")

    def test_salesperson_deletes_no_contact(self):
        self.assertDenied(self.sari, self.contact(self.own), "unlink")

    def test_salesperson_plans_a_contact(self):
        contact = (
            self.env["crm.interaction"]
            .with_user(self.sari)
            .create({"name": "Call", "partner_id": self.own.partner_id.id})
        )
        self.assertEqual(contact.relationship_id, self.own)
        self.assertEqual(contact.user_id, self.sari)

    def test_salesperson_plans_an_own_contact_with_a_colleagues_customer(self):
        contact = (
            self.env["crm.interaction"]
            .with_user(self.sari)
            .create(
                {
                    "name": "Call",
                    "partner_id": self.foreign.partner_id.id,
                    "user_id": self.sari.id,
                }
            )
        )
        self.assertEqual(contact.sudo().relationship_id, self.foreign)

    def test_salesperson_plans_no_contact_for_a_colleague(self):
        with self.assertRaises(AccessError):
            self.env["crm.interaction"].with_user(self.sari).create(
                {
                    "name": "Call",
                    "partner_id": self.foreign.partner_id.id,
                    "user_id": self.budi.id,
                }
            )

    def test_salesperson_finishes_a_contact_of_a_colleagues_customer(self):
        contact = self.make_open(self.foreign, user_id=self.sari.id)
        contact.with_user(self.sari).write(
            {"feedback": "Fine", "sentiment": "positive"}
        )
        contact.with_user(self.sari).action_done()
        self.assertEqual(contact.state, "done")
        self.assertFalse(contact.activity_id.active)

    def test_salesperson_finishes_the_activity_of_a_colleagues_customer(self):
        contact = self.make_open(self.foreign, user_id=self.sari.id)
        contact.activity_id.with_user(self.sari).action_feedback(feedback="Fine")
        self.assertEqual((contact.state, contact.feedback), ("done", "Fine"))

    def test_salesperson_finishes_a_step_of_a_program(self):
        contact = self.contact(self.own)
        self.assertTrue(contact.enrollment_id)
        contact.with_user(self.sari).action_done()
        self.assertEqual(contact.state, "done")

    def test_salesperson_notes_a_complaint(self):
        contact = self.make_open(self.foreign, user_id=self.sari.id)
        contact.with_user(self.sari).with_context(outcome="complaint").action_done()
        service = self.env["crm.interaction"].search(
            [("relationship_id", "=", self.foreign.id), ("kind", "=", "service")]
        )
        self.assertEqual(service.user_id, self.sari)

    def test_salesperson_changes_no_enrollment(self):
        self.assertDenied(self.sari, self.own.enrollment_ids, "write")

    def test_salesperson_may_not_refresh_the_portfolio(self):
        with self.assertRaises(AccessError):
            self.env["crm.relationship"].with_user(self.sari).action_refresh()

    def test_salesperson_reads_the_form_of_an_own_contact(self):
        contact = self.contact(self.own).with_user(self.sari)
        fields = [
            name
            for name, field in contact._fields.items()
            if contact._has_field_access(field, "read")
        ]
        contact.read(fields)

    def test_salesperson_reads_the_form_of_a_contact_taken_over(self):
        contact = self.make_open(self.foreign, user_id=self.sari.id)
        contact = contact.with_user(self.sari)
        contact.invalidate_recordset()
        contact.web_read(
            {
                "name": {},
                "segment_id": {"fields": {"display_name": {}}},
                "relationship_id": {"fields": {"display_name": {}}},
                "partner_id": {"fields": {"display_name": {}}},
                "note": {},
                "cost": {},
            }
        )

    # -- salesperson: all documents

    def test_all_documents_finds_every_customer_of_the_company(self):
        self.assertEqual(
            self.seen(self.all_documents, "crm.relationship", None),
            self.own + self.stood_in + self.foreign,
        )

    def test_all_documents_finds_every_contact_of_the_company(self):
        self.assertEqual(
            self.seen(self.all_documents, "crm.interaction"),
            self.own + self.stood_in + self.foreign,
        )

    def test_all_documents_changes_a_relationship(self):
        self.foreign.with_user(self.all_documents).user_id = self.sari
        self.assertEqual(self.foreign.user_id, self.sari)

    def test_all_documents_gives_a_customer_a_plan(self):
        self.foreign.with_user(self.all_documents).plan_id = self.plan
        self.assertIn(self.plan.line_ids, self.pending(self.foreign).plan_line_id)

    def test_all_documents_stops_a_program(self):
        self.foreign.enrollment_ids.with_user(self.all_documents).action_stop()
        self.assertFalse(self.pending(self.foreign))

    def test_all_documents_deletes_no_relationship(self):
        self.assertDenied(self.all_documents, self.foreign, "unlink")

    def test_all_documents_deletes_no_contact(self):
        self.assertDenied(self.all_documents, self.contact(self.foreign), "unlink")

    # -- manager

    def test_manager_deletes_a_planned_contact(self):
        contact = self.contact(self.foreign)
        contact.with_user(self.manager).unlink()
        self.assertFalse(contact.exists())

    def test_manager_deletes_an_open_contact(self):
        contact = self.make_open(self.foreign)
        contact.with_user(self.manager).unlink()
        self.assertFalse(contact.exists())

    def test_manager_refreshes_the_portfolio(self):
        partner = self.make_customer()
        self.make_order(partner)
        relationships = self.env["crm.relationship"].with_user(self.manager)
        # as the button does: with the list of the selected records
        action = call_kw(relationships, "action_refresh", [[]], {})
        self.assertEqual(action["tag"], "display_notification")
        self.assertTrue(partner.relationship_id)

    def test_manager_reads_nothing_of_another_company(self):
        self.assertDenied(self.manager, self.elsewhere, "read")
        self.assertDenied(self.manager, self.contact(self.elsewhere), "read")
        self.assertDenied(self.manager, self.elsewhere.enrollment_ids, "read")
        self.assertDenied(self.manager, self.elsewhere.segment_move_ids, "read")

    # -- another company

    def test_stranger_finds_the_customers_of_the_own_company_only(self):
        for model, path in (
            ("crm.relationship", None),
            ("crm.interaction", "relationship_id"),
            ("crm.program.enrollment", "relationship_id"),
            ("crm.segment.move", "relationship_id"),
        ):
            with self.subTest(model=model):
                self.assertEqual(self.seen(self.stranger, model, path), self.elsewhere)

    # -- not in sales, or not internal

    def test_others_have_no_access(self):
        contact = self.contact(self.own)
        for user in (self.internal, self.portal, self.public):
            for records in (
                self.own,
                contact,
                self.own.enrollment_ids,
                self.own.segment_move_ids,
            ):
                for operation in ("read", "write", "create", "unlink"):
                    with self.subTest(
                        user=user.login, model=records._name, operation=operation
                    ):
                        self.assertDenied(user, records, operation)

    def test_internal_user_finishes_the_own_activity(self):
        contact = self.make_open(self.own, user_id=self.internal.id)
        contact.activity_id.with_user(self.internal).action_feedback(feedback="Done")
        self.assertEqual(contact.state, "done")
