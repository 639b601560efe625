"""The portfolio from posted invoices less refunds, against independent figures.

The accounts are created one by one: a receivable, an income account and a journal are
all that posting needs, and much quicker to create than a whole chart of accounts.
"""

import random
from datetime import date, timedelta

from odoo import Command
from odoo.tests import tagged

from .common import TODAY
from .common_figures import FiguresCase

CUSTOMERS = 40
INVOICES = 160


@tagged("post_install", "-at_install")
class TestPortfolioInvoices(FiguresCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.relationship_source = "invoice"
        cls.company.country_id = cls.env.ref("base.id")
        cls.foreign = cls.env["res.currency"].create(
            {
                "name": "XTF",
                "symbol": "F",
                "rounding": 0.01,
                "rate_ids": [
                    Command.create({"name": day, "rate": rate, "company_id": False})
                    for day, rate in (("2020-01-01", 4), ("2025-06-01", 7.3))
                ],
            }
        )
        cls.make_accounts()
        cls.deposit = cls.make_product("Deposit")

    def invoice(self, partner, day, *amounts, **values):
        """Return a posted document with a line for each (amount, product)."""
        lines = [
            Command.create(
                {
                    "product_id": product.id,
                    "name": product.name,
                    "price_unit": amount,
                    "tax_ids": False,
                }
            )
            for amount, product in (
                row if isinstance(row, tuple) else (row, self.product)
                for row in amounts
            )
        ]
        move = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "company_id": self.company.id,
                "journal_id": self.journal.id,
                "partner_id": partner.id,
                "invoice_date": day,
                "invoice_line_ids": lines,
                **values,
            }
        )
        move.action_post()
        return move

    def test_invoices_less_refunds(self):
        partner = self.make_customer()
        self.invoice(partner, "2026-03-01", 100)
        self.invoice(partner, "2026-03-20", 20, move_type="out_refund")
        self.invoice(partner, "2025-05-31", 40, currency_id=self.foreign.id)
        self.invoice(partner, "2026-03-20", 7.3, currency_id=self.foreign.id)
        self.make_order(partner, 3, 1000)
        self.refresh()
        found = self.relationship(partner)
        self.assertEqual((found.order_count, found.revenue), (3, 100 - 20 + 10 + 1))
        self.assertEqual(found.last_order_date, date(2026, 3, 20))
        self.assertEqual(found.first_order_date, date(2025, 5, 31))

    def test_what_is_no_purchase(self):
        only_refunded = self.make_customer()
        self.invoice(only_refunded, "2026-03-20", 20, move_type="out_refund")
        drafted = self.make_customer()
        self.invoice(drafted, "2026-03-20", 20).button_draft()
        cancelled = self.make_customer()
        move = self.invoice(cancelled, "2026-03-20", 20)
        move.button_draft()
        move.button_cancel()
        partners = only_refunded + drafted + cancelled
        for partner in partners:
            self.make_relationship(partner)
        self.refresh_all()
        self.assertEqual(
            set(partners.relationship_id.mapped("lifecycle_stage")), {"prospect"}
        )
        self.assertEqual(only_refunded.relationship_id.revenue, -20)
        self.assertFigures()

    def test_invoice_of_the_last_day_and_of_tomorrow(self):
        today, tomorrow = self.make_customer(), self.make_customer()
        self.invoice(today, TODAY, 10)
        self.invoice(tomorrow, TODAY + timedelta(days=1), 10)
        self.refresh_all()
        self.assertEqual(self.relationship(today).rfm_code, "111")
        self.assertFalse(self.relationship(tomorrow).order_count)
        self.assertFigures()

    def test_excluded_products_and_teams(self):
        partner, other, third = (self.make_customer() for _n in range(3))
        team = self.env["crm.team"].create({"name": "Outlet", "company_id": False})
        self.invoice(partner, "2026-03-01", 100, (30, self.deposit))
        self.invoice(
            partner,
            "2026-03-02",
            (14.6, self.deposit),
            73,
            currency_id=self.foreign.id,
        )
        self.invoice(
            partner, "2026-03-03", 5, (30, self.deposit), move_type="out_refund"
        )
        self.invoice(other, "2026-03-03", (30, self.deposit))
        self.invoice(third, "2026-03-03", 50, team_id=team.id)
        self.company.write(
            {
                "relationship_excluded_product_ids": [Command.set(self.deposit.ids)],
                "relationship_excluded_team_ids": [Command.set(team.ids)],
            }
        )
        for customer in other + third:
            self.make_relationship(customer)
        self.refresh_all()
        found = self.relationship(partner)
        self.assertEqual((found.order_count, found.revenue), (2, 100 + 10 - 5))
        for customer in other + third:
            self.assertEqual(self.relationship(customer).lifecycle_stage, "prospect")
        self.assertFigures()

    def test_excluded_ones_that_are_archived(self):
        """What is not sold any more does not begin to count."""
        partner, third = self.make_customer(), self.make_customer()
        team = self.env["crm.team"].create({"name": "Outlet", "company_id": False})
        self.invoice(partner, "2026-03-01", 100, (30, self.deposit))
        self.invoice(third, "2026-03-03", 50, team_id=team.id)
        self.company.write(
            {
                "relationship_excluded_product_ids": [Command.set(self.deposit.ids)],
                "relationship_excluded_team_ids": [Command.set(team.ids)],
            }
        )
        self.deposit.product_tmpl_id.active = team.active = False
        self.env.flush_all()
        self.env.invalidate_all()
        self.make_relationship(third)
        self.refresh_all()
        self.assertEqual(self.relationship(partner).revenue, 100)
        self.assertEqual(self.relationship(third).lifecycle_stage, "prospect")

    def test_excluded_tags_of_the_orders(self):
        partner = self.make_customer()
        tags = self.env["crm.tag"].create([{"name": "Trade Fair"}, {"name": "Web"}])
        lines = [
            self.make_order(partner, 5, 1, tag_ids=[Command.set(tag.ids)]).order_line
            for tag in tags
        ]
        out, kept, both = (
            self.invoice(partner, "2026-03-01", *amounts).invoice_line_ids
            for amounts in ([30], [100], [7, 20])
        )
        self.invoice(partner, "2026-03-02", 1)
        for line, ordered in zip(out + kept + both, (lines * 2), strict=True):
            line.sale_line_ids = ordered
        self.company.relationship_excluded_tag_ids = tags[0]
        self.refresh()
        found = self.relationship(partner)
        self.assertEqual((found.order_count, found.revenue), (3, 100 + 20 + 1))
        self.assertFigures()

    def test_many_invoices_in_two_currencies(self):
        draw = random.Random("invoices")
        for name in ("Lost", "At risk"):
            stage = name.lower().replace(" ", "_")
            self.make_segment(name, lifecycle_stage=stage, sequence=1)
        self.make_segment("Best", sequence=2, monetary_min=4)
        self.make_segment("Rest", sequence=3, is_fallback=True)
        partners = self.make_customer()
        for number in range(1, CUSTOMERS):
            partners += self.make_customer(f"C{number}")
        for number in range(INVOICES):
            partner = partners[int(CUSTOMERS * draw.random() ** 2)]
            ago = int(900 * draw.random() ** 1.5) - 3
            values = {"currency_id": self.foreign.id} if number % 3 == 0 else {}
            if number % 8 == 0:
                values["move_type"] = "out_refund"
            amounts = [round(draw.random() * 500, 2) for _line in range(2)]
            self.invoice(partner, TODAY - timedelta(days=ago), *amounts, **values)
        self.refresh_all()
        right = self.assertFigures()
        stages = {row.lifecycle_stage for row in right.rows.values()}
        self.assertGreaterEqual(len(stages), 5)
        self.assertTrue(any(row.revenue < 0 for row in right.rows.values()))
