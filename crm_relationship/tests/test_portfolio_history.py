"""Monthly snapshots: taken once, on time or later, and what follows from them."""

from datetime import date, datetime
from unittest.mock import patch

from odoo.tests import tagged

from .common import NOW, RelationshipCase


@tagged("post_install", "-at_install")
class TestPortfolioHistory(RelationshipCase):
    """Today is 31 March 2026; the months before are in the documents only."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.buyers = cls.make_segment("Buyers", frequency_min=1)
        cls.others = cls.make_segment("Others", is_fallback=True)

    def snapshots(self, partner=None, **values):
        domain = [("company_id", "=", self.company.id)]
        if partner:
            domain.append(("relationship_id.partner_id", "=", partner.id))
        domain += [(name, "=", value) for name, value in values.items()]
        return self.env["crm.relationship.snapshot"].search(domain, order="date, id")

    def test_past_is_reconstructed(self):
        partner = self.make_customer()
        self.make_order(partner, 80, 100)  # 10 January
        self.make_order(partner, 20, 50)  # 11 March: of this month
        self.refresh()
        self.assertEqual(self.take_snapshots(), 2)
        january, february = self.snapshots(partner)
        self.assertEqual(january.date, date(2026, 2, 1))
        self.assertEqual((january.revenue, january.bought), (100, 1))
        self.assertEqual(january.lifecycle_stage, "first_time")
        self.assertEqual(january.segment_id, self.buyers)
        self.assertFalse(january.previous_segment_id)
        self.assertEqual(
            (january.cohort_date, january.cohort_age), (date(2026, 1, 1), 0)
        )
        self.assertEqual((february.bought, february.cohort_age), (0, 1))
        self.assertEqual(february.previous_segment_id, self.buyers)
        self.assertEqual((february.retained, february.churned), (1, 0))

    def test_taken_once(self):
        self.make_order(self.make_customer(), 80)
        self.refresh()
        self.assertTrue(self.take_snapshots())
        self.assertEqual(self.take_snapshots(), 0)

    def test_reaches_back_two_years(self):
        self.make_order(self.make_customer(), 1500)
        self.refresh()
        self.assertEqual(self.take_snapshots(), 25)
        self.assertEqual(self.snapshots()[0].date, date(2024, 3, 1))

    def test_first_refresh_of_a_month_notes_how_the_last_one_ended(self):
        partner = self.make_customer()
        self.make_order(partner, 3, 40)
        self.refresh()
        kept = self.make_segment("Kept manually")
        partner.relationship_id.write(
            {"locked_segment_id": kept.id, "lock_reason": "A promise"}
        )
        self.refresh()
        with self.at(datetime(2026, 4, 1, 20)):  # 2 April in Jakarta
            self.make_order(partner, 0, 1000)
            self.refresh()
            snapshot = self.snapshots(partner)
            self.assertEqual(snapshot.date, date(2026, 4, 1))
            self.assertEqual((snapshot.revenue, snapshot.segment_id), (40, kept))
            self.refresh()
        self.assertEqual(len(self.snapshots(partner)), 1)

    def test_months_without_a_refresh_are_reconstructed(self):
        partner = self.make_customer()
        self.make_order(partner, 3, 40)
        self.refresh()
        with self.at(datetime(2026, 6, 5, 20)):
            self.refresh()
            self.assertFalse(self.snapshots(partner))
            self.assertEqual(self.take_snapshots(), 3)
        dates = self.snapshots(partner).mapped("date")
        self.assertEqual(dates, [date(2026, 4, 1), date(2026, 5, 1), date(2026, 6, 1)])

    def test_a_month_filled_in_later_is_compared_with_the_next(self):
        partner = self.make_customer()
        self.make_order(partner, 80)
        self.refresh()
        self.take_snapshots()
        self.snapshots(date="2026-02-01").unlink()
        last = self.snapshots(date="2026-03-01")
        last.write({"previous_segment_id": False, "retained": False})
        self.assertEqual(self.take_snapshots(), 1)
        self.assertEqual(last.previous_segment_id, self.buyers)
        self.assertEqual(last.retained, 1)

    def test_wrong_clock_leaves_nothing_behind(self):
        """A night two years ahead, then the right time again."""
        for days in (300, 120, 20):
            self.make_order(self.make_customer(), days, 100)
        self.run_cron("refresh")
        months = self.snapshots().mapped("date")
        relationships = self.env["crm.relationship"].search(
            [("company_id", "=", self.company.id)]
        )
        values = relationships.mapped("lifetime_value")
        self.assertTrue(any(values))
        with self.in_days(730):
            self.run_cron("refresh")
            self.assertGreater(len(self.snapshots()), len(months))
        self.run_cron("refresh")
        self.assertEqual(self.snapshots().mapped("date"), months)
        self.assertEqual(relationships.mapped("lifetime_value"), values)

    def test_one_month_is_not_compared_night_after_night(self):
        self.make_order(self.make_customer(), 40)
        self.refresh()
        self.take_snapshots()
        figures = self.env["crm.segment.figure"]
        self.assertFalse(figures._is_outdated(self.company))
        with self.in_days(31):
            self.take_snapshots()
            self.assertTrue(figures._is_outdated(self.company))
            figures._refresh_figures(self.company)
            self.assertFalse(figures._is_outdated(self.company))

    def test_retention_leaves_new_customers_out(self):
        stays, leaves = (self.make_customer(name) for name in ("Stays", "Leaves"))
        self.make_order(stays, 420)
        self.make_order(leaves, 420)
        self.make_order(stays, 100)
        self.make_order(self.make_customer("New"), 50)
        self.refresh()
        self.take_snapshots()
        lost = self.snapshots(leaves, lifecycle_stage="lost")[0]
        self.assertEqual(lost.date, date(2026, 3, 1))
        rows = self.snapshots(date="2026-03-01").filtered(
            lambda s: s.previous_stage not in (False, "prospect", "lost")
        )
        self.assertEqual(sorted(rows.mapped("retained")), [0, 1])
        [(retention,)] = self.env["crm.relationship.snapshot"]._read_group(
            [("company_id", "=", self.company.id), ("date", "=", "2026-03-01")],
            [],
            ["retained:avg"],
        )
        self.assertAlmostEqual(retention, 1 / 2)

    def test_job_goes_on_where_it_was_stopped(self):
        self.make_order(self.make_customer(), 200)
        Snapshot = type(self.env["crm.relationship.snapshot"])
        reconstruct, months = Snapshot._reconstruct, []

        def twice_only(snapshots, company, month):
            if len(months) == 2:
                raise ValueError("killed")
            months.append(month)
            return reconstruct(snapshots, company, month)

        with (
            patch.object(Snapshot, "_reconstruct", twice_only),
            self.assertLogs("odoo.addons.crm_relationship", "ERROR"),
        ):
            self.run_cron("refresh")
        self.assertEqual(len(self.snapshots()), 2)
        self.run_cron("refresh")
        self.assertEqual(len(self.snapshots()), 6)
        figure = self.env["crm.segment.figure"].search(
            [("company_id", "=", self.company.id), ("segment_id", "=", False)]
        )
        self.assertEqual(figure.date, date(2026, 3, 1))

    def test_merged_customer_brings_the_history_along(self):
        old, kept = self.make_customer("Old"), self.make_customer("Kept")
        self.make_order(old, 80)
        self.make_order(kept, 40)
        self.refresh()
        self.take_snapshots()
        self.assertEqual(len(self.snapshots(old)), 2)
        self.assertEqual(len(self.snapshots(kept)), 1)
        own = self.snapshots(kept)
        old.relationship_id._merge_into(kept.relationship_id)
        found = self.snapshots(kept)
        self.assertEqual(found.mapped("date"), [date(2026, 2, 1), date(2026, 3, 1)])
        self.assertIn(own, found)

    def test_deleted_segment_leaves_the_history(self):
        self.make_order(self.make_customer(), 80)
        self.refresh()
        self.take_snapshots()
        count = len(self.snapshots())
        self.buyers.unlink()
        self.assertEqual(len(self.snapshots()), count)

    def test_the_other_company_has_a_history_of_its_own(self):
        partner = self.make_customer()
        self.make_order(partner, 80, company=self.other_company)
        self.refresh(self.other_company)
        self.assertEqual(self.take_snapshots(), 0)
        self.assertEqual(self.take_snapshots(self.other_company), 2)


@tagged("post_install", "-at_install")
class TestPortfolioReports(RelationshipCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.buyers = cls.make_segment("Buyers", frequency_min=1)
        cls.company.relationship_hourly_cost = 30
        cls.big, cls.small = (cls.make_customer(name) for name in ("Big", "Small"))
        cls.make_order(cls.big, 40, 900)
        cls.make_order(cls.small, 40, 100)
        cls.env["crm.relationship"]._refresh_portfolio(cls.company)
        cls.env["crm.segment.figure"].search(
            [("company_id", "=", cls.company.id), ("segment_id", "=", False)]
        ).rate_used = 0.8
        cls.env["crm.relationship"]._refresh_portfolio(cls.company)

    def report(self, model, **context):
        return self.env[model].search([("company_id", "=", self.company.id)])

    def test_value_of_segments(self):
        row = self.report("crm.segment.report")
        self.assertEqual(row.segment_id, self.buyers)
        self.assertEqual((row.customer_count, row.active_count), (2, 2))
        self.assertEqual((row.revenue, row.revenue_share), (1000, 1))
        # 30 % of 1000 in a first year
        self.assertAlmostEqual(row.yearly_margin, 300)
        self.assertIs(row.value_12m, False)
        self.big.relationship_id.value_12m = 240
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertAlmostEqual(row.value_12m, 240)
        self.assertAlmostEqual(row.lifetime_value, 300 * 0.8 / (1.1 - 0.8))
        kept = 1 - 0.2 * 0.95
        self.assertAlmostEqual(
            row.fewer_lost_value, 300 * (kept / (1.1 - kept) - 0.8 / 0.3), 2
        )
        described = row.fields_get(["fewer_lost_value"], ["string"])
        self.assertEqual(
            described["fewer_lost_value"]["string"], "Gain from 5% Fewer Losses"
        )

    def test_cost_to_serve(self):
        self.call.duration = 10
        relationship = self.big.relationship_id
        contact = self.make_interaction(relationship, touchpoint_id=self.call.id)
        contact._close_done({"outcome": "reached"})
        old = self.make_interaction(relationship, touchpoint_id=self.visit.id)
        old._close_done({"outcome": "reached"})
        old.date_done = NOW.replace(year=2025, month=3, day=1)
        relationship.invalidate_recordset()
        # a call of 0.5 and ten minutes at 30 an hour
        self.assertAlmostEqual(relationship.cost_to_serve, 5.5)
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertAlmostEqual(self.report("crm.segment.report").cost_to_serve, 5.5)
        self.assertFalse(relationship.is_costly)
        everybody = relationship + self.small.relationship_id
        everybody.value_12m = 6
        self.assertFalse(relationship.is_costly)
        relationship.value_12m = 5
        among = [("id", "in", everybody.ids)]
        self.assertEqual(
            everybody.search([("is_costly", "=", True), *among]), relationship
        )
        self.assertEqual(
            everybody.search([("is_costly", "=", False), *among]),
            self.small.relationship_id,
        )

    def test_revenue_concentration(self):
        first, second = self.report("crm.revenue.concentration")
        self.assertEqual((first.tenth, first.customer_count), (1, 1))
        self.assertAlmostEqual(first.revenue_share, 0.9)
        self.assertEqual((second.tenth, second.customer_count), (6, 1))
        self.assertAlmostEqual(second.cumulated_share, 1)

    def test_no_revenue_at_all(self):
        self.env["crm.relationship"].search([]).write({"revenue": 0})
        self.env.flush_all()
        self.assertFalse(self.report("crm.segment.report").revenue_share)
        self.assertFalse(self.report("crm.revenue.concentration").revenue_share)

    def test_rows_lead_to_the_customers(self):
        action = self.report("crm.segment.report").action_view_customers()
        found = self.env["crm.relationship"].search(action["domain"])
        self.assertEqual(found.partner_id, self.big + self.small)

    def test_reports_are_of_the_companies_of_the_user(self):
        for model in ("crm.segment.report", "crm.revenue.concentration"):
            with self.subTest(model=model):
                report = self.env[model].with_context(
                    allowed_company_ids=self.stranger.company_ids.ids
                )
                found = report.with_user(self.stranger).search([])
                self.assertNotIn(self.company, found.sudo().company_id)

    def test_sums_of_all_customers_are_not_for_everybody(self):
        for model in ("crm.segment.report", "crm.revenue.concentration"):
            with self.subTest(model=model):
                self.assertFalse(
                    self.env[model].with_user(self.sari).has_access("read")
                )
                self.assertTrue(
                    self.env[model].with_user(self.all_documents).has_access("read")
                )

    def test_snapshots_of_own_customers_only(self):
        self.take_snapshots()
        self.big.relationship_id.user_id = self.sari
        self.small.relationship_id.user_id = self.budi
        snapshots = self.env["crm.relationship.snapshot"]
        found = snapshots.with_user(self.sari).search([])
        self.assertEqual(found.sudo().relationship_id.partner_id, self.big)
        self.assertFalse(snapshots.with_user(self.manager).has_access("write"))
        stranger = snapshots.with_user(self.stranger).with_context(
            allowed_company_ids=self.stranger.company_ids.ids
        )
        self.assertNotIn(self.company, stranger.search([]).sudo().company_id)
