"""What is not known yet is empty, and said to be so; it is not zero."""

from datetime import date

from lxml import html

from odoo.tests import freeze_time, tagged

from .common import NOW, RelationshipCase


@freeze_time(NOW)
@tagged("post_install", "-at_install")
class TestUnknown(RelationshipCase):
    """A company that has sold for three weeks: nobody knows who stays."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.segment = cls.make_segment("Everyone")
        cls.buyers = cls.env["res.partner"].union(
            *(cls.make_customer(f"Buyer {number}") for number in range(3))
        )
        for days, buyer in enumerate(cls.buyers, 5):
            cls.make_order(buyer, days_ago=days, amount=100)
        cls.refresh(cls)
        cls.customers = cls.buyers.relationship_id
        cls.customer = cls.customers[:1]

    def report(self):
        self.env.flush_all()
        return self.env["crm.segment.report"].search(
            [("company_id", "=", self.company.id)]
        )

    def know(self):
        """Let the company know who stays, by snapshots of two months, and who buys."""
        snapshots = self.env["crm.relationship.snapshot"]
        for month in (date(2026, 2, 1), date(2026, 3, 1)):
            snapshots._copy_relationships(self.company, month)
        self.env["crm.segment.figure"]._refresh_figures(self.company)
        self.refresh()
        self.know_buying(self.company)

    # -- the customer

    def test_value_and_interval_of_a_customer(self):
        for name in ("value_12m", "lifetime_value", "purchase_interval"):
            with self.subTest(name):
                self.assertIs(self.customer[name], False)
                [read] = self.customer.with_user(self.manager).read([name])
                self.assertIs(read[name], False)
                self.assertEqual(self.customer.export_data([name])["datas"], [[""]])
        self.assertGreater(self.customer.revenue, 0)

    def test_averages_and_sums_leave_out_what_is_unknown(self):
        self.know()
        self.assertGreater(self.customer.value_12m, 0)
        newcomer = self.make_relationship(self.make_customer("New"))
        self.assertIs(newcomer.value_12m, False)
        everybody = [("company_id", "=", self.company.id)]
        [(count, average)] = self.customers._read_group(
            everybody, [], ["__count", "value_12m:avg"]
        )
        self.assertEqual(count, 4)
        self.assertAlmostEqual(average, sum(self.customers.mapped("value_12m")) / 3)
        unknown = self.customers.search([*everybody, ("value_12m", "=", False)])
        self.assertEqual(unknown, newcomer)
        self.assertFalse(
            self.customers.search([*everybody, ("value_12m", "<", 5)]) & newcomer
        )

    def test_unknown_value_is_neither_costly_nor_worthwhile(self):
        self.call.unit_cost = 1000
        self.make_open(self.customer).action_done()
        self.customer.lifecycle_stage = "lost"
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertGreater(self.customer.cost_to_serve, 0)
        self.assertFalse(self.customer.is_costly)
        self.assertIs(self.customer.winback_value, False)
        self.assertFalse(self.customer.is_worth_winning_back)
        for name in ("is_costly", "is_worth_winning_back"):
            self.assertNotIn(self.customer, self.customers.search([(name, "=", True)]))

    def test_value_that_is_zero_stays_zero(self):
        self.know()
        self.company.relationship_margin_rate = 0
        self.refresh()
        self.env["crm.relationship"]._refresh_values(self.company)
        self.customer.invalidate_recordset()
        self.assertEqual(self.customer.value_12m, 0)
        self.assertIsNot(self.customer.value_12m, False)

    def test_page_says_so_and_from_when(self):
        text = html.fromstring(self.customer.overview).text_content()
        self.assertIn("Value, 12 Months: Not known yet", " ".join(text.split()))
        self.assertIn("not known before May 1, 2026", self.customer.value_note)
        self.assertIn("as soon as 30 customers", self.customer.value_note)

    def test_known_from(self):
        figures = self.env["crm.segment.figure"]
        self.assertEqual(figures._get_known_from(self.company), date(2026, 5, 1))
        self.assertFalse(figures._get_known_from(self.other_company))
        self.assertIn(
            "begin with the first purchase",
            figures._describe_unknown(self.other_company),
        )
        self.take(date(2026, 3, 1))
        self.assertEqual(figures._get_known_from(self.company), date(2026, 4, 1))

    def take(self, month):
        self.env["crm.relationship.snapshot"]._copy_relationships(self.company, month)

    # -- segments and months

    def test_report_of_a_young_company(self):
        row = self.report()
        for name in ("rate_used", "value_12m", "lifetime_value", "fewer_lost_value"):
            with self.subTest(name):
                self.assertIs(row[name], False)
                self.assertEqual(row.export_data([name])["datas"], [[""]])
        self.assertEqual(row.basis, "Known from May 1, 2026")

    def test_report_says_what_it_is_based_on(self):
        self.know()
        row = self.report()
        self.assertEqual(row.rate_used, 1)
        self.assertEqual(row.basis, "Very few customers: 3")

    def test_report_of_those_who_have_not_bought(self):
        """Nobody of the segment has bought: no share of them has stayed, not even 0."""
        self.know()
        other = self.make_segment("Not yet")
        newcomer = self.make_relationship(self.make_customer("New"))
        newcomer.write({"segment_id": other.id, "lifecycle_stage": "prospect"})
        row = self.report().filtered(lambda row: row.segment_id == other)
        for name in ("rate_used", "value_12m", "lifetime_value", "fewer_lost_value"):
            with self.subTest(name):
                self.assertIs(row[name], False)
        self.assertEqual(row.basis, "Nobody has bought yet")
        self.customers.lifecycle_stage = "lost"
        self.env.flush_all()
        self.env.invalidate_all()
        row = self.report().filtered(lambda row: row.segment_id == self.segment)
        self.assertEqual(row.rate_used, 0)
        self.assertIn("Too few lost ones", row.basis)

    def test_first_month_has_no_retention(self):
        self.take(date(2026, 3, 1))
        snapshots = self.env["crm.relationship.snapshot"].search(
            [("relationship_id", "in", self.customers.ids)]
        )
        self.assertIs(snapshots[:1].retained, False)
        [(average,)] = snapshots._read_group(
            [("id", "in", snapshots.ids)], [], ["retained:avg"]
        )
        self.assertFalse(average)
        self.assertEqual(snapshots[:1].export_data(["churned"])["datas"], [[""]])

    def test_customer_says_on_how_few_it_is_based(self):
        self.know()
        self.customer.invalidate_recordset()
        self.assertIn("few customers of a year ago (3)", self.customer.value_note)

    def test_lost_customers_of_whom_too_few_are_known(self):
        self.know()
        self.customer.lifecycle_stage = "lost"
        self.assertIn("No lifetime value is expected", self.customer.value_note)
