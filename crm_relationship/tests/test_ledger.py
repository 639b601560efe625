"""Contacts entered into the ledger, many at once."""

from copy import deepcopy
from datetime import timedelta
from unittest.mock import patch

from odoo.models import BaseModel
from odoo.tests import tagged

from .common import NOW, TODAY, RelationshipCase


@tagged("post_install", "-at_install")
class TestLedger(RelationshipCase):
    def make_customers(self, count):
        return self.env["res.partner"].create(
            [{"name": f"Customer {number}"} for number in range(count)]
        )

    def assertConstant(self, function, growth=0):
        """Assert that 30 take as many queries as 5, or at most ``growth`` more."""
        function(2)  # fills the caches
        few, many = function(5), function(30)
        self.assertLessEqual(many, few + growth, f"{few} queries for 5, {many} for 30")

    # -- made

    def test_queries_of_contacts_of_new_customers(self):
        def queries(count):
            partners = self.make_customers(count)
            return self.count_queries(
                self.env["crm.interaction"].create,
                [{"name": "A word", "partner_id": partner.id} for partner in partners],
            )

        self.assertConstant(queries)

    def test_queries_of_contacts_that_were_made(self):
        def queries(count):
            partners = self.make_customers(count)
            return self.count_queries(
                self.env["crm.interaction"].create,
                [
                    {"name": "A word", "partner_id": partner.id, "state": "done"}
                    for partner in partners
                ],
            )

        self.assertConstant(queries)

    def test_values_stay_the_callers_own(self):
        partners = self.make_customers(2)
        vals_list = [
            {"name": "A word", "partner_id": partners[0].id, "state": "done"},
            {
                "name": "An offer",
                "partner_id": partners[1].id,
                "objective": "retention",
            },
        ]
        before = deepcopy(vals_list)
        self.env["crm.interaction"].create(vals_list)
        self.assertEqual(vals_list, before)

    def test_one_set_of_values_for_several_contacts(self):
        vals = {"name": "A word", "partner_id": self.make_customers(1).id}
        contacts = self.env["crm.interaction"].create([vals, vals])
        self.assertEqual(len(contacts), 2)
        self.assertEqual(len(contacts.relationship_id), 1)

    def test_contacts_of_people_and_firms_of_two_companies(self):
        firm = self.make_customer("Firm", is_company=True)
        person = self.make_customer("Person", parent_id=firm.id)
        known = self.make_relationship(user_id=self.budi.id)
        contacts = self.env["crm.interaction"].create(
            [
                {"name": "1", "partner_id": person.id},
                {"name": "2", "partner_id": person.id, "company_id": self.company.id},
                {
                    "name": "3",
                    "partner_id": person.id,
                    "company_id": self.other_company.id,
                },
                {"name": "4", "relationship_id": known.id, "objective": "recovery"},
            ]
        )
        self.assertEqual(contacts[:3].partner_id, person)
        self.assertEqual(contacts[:3].relationship_id.partner_id, firm)
        self.assertEqual(contacts[0].relationship_id, contacts[1].relationship_id)
        self.assertEqual(
            contacts.mapped("relationship_id.company_id.id"),
            [self.company.id, self.other_company.id],
        )
        self.assertEqual(contacts[2].company_id, self.other_company)
        self.assertEqual(contacts[3].partner_id, known.partner_id)
        self.assertEqual(contacts[3].user_id, self.budi)
        self.assertEqual(contacts[3].kind, "relationship")

    def test_defaults_of_the_page_it_is_made_on(self):
        partner = self.make_customer()
        of_partner = self.env["crm.interaction"].with_context(
            default_partner_id=partner.id
        )
        relationship = of_partner.create({"name": "A word"}).relationship_id
        self.assertEqual(relationship.partner_id, partner)
        of_relationship = self.env["crm.interaction"].with_context(
            default_relationship_id=relationship.id
        )
        self.assertEqual(of_relationship.create({"name": "A word"}).partner_id, partner)
        other = self.make_customer()
        contact = of_partner.create({"name": "A word", "partner_id": other.id})
        self.assertEqual(contact.relationship_id.partner_id, other)

    def test_day_of_what_was_made(self):
        relationship = self.make_relationship()
        contact = self.make_interaction(relationship, state="done")
        self.assertEqual(contact.date_done, NOW)

    # -- followed by what belongs to them

    def test_queries_of_people_who_leave_a_firm(self):
        def queries(count):
            firm = self.make_customer("Firm", is_company=True)
            people = self.make_customers(count)
            people.parent_id = firm
            plan = self.make_plan()
            relationship = self.make_relationship(firm)
            contacts = self.env["crm.interaction"].create(
                [
                    {
                        "name": "A word",
                        "relationship_id": relationship.id,
                        "partner_id": person.id,
                    }
                    for person in people
                ]
            )
            contacts[-1].plan_line_id = plan.line_ids
            used = self.count_queries(people.write, {"parent_id": False})
            self.assertEqual(contacts[:-1].relationship_id.partner_id, people[:-1])
            self.assertEqual(contacts[-1].state, "cancelled")
            return used

        self.assertConstant(queries)

    def test_queries_of_activities_that_are_moved(self):
        def queries(count):
            contacts = self.env["crm.interaction"].create(
                [
                    {
                        "name": "A word",
                        "partner_id": partner.id,
                        "touchpoint_id": self.call.id,
                        "user_id": self.sari.id,
                    }
                    for partner in self.make_customers(count)
                ]
            )
            contacts._release()
            # Odoo tells the new owner of each, which is not ours to count.
            quiet = self.env["mail.activity"].with_context(
                mail_activity_quick_update=True
            )
            activities = quiet.browse(contacts.activity_id.ids)
            used = self.count_queries(
                activities.write,
                {"date_deadline": TODAY + timedelta(days=3), "user_id": self.budi.id},
            )
            self.assertEqual(contacts.user_id, self.budi)
            self.assertEqual(
                set(contacts.mapped("date_planned")),
                {NOW.replace(day=3, month=4, hour=2)},
            )
            return used

        self.assertConstant(queries)

    def test_queries_of_contacts_that_are_moved(self):
        def queries(count):
            contacts = self.env["crm.interaction"].create(
                [
                    {
                        "name": "A word",
                        "partner_id": partner.id,
                        "touchpoint_id": self.call.id,
                        "user_id": self.sari.id,
                    }
                    for partner in self.make_customers(count)
                ]
            )
            contacts._release()
            used = self.count_queries(
                contacts.write,
                {"date_planned": NOW + timedelta(days=3), "user_id": self.budi.id},
            )
            self.assertEqual(contacts.activity_id.user_id, self.budi)
            return used

        self.assertConstant(queries)

    def test_queries_of_contacts_nobody_answered(self):
        def queries(count):
            contacts = self.env["crm.interaction"].create(
                [
                    {"name": "A word", "partner_id": partner.id, "attempt_count": n % 2}
                    for n, partner in enumerate(self.make_customers(count))
                ]
            )
            used = self.count_queries(contacts.action_no_answer)
            self.assertEqual(set(contacts.mapped("attempt_count")), {1, 2})
            self.assertEqual(set(contacts.mapped("state")), {"scheduled"})
            return used

        self.assertConstant(queries)

    def test_queries_of_interviews(self):
        def queries(count):
            relationships = self.env["crm.relationship"]._ensure(
                self.make_customers(count), self.company
            )
            relationships.lifecycle_stage = "loyal"
            wizard = self.env["crm.defection.declare"].create(
                {
                    "relationship_ids": relationships.ids,
                    "date": TODAY,
                    "plan_interview": True,
                }
            )
            used = self.count_queries(wizard.action_declare)
            interviews = relationships.defection_ids.interaction_id
            self.assertEqual(len(interviews), count)
            return used

        self.assertConstant(queries)

    def test_queries_of_wishes_about_the_staff(self):
        tag = self.env["crm.staff.tag"].create({"name": "Patient"})

        def queries(count):
            return self.count_queries(
                self.env["crm.staff.requirement"].create,
                [
                    {"partner_id": partner.id, "tag_id": tag.id}
                    for partner in self.make_customers(count)
                ],
            )

        self.assertConstant(queries)

    def test_queries_of_customers_given_to_somebody(self):
        def queries(count):
            partners = self.make_customers(count)
            relationships = self.env["crm.relationship"]._ensure(partners, self.company)
            self.env["crm.interaction"].create(
                [
                    {"name": "A word", "relationship_id": relationship.id}
                    for relationship in relationships
                ]
            )
            return self.count_queries(
                partners.write, {"dedicated_user_id": self.budi.id}
            )

        self.assertConstant(queries)

    def test_queries_of_contacts_closed_at_once(self):
        """But for Odoo's own four for each activity done: its note in the chatter."""
        benefit = self.env["crm.benefit"].create({"name": "A card", "cost": 2})
        plan = self.make_plan({"benefit_id": benefit.id})

        def queries(count):
            contacts = self.env["crm.interaction"].create(
                [
                    {
                        "name": "A word",
                        "partner_id": partner.id,
                        "touchpoint_id": self.call.id,
                        "plan_line_id": plan.line_ids.id,
                    }
                    for partner in self.make_customers(count)
                ]
            )
            contacts._release()
            activities = self.env["mail.activity"].browse(contacts.activity_id.ids)
            used = self.count_queries(contacts.action_done)
            self.assertEqual(set(contacts.mapped("cost")), {2.5})
            self.assertFalse(any(activities.mapped("active")))
            return used

        self.assertConstant(queries, growth=4 * 25)

    # -- counted

    def assertLinear(self, count, names):
        """Assert that 4 times the records take about 4 times the comparisons.

        :param count: function that makes so many records and returns them
        """

        def compared(number):
            records = count(number)
            self.env.flush_all()
            self.env.invalidate_all()
            with patch.object(BaseModel, "__eq__", autospec=True) as equal:
                equal.side_effect = is_equal
                for name in names:
                    records.mapped(name)
                return equal.call_count

        is_equal = BaseModel.__eq__
        few, many = compared(10), compared(40)
        self.assertLess(many, 5 * few, f"{few} comparisons for 10, {many} for 40")

    def test_contacts_of_customers_are_counted_in_one_go(self):
        def make(number):
            partners = self.make_customers(number)
            self.env["crm.interaction"].create(
                [{"name": "A word", "partner_id": p.id} for p in partners]
            )
            return partners

        self.assertEqual(make(3).mapped("interaction_count"), [1, 1, 1])
        self.assertLinear(make, ["interaction_count"])

    def test_contacts_of_people_are_those_of_their_firm(self):
        firm = self.make_customer("Firm", is_company=True)
        person = self.make_customer("Person", parent_id=firm.id)
        nobody = self.make_customer("Nobody")
        relationships = self.make_relationship(firm)
        relationships += self.make_relationship(firm, self.other_company)
        for relationship in relationships:
            self.make_interaction(relationship)
        partners = firm + person + nobody
        self.assertEqual(partners.mapped("interaction_count"), [2, 2, 0])

    def test_contacts_of_programs_are_counted_in_one_go(self):
        def make(number):
            programs = self.env["crm.program"].union(
                *(
                    self.make_program(0, 1, trigger="manual", name=f"Program {n}")
                    for n in range(number)
                )
            )
            for program in programs:
                enrollment = program._enroll(self.make_relationship())
                enrollment.interaction_ids[0].action_done()
            return programs

        programs = make(2)
        for name, figures in (
            ("running_count", [1, 1]),
            ("enrollment_count", [1, 1]),
            ("interaction_count", [2, 2]),
            ("interaction_done_count", [1, 1]),
        ):
            self.assertEqual(programs.mapped(name), figures, name)
        self.assertLinear(make, ["enrollment_count", "interaction_count"])
