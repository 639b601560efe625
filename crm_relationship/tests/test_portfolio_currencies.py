"""Two companies in two time zones, orders in three currencies, all figures twice."""

import random
from datetime import datetime, timedelta

from odoo import Command
from odoo.tests import freeze_time, tagged

from .common_figures import FiguresCase

# The first of April in Jakarta; the 31st of March, and three hours later, in New York.
NOW = datetime(2026, 3, 31, 20)
CUSTOMERS = 90
ORDERS = 420
DAYS = 1000
AMOUNTS = ("0", "-12.35", "0.01", "9.99", "10.00", "149.95", "1234.56", "99999.99")
RATES = (0.0, 0.5, 1.0, 1.25, 3.0, 7.7, 15873.0)
"""Currency per unit of the company's; Odoo reads 0 as 1."""


@freeze_time(NOW)
@tagged("post_install", "-at_install")
class TestPortfolioCurrencies(FiguresCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.cr._now = NOW
        cls.random = random.Random("two companies, three currencies")
        cls.pricelists = cls._make_pricelists()
        cls._settle_companies()
        cls._make_segments()
        cls.partners = cls._make_partners()
        cls.deposit = cls.make_product("Deposit")
        for company in cls.company + cls.other_company:
            cls._make_orders(company)
        cls.env.flush_all()

    @classmethod
    def _make_pricelists(cls):
        currencies = cls.env["res.currency"].create(
            [
                {"name": name, "symbol": name, "rounding": rounding}
                for name, rounding in (("XTA", 0.01), ("XTB", 1), ("XTC", 0.001))
            ]
        )
        return cls.env["product.pricelist"].create(
            [
                {"name": currency.name, "currency_id": currency.id, "company_id": False}
                for currency in currencies
            ]
        )

    @classmethod
    def _settle_companies(cls):
        """Give each company its own currency, time zone, classes and periods."""
        first, second, _third = cls.pricelists.currency_id
        cls.company.write({"currency_id": first.id})
        cls.other_company.write(
            {
                "currency_id": second.id,
                "relationship_bins": 10,
                "relationship_at_risk_factor": 1.5,
                "relationship_at_risk_days": 60,
                "relationship_lost_days": 200,
                "relationship_loyal_orders": 3,
                "relationship_window_months": 14,
                "relationship_margin_rate": 0.1735,
                "relationship_discount_rate": 0.085,
            }
        )
        cls.other_company.partner_id.tz = "America/New_York"

    @classmethod
    def _make_segments(cls):
        bandung = "[('city', '=', 'Bandung')]"
        for sequence, values in enumerate(
            (
                {"name": "Gone", "lifecycle_stage": "lost"},
                {"name": "Quiet", "lifecycle_stage": "at_risk"},
                {"name": "Top", "monetary_min": 4, "frequency_min": 2},
                {"name": "There", "partner_domain": bandung},
                {
                    "name": "Of three",
                    "score_bins": 3,
                    "monetary_max": 3,
                    "recency_max": 3,
                    "frequency_max": 2,
                    "recency_min": 2,
                },
                {
                    "name": "Theirs",
                    "company_id": cls.other_company.id,
                    "recency_min": 3,
                },
                {"name": "Their rest", "company_id": cls.other_company.id},
                {"name": "Rest"},
            )
        ):
            fallback = values["name"].lower().endswith("rest")
            cls.make_segment(sequence=sequence, is_fallback=fallback, **values)

    @classmethod
    def _make_partners(cls):
        """Return customers, every third with a person who orders as well."""
        partners = cls.env["res.partner"].create(
            [
                {
                    "name": f"Customer {n}",
                    "is_company": True,
                    "city": "Bandung" if n % 4 == 0 else "Medan",
                }
                for n in range(CUSTOMERS)
            ]
        )
        people = cls.env["res.partner"].create(
            [
                {"name": f"Person of {firm.name}", "parent_id": firm.id}
                for firm in partners[::3]
            ]
        )
        return partners + people

    @classmethod
    def _make_orders(cls, company):
        """Create orders, some of them dated in the days to come."""
        draw = cls.random
        values = []
        for _n in range(ORDERS):
            partner = cls.partners[int(len(cls.partners) * draw.random() ** 2)]
            ago = timedelta(days=DAYS * draw.random() ** 1.5 - 2)
            lines = [
                cls.line_of(product, float(draw.choice(AMOUNTS)))
                for product in draw.choice(
                    ([cls.product], [cls.deposit], [cls.product, cls.deposit])
                )
            ]
            values.append(
                {
                    **cls.order_values(partner, company=company),
                    "order_line": lines,
                    "pricelist_id": draw.choice(cls.pricelists).id,
                    "state": draw.choice(("sale",) * 8 + ("draft", "cancel")),
                    "date_order": (NOW - ago).replace(microsecond=0),
                }
            )
        orders = cls.env["sale.order"].create(values)
        for order in orders:
            if draw.random() < 0.9:
                order.currency_rate = draw.choice(RATES)

    def assertHard(self, right):
        """Assert that what is compared is worth comparing."""
        stages = {row.lifecycle_stage for row in right.rows.values()}
        self.assertGreaterEqual(len(stages), 6, stages)
        self.assertGreater(len({row.segment for row in right.rows.values()}), 4)
        self.assertTrue(any(rate.base_count >= 30 for rate in right.rates.values()))
        self.assertTrue(any(row.revenue < 0 for row in right.rows.values()))
        self.assertGreater(len(right.snapshots), 20)

    def test_orders_have_three_currencies_and_many_rates(self):
        for company in self.company + self.other_company:
            orders = self.env["sale.order"].search([("company_id", "=", company.id)])
            self.assertEqual(len(orders.currency_id), 3)
            self.assertLessEqual(set(RATES), set(orders.mapped("currency_rate")))

    def test_two_companies(self):
        for company in self.company + self.other_company:
            self.refresh_all(company)
        for company in self.company + self.other_company:
            self.assertHard(self.assertFigures(company))
        today = (self.company + self.other_company).mapped(
            lambda company: company._relationship_today()
        )
        self.assertEqual(
            [day.isoformat() for day in today], ["2026-04-01", "2026-03-31"]
        )

    def test_locks_and_good_byes(self):
        self.refresh(self.company)
        relationships = self.env["crm.relationship"].search(
            [("company_id", "=", self.company.id), ("last_order_date", "!=", False)]
        )
        kept = self.env["crm.segment"].search([("name", "=", "Top")])
        for number, relationship in enumerate(relationships):
            if number % 5 == 0:
                relationship.write(
                    {
                        "locked_segment_id": kept.id,
                        "lock_reason": "Promised",
                        "lock_until": (False, "2026-04-01", "2026-03-31")[number % 3],
                    }
                )
            if number % 4 == 0:
                relationship.defection_date = (
                    relationship.last_order_date
                    if number % 8
                    else relationship.first_order_date + timedelta(days=1)
                )
        self.refresh_all()
        right = self.assertFigures()
        stages = [row.lifecycle_stage for row in right.rows.values()]
        self.assertGreater(stages.count("recovered"), 2)

    def test_what_is_left_out(self):
        orders = self.env["sale.order"].search(
            [("company_id", "=", self.company.id)], order="id"
        )
        tag = self.env["crm.tag"].create({"name": "Internal"})
        team = self.env["crm.team"].create({"name": "Outlet", "company_id": False})
        orders[::5].tag_ids = tag
        orders[1::5].team_id = team
        self.refresh_all()
        with_all = self.assertFigures()
        self.company.write(
            {
                "relationship_excluded_tag_ids": [Command.set(tag.ids)],
                "relationship_excluded_team_ids": [Command.set(team.ids)],
                "relationship_excluded_product_ids": [Command.set(self.deposit.ids)],
            }
        )
        self.env["crm.relationship.snapshot"].search([]).unlink()
        self.refresh_all()
        without = self.assertFigures()
        self.assertLess(
            sum(row.order_count for row in without.rows.values()),
            sum(row.order_count for row in with_all.rows.values()) / 2,
        )
