"""*State of Our Relationships* is one page, however much there is to say."""

import base64
import io
from datetime import datetime, time, timedelta
from unittest.mock import patch

from dateutil.relativedelta import relativedelta

from odoo import Command
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tests.common import ChromeBrowser
from odoo.tools.pdf import PdfFileReader

from .common import own_login, set_live

LOGIN = own_login("print_manager")
REPORT = "crm_relationship.state_of_relationships"
LONG = "Loyal customers of the northern provinces who buy for schools, number {}"
A4 = {"paperWidth": 8.27, "paperHeight": 11.69}
MM = 1 / 25.4
READY = "document.readyState === 'complete' && !!document.querySelector('.page')"
# On paper they stand in the margins, not on the page.
NO_MARGINS = "document.querySelectorAll('.header, .footer').forEach((e) => e.remove())"


@tagged("post_install", "-at_install", "crm_relationship_tour")
class TestStatePrinted(HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        set_live(cls.company)
        for model in ("crm.program", "crm.segment", "crm.touchpoint"):
            cls.env[model].search([]).active = False
        cls.today = cls.company._relationship_today()
        cls.month = cls.today.replace(day=1) - relativedelta(months=1)
        cls.user = new_test_user(
            cls.env, LOGIN, "sales_team.group_sale_manager", name="Manager", tz="UTC"
        )
        cls.make_much()

    @classmethod
    def make_much(cls):
        """Twelve segments, eight channels and ten programs, with long names."""
        partners = cls.env["res.partner"].create(
            [{"name": LONG.format(number)} for number in range(24)]
        )
        customers = cls.env["crm.relationship"]._ensure(partners, cls.company)
        segments = cls.env["crm.segment"].create(
            [{"name": LONG.format(number)} for number in range(12)]
        )
        channels = cls.env["crm.touchpoint"].create(
            [
                {"name": LONG.format(number), "kind": "call", "unit_cost": 123456.78}
                for number in range(8)
            ]
        )
        product = cls.env["product.product"].create({"name": "CD", "taxes_id": False})
        line = {"product_id": product.id, "price_unit": 12_345_678}
        moment = datetime.combine(cls.month + timedelta(days=9), time(10))
        for number, customer in enumerate(customers):
            customer.segment_id = segments[number % 12]
            cls.env["sale.order"].create(
                {
                    "partner_id": customer.partner_id.id,
                    "state": "sale",
                    "date_order": moment,
                    "order_line": [Command.create(line)],
                }
            )
        cls.env["crm.interaction"].create(
            [
                {
                    "name": "A word",
                    "relationship_id": customers[number].id,
                    "touchpoint_id": channel.id,
                    "state": "done",
                    "outcome": "reached",
                    "date_planned": moment,
                    "date_done": moment,
                }
                for number, channel in enumerate(channels)
            ]
        )
        cls.make_programs(customers)

    @classmethod
    def make_programs(cls, customers):
        began = cls.today - timedelta(days=200)
        for number in range(10):
            program = cls.env["crm.program"].create(
                {
                    "name": LONG.format(number),
                    "trigger": "manual",
                    "holdout_share": 50,
                    "step_ids": [Command.create({"name": "A word"})],
                }
            )
            program.write(
                {"holdout_from": began, "holdout_until": began, "result_days": 30}
            )
            cls.env["crm.program.enrollment"].create(
                [
                    {
                        "program_id": program.id,
                        "relationship_id": customer.id,
                        "date": began,
                        "state": "control" if customer in customers[:12] else "stopped",
                        "is_control": customer in customers[:12],
                        "holdout_round": program.holdout_round,
                    }
                    for customer in customers
                ]
            )

    def patched(self):
        """Let as much be forgotten as can be, and a forecast have been off."""
        reasons = self.env["crm.relationship"]._fields["care_reason"]
        names = [name for _v, name in reasons._description_selection(self.env)]
        care = [("In good hands, today", "12%", "")]
        care += [(f"Forgotten: {name}", "1,234", "") for name in names[:4]]
        report = self.env.registry[f"report.{REPORT}"]
        make = report._make_page

        def make_page(report, company):
            page = make(report, company)
            page["forecast"] = page["forecast"] or "In words, " * 30
            return page

        return (
            patch.object(report, "_get_care", lambda _self, _company: care),
            patch.object(report, "_make_page", make_page),
        )

    def count_pages(self, content):
        return len(PdfFileReader(io.BytesIO(content)).pages)

    def print_by_chromium(self):
        """Return the PDF as Chromium prints it, on the report's paper."""
        paper = self.company.paperformat_id or self.env.ref("base.paperformat_euro")
        # read before the browser asks for anything: requests share the cursor
        margins = {
            f"margin{side.title()}": paper[f"margin_{side}"] * MM
            for side in ("top", "bottom", "left", "right")
        }
        browser = ChromeBrowser(self)
        self.addCleanup(browser.stop)
        with self.allow_requests(browser=browser):
            self.authenticate(LOGIN, LOGIN, browser=browser)
            self.cr.flush()
            self.cr.clear()
            url = f"{self.base_url()}/report/html/{REPORT}/{self.company.id}"
            browser.navigate_to(url)
            self.assertTrue(browser._wait_ready(READY))
            found = browser._websocket_request(
                "Runtime.evaluate",
                params={"expression": f"{NO_MARGINS}; document.body.innerText"},
            )
            printed = browser._websocket_request(
                "Page.printToPDF",
                params={**A4, **margins},
                timeout=30,
            )
        return base64.b64decode(printed["data"]), found["result"]["value"]

    def test_one_page(self):
        care, forecast = self.patched()
        with care, forecast:
            content, text = self.print_by_chromium()
        self.assertIn("State of our relationships", text)
        self.assertEqual(self.count_pages(content), 1)
