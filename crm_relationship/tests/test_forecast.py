"""What customers are expected to buy, and what came of it."""

import random
from datetime import date, timedelta
from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import NOW, TODAY, RelationshipCase

MONTH = date(2026, 3, 1)


@tagged("post_install", "-at_install")
class ForecastCase(RelationshipCase):
    """Sixty customers who buy now and then within the last two years."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        draw = random.Random(11)
        cls.customers = cls.env["crm.relationship"]._ensure(
            cls.env["res.partner"].create(
                [{"name": f"Customer {number}"} for number in range(60)]
            ),
            cls.company,
        )
        cls.bought = {relationship: [] for relationship in cls.customers}
        values = []
        for relationship in cls.customers:
            days_ago, pace = draw.randrange(300, 700), draw.choice((20, 60, 150))
            until = draw.choice((0, 0, 250))
            while days_ago > until:
                amount = draw.randrange(10, 60)
                day = TODAY - timedelta(days=days_ago)
                cls.bought[relationship].append((day, amount))
                values.append(
                    {
                        **cls.order_values(relationship.partner_id, amount),
                        "state": "sale",
                        "date_order": NOW - timedelta(days=days_ago),
                    }
                )
                days_ago -= max(1, round(draw.expovariate(1 / pace)))
        cls.env["sale.order"].create(values)
        cls.Forecast = cls.env["crm.forecast"]

    def totals(self, company=None):
        return self.Forecast.search(
            [
                ("company_id", "=", (company or self.company).id),
                ("is_total", "=", True),
            ],
            order="month",
        )


@tagged("post_install", "-at_install")
class TestForecast(ForecastCase):
    def came(self, first, last, customers):
        """Return what customers of before bought from one day to another."""
        return sum(
            amount
            for relationship in customers
            if any(day < first for day, _amount in self.bought[relationship])
            for day, amount in self.bought[relationship]
            if first <= day <= last
        )

    # -- the job

    def test_first_night(self):
        """Two forecasts are made afterwards and scored, the third has its band."""
        self.run_cron("forecast")
        totals = self.totals()
        self.assertEqual(
            totals.mapped("month"), [date(2025, 9, 1), date(2025, 12, 1), MONTH]
        )
        self.assertEqual(totals.mapped("is_reconstructed"), [True, True, False])
        for forecast in totals[:2]:
            came = self.came(forecast.month, forecast.date_end, self.customers)
            self.assertEqual(forecast.actual, came)
            self.assertGreater(forecast.expected, 0)
            self.assertAlmostEqual(
                forecast.error, 100 * (forecast.expected - came) / came, 1
            )
        present = totals[2]
        self.assertIs(present.actual, False)
        self.assertEqual(present.date_end, date(2026, 5, 31))
        self.assertLess(present.low, present.expected)
        self.assertIs(totals[0].low, False)
        self.assertIn("expected until", present.verdict)
        self.assertIn("In September 2025 we expected", totals[0].verdict)

    def test_what_was_expected_stays(self):
        self.run_cron("forecast")
        before = self.totals().mapped("expected")
        self.make_order(self.customers[0].partner_id, days_ago=100, amount=5_000)
        self.run_cron("forecast")
        self.assertEqual(self.totals().mapped("expected"), before)

    def test_scored_when_it_is_over(self):
        self.run_cron("forecast")
        present = self.totals()[-1]
        with self.at(NOW.replace(month=5, day=31)):
            self.run_cron("forecast")
            self.assertIs(present.actual, False)
            self.assertEqual(self.totals()[-1].month, date(2026, 5, 1))
        with self.at(NOW.replace(month=6, day=1)):
            self.make_order(self.customers[0].partner_id, days_ago=10, amount=7)
            self.make_order(self.make_customer(), days_ago=10, amount=9_000)
            self.run_cron("forecast")
        came = self.came(MONTH, date(2026, 5, 31), self.customers) + 7
        self.assertEqual(present.actual, came)
        self.assertIn("outside its band", present.verdict)
        last = self.totals()[-1]
        self.assertTrue(last.verdict.startswith("In March 2026 we expected"))

    def test_by_segment(self):
        """The segments are those of the month's beginning, and add up."""
        gold = self.make_segment("Gold")
        own = self.customers[:20]
        self.env["crm.relationship.snapshot"].create(
            [
                {
                    "relationship_id": relationship.id,
                    "company_id": self.company.id,
                    "date": date(2025, 12, 1),
                    "segment_id": gold.id,
                }
                for relationship in own
            ]
        )
        self.run_cron("forecast")
        rows = self.Forecast.search(
            [("company_id", "=", self.company.id), ("month", "=", date(2025, 12, 1))]
        )
        total = rows.filtered("is_total")
        parts = rows - total
        self.assertEqual(len(parts), 2)
        for field in ("expected", "actual", "customer_count"):
            self.assertAlmostEqual(sum(parts.mapped(field)), total[field], 2)
        came = self.came(date(2025, 12, 1), date(2026, 2, 28), own)
        self.assertEqual(parts.filtered(lambda f: f.segment_id == gold).actual, came)

    def test_nobody_has_ever_bought(self):
        self.run_cron("forecast")
        self.assertFalse(self.totals(self.other_company))

    def test_too_few_is_not_zero(self):
        self.env["sale.order"].search([("company_id", "=", self.company.id)]).filtered(
            lambda order: order.partner_id in self.customers[10:].partner_id
        ).write({"state": "cancel"})
        self.run_cron("forecast")
        self.assertEqual(set(self.totals().mapped("expected")), {False})
        self.assertIn("Not known", self.totals()[-1].verdict)
        self.assertEqual(self.customers._get_expected_revenue(90), {})

    def test_one_company_does_not_hold_up_the_others(self):
        partner = self.make_customer()
        self.make_relationship(partner, self.other_company, user_id=False)
        self.make_order(partner, days_ago=400, company=self.other_company)
        broken = type(self.Forecast)._get_band

        def fail(model, company, month):
            if company == self.other_company:
                raise ValueError("broken")
            return broken(model, company, month)

        self.patch(type(self.Forecast), "_get_band", fail)
        with self.assertLogs("odoo.addons.crm_relationship", "ERROR"):
            self.run_cron("forecast")
        self.assertFalse(self.totals(self.other_company))
        self.assertEqual(len(self.totals()), 3)

    # -- each customer

    def test_expected_revenue(self):
        self.run_cron("forecast")
        expected = self.env["crm.relationship"]._get_expected_revenue(90)
        self.assertEqual(set(expected), set(self.customers.ids))
        self.assertTrue(all(amount > 0 for amount in expected.values()))
        two = self.customers[:2]._get_expected_revenue(90)
        self.assertEqual(two, {id_: expected[id_] for id_ in self.customers[:2].ids})
        longer = self.env["crm.relationship"]._get_expected_revenue(180)
        self.assertTrue(all(longer[id_] > expected[id_] for id_ in expected))
        with self.assertRaises(ValueError):
            self.customers._get_expected_revenue(0)

    def test_the_fit_of_the_month_is_used(self):
        self.run_cron("forecast")
        fit = "odoo.addons.crm_relationship.models.portfolio.forecast.fit_buying"
        with patch(fit, side_effect=AssertionError), self.assertQueryCount(10):
            self.env["crm.relationship"]._get_expected_revenue(90)

    # -- who may

    def test_rights(self):
        self.run_cron("forecast")
        totals = self.totals()
        self.assertTrue(totals.with_user(self.manager).read(["verdict"]))
        for user in (self.sari, self.internal, self.portal, self.stranger):
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                totals.with_user(user).read(["expected"])
        with self.assertRaises(AccessError):
            totals.with_user(self.manager).expected = 1
