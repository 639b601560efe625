"""What customers are expected to bring within a year: the forecast, stored."""

from datetime import date

from odoo.exceptions import AccessError
from odoo.modules.module import load_script
from odoo.tests import tagged

from .common import NOW, TODAY
from .test_forecast import MONTH, ForecastCase


@tagged("post_install", "-at_install")
class TestValue(ForecastCase):
    def be_wrong(self):
        """Return a forecast of which 23 % less came, outside its band."""
        return self.Forecast.create(
            {
                "company_id": self.company.id,
                "month": date(2025, 12, 1),
                "date_end": date(2026, 2, 28),
                "is_total": True,
                "expected": 100,
                "low": 90,
                "high": 110,
                "actual": 77,
            }
        )

    def test_value_is_the_forecast_of_a_year(self):
        """Counted from the month's first, at the company's margin."""
        self.know_buying()
        rate = self.company.relationship_margin_rate
        with self.at(NOW.replace(day=1)):
            expected = self.customers._get_expected_revenue(365)
        for relationship in self.customers:
            if max(day for day, _amount in self.bought[relationship]) < MONTH:
                wanted = expected[relationship.id] * rate
                self.assertAlmostEqual(relationship.value_12m, wanted, 2)
                self.assertGreaterEqual(
                    relationship.active_value, relationship.value_12m
                )

    def test_a_night_rewrites_who_has_bought(self):
        self.know_buying()
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
            self.know_buying()
            self.assertNotEqual([r.value_12m for r in others], values[1:])

    def test_value_of_a_silent_customer(self):
        """Less than of somebody who is still a customer for sure."""
        self.know_buying()
        silent = max(
            self.customers,
            key=lambda r: TODAY - max(day for day, _amount in self.bought[r]),
        )
        self.assertLess(silent.value_12m, 0.9 * silent.active_value)

    def test_value_goes_with_the_purchases(self):
        self.know_buying()
        first, second = self.customers[:2]
        first.partner_id.sale_order_ids.write({"state": "cancel"})
        self.run_cron("refresh")
        self.assertIs(first.value_12m, False)
        self.assertIs(first.active_value, False)
        self.assertTrue(second.value_12m)
        self.assertIs(self.make_relationship(self.make_customer()).value_12m, False)

    def test_the_button_brings_values_up_to_date(self):
        self.know_buying()
        self.customers.value_12m = 1
        self.customers.with_user(self.manager).action_refresh()
        self.assertNotIn(1, self.customers.mapped("value_12m"))

    def test_forecast_of_a_day_to_come_is_not_used(self):
        """A clock that was wrong leaves one behind."""
        self.know_buying()
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
        self.know_buying()
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
        self.know_buying()
        first = self.customers[0]
        self.assertFalse(self.Forecast._describe_miss(self.company))
        last = self.be_wrong()
        first.invalidate_recordset()
        miss = (
            "The forecast of December 2025 was outside its band: 23% less came than"
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
        self.assertIn("30% more came", self.Forecast._describe_miss(self.company))
        self.assertFalse(self.Forecast._describe_miss(self.other_company))

    def test_a_miss_is_said_above_reports(self):
        report = self.env["crm.segment.report"].with_user(self.manager)
        self.know_buying()
        self.assertFalse(report.get_notices())
        self.be_wrong()
        [notice] = report.get_notices()
        self.assertIn("23% less came than expected", notice)
        both = self.company + self.other_company
        self.manager.company_ids = both
        [notice] = report.with_context(allowed_company_ids=both.ids).get_notices()
        self.assertTrue(notice.startswith(self.company.name))
        with self.assertRaises(AccessError):
            report.with_user(self.portal).get_notices()
        page = self.env["crm.feasibility"].with_user(self.manager).get_page()
        self.assertIn("23% less came", page["doubt"])

    def test_a_miss_is_said_on_my_day(self):
        self.know_buying()
        first = self.customers[0]
        first.user_id = self.sari
        self.company.relationship_state = "live"
        self.make_open(first)
        self.env.flush_all()
        day = self.env["crm.my.day"].with_user(self.sari)
        [card] = day.get_day()["cards"]
        self.assertAlmostEqual(card["value"], first.value_12m)
        self.assertIs(card["is_value_off"], False)
        self.be_wrong()
        [card] = day.get_day()["cards"]
        self.assertIs(card["is_value_off"], True)

    def test_update_replaces_the_old_figure(self):
        path = "crm_relationship/migrations/19.0.1.6.0/post-values.py"
        self.know_buying()
        values = self.customers.mapped("value_12m")
        theirs = self.make_relationship(self.make_customer(), self.other_company)
        self.customers.value_12m = theirs.value_12m = 1
        self.env.flush_all()
        load_script(path, "post").migrate(self.env.cr, "19.0.1.5.0")
        self.env.invalidate_all()
        self.assertEqual(self.customers.mapped("value_12m"), values)
        self.assertIs(theirs.value_12m, False)
