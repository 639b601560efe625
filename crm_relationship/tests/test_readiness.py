"""Where do we start? Eight elements, checked against the data of the company."""

import random
import re

from odoo.exceptions import AccessError
from odoo.tests import freeze_time, new_test_user, tagged

from ..report.crm_readiness import ELEMENTS
from .common import NOW, RelationshipCase, own_login


@freeze_time(NOW)
@tagged("post_install", "-at_install")
class TestReadiness(RelationshipCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.own = cls.env["res.company"].create({"name": "A Young Company"})
        cls.admin = new_test_user(
            cls.env,
            own_login("start"),
            groups="sales_team.group_sale_manager",
            company_id=cls.own.id,
            company_ids=[(6, 0, cls.own.ids)],
        )

    def row(self, element):
        self.env.flush_all()
        self.env.invalidate_all()
        return self.rows().search([("element", "=", element)])

    def tell(self, row):
        return "\n".join(finding["text"] for finding in row.findings)

    def rows(self):
        own = {"allowed_company_ids": self.own.ids}
        return self.env["crm.readiness"].with_user(self.admin).with_context(**own)

    def customers(self, count, **values):
        partners = self.env["res.partner"].create(
            [{"name": f"Customer {number}", **values} for number in range(count)]
        )
        return self.env["crm.relationship"]._ensure(partners, self.own)

    def test_eight_elements_of_the_own_company(self):
        rows = self.rows().search([])
        self.assertEqual(rows.mapped("element"), [name for name, _label in ELEMENTS])
        self.assertEqual(rows.company_id, self.own)
        self.assertNotIn(False, rows.mapped("grade"))

    def test_without_customers_nothing_is_known_of_them(self):
        row = self.row("database")
        self.assertEqual(row.grade, "unknown")
        self.assertFalse(row.next_step)
        self.assertEqual(row.action_next()["res_model"], "crm.relationship")

    def test_the_list_behind_the_figure(self):
        with_phone = self.customers(3, phone="+62 812 3456 7890")
        without = self.customers(1)
        row = self.row("database")
        self.assertEqual(row.grade, "partly")
        self.assertIn("75%", self.tell(row))
        self.assertEqual(row.next_step, "Add phone numbers")
        domain = row.action_next()["domain"]
        shown = self.env["crm.relationship"].search(domain)
        self.assertEqual(shown, without)
        self.assertNotIn(with_phone[0], shown)

    def test_shares_told_a_second_time(self):
        """Random addresses, and each share counted customer by customer."""
        draw = random.Random(9)
        phones = (False, "+62 812 3456 7890", "call me")
        people = []
        for number in range(60):
            email = draw.choice((False, f"one{number}@example.com", "two@example.com"))
            people.append(
                {
                    "name": f"Customer {number}",
                    "phone": draw.choice(phones),
                    "email": email,
                    "birthdate": draw.choice((False, "1990-01-01")),
                    "is_company": draw.random() < 0.3,
                }
            )
        partners = self.env["res.partner"].create(people)
        self.env["crm.relationship"]._ensure(partners, self.own)
        with_phone = [p for p in people if p["phone"]]
        with_email = [p for p in people if p["email"]]
        natural = [p for p in people if not p["is_company"]]
        expected = [
            (str(100 * len(found) // len(among)), f"{len(found)} of {len(among)}")
            for found, among in (
                (with_phone, people),
                (with_email, people),
                ([p for p in with_phone if p["phone"] == phones[1]], with_phone),
                ([p for p in natural if p["birthdate"]], natural),
                (
                    [p for p in with_email if p["email"] != "two@example.com"],
                    with_email,
                ),
            )
        ]
        told = self.row("database").findings
        self.assertEqual(
            [
                (one["text"].split("%")[0], re.search(r"\d+ of \d+", one["how"])[0])
                for one in told
            ],
            expected,
        )

    def test_not_enough_is_not_rounded_up(self):
        """18 of 19 are not 95 %."""
        row = self.row("database")
        self.customers(18, phone="+62 812 3456 7890")
        self.customers(1, phone="call me")
        row.invalidate_recordset()
        self.assertIn("94% of the phone numbers", self.tell(row))

    def test_each_finding_says_how_it_is_counted(self):
        self.customers(2)
        for name, _label in ELEMENTS:
            for check in self.row(name)._get_checks():
                with self.subTest(element=name, check=check.text):
                    self.assertTrue(check.how)

    def test_partly_and_in_place(self):
        good = {
            "phone": "+62 812 3456 7890",
            "birthdate": "1990-01-01",
        }
        self.customers(5, **good)
        self.assertEqual(self.row("database").grade, "partly")
        for number, partner in enumerate(
            self.env["crm.relationship"]
            .search([("company_id", "=", self.own.id)])
            .partner_id
        ):
            partner.email = f"customer{number}@example.com"
        row = self.row("database")
        self.assertEqual(row.grade, "ready", row.findings)
        self.assertFalse(row.next_step)

    def test_duplicates(self):
        customers = self.customers(4, phone="+62 812 3456 7890", birthdate="1990-01-01")
        for customer in customers:
            customer.partner_id.email = "one@example.com"
        row = self.row("database")
        self.assertEqual(row.next_step, "Merge duplicates")
        shown = self.env["crm.relationship"].search(row.action_next()["domain"])
        self.assertEqual(shown, customers)

    def test_a_job_that_does_not_run(self):
        self.env["ir.cron"].search([]).nextcall = NOW
        before = self.tell(self.row("system"))
        self.env.ref("crm_relationship.ir_cron_release").active = False
        self.assertIn("do not run: 0", before)
        self.assertIn("do not run: 1", self.tell(self.row("system")))

    def test_each_next_step_opens(self):
        self.customers(2)
        for name, _label in ELEMENTS:
            with self.subTest(element=name):
                row = self.row(name)
                action = row.action_next()
                self.assertIn(
                    action["type"], ("ir.actions.act_window", "ir.actions.client")
                )
                if domain := action.get("domain"):
                    row.env[action["res_model"]].search(domain)

    def test_each_finding_opens_what_it_counts(self):
        """Also what is second: it need not wait until the first is put right."""
        self.customers(3, phone="+62 812 3456 7890", email="one@example.com")
        self.customers(1)
        row = self.row("database")
        for place, finding in enumerate(row.findings):
            with self.subTest(finding=finding["text"]):
                found, among = map(int, re.findall(r"\d+", finding["how"])[:2])
                domain = row.action_view_finding(place)["domain"]
                shown = row.env["crm.relationship"].search_count(domain)
                self.assertEqual(shown, among - found)

    def test_a_finding_that_there_is_not(self):
        row = self.row("database")
        for place in (-1, 99, "0", None, [1], True):
            with self.subTest(place=place):
                action = row.action_view_finding(place)
                self.assertEqual(action["res_model"], "crm.relationship")

    def test_for_those_who_configure(self):
        self.customers(1)
        row = self.row("people")
        with self.assertRaises(AccessError):
            row.with_user(self.sari).read(["grade"])
        with self.assertRaises(AccessError):
            row.with_user(self.sari).action_next()
        with self.assertRaises(AccessError):
            row.with_user(self.sari).action_view_finding(0)
        elsewhere = {"allowed_company_ids": self.company.ids}
        with self.assertRaises(AccessError):
            row.with_user(self.manager).with_context(**elsewhere).action_next()
