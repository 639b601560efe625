"""What customers are expected to buy, and what came of it."""

import random
from datetime import date, timedelta
from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.modules.module import load_script
from odoo.tests import tagged

from .common import NOW, TODAY, RelationshipCase

MONTH = date(2026, 3, 1)


@tagged("post_install", "-at_install")
class TestForecast(RelationshipCase):
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

    # -- values

    def test_value_is_the_forecast_of_a_year(self):
        """Counted from the month's first, at the company's margin."""
        self.run_cron("forecast")
        rate = self.company.relationship_margin_rate
        with self.at(NOW.replace(day=1)):
            expected = self.customers._get_expected_revenue(365)
        own = self.bought[self.customers[0]]
        self.assertLess(max(day for day, _amount in own), MONTH)
        for relationship in self.customers:
            if max(day for day, _amount in self.bought[relationship]) < MONTH:
                wanted = expected[relationship.id] * rate
                self.assertAlmostEqual(relationship.value_12m, wanted, 2)
                self.assertGreaterEqual(
                    relationship.active_value, relationship.value_12m
                )

    def test_a_night_rewrites_who_has_bought(self):
        self.run_cron("forecast")
        first, *others = self.customers
        values = self.customers.mapped("value_12m")
        self.assertTrue(all(values))
        with self.in_days(4):
            self.make_order(first.partner_id, days_ago=3, amount=40)
            self.run_cron("refresh")
            written = self.customers.filtered(
                lambda r: r.write_date >= self.env.cr.now()
            )
            self.assertIn(first, written)
            self.assertGreater(first.value_12m, values[0])
            self.assertEqual([r.value_12m for r in others], values[1:])
        with self.at(NOW.replace(month=4, day=2)):
            self.run_cron("refresh")
            self.assertEqual([r.value_12m for r in others], values[1:])
            self.run_cron("forecast")
            self.assertNotEqual([r.value_12m for r in others], values[1:])

    def test_value_of_a_silent_customer(self):
        """Less than of somebody who is still a customer for sure."""
        self.run_cron("forecast")
        silent = max(
            self.customers,
            key=lambda r: TODAY - max(day for day, _amount in self.bought[r]),
        )
        self.assertLess(silent.value_12m, 0.9 * silent.active_value)

    def test_value_goes_with_the_purchases(self):
        self.run_cron("forecast")
        first, second = self.customers[:2]
        first.partner_id.sale_order_ids.write({"state": "cancel"})
        self.run_cron("refresh")
        self.assertIs(first.value_12m, False)
        self.assertIs(first.active_value, False)
        self.assertTrue(second.value_12m)
        self.assertIs(self.make_relationship(self.make_customer()).value_12m, False)

    def test_the_button_brings_values_up_to_date(self):
        self.run_cron("forecast")
        self.customers.value_12m = 1
        self.customers.with_user(self.manager).action_refresh()
        self.assertNotIn(1, self.customers.mapped("value_12m"))

    def test_forecast_of_a_day_to_come_is_not_used(self):
        """A clock that was wrong leaves one behind."""
        self.run_cron("forecast")
        values = self.customers.mapped("value_12m")
        newest = self.totals()[-1]
        newest.copy({"month": date(2028, 3, 1), "parameters": {}})
        self.env["crm.relationship"]._refresh_values(self.company)
        self.assertEqual(self.customers.mapped("value_12m"), values)
        self.assertEqual(self.Forecast._get_newest(self.company), newest)

    def test_margin_of_the_orders_is_the_customers_own(self):
        """At most all of the revenue; without any, that of all customers."""
        if "margin" not in self.env["sale.order"]._fields:
            self.skipTest("needs sale_margin")
        self.run_cron("forecast")
        self.company.relationship_monetary = "margin"
        first, second, third = self.customers[:3]
        self.customers.write({"revenue": 100, "margin": 20})
        first.write({"revenue": 1, "margin": 500})
        second.write({"revenue": 0, "margin": 0})
        self.env.flush_all()
        self.env["crm.relationship"]._refresh_values(self.company)
        with self.at(NOW.replace(day=1)):
            revenue = self.customers._get_expected_revenue(365)
        self.assertAlmostEqual(first.value_12m, revenue[first.id], 2)
        average = (500 + 58 * 20) / (1 + 58 * 100)
        self.assertAlmostEqual(second.value_12m, revenue[second.id] * average, 2)
        self.assertAlmostEqual(third.value_12m, revenue[third.id] * 0.2, 2)

    def test_a_miss_is_said_before_the_value(self):
        self.run_cron("forecast")
        first = self.customers[0]
        self.assertFalse(self.Forecast._describe_miss(self.company))
        last = self.totals()[1]
        last.write({"expected": 100, "low": 90, "high": 110, "actual": 77})
        first.invalidate_recordset()
        miss = (
            "The forecast of December 2025 was outside its band: 23 % less came than"
            " expected."
        )
        self.assertTrue(first.value_note.startswith(miss))
        self.assertIn("by the forecast of March 2026", first.value_note)
        first.user_id = self.sari
        self.env.flush_all()
        seen = first.with_user(self.sari)
        self.assertTrue(seen.value_note.startswith(miss))
        text = seen.overview
        self.assertLess(text.index("outside its band"), text.index("Value, 12 Months"))
        last.actual = 130
        self.assertIn("30 % more came", self.Forecast._describe_miss(self.company))
        self.assertFalse(self.Forecast._describe_miss(self.other_company))

    def test_a_miss_is_said_above_reports(self):
        report = self.env["crm.segment.report"].with_user(self.manager)
        self.run_cron("forecast")
        self.assertFalse(report.get_notices())
        last = self.totals()[1]
        last.write({"expected": 100, "low": 90, "high": 110, "actual": 77})
        [notice] = report.get_notices()
        self.assertIn("23 % less came than expected", notice)
        both = self.company + self.other_company
        self.manager.company_ids = both
        [notice] = report.with_context(allowed_company_ids=both.ids).get_notices()
        self.assertTrue(notice.startswith(self.company.name))
        with self.assertRaises(AccessError):
            report.with_user(self.portal).get_notices()
        page = self.env["crm.feasibility"].with_user(self.manager).get_page()
        self.assertIn("23 % less came", page["doubt"])

    def test_a_miss_is_said_on_my_day(self):
        self.run_cron("forecast")
        first = self.customers[0]
        first.user_id = self.sari
        self.company.relationship_state = "live"
        self.make_open(first)
        self.env.flush_all()
        day = self.env["crm.my.day"].with_user(self.sari)
        [card] = day.get_day()["cards"]
        self.assertAlmostEqual(card["value"], first.value_12m)
        self.assertIs(card["is_value_off"], False)
        last = self.totals()[1]
        last.write({"expected": 100, "low": 90, "high": 110, "actual": 77})
        [card] = day.get_day()["cards"]
        self.assertIs(card["is_value_off"], True)

    def test_update_replaces_the_old_figure(self):
        path = "crm_relationship/migrations/19.0.1.6.0/post-values.py"
        self.run_cron("forecast")
        values = self.customers.mapped("value_12m")
        theirs = self.make_relationship(self.make_customer(), self.other_company)
        self.customers.value_12m = theirs.value_12m = 1
        self.env.flush_all()
        load_script(path, "post").migrate(self.env.cr, "19.0.1.5.0")
        self.env.invalidate_all()
        self.assertEqual(self.customers.mapped("value_12m"), values)
        self.assertIs(theirs.value_12m, False)

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
