"""One truth: the salesperson of the contact and the dedicated salesperson."""

import random
from itertools import product

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.modules.module import load_script
from odoo.tests import Form, tagged

from ..models.customer.salesperson import count_steps, find_in_step
from .common import RelationshipCase
from .common_who_serves import WhoServesCase


@tagged("post_install", "-at_install")
class InStepCase(WhoServesCase):
    leader = "contact"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.nobody = cls.env["res.users"]
        for relationship in cls.own + cls.foreign + cls.stood_in:
            relationship.partner_id.user_id = relationship.user_id
        cls.company.relationship_salesperson = cls.leader

    def assertBoth(self, relationship, staff):
        self.env.invalidate_all()
        self.assertEqual(relationship.user_id, staff)
        self.assertEqual(relationship.partner_id.user_id, staff)


@tagged("post_install", "-at_install")
class TestInStep(InStepCase):
    # -- written

    def test_contact_is_written(self):
        contact = self.make_open(self.own)
        self.own.partner_id.user_id = self.budi
        self.assertBoth(self.own, self.budi)
        self.assertEqual(contact.user_id, self.budi)
        self.assertEqual(contact.activity_id.user_id, self.budi)
        self.own.partner_id.user_id = False
        self.assertBoth(self.own, self.nobody)

    def test_dedicated_is_written(self):
        self.own.user_id = self.budi
        self.assertBoth(self.own, self.budi)
        self.own.partner_id.dedicated_user_id = self.all_documents
        self.assertBoth(self.own, self.all_documents)
        self.own.user_id = False
        self.assertBoth(self.own, self.nobody)

    def test_many_at_once(self):
        customers = self.own + self.foreign + self.nobodys
        customers.user_id = self.all_documents
        for customer in customers:
            self.assertBoth(customer, self.all_documents)
        customers.partner_id.user_id = self.budi
        for customer in customers:
            self.assertBoth(customer, self.budi)

    def test_by_a_user_who_may_not_edit_contacts(self):
        """Passing on one's own customer is enough."""
        self.sari.group_ids -= self.env.ref("base.group_partner_manager")
        self.own.with_user(self.sari).check_access("read")
        self.own.sudo().with_user(self.manager).user_id = self.budi
        self.assertBoth(self.own, self.budi)

    def test_both_are_written_at_once(self):
        self.own.partner_id.write(
            {"user_id": self.budi.id, "dedicated_user_id": self.all_documents.id}
        )
        winner = self.budi if self.leader == "contact" else self.all_documents
        self.assertBoth(self.own, winner)

    def test_both_are_created_at_once(self):
        partner = self.make_customer(
            user_id=self.budi.id, dedicated_user_id=self.all_documents.id
        )
        winner = self.budi if self.leader == "contact" else self.all_documents
        self.assertBoth(partner.relationship_id, winner)

    def test_form(self):
        with Form(self.own.partner_id.with_user(self.sari)) as form:
            form.user_id = self.budi
        self.assertBoth(self.own, self.budi)

    def test_chatter_tells_it(self):
        self.own.partner_id.with_user(self.manager).user_id = self.budi
        note = self.own.partner_id.message_ids[:1].body
        self.assertIn("Budi is the dedicated salesperson", note)

    # -- new customers

    def test_new_contact(self):
        partner = self.make_customer(dedicated_user_id=self.budi.id)
        self.assertBoth(partner.relationship_id, self.budi)
        partner = self.make_customer(user_id=self.budi.id)
        relationship = self.env["crm.relationship"]._ensure(partner, self.company)
        self.assertBoth(relationship, self.budi)

    def test_new_customer_by_an_order(self):
        partner = self.make_customer()
        self.make_order(partner, user_id=self.budi.id)
        relationship = self.env["crm.relationship"]._ensure(partner, self.company)
        self.assertBoth(relationship, self.budi)

    def test_new_relationship_by_hand(self):
        partner = self.make_customer(user_id=self.sari.id)
        relationship = (
            self.env["crm.relationship"]
            .with_user(self.manager)
            .create({"partner_id": partner.id, "user_id": self.budi.id})
        )
        self.assertBoth(
            relationship, self.sari if self.leader == "contact" else self.budi
        )

    def test_first_night(self):
        """Customers whom the refresh makes are filled in by the job."""
        partner = self.make_customer()
        self.make_order(partner, days_ago=3, user_id=self.budi.id)
        self.refresh()
        self.assertFalse(partner.user_id)
        self.run_cron("step")
        self.assertBoth(partner.relationship_id, self.budi)

    def test_converted_lead(self):
        lead = self.env["crm.lead"].create(
            {
                "name": "Shop",
                "type": "lead",
                "contact_name": "Nina",
                "email_from": "nina@example.com",
                "user_id": self.budi.id,
            }
        )
        context = {"active_model": "crm.lead", "active_ids": lead.ids}
        self.env["crm.lead2opportunity.partner"].with_context(
            **context, active_id=lead.id
        ).create({"name": "convert", "action": "create"}).action_apply()
        relationship = self.env["crm.relationship"]._ensure(
            lead.partner_id, self.company
        )
        self.assertBoth(relationship, self.budi)

    # -- imports

    def load(self, partner, user, **values):
        [[xml_id]] = partner._export_rows([["id"]])
        names = [f"{name}/.id" for name in values]
        ids = [str(value.id) for value in values.values()]
        return (
            self.env["res.partner"]
            .with_user(user)
            .load(["id", *names], [[xml_id, *ids]])
        )

    def test_import(self):
        for name in ("user_id", "dedicated_user_id"):
            self.own.user_id = self.sari
            result = self.load(self.own.partner_id, self.sari, **{name: self.budi})
            self.assertTrue(result["ids"], result["messages"])
            self.assertBoth(self.own, self.budi)

    def test_import_takes_no_customer(self):
        for name in ("user_id", "dedicated_user_id"):
            result = self.load(self.foreign.partner_id, self.sari, **{name: self.sari})
            self.assertFalse(result["ids"])
            self.assertBoth(self.foreign, self.budi)

    # -- who decides

    def test_colleagues_customer_is_not_taken(self):
        for relationship in (self.foreign, self.stood_in):
            for user in (self.sari, self.clerk):
                for staff in (user, self.nobody):
                    partner = relationship.partner_id.with_user(user)
                    with (
                        self.subTest(user=user.login, staff=staff.login),
                        self.assertRaisesRegex(AccessError, self.budi.name),
                        self.env.cr.savepoint(),
                    ):
                        partner.user_id = staff
                    self.assertBoth(relationship, self.budi)

    def test_plain_users_decide_nothing(self):
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            self.nobodys.partner_id.with_user(self.clerk).user_id = self.budi
        self.assertBoth(self.nobodys, self.nobody)

    def test_portal_decides_nothing(self):
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            self.own.partner_id.with_user(self.portal).user_id = self.portal
        self.assertBoth(self.own, self.sari)

    def test_own_and_nobodys_customers(self):
        self.own.partner_id.with_user(self.sari).user_id = self.budi
        self.assertBoth(self.own, self.budi)
        self.nobodys.partner_id.with_user(self.sari).user_id = self.sari
        self.assertBoth(self.nobodys, self.sari)

    def test_those_who_decide(self):
        for user in (self.all_documents, self.manager):
            for staff in (self.sari, self.budi):
                self.foreign.partner_id.with_user(user).user_id = staff
                self.assertBoth(self.foreign, staff)

    def test_who_may_not_serve(self):
        for staff in (self.stranger, self.portal):
            with (
                self.assertRaisesRegex(UserError, "does not work in"),
                self.env.cr.savepoint(),
            ):
                self.own.partner_id.with_user(self.manager).user_id = staff
            self.assertBoth(self.own, self.sari)

    def test_code_that_names_who_may_not_serve(self):
        """Code is not refused: the customer stays with who can serve."""
        self.own.partner_id.sudo().user_id = self.stranger
        self.assertEqual(self.own.user_id, self.sari)

    def test_unchanged_is_no_decision(self):
        self.foreign.partner_id.with_user(self.sari).user_id = self.budi
        self.foreign.partner_id.with_user(self.clerk).write(
            {"user_id": self.budi.id, "city": "Solo"}
        )
        self.assertBoth(self.foreign, self.budi)

    def test_contact_who_is_no_customer(self):
        partner = self.make_customer(user_id=self.budi.id)
        partner.with_user(self.clerk).user_id = self.sari
        self.assertEqual(partner.user_id, self.sari)
        self.assertFalse(partner.relationship_id)

    # -- firms and their people

    def make_firm(self):
        firm = self.make_customer("Firm", is_company=True, user_id=self.sari.id)
        person, other = self.env["res.partner"].create(
            [
                {"name": "Person", "parent_id": firm.id},
                {"name": "Other", "parent_id": firm.id, "user_id": self.budi.id},
            ]
        )
        relationship = self.env["crm.relationship"]._ensure(firm, self.company)
        self.assertEqual(person.user_id, self.sari)
        return relationship, person, other

    def test_people_of_a_firm_go_along(self):
        relationship, person, other = self.make_firm()
        for write in (
            lambda staff: relationship.write({"user_id": staff.id}),
            lambda staff: relationship.partner_id.write({"user_id": staff.id}),
            lambda staff: person.write({"dedicated_user_id": staff.id}),
        ):
            for staff in (self.all_documents, self.sari):
                write(staff)
                self.assertBoth(relationship, staff)
                self.assertEqual(person.user_id, staff)
                self.assertEqual(other.user_id, self.budi, "named on purpose")

    def test_salesperson_of_a_person_is_not_the_customers(self):
        relationship, person, _other = self.make_firm()
        person.user_id = self.budi
        self.assertBoth(relationship, self.sari)

    def test_orders_propose_who_serves(self):
        relationship, person, _other = self.make_firm()
        relationship.user_id = self.budi
        for partner in (relationship.partner_id, person):
            order = self.env["sale.order"].create(
                {"partner_id": partner.id, "company_id": self.company.id}
            )
            self.assertEqual(order.user_id, self.budi)

    # -- merged, moved, handed over

    def test_merge(self):
        self.merge(self.own.partner_id, self.foreign.partner_id, user=self.manager)
        self.assertBoth(self.own, self.sari)

    def test_merge_into_a_contact_that_is_no_customer(self):
        for user, mine in ((self.manager, True), (self.clerk, False)):
            with self.subTest(user=user.login), self.env.cr.savepoint() as savepoint:
                twin = self.make_customer("Twin", user_id=self.sari.id)
                self.merge(twin, self.foreign.partner_id, user=user)
                leads = self.leader == "contact" and mine
                self.assertBoth(self.foreign, self.sari if leads else self.budi)
                self.assertEqual(self.foreign.partner_id, twin)
                savepoint.rollback()

    def test_merge_into_a_contact_of_nobody(self):
        twin = self.make_customer("Twin")
        self.merge(twin, self.foreign.partner_id, user=self.clerk)
        self.assertBoth(self.foreign, self.budi)

    def test_merging_takes_no_customer(self):
        with self.assertRaises(UserError), self.env.cr.savepoint():
            self.merge(self.own.partner_id, self.foreign.partner_id, user=self.sari)
        self.assertBoth(self.foreign, self.budi)

    def test_joining_a_firm(self):
        firm = self.make_customer("Firm", is_company=True)
        self.own.partner_id.parent_id = firm
        self.assertBoth(firm.relationship_id, self.sari)

    def test_users_who_leave(self):
        self.stood_in.backup_user_id = self.sari
        self.budi.action_archive()
        self.assertBoth(self.stood_in, self.sari)
        self.assertBoth(self.foreign, self.nobody)

    def test_users_who_lose_the_company(self):
        self.budi.write(
            {
                "company_ids": [Command.set(self.other_company.ids)],
                "company_id": self.other_company.id,
            }
        )
        self.assertBoth(self.stood_in, self.sari)

    def test_whatever_happens(self):
        """Random changes in a row: customers in step name one person in both places."""
        dice = random.Random(self.leader)
        staff = [self.sari, self.budi, self.all_documents, self.nobody]
        customers = self.env["crm.relationship"]._ensure(
            self.env["res.partner"].create(
                [{"name": f"Customer {n}", "is_company": True} for n in range(8)]
            ),
            self.company,
        )
        partners = customers.partner_id

        def pick(count=1):
            return partners.browse(dice.sample(partners.ids, count))

        def serve(picked):
            return self.env["crm.relationship"]._ensure(picked, self.company)

        changes = {
            "contact": lambda: pick().write({"user_id": dice.choice(staff).id}),
            "contacts": lambda: pick(4).write({"user_id": dice.choice(staff).id}),
            "dedicated": lambda: serve(pick()).write(
                {"user_id": dice.choice(staff).id}
            ),
            "dedicated ones": lambda: pick(4).write(
                {"dedicated_user_id": dice.choice(staff).id}
            ),
            "stand-in": lambda: serve(pick()).write(
                {"backup_user_id": dice.choice(staff).id}
            ),
            "archived": lambda: pick().action_archive(),
            "back": lambda: pick().action_unarchive(),
            "copied": lambda: serve(pick().copy()),
            "elsewhere": lambda: self.env["crm.relationship"]._ensure(
                pick(), self.other_company
            ),
            "the company's": lambda: pick().write(
                {"company_id": dice.choice([self.company.id, False])}
            ),
            "person": lambda: self.make_customer(
                parent_id=pick().id, user_id=dice.choice(staff).id
            ),
        }
        for number in range(60):
            name = dice.choice(list(changes))
            changes[name]()
            self.env.flush_all()
            self.env.invalidate_all()
            named = self.env["crm.relationship"].search([("company_id", "!=", False)])
            partners |= named.partner_id.filtered("is_company")
            for customer in find_in_step(named.partner_id):
                with self.subTest(number=number, change=name, customer=customer.id):
                    self.assertEqual(customer.user_id, customer.partner_id.user_id)
        self.assertGreater(len(partners), 8)

    def test_assignment_and_its_undo(self):
        assignment = (
            self.env["crm.staff.assignment"]
            .with_user(self.manager)
            .create(
                {
                    "relationship_ids": [Command.set(self.foreign.ids)],
                    "person_ids": [Command.create({"user_id": self.budi.id})],
                    "introduce": False,
                }
            )
        )
        assignment.action_compute()
        assignment.sudo()._store([])
        line = self.env["crm.staff.assignment.line"].create(
            {
                "assignment_id": assignment.id,
                "company_id": self.company.id,
                "relationship_id": self.foreign.id,
                "old_user_id": self.budi.id,
                "new_user_id": self.sari.id,
            }
        )
        self.assertTrue(line.is_change)
        assignment.action_apply()
        self.assertBoth(self.foreign, self.sari)
        assignment.action_undo()
        self.assertBoth(self.foreign, self.budi)

    def test_remedy_for_many(self):
        self.env["crm.care.remedy"].create(
            {
                "relationship_ids": [Command.set((self.own + self.nobodys).ids)],
                "user_id": self.budi.id,
            }
        ).action_apply()
        for relationship in self.own + self.nobodys:
            self.assertBoth(relationship, self.budi)

    # -- cost

    def test_queries_do_not_grow(self):
        def count(number, write):
            partners = self.env["res.partner"].create(
                [{"name": f"C{n}", "user_id": self.sari.id} for n in range(number)]
            )
            customers = self.env["crm.relationship"]._ensure(partners, self.company)
            return self.count_queries(write, customers)

        for write in (
            lambda customers: customers.write({"user_id": self.budi.id}),
            lambda customers: customers.partner_id.write({"user_id": self.budi.id}),
            lambda customers: customers.partner_id.with_user(self.manager).write(
                {"user_id": self.budi.id}
            ),
        ):
            count(2, write)
            few, many = count(5, write), count(50, write)
            self.assertLessEqual(many - few, 5, (few, many))


@tagged("post_install", "-at_install")
class TestInStepDedicatedLeads(TestInStep):
    leader = "dedicated"


@tagged("post_install", "-at_install")
class TestSharedContacts(InStepCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partner = cls.own.partner_id
        cls.there = cls.make_relationship(
            cls.partner, cls.other_company, user_id=cls.stranger.id
        )

    def test_company_that_began_first_counts(self):
        self.other_company.relationship_salesperson = "dedicated"
        self.assertEqual(find_in_step(self.partner), self.own)
        self.there.user_id = False
        self.there.user_id = self.stranger
        self.assertBoth(self.own, self.sari)

    def test_company_that_keeps_them_apart_does_not_count(self):
        self.company.relationship_salesperson = "apart"
        self.other_company.relationship_salesperson = "dedicated"
        self.there.user_id = False
        self.there.user_id = self.stranger
        self.assertBoth(self.there, self.stranger)
        self.assertEqual(self.own.user_id, self.sari)

    def test_company_of_the_contact_counts(self):
        self.other_company.relationship_salesperson = "contact"
        self.partner.company_id = self.other_company
        self.assertEqual(find_in_step(self.partner), self.there)
        # who is named on the contact does not work there
        self.assertBoth(self.there, self.stranger)
        self.assertEqual(self.own.user_id, self.sari)

    def test_user_of_another_company(self):
        user = self.stranger
        user.group_ids += self.env.ref("base.group_partner_manager")
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            self.as_user(self.partner, user).user_id = user
        self.assertBoth(self.own, self.sari)

    def test_others_do_not_follow_the_dedicated_salesperson(self):
        """Who serves the customer elsewhere is decided there."""
        self.sari.company_ids += self.other_company
        self.budi.company_ids += self.other_company
        self.there.user_id = self.sari
        self.own.with_user(self.manager).user_id = self.budi
        self.assertBoth(self.own, self.budi)
        self.assertEqual(self.there.user_id, self.sari)

    def test_orders_there_propose_who_serves_there(self):
        self.other_company.relationship_salesperson = "contact"
        order = (
            self.env["sale.order"]
            .with_company(self.other_company)
            .create(
                {"partner_id": self.partner.id, "company_id": self.other_company.id}
            )
        )
        self.assertEqual(order.user_id, self.stranger)


@tagged("post_install", "-at_install")
class TestBeginning(RelationshipCase):
    """What a manager is shown before, and what becomes of it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.random = random.Random(13)
        staff = (cls.sari, cls.budi, cls.stranger, cls.env["res.users"])
        for own, dedicated, company in product(
            staff, staff, (cls.company, cls.other_company, None)
        ):
            partner = cls.make_customer(company_id=company and company.id)
            partner.user_id = own
            cls.make_relationship(partner, user_id=dedicated.id)
            if cls.random.random() < 0.3:
                cls.make_relationship(partner, cls.other_company, user_id=False)
        cls.customers = cls.env["crm.relationship"].search(
            [("company_id", "=", cls.company.id)]
        )

    def wizard(self, leader, user=None):
        wizard = self.env["crm.salesperson.step"].with_user(user or self.manager)
        return wizard.create({"leader": leader})

    @staticmethod
    def look(customers):
        return {r: (r.user_id, r.partner_id.user_id) for r in customers}

    def expect(self, leader):
        """Return who is named afterwards, told without the addon's own SQL."""
        expected = {}
        for customer, (dedicated, own) in self.look(self.customers).items():
            company = customer.partner_id.company_id
            able = [
                staff
                for staff in (
                    (own, dedicated) if leader == "contact" else (dedicated, own)
                )
                if staff in (self.sari, self.budi)
            ]
            is_tied = not company or company == self.company
            expected[customer] = (
                (able[0], able[0]) if is_tied and able else (dedicated, own)
            )
        return expected

    def test_nothing_changes_before_it_is_applied(self):
        before = self.look(self.customers)
        for leader in ("contact", "dedicated"):
            wizard = self.wizard(leader)
            total = sum(
                wizard[name] for name in wizard._fields if name.endswith("_count")
            )
            self.assertEqual(total, len(self.customers))
        self.run_cron("step")
        self.assertEqual(self.look(self.customers), before)
        self.assertEqual(self.company.relationship_salesperson, "apart")

    def test_what_was_shown_happens(self):
        for leader in ("contact", "dedicated"):
            with self.subTest(leader), self.env.cr.savepoint() as savepoint:
                before, expected = self.look(self.customers), self.expect(leader)
                wizard = self.wizard(leader)
                shown = {
                    "dedicated": wizard.dedicated_changed_count
                    + wizard.dedicated_filled_count,
                    "contact": wizard.contact_changed_count
                    + wizard.contact_filled_count,
                }
                # the dedicated salesperson changes with the contact only where it must
                wizard.action_apply()
                self.env.invalidate_all()
                after = self.look(self.customers)
                self.assertEqual(after, expected)
                changed = [r for r in after if after[r] != before[r]]
                self.assertEqual(
                    sum(after[r][0] != before[r][0] for r in changed),
                    shown["dedicated"],
                )
                self.assertEqual(len(changed), shown["dedicated"] + shown["contact"])
                found = count_steps(self.company, leader)
                self.assertFalse(
                    found.keys()
                    & {"contact_changed", "contact_filled", "dedicated_filled"}
                )
                self.assertFalse(self.company.relationship_salesperson_pending)
                savepoint.rollback()
            self.env.invalidate_all()

    def test_each_number_opens_its_customers(self):
        for leader in ("contact", "dedicated"):
            wizard = self.wizard(leader)
            for name in (
                "dedicated_changed",
                "dedicated_filled",
                "contact_changed",
                "contact_filled",
                "unable",
                "elsewhere",
            ):
                action = getattr(wizard, f"action_view_{name}")()
                found = (
                    self.env["crm.relationship"]
                    .with_user(self.manager)
                    .search(action["domain"])
                )
                self.assertEqual(len(found), wizard[f"{name}_count"], name)
                self.assertEqual(set(found.mapped(f"step_if_{leader}")) - {name}, set())

    def test_many_are_a_matter_of_the_job(self):
        self.patch_at_once(5)
        expected = self.expect("contact")
        self.wizard("contact").action_apply()
        self.assertTrue(self.company.relationship_salesperson_pending)
        self.run_cron("step")
        self.env.invalidate_all()
        self.assertEqual(self.look(self.customers), expected)
        self.assertFalse(self.company.relationship_salesperson_pending)

    def patch_at_once(self, number):
        from ..models.customer import res_company

        self.patch(res_company, "AT_ONCE", number)

    def test_job_overwrites_nobody(self):
        """What differs stays until somebody decides; what is empty is filled in."""
        self.company.relationship_salesperson = "contact"
        before = self.look(self.customers)
        self.run_cron("step")
        self.env.invalidate_all()
        for customer, named in self.look(self.customers).items():
            for now, then in zip(named, before[customer], strict=True):
                self.assertIn(then, (now, self.env["res.users"]))

    def test_who_decides(self):
        for user in (self.sari, self.all_documents, self.internal, self.portal):
            with self.assertRaises(AccessError):
                self.wizard("contact", user)
        wizard = self.env["crm.salesperson.step"].with_user(self.stranger)
        wizard = wizard.with_context(allowed_company_ids=self.other_company.ids)
        with self.assertRaises(AccessError):
            wizard.create({"company_id": self.company.id, "leader": "contact"})
        with self.assertRaises(AccessError):
            self.company.with_user(self.manager).relationship_salesperson = "contact"

    def test_kept_apart_again(self):
        self.wizard("contact").action_apply()
        self.wizard("apart").action_apply()
        self.assertEqual(self.company.relationship_salesperson, "apart")
        customer = self.customers[0]
        customer.user_id = self.budi
        customer.partner_id.user_id = self.sari
        customer.user_id = self.all_documents
        self.assertEqual(customer.partner_id.user_id, self.sari)

    def test_one_that_fails_stops_no_other(self):
        write = type(self.env["crm.relationship"]).write
        [broken] = self.customers.filtered(
            lambda r: r.step_if_contact == "dedicated_changed"
        )[:1]

        def fail(records, vals):
            if broken in records:
                raise ValueError("Broken")
            return write(records, vals)

        self.patch(type(self.env["crm.relationship"]), "write", fail)
        before, expected = self.look(broken), self.expect("contact")
        with self.assertLogs("odoo.addons.crm_relationship.models.base.apart", "ERROR"):
            self.wizard("contact").action_apply()
        self.env.invalidate_all()
        self.assertEqual(self.look(self.customers), {**expected, **before})


@tagged("post_install", "-at_install")
class TestSalespersonMigration(RelationshipCase):
    def migrate(self, topic):
        script = load_script(
            f"crm_relationship/migrations/19.0.1.4.0/post-{topic}.py", "post"
        )
        self.env.flush_all()
        script.migrate(self.env.cr, "19.0.1.3.0")
        self.env.invalidate_all()
        return script

    def test_companies_from_before_keep_them_apart(self):
        self.company.relationship_salesperson = "contact"
        self.migrate("salesperson")
        self.assertEqual(self.company.relationship_salesperson, "apart")
        new = self.env["res.company"].create({"name": "New"})
        self.assertEqual(new.relationship_salesperson, "contact")

    def test_what_an_update_does_not_make(self):
        script = load_script(
            "crm_relationship/migrations/19.0.1.4.0/post-new_data.py", "post"
        )
        names = [name for names in script.NEW.values() for name in names]
        for name in names:
            self.env.ref(f"crm_relationship.{name}").unlink()
        self.migrate("new_data")
        for name in names:
            self.assertTrue(self.env.ref(f"crm_relationship.{name}"))
        self.assertEqual(
            self.env.ref("crm_relationship.crm_recognition_rule_own").domain_force,
            "[('user_id', '=', user.id)]",
        )
