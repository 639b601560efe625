"""One person in several records: a message once, everybody covered, and merging."""

from odoo import Command
from odoo.tests import tagged

from ..models.ledger.served import Served
from .common import NOW
from .common_gate import GateCase


@tagged("post_install", "-at_install")
class TestSentOnce(GateCase):
    """One person works for three firms; each firm is a customer."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.firms = cls.env["res.partner"].create(
            [{"name": f"Firm {n}", "is_company": True} for n in range(3)]
        )
        cls.people = cls.env["res.partner"].create(
            [
                {
                    "name": "Siti",
                    "parent_id": firm.id,
                    "email": "Siti <siti@example.com>",
                    "phone": "+62 811 1111 1111",
                }
                for firm in cls.firms
            ]
        )
        cls.relationships = cls.env["crm.relationship"].concat(
            *(cls.make_relationship(firm) for firm in cls.firms)
        )
        cls.plan = cls.make_plan(
            {
                "touchpoints": cls.email,
                "mail_template_id": cls.mail_template.id,
                "every": 1,
                "period": "month",
            }
        )

    def contacts_with(self, touchpoint, people=None):
        people = self.people if people is None else people
        contacts = self.env["crm.interaction"]
        for person in people:
            self.relationship = self.make_relationship(person.commercial_partner_id)
            contacts += self.contact(touchpoint, partner_id=person.id)
        return contacts

    def test_the_message_goes_once_to_an_address(self):
        for touchpoint in (self.email, self.sms):
            contacts = self.contacts_with(touchpoint)
            contacts._release()
            first, *others = contacts.sorted("id")
            self.assert_state(first, "done", False)
            for contact in others:
                self.assert_state(contact, "skipped", "already_sent")

    def test_everybody_is_covered(self):
        self.relationships.plan_id = self.plan
        contacts = self.contacts_with(self.email)
        contacts._release()
        states = set(self.relationships.mapped("coverage_state"))
        self.assertEqual(states, {"covered"})

    def test_also_in_another_run_within_a_day(self):
        first, second, third = self.contacts_with(self.email)
        first._release()
        with self.in_days(0.25):
            second._release()
        self.assert_state(second, "skipped", "already_sent")
        # as long as it waits in the queue, a second one would leave with it
        self.env["mail.mail"].search(
            [("crm_interaction_id", "=", first.id)]
        ).state = "sent"
        with self.in_days(1.25):
            third._release()
        self.assert_state(third, "done", False)

    def test_another_message_is_another_message(self):
        first, second = self.contacts_with(self.email, self.people[:2])
        first._release()
        second.plan_line_id.mail_template_id = self.mail_template.copy()
        second._release()
        self.assert_state(second, "done", False)

    def test_several_orders_of_one_contact_are_none_of_this(self):
        contacts = self.contacts_with(self.email, self.people[0] + self.people[0])
        contacts._release()
        self.assertEqual(contacts.mapped("state"), ["done", "done"])

    def test_each_of_several_addresses_must_have_had_it(self):
        self.people[1].email = "siti@example.com, other@example.com"
        self.people[2].email = "OTHER@example.com"
        first, second, third = self.contacts_with(self.email)
        first._release()
        second._release()
        self.assert_state(second, "done", False)
        third._release()
        self.assert_state(third, "skipped", "already_sent")

    def test_another_company_of_ours_speaks_for_itself(self):
        first, second = self.contacts_with(self.email, self.people[:2])
        first._release()
        self.env.cr.execute(
            "UPDATE crm_interaction SET company_id = %s WHERE id = %s",
            [self.other_company.id, first.id],
        )
        first.invalidate_recordset()
        second._release()
        self.assert_state(second, "done", False)

    def test_a_person_is_called_for_each_firm(self):
        contacts = self.contacts_with(self.call)
        contacts._release()
        self.assertEqual(set(contacts.mapped("state")), {"open"})

    def test_it_costs_no_query_for_each_message(self):
        def queries(count):
            people = self.env["res.partner"].create(
                [
                    {"name": f"P{rank}", "email": f"p{count}.{rank // 2}@example.com"}
                    for rank in range(count)
                ]
            )
            contacts = self.contacts_with(self.email, people)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            repeated = Served(contacts, NOW).filter_repeated(
                contacts, self.email, self.mail_template
            )
            self.assertEqual(len(repeated), count // 2)
            return self.env.cr.sql_log_count - before

        queries(2)
        self.assertEqual(queries(40), queries(10))


@tagged("post_install", "-at_install")
class TestOfferedForMerging(GateCase):
    """Who has the same address or number is shown on the contact, to be merged."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.merging = cls.env.ref("base.group_partner_manager")
        cls.manager.group_ids = [Command.link(cls.merging.id)]

    def guests(self, count=2, **values):
        return self.env["res.partner"].create(
            [
                {"name": f"Guest {n}", "email": "CUSTOMER@example.com", **values}
                for n in range(count)
            ]
        )

    def test_guests_are_offered(self):
        guests = self.guests()
        partner = self.partner.with_user(self.manager)
        self.assertEqual(partner.same_address_count, 2)
        action = partner.action_merge_same_address()
        self.assertEqual(action["res_model"], "base.partner.merge.automatic.wizard")
        wizard = (
            self.env[action["res_model"]].with_context(**action["context"]).create({})
        )
        self.assertEqual(wizard.partner_ids, self.partner + guests)

    def test_never_more_than_can_be_merged_at_once(self):
        self.guests(6)
        action = self.partner.action_merge_same_address()
        ids = action["context"]["active_ids"]
        self.assertEqual(len(ids), 3)
        self.assertIn(self.partner.id, ids)

    def test_merging_leaves_one_with_all_refusals(self):
        guest = self.guests(1)
        guest.do_not_contact = True
        action = self.partner.action_merge_same_address()
        wizard = (
            self.env[action["res_model"]].with_context(**action["context"]).create({})
        )
        wizard.action_merge()
        left = (self.partner + guest).exists()
        self.assertEqual((len(left), left.do_not_contact), (1, True))

    def test_colleagues_and_the_own_firm_are_not_offered(self):
        firm = self.make_customer("Firm", is_company=True, phone=self.partner.phone)
        self.partner.parent_id = firm
        self.make_customer("Colleague", parent_id=firm.id, phone=self.partner.phone)
        self.assertEqual(self.partner.same_address_count, 0)
        again = self.make_customer(
            self.partner.name, parent_id=firm.id, phone=self.partner.phone
        )
        self.partner.invalidate_recordset()
        self.assertEqual(self.partner.same_address_count, 1)
        ids = self.partner.action_merge_same_address()["context"]["active_ids"]
        self.assertEqual(set(ids), {self.partner.id, again.id})

    def test_contacts_out_of_sight_are_not_offered(self):
        self.guests(1, company_id=self.other_company.id)
        self.assertEqual(self.partner.with_user(self.manager).same_address_count, 0)

    def test_who_may_not_merge_is_not_offered_it(self):
        self.guests()
        arch = self.env["res.partner"].with_user(self.sari).get_view(view_type="form")
        self.assertNotIn("action_merge_same_address", arch["arch"])
        self.sari.group_ids = [
            Command.link(self.env.ref("base.group_partner_manager").id)
        ]
        arch = self.env["res.partner"].with_user(self.sari).get_view(view_type="form")
        self.assertIn("action_merge_same_address", arch["arch"])
