"""What must not trip up a portfolio: few customers, odd amounts, odd settings."""

from datetime import timedelta

from odoo import Command
from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .common import NOW, TODAY
from .common_figures import FiguresCase


@tagged("post_install", "-at_install")
class TestPortfolioInput(FiguresCase):
    def buy(self, *rows):
        """Return a new customer for each [(days ago, amount), …]."""
        partners = self.env["res.partner"]
        for row in rows:
            partner = self.make_customer(f"Customer {len(partners)}")
            for days_ago, amount in row:
                self.make_order(partner, days_ago, amount)
            partners += partner
        return partners

    def codes(self, partners):
        return [self.relationship(partner).rfm_code for partner in partners]

    # -- few customers, and customers alike

    def test_no_customers_at_all(self):
        self.assertEqual(self.refresh_all(), {"created": 0, "changed": 0, "moved": 0})
        self.assertFalse(
            self.env["crm.relationship.snapshot"].search(
                [("company_id", "=", self.company.id)]
            )
        )
        self.assertFigures()

    def test_prospects_only(self):
        self.make_quotation(self.make_customer())
        self.refresh_all()
        self.assertFigures()

    def test_one_customer(self):
        [partner] = self.buy([(400, 10), (200, 20), (3, 12.5)])
        self.refresh_all()
        self.assertEqual(self.codes(partner), ["111"])
        self.assertEqual(len(self.snapshots(self.relationship(partner))), 13)
        right = self.assertFigures()
        self.assertGreater(right.rows[partner.id].lifetime_value, 0)

    def test_all_customers_alike(self):
        partners = self.buy(*[[(500, 10), (90, 10), (5, 10)]] * 35)
        self.make_segment("All")
        self.refresh_all()
        self.assertEqual(set(self.codes(partners)), {"111"})
        self.assertFigures()

    # -- amounts

    def test_zero_and_negative_amounts(self):
        partners = self.buy([(3, 0)], [(3, -5)], [(3, 10)], [(3, 5), (4, -5)])
        self.refresh_all()
        self.assertEqual(self.codes(partners), ["112", "111", "114", "142"])
        found = self.relationship(partners[1])
        self.assertEqual((found.revenue, found.order_count), (-5, 1))
        self.assertFigures()

    def test_half_cents(self):
        """Different ways of rounding must not differ by a cent."""
        self.buy(
            *([(700, 1), (650, amount)] for amount in (0.05, 0.15, 0.25, 33.35, 1.1))
        )
        self.buy(
            *([(700, 1), (3, amount)] for amount in (0.05, 0.15, 0.25, 33.35, -1.15))
        )
        self.make_segment("All")
        self.refresh_all()
        self.assertFigures()

    def test_rate_of_zero_counts_as_one(self):
        [partner] = self.buy([(3, 10)])
        order = self.env["sale.order"].search([("partner_id", "=", partner.id)])
        order.currency_rate = 0
        self.refresh_all()
        self.assertEqual(self.relationship(partner).revenue, 10)
        self.assertFigures()

    # -- dates

    def test_orders_of_the_future_do_not_exist_yet(self):
        partners = self.buy([(-2, 10)], [(-1, 10), (40, 5)], [(4, 7)])
        self.make_relationship(partners[0])
        self.refresh_all()
        found = self.relationship(partners[0])
        self.assertEqual((found.lifecycle_stage, found.rfm_code), ("prospect", "000"))
        self.assertEqual(self.relationship(partners[1]).order_count, 1)
        self.assertFigures()
        with self.in_days(2):
            self.refresh()
            self.assertEqual(found.lifecycle_stage, "first_time")

    def test_last_minute_of_the_day(self):
        """The company's day ends at 17:00 UTC."""
        today, tomorrow = (self.make_customer() for _n in range(2))
        self.make_order(today, date_order=NOW.replace(hour=16, minute=59))
        self.make_order(tomorrow, date_order=NOW.replace(hour=17, minute=0))
        self.refresh_all()
        self.assertEqual(self.relationship(today).last_order_date, TODAY)
        self.assertFalse(self.relationship(tomorrow).last_order_date)
        self.assertFigures()

    # -- settings

    def test_window_of_one_month(self):
        self.company.relationship_window_months = 1
        partners = self.buy(
            [(31, 5)], [(32, 6)], [(700, 100), (300, 40), (3, 7)], [(400, 8), (200, 8)]
        )
        self.refresh_all()
        # a month before the 31st of March is the 28th of February, 31 days ago
        self.assertEqual(self.codes(partners), ["111", "000", "313", "000"])
        self.assertFigures()

    def test_three_and_ten_classes(self):
        self.make_segment("Top", monetary_min=4, sequence=1)
        self.make_segment(
            "Fresh", recency_min=9, recency_max=10, score_bins=10, sequence=2
        )
        self.make_segment("Rest", is_fallback=True)
        partners = self.buy(*[[(n, 10 * n)] for n in range(1, 12)])
        for bins, top in ((3, 5), (10, 5), (5, 5)):
            with self.subTest(bins=bins):
                self.company.relationship_bins = bins
                self.env["crm.relationship.snapshot"].search([]).unlink()
                self.refresh_all()
                right = self.assertFigures()
                self.assertEqual(max(r.rfm_recency for r in right.rows.values()), bins)
                segments = partners.mapped("segment_id.name")
                self.assertEqual(len(segments), 3)
                self.assertGreaterEqual(
                    sum(p.segment_id.name == "Top" for p in partners), top - 2
                )
        self.company.relationship_bins = 10
        self.refresh()
        self.assertEqual(self.codes(partners)[0], "10-1-1")

    def test_margin_needs_an_app(self):
        if "margin" in self.env["sale.order"]._fields:
            self.skipTest("The app is installed")
        with self.assertRaisesRegex(
            ValidationError, "Margins in Sales Orders.*revenue"
        ):
            self.company.relationship_monetary = "margin"

    def test_margin_of_the_orders(self):
        if "margin" not in self.env["sale.order"]._fields:
            self.skipTest("“Margins in Sales Orders” is not installed")
        self.company.relationship_monetary = "margin"
        self.product.standard_price = 6
        self.buy([(3, 10)], [(3, 5), (9, 5)], [(4, 100)], [(800, 5), (50, 30)])
        self.refresh_all()
        right = self.assertFigures()
        self.assertIn(-2, [row.margin for row in right.rows.values()])
        with self.assertRaisesRegex(ValidationError, "sales orders only"):
            self.company.relationship_source = "invoice"

    # -- what is left out

    def test_tags_teams_and_products_left_out(self):
        tag = self.env["crm.tag"].create({"name": "Employee purchase"})
        team = self.env["crm.team"].create({"name": "Outlet", "company_id": False})
        deposit = self.make_product("Deposit")
        kept, tagged_, outlet, both = partners = self.buy(*[[(3, 10)]] * 4)

        def order_of(partner):
            return self.env["sale.order"].search([("partner_id", "=", partner.id)])

        order_of(tagged_).tag_ids = tag
        order_of(outlet).team_id = team
        order_of(both).order_line = [
            self.line_of(deposit, 4),
            Command.create({"display_type": "line_note", "name": "Thanks"}),
        ]
        only = self.make_customer("Only deposits")
        section = Command.create({"display_type": "line_section", "name": "Deposits"})
        self.make_order(only, 3, order_line=[section, self.line_of(deposit, 4)])
        partners += only
        for partner in partners:
            self.make_relationship(partner)
        self.refresh_all()
        self.assertEqual(self.relationship(both).revenue, 14)
        self.company.write(
            {
                "relationship_excluded_tag_ids": [Command.set(tag.ids)],
                "relationship_excluded_team_ids": [Command.set(team.ids)],
                "relationship_excluded_product_ids": [Command.set(deposit.ids)],
            }
        )
        self.refresh_all()
        self.assertEqual(
            {
                partner.name: self.relationship(partner).revenue
                for partner in partners
                if self.relationship(partner).order_count
            },
            {kept.name: 10, both.name: 10},
        )
        self.assertFigures()

    # -- segments

    def test_segments_that_overlap_and_leave_customers_out(self):
        first = self.make_segment("First", sequence=1, monetary_min=3)
        second = self.make_segment("Second", sequence=2, monetary_min=2)
        partners = self.buy(*[[(3, 10 * n)] for n in range(5)])
        self.refresh_all()
        self.assertEqual(
            [self.relationship(p).segment_id for p in partners],
            [self.env["crm.segment"], second, first, first, first],
        )
        self.assertFigures()

    def test_rhythm_where_no_segment_fits(self):
        """Customers without a segment follow the rhythm of the company."""
        self.make_segment("Some", partner_domain="[('name', '=', 'Customer 0')]")
        self.buy(
            [(90, 10), (60, 10), (30, 10)],
            [(3, 10), (2, 10), (1, 10)],
            [(40, 10)],
            [(50, 10)],
        )
        self.refresh_all()
        right = self.assertFigures()
        # the company's is 15.5 days, three times that 46.5
        stages = sorted(row.lifecycle_stage for row in right.rows.values())
        self.assertEqual(stages, ["at_risk", "first_time", "repeater", "repeater"])

    def test_fallback_takes_who_is_left(self):
        shared = self.make_segment("Others", sequence=1, is_fallback=True)
        self.make_segment("Big", sequence=5, monetary_min=3)
        partners = self.buy([(3, 10)], [(3, 20)])
        self.refresh_all()
        self.assertEqual(
            [self.relationship(p).segment_id.name for p in partners], ["Others", "Big"]
        )
        own = self.make_segment(
            "Own others",
            sequence=9,
            is_fallback=True,
            company_id=self.company.id,
            lifecycle_stage="lost",
        )
        theirs = self.make_segment(
            "Theirs", is_fallback=True, company_id=self.other_company.id
        )
        self.refresh_all()
        self.assertEqual(self.relationship(partners[0]).segment_id, own)
        self.assertFalse(any((shared + theirs).mapped("relationship_count")))
        self.assertFigures()

    def test_lock_holds_until_its_last_day(self):
        kept = self.make_segment("Kept", sequence=9)
        self.make_segment("Rest", sequence=1)
        partners = self.buy([(3, 10)], [(3, 10)], [(3, 10)])
        self.refresh_all()
        for partner, until in zip(
            partners, (False, TODAY, TODAY - timedelta(days=1)), strict=True
        ):
            self.relationship(partner).write(
                {
                    "locked_segment_id": kept.id,
                    "lock_reason": "Promised",
                    "lock_until": until,
                }
            )
        self.refresh_all()
        self.assertEqual(
            [partner.segment_id.name for partner in partners], ["Kept", "Kept", "Rest"]
        )
        self.assertFigures()
        with self.in_days(1):
            self.refresh()
            self.env.invalidate_all()
            self.assertEqual(
                [partner.segment_id.name for partner in partners],
                ["Kept", "Rest", "Rest"],
            )

    def test_archived_contacts_are_not_ranked(self):
        partners = self.buy([(30, 10)], [(20, 20)], [(10, 30)])
        self.refresh_all()
        partners[0].active = False
        self.refresh()
        self.assertEqual(self.codes(partners[1:]), ["111", "313"])
