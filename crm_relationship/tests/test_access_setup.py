"""Who may set up segments, plans, programs and channels, and read contacts."""

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import RelationshipCase


@tagged("post_install", "-at_install")
class TestAccessSetup(RelationshipCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.public = cls.env.ref("base.public_user")
        cls.plan = cls.make_plan()
        cls.segment = cls.make_segment("Gold", plan_id=cls.plan.id)
        cls.program = cls.make_program()
        cls.occasion = cls.env["crm.occasion"].create(
            {"name": "Day", "date_ids": [Command.create({"date": "2026-12-25"})]}
        )
        cls.setup = (
            cls.plan,
            cls.plan.line_ids,
            cls.plan.line_ids.channel_ids,
            cls.segment,
            cls.program,
            cls.program.step_ids,
            cls.occasion,
            cls.occasion.date_ids,
            cls.call,
        )

    def assertAccess(self, user, operations, setup=None):
        """Assert that a user has these operations on the setup and no others."""
        for records in setup or self.setup:
            for operation in ("read", "write", "create", "unlink"):
                with self.subTest(model=records._name, operation=operation):
                    self.assertEqual(
                        records.with_user(user).has_access(operation),
                        operation in operations,
                    )

    def test_salesperson_reads(self):
        self.assertAccess(self.sari, ["read"])

    def test_all_documents_reads(self):
        self.assertAccess(self.all_documents, ["read"])

    def test_manager_sets_up(self):
        self.assertAccess(self.manager, ["read", "write", "create", "unlink"])

    def test_portal_has_no_access(self):
        self.assertAccess(self.portal, [])

    def test_public_has_no_access(self):
        self.assertAccess(self.public, [])

    def test_internal_user_reads_what_the_contact_shows(self):
        self.assertAccess(self.internal, ["read"], (self.segment, self.call))
        self.assertAccess(
            self.internal, [], (self.plan, self.plan.line_ids, self.program)
        )

    def test_setup_of_another_company_is_hidden(self):
        plan = self.make_plan(company_id=self.other_company.id)
        hidden = (
            plan,
            plan.line_ids,
            self.make_segment("Theirs", company_id=self.other_company.id),
        )
        program = self.make_program(company_id=self.other_company.id)
        self.assertAccess(self.manager, [], (*hidden, program, program.step_ids))

    def test_setup_of_another_company_is_not_named(self):
        """Whoever guesses ids is refused, and learns no names by it."""
        theirs = {"company_id": self.other_company.id}
        benefit = self.env["crm.benefit"].create({"name": "Quiet Gift", **theirs})
        segment = self.make_segment("Quiet Group", **theirs)
        kept = {"locked_segment_id": segment.id, "lock_reason": "Friend"}
        ours = self.env["crm.benefit"].create({"name": "Ours"})
        both = [Command.set(segment.ids)]
        for records, vals in (
            (self.plan.line_ids, {"benefit_id": benefit.id}),
            (self.program.step_ids[:1], {"benefit_id": benefit.id}),
            (self.program, {"benefit_ids": [Command.set(benefit.ids)]}),
            (self.make_relationship(), kept),
            (ours, {"segment_ids": both, "unsuited_segment_ids": both}),
        ):
            with self.subTest(model=records._name, vals=vals):
                self.env.invalidate_all()
                with self.assertRaises(UserError) as refusal:
                    records.with_user(self.manager).write(vals)
                self.assertNotIn("Quiet", str(refusal.exception))

    def test_manager_makes_a_segment_with_plan_and_program(self):
        env = self.env(user=self.manager.id)
        plan = env["crm.contact.plan"].create(
            {"name": "P", "line_ids": [Command.create(self.line_values())]}
        )
        segment = env["crm.segment"].create({"name": "S", "plan_id": plan.id})
        program = env["crm.program"].create(
            {
                "name": "R",
                "segment_ids": [Command.set(segment.ids)],
                "step_ids": [Command.create({"name": "Thanks"})],
            }
        )
        self.assertEqual(program.user_id, self.manager)
        plan.line_ids.write({"times": 2})
        program.step_ids.copy().unlink()

    def test_manager_changes_a_cadence_of_pending_contacts(self):
        relationship = self.make_relationship(plan_id=self.plan.id)
        self.plan.line_ids.with_user(self.manager).write({"every": 2})
        self.assertEqual(len(self.pending(relationship)), 1)

    def test_manager_deletes_a_line_with_pending_contacts(self):
        relationship = self.make_relationship(plan_id=self.plan.id)
        self.plan.line_ids.with_user(self.manager).unlink()
        self.assertFalse(self.pending(relationship))

    # -- contacts

    def read_all(self, partner, user):
        """Read every field of ours that the user may read, as a form would."""
        partner = partner.with_user(user).with_context(
            allowed_company_ids=user.company_ids.ids
        )
        partner.invalidate_recordset()
        names = [
            name
            for name, field in partner._fields.items()
            if "crm_relationship" in field._modules
            and partner._has_field_access(field, "read")
        ]
        self.assertEqual(bool(names), user._is_internal())
        return partner.read(["name", *names])[0]

    def test_internal_user_without_sales_rights_reads_a_contact(self):
        partner = self.make_customer(user_id=False)
        self.make_relationship(partner, segment_id=self.segment.id)
        values = self.read_all(partner, self.internal)
        self.assertEqual(values["segment_id"], (self.segment.id, "Gold"))
        self.assertEqual(values["dedicated_user_id"][0], self.sari.id)
        self.assertNotIn("interaction_count", values)

    def test_salesperson_reads_a_contact_of_a_colleague(self):
        partner = self.make_customer()
        self.make_relationship(partner, user_id=self.budi.id)
        values = self.read_all(partner, self.sari)
        self.assertEqual(values["dedicated_user_id"][0], self.budi.id)

    def test_portal_customer_reads_the_own_contact(self):
        partner = self.portal.partner_id
        self.make_relationship(partner, segment_id=self.segment.id)
        values = self.read_all(partner, self.portal)
        for name in ("segment_id", "lifecycle_stage", "dedicated_user_id", "birthdate"):
            self.assertNotIn(name, values)

    def test_portal_customer_does_not_read_the_segment(self):
        with self.assertRaises(AccessError):
            self.portal.partner_id.with_user(self.portal).read(["segment_id"])

    def test_public_user_reads_the_own_contact(self):
        self.read_all(self.public.partner_id, self.public)

    def test_internal_user_searches_contacts_by_segment(self):
        partner = self.make_customer()
        self.make_relationship(partner, segment_id=self.segment.id)
        found = (
            self.env["res.partner"]
            .with_user(self.internal)
            .search([("segment_id", "=", self.segment.id)])
        )
        self.assertEqual(found, partner)

    def test_portal_customer_does_not_search_by_segment(self):
        with self.assertRaises(AccessError):
            self.env["res.partner"].with_user(self.portal).search(
                [("segment_id", "=", self.segment.id)]
            )

    def test_salesperson_chooses_the_dedicated_staff(self):
        partner = self.make_customer()
        self.sari.group_ids += self.env.ref("base.group_partner_manager")
        partner.with_user(self.sari).dedicated_user_id = self.budi
        self.assertEqual(partner.relationship_id.user_id, self.budi)

    def test_reader_of_contacts_does_not_choose_the_dedicated_staff(self):
        partner = self.make_customer()
        with self.assertRaises(AccessError):
            partner.with_user(self.internal).dedicated_user_id = self.budi

    def test_salesperson_sees_the_follow_ups_of_an_order(self):
        order = self.make_quotation(self.make_customer(), user_id=self.sari.id)
        order.action_confirm()
        order = order.with_user(self.sari)
        order.invalidate_recordset()
        self.assertEqual(order.follow_up_count, 3)

    def test_internal_user_archives_a_contact(self):
        contact = self.make_open()
        self.internal.group_ids += self.env.ref("base.group_partner_manager")
        contact.partner_id.with_user(self.internal).action_archive()
        self.assertEqual(contact.state, "cancelled")
