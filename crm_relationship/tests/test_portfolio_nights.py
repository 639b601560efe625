"""One night after another: what the job writes, and what it leaves alone."""

from datetime import date, datetime

from odoo.tests import tagged

from .common_figures import FiguresCase

NOTHING = {"created": 0, "changed": 0, "moved": 0}
# Two in the morning in Jakarta, on an ordinary day and on the first of a month.
ORDINARY = datetime(2026, 3, 9, 19)
DAY_AFTER = datetime(2026, 3, 10, 19)
LAST_NIGHT = datetime(2026, 3, 30, 19)
FIRST_NIGHT = datetime(2026, 3, 31, 19)


@tagged("post_install", "-at_install")
class TestPortfolioNights(FiguresCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_segment("Lost", sequence=1, lifecycle_stage="lost")
        cls.make_segment("Best", sequence=2, monetary_min=4)
        cls.make_segment("Rest", sequence=3, is_fallback=True)
        cls.partners = cls.env["res.partner"]
        for number in range(40):
            partner = cls.make_customer(f"Customer {number}")
            for day in range(number % 4 + 1):
                cls.make_order(partner, 500 - 97 * day - number, 3.33 * number)
            cls.partners += partner
        cls.env.flush_all()

    def rows(self, table="crm_relationship"):
        """Return {id: row version} of a table."""
        self.env.flush_all()
        self.env.cr.execute(f"SELECT id, xmin::text, ctid::text FROM {table}")
        return {row[0]: row[1:] for row in self.env.cr.fetchall()}

    def night(self, moment):
        """Run the nightly job at that time."""
        with self.at(moment):
            self.run_cron("refresh")
        self.env.invalidate_all()

    def test_one_night_does_everything(self):
        self.night(ORDINARY)
        with self.at(ORDINARY):
            right = self.assertFigures()
            self.assertEqual(self.refresh_all(), NOTHING)
        self.assertEqual(max(right.snapshots), date(2026, 3, 1))
        self.assertTrue(any(row.lifetime_value for row in right.rows.values()))

    def test_second_night_of_the_same_day_writes_nothing(self):
        self.night(ORDINARY)
        tables = (
            "crm_relationship",
            "crm_relationship_snapshot",
            "crm_segment_figure",
            "crm_segment_move",
        )
        before = {table: self.rows(table) for table in tables}
        self.night(ORDINARY)
        for table in tables:
            with self.subTest(table=table):
                self.assertEqual(self.rows(table), before[table])

    def test_a_day_that_passes_writes_nobody_it_does_not_concern(self):
        with self.at(ORDINARY):
            self.refresh_all()
            rows = self.expected().rows
        before = self.rows()
        with self.at(DAY_AFTER):
            result = self.refresh()
            after = self.expected().rows
        concerned = {partner for partner in rows if rows[partner] != after[partner]}
        self.assertLess(len(concerned), 10, "most must not be concerned")
        written = {id_ for id_, row in self.rows().items() if row != before[id_]}
        partners = self.env["crm.relationship"].browse(written).partner_id
        self.assertEqual(set(partners.ids), concerned)
        self.assertEqual(result["changed"], len(concerned))
        self.assertFalse(result["created"])

    def test_month_s_first_night_keeps_how_the_month_ended(self):
        """What is known only on the first day is no part of the month before."""
        self.night(LAST_NIGHT)
        lost = self.env["crm.segment"].search([("name", "=", "Lost")])
        known = self.env["crm.relationship"].search(
            [("partner_id", "in", self.partners.ids)]
        )
        kept, moved = known.filtered(lambda r: r.segment_id != lost)[:2]
        kept.write({"locked_segment_id": lost.id, "lock_reason": "Promised"})
        with self.at(LAST_NIGHT):
            self.refresh()
        ended = {
            r: (r.segment_id, r.lifecycle_stage, r.rfm_recency, r.revenue)
            for r in known
        }
        self.assertEqual(kept.segment_id, lost)
        with self.at(FIRST_NIGHT):
            self.make_order(moved.partner_id, 0, 5000)
        self.night(FIRST_NIGHT)
        self.assertNotEqual(moved.revenue, ended[moved][3])
        for relationship, values in ended.items():
            row = self.snapshots(relationship)[-1]
            self.assertEqual(row.date, date(2026, 4, 1))
            self.assertEqual(
                (row.segment_id, row.lifecycle_stage, row.rfm_recency, row.revenue),
                values,
            )
        before, row = self.snapshots(kept)[-2:]
        self.assertNotEqual(before.segment_id, lost)
        self.assertEqual(row.previous_segment_id, before.segment_id)
        self.assertEqual((row.is_active, row.retained), (1, 1.0))

    def test_ordinary_first_night_equals_a_reconstruction(self):
        self.night(LAST_NIGHT)
        snapshots = self.env["crm.relationship.snapshot"]
        months = set(snapshots.search([]).mapped("date"))
        self.night(FIRST_NIGHT)
        self.assertEqual(
            set(snapshots.search([]).mapped("date")) - months, {date(2026, 4, 1)}
        )
        with self.at(FIRST_NIGHT):
            self.assertFigures()

    def test_months_without_a_night_are_caught_up(self):
        self.night(datetime(2026, 1, 9, 19))
        self.night(FIRST_NIGHT)
        with self.at(FIRST_NIGHT):
            self.assertFigures()

    def test_taking_snapshots_again_takes_none(self):
        with self.at(ORDINARY):
            self.refresh()
            wanted = sum(map(len, self.expected().snapshots.values()))
            self.assertEqual(self.take_snapshots(), wanted)
            self.assertEqual(self.take_snapshots(), 0)

    def test_snapshots_of_one_company_are_its_own(self):
        self.make_order(self.partners[0], 100, 7, company=self.other_company)
        with self.at(ORDINARY):
            self.refresh_all()
            self.refresh_all(self.other_company)
            for company in self.company + self.other_company:
                self.assertFigures(company)
