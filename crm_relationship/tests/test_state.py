"""*State of Our Relationships*: a month on one page."""

from datetime import date

from lxml import html

from odoo.exceptions import AccessError
from odoo.tests import freeze_time, tagged

from .common import NOW, RelationshipCase


@freeze_time(NOW)
@tagged("post_install", "-at_install")
class TestState(RelationshipCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.segment = cls.make_segment("<b>Gold</b>", frequency_min=1)
        # the end of March: twice in February, once in January
        for number, days in enumerate((40, 45, 70)):
            cls.make_order(cls.make_customer(f"Customer {number}"), days, 100)
        cls.env["crm.relationship"]._refresh_portfolio(cls.company)
        cls.report = cls.env["report.crm_relationship.state_of_relationships"]

    def print(self, user=None):
        user = user or self.manager
        content, _kind = (
            self.env["ir.actions.report"]
            .with_user(user)
            ._render_qweb_html("crm_relationship.state_of_relationships", [])
        )
        return content.decode()

    def page(self):
        values = self.report.with_user(self.manager)._get_report_values([])
        return values["pages"][self.company]

    def test_the_month_before(self):
        self.know_buying()
        page = self.page()
        self.assertEqual(page["month"], "February 2026")
        figures = {what: (now, before) for what, now, before in page["figures"]}
        self.assertEqual(figures["Customers who bought"], ("2", "1"))
        self.assertIn("200", figures["Revenue"][0])
        self.assertIn("expected until", page["forecast"])
        [segment] = page["segments"]
        self.assertEqual(segment["count"], "3")

    def test_what_was_done(self):
        customer = self.env["crm.relationship"].search(
            [("company_id", "=", self.company.id)], limit=1
        )
        self.call.write({"unit_cost": 2, "duration": 0})
        done = self.make_open(customer)
        done._close_done({"outcome": "reached"})
        done.date_done = date(2026, 2, 10)
        [channel] = self.page()["channels"]
        self.assertEqual((channel["name"], channel["count"]), (self.call.name, "1"))
        self.assertEqual(channel["reached"], "100%")

    def test_programs_that_are_decided_come_first(self):
        """However many have begun since: those say nothing yet."""
        old, *_new = (
            self.make_program(0, trigger="manual", name=name, holdout_share=20)
            for name in ("Old", "New 1", "New 2", "New 3")
        )
        old.write(
            {"holdout_until": date(2025, 12, 1), "holdout_from": date(2025, 9, 1)}
        )
        verdicts = self.page()["verdicts"]
        self.assertEqual(len(verdicts), 3)
        name, text = verdicts[0]
        self.assertEqual(name, "Old")
        self.assertTrue(text.startswith("Not proven. Nothing to compare"), text)
        self.assertEqual(verdicts[1][1], "Not decided yet.")

    def test_as_it_is_printed(self):
        text = self.print()
        page = html.fromstring(text)
        words = " ".join(page.text_content().split())
        self.assertIn("State of our relationships: February 2026", words)
        self.assertIn("<b>Gold</b>", words, "a name is no code")

    def test_a_company_with_nothing(self):
        self.manager.company_ids += self.other_company
        values = (
            self.report.with_user(self.manager)
            .with_context(allowed_company_ids=self.other_company.ids)
            ._get_report_values([])
        )
        page = values["pages"][self.other_company]
        self.assertFalse(page["forecast"])
        self.assertEqual(page["channels"], [])

    def test_rights(self):
        for user in (self.sari, self.internal, self.portal):
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                self.report.with_user(user)._get_report_values([])
