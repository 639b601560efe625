"""How good the forecasts were: what each expected, beside what came."""

import random
import re

from dateutil.relativedelta import relativedelta

from odoo.exceptions import AccessError
from odoo.tests import HttpCase, freeze_time, new_test_user, tagged

from .common import NOW, TODAY, RelationshipCase, own_login

MONTHS = 7


def make_forecasts(env, company, segments, today, seed=5):
    """Return forecasts of random amounts, as the job has written and scored them."""
    draw, values = random.Random(seed), []
    for back in range(MONTHS):
        month = today.replace(day=1) - relativedelta(months=back)
        end = month + relativedelta(months=3, days=-1)
        for segment in (None, *segments):
            expected = draw.randrange(500, 1000)
            actual = round(expected * draw.uniform(0.5, 1.4), 2)
            values.append(
                {
                    "company_id": company.id,
                    "month": month,
                    "date_end": end,
                    "is_total": segment is None,
                    "segment_id": segment and segment.id,
                    "customer_count": 10,
                    "expected": expected,
                    "actual": end < today and actual,
                }
            )
            if segment is None and back < MONTHS - 1:
                values[-1] |= {"low": 0.8 * expected, "high": 1.2 * expected}
    return env["crm.forecast"].create(values)


@freeze_time(NOW)
@tagged("post_install", "-at_install")
class TestCalibration(RelationshipCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.segments = cls.make_segment("Gold") | cls.make_segment("Silver")
        no_segment = cls.env["crm.segment"]
        cls.found = make_forecasts(
            cls.env, cls.company, [*cls.segments, no_segment], TODAY
        )
        make_forecasts(cls.env, cls.other_company, [], TODAY, seed=6)
        cls.over = cls.found.filtered(lambda forecast: forecast.date_end < TODAY)

    def page(self, user=None):
        forecasts = self.env["crm.forecast"].with_user(user or self.manager)
        return forecasts.with_context(
            allowed_company_ids=self.company.ids
        ).get_calibration()

    def charts(self):
        return {chart["id"]: chart for chart in self.page()["charts"]}

    def test_each_row_told_a_second_time(self):
        rows = {row["id"]: row for row in self.page()["rows"]}
        keys = {"total", 0, *self.segments.ids}
        self.assertEqual(set(rows), keys)
        for key in keys:
            own = [
                forecast
                for forecast in self.over
                if ("total" if forecast.is_total else forecast.segment_id.id or 0)
                == key
            ]
            expected = sum(forecast.expected for forecast in own)
            actual = sum(forecast.actual for forecast in own)
            row = rows[key]
            with self.subTest(row=row["name"]):
                self.assertEqual(row["count"], len(own))
                self.assertAlmostEqual(row["expected"], expected)
                self.assertAlmostEqual(row["actual"], actual)
                self.assertEqual(
                    row["verdict"].replace("−", "-"),
                    f"{100 * (actual / expected - 1):+.0f}%",
                )
                self.assertEqual(
                    self.env["crm.forecast"].search(row["domain"]).ids,
                    [f.id for f in sorted(own, key=lambda f: f.month, reverse=True)],
                )

    def test_the_picture_of_the_months(self):
        chart = self.charts()["months"]
        totals = self.over.filtered("is_total").sorted("month")
        self.assertEqual(len(chart["labels"]), len(totals))
        expected, actual, low, high = (one["values"] for one in chart["series"])
        self.assertEqual(expected, totals.mapped("expected"))
        self.assertEqual(actual, totals.mapped("actual"))
        self.assertIs(low[0], None)
        self.assertEqual(low[1:], [round(f.low, 2) for f in totals[1:]])
        self.assertEqual(high[1:], [round(f.high, 2) for f in totals[1:]])

    def test_the_picture_of_the_segments(self):
        line, *series = self.charts()["segments"]["series"]
        self.assertTrue(line["isLine"])
        self.assertEqual(
            [one["label"] for one in series], ["Gold", "Silver", "In no segment"]
        )
        points = {(point["x"], point["y"]) for one in series for point in one["values"]}
        parts = self.over.filtered(lambda forecast: not forecast.is_total)
        self.assertEqual(
            points, {(forecast.expected, forecast.actual) for forecast in parts}
        )
        self.assertEqual(line["values"][1]["x"], max(max(point) for point in points))
        self.assertRegex(series[0]["values"][0]["text"], r"^Gold, .*expected.*came")

    def test_how_many_were_within_their_band(self):
        banded = self.over.filtered(
            lambda forecast: forecast.is_total and forecast.high
        )
        within = [f for f in banded if f.low <= f.actual <= f.high]
        self.assertTrue(banded)
        text = " ".join(self.page()["sentences"])
        told = re.search(r"had a band: (\d+). Within it: (\d+)", text).groups()
        self.assertEqual(told, (str(len(banded)), str(len(within))))

    def test_nothing_is_over_yet(self):
        self.over.unlink()
        page = self.page()
        self.assertEqual((page["charts"], page["rows"]), ([], []))
        self.assertIn("Not known yet", page["sentences"][0])

    def test_nothing_was_expected_and_less_than_nothing_came(self):
        self.over.filtered("segment_id").write({"expected": 0, "actual": -3})
        rows = {row["id"]: row for row in self.page()["rows"]}
        for segment in self.segments:
            self.assertEqual(rows[segment.id]["verdict"], "nothing was expected")

    def test_a_segment_that_goes_counts_where_there_is_none(self):
        gone = self.segments[0] | self.make_segment("Bronze")
        third = self.env["res.company"].create({"name": "Third"})
        make_forecasts(self.env, third, [gone[1]], TODAY, seed=8)
        before = {row["id"]: row for row in self.page()["rows"]}
        pending = self.found.filtered(lambda f: f.actual is False and not f.is_total)
        month = max(pending.mapped("month"))
        waiting = pending.filtered(lambda f: f.month == month)
        expected = sum(
            f.expected for f in waiting if f.segment_id in (gone[0], gone.browse())
        )
        removed = gone[0].id
        gone.unlink()
        after = {row["id"]: row for row in self.page()["rows"]}
        self.assertEqual(set(after), set(before) - {removed})
        for name in ("expected", "actual"):
            self.assertAlmostEqual(
                after[0][name], before[0][name] + before[removed][name]
            )
        self.assertEqual(after[0]["count"], before[0]["count"])
        [rest] = self.env["crm.forecast"].search(
            [
                ("company_id", "=", self.company.id),
                ("month", "=", month),
                ("is_total", "=", False),
                ("segment_id", "=", False),
            ]
        )
        self.assertAlmostEqual(rest.expected, expected)
        self.assertIs(rest.actual, False)

    def test_for_those_who_may_read_forecasts(self):
        self.assertTrue(self.page(self.all_documents)["rows"])
        for user in (self.sari, self.internal, self.portal):
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                self.page(user)


@tagged("post_install", "-at_install", "crm_relationship_tour")
class TestCalibrationTour(HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        company = cls.env.company
        cls.env["crm.forecast"].search([]).unlink()
        new_test_user(
            cls.env,
            own_login("tour_manager"),
            "sales_team.group_sale_manager",
            name="Tour Manager",
            tz="UTC",
        )
        segments = cls.env["crm.segment"].create([{"name": "Tour gold"}])
        today = company._relationship_today()
        make_forecasts(cls.env, company, segments, today)

    def test_calibration(self):
        self.start_tour(
            "/odoo/customer-forecast",
            "crm_relationship_calibration",
            login=own_login("tour_manager"),
        )


@tagged("post_install", "-at_install", "crm_relationship_tour")
class TestCalibrationTourPhone(TestCalibrationTour):
    browser_size = "390x844"
    touch_enabled = True
