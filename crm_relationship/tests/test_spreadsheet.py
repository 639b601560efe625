"""Reports as spreadsheets: formulas that say what the report says, and nothing else."""

import json
from datetime import date
from urllib.parse import urlencode

from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, TransactionCase, tagged

from odoo.addons.crm_relationship.models.base.spreadsheet import (
    Column,
    Formula,
    Sheet,
    make_spreadsheet,
)

from .common import NOW, RelationshipCase
from .common_figures import read_book, recalculate

REPORTS = (
    "crm.segment.report",
    "crm.revenue.concentration",
    "crm.care.report",
    "crm.recognition",
    "crm.effect.report",
    "crm.forecast",
    "crm.feasibility",
)


def cells(page):
    return [[cell.value for cell in row] for row in page.iter_rows()]


@tagged("post_install", "-at_install")
class TestSheets(TransactionCase):
    COLUMNS = [
        Column("name", "Who"),
        Column("count", "Tried", "integer", is_summed=True),
        Column("cost", "Cost", "money", is_summed=True),
        Column("each", "Each", "money", Formula("/", "cost", "count")),
        Column("part", "Part", "share", Formula("%", "cost")),
        Column("day", "Day", "date"),
    ]

    def make(self, *rows, notes=(), columns=None):
        sheet = Sheet("Sheet", list(notes), columns or self.COLUMNS, list(rows))
        return read_book(make_spreadsheet([sheet]))

    def test_formulas_and_results(self):
        formulas, results = self.make(
            {"name": "Call", "count": 4, "cost": 10.0, "day": date(2026, 3, 1)},
            {"name": "Visit", "count": 0, "cost": 30.0},
            {"name": "Letter", "count": None, "cost": None},
            notes=["What it is about"],
        )
        found = cells(formulas["Sheet"])
        self.assertEqual(found[0][0], "What it is about")
        self.assertEqual(found[2], ["Who", "Tried", "Cost", "Each", "Part", "Day"])
        self.assertEqual(found[3][3], '=IF(OR(C4="",B4="",B4=0),"",C4/B4)')
        self.assertEqual(found[3][4], '=IF(OR(C4="",$C$7="",$C$7=0),"",C4/$C$7)')
        self.assertEqual(found[3][5].date(), date(2026, 3, 1))
        self.assertEqual(found[5][1:3], [None, None])
        self.assertEqual(found[6][1:3], ["=SUM(B4:B6)", "=SUM(C4:C6)"])
        shown = cells(results["Sheet"])
        self.assertEqual(shown[3][3:5], [2.5, 0.25])
        self.assertFalse(shown[4][3])
        self.assertEqual(shown[6][1:5], [4, 40, 10, 1])
        self.assertEqual(recalculate(formulas, results), (10, []))

    def test_texts_are_never_computed(self):
        wicked = [
            '=HYPERLINK("http://example.com")',
            "+1+1",
            "-1+1",
            "@SUM(A1)",
            "\t=1",
            "http://example.com",
            "'quoted",
            "nul\x00 and bell\x07",
            "x" * 40_000,
        ]
        formulas, _results = self.make(
            *({"name": text, "count": 1, "cost": 1.0} for text in wicked),
            notes=["=1+1"],
        )
        page = formulas["Sheet"]
        self.assertEqual(page["A1"].data_type, "s")
        for place, text in enumerate(wicked, 4):
            cell = page.cell(place, 1)
            with self.subTest(text=text[:20]):
                self.assertEqual(cell.data_type, "s")
                self.assertIsNone(cell.hyperlink)
                if text[0] in "=+-@\t":
                    self.assertTrue(cell.quotePrefix)
        self.assertEqual(page["A11"].value, "nul  and bell ")
        self.assertEqual(len(page["A12"].value), 32_000)

    def test_names_of_sheets(self):
        names = ["A/B: [C]*?", "a b   c", "x" * 50, "x" * 50, ""]
        sheets = [Sheet(name, [], self.COLUMNS, []) for name in names]
        found = read_book(make_spreadsheet(sheets))[0].sheetnames
        self.assertEqual(len({name.lower() for name in found}), 5)
        self.assertTrue(all(len(name) <= 31 for name in found))

    def test_nothing_to_show(self):
        formulas, _results = self.make()
        self.assertEqual(len(cells(formulas["Sheet"])), 1)


@tagged("post_install", "-at_install")
class TestReports(RelationshipCase, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager.group_ids += cls.env.ref("base.group_allow_export")
        cls.segment = cls.make_segment("=Gold+1", frequency_min=1)
        for number in range(3):
            cls.make_order(cls.make_customer(f"Customer {number}"), 40, 100)
        cls.env["crm.relationship"]._refresh_portfolio(cls.company)
        cls.know_buying()

    def get(self, model, domain=(), user=None):
        self.env.flush_all()
        report = self.env[model].with_user(user or self.manager)
        return read_book(report._make_spreadsheet(list(domain)))

    def test_every_report_has_one(self):
        for model in REPORTS:
            with self.subTest(model=model):
                formulas, results = self.get(model)
                self.assertTrue(formulas.sheetnames)
                for page in results:
                    errors = [
                        value
                        for row in cells(page)
                        for value in row
                        if isinstance(value, str) and value.startswith("#")
                    ]
                    self.assertFalse(errors)
                _count, wrong = recalculate(formulas, results)
                self.assertFalse(wrong)

    def test_value_of_segments(self):
        formulas, results = self.get("crm.segment.report")
        [page], [shown] = formulas.worksheets, results.worksheets
        head = [cell.value for cell in page[3]]
        row = {name: cell for name, cell in zip(head, page[4], strict=True)}
        self.assertEqual(row["Segment"].value, "=Gold+1")
        self.assertEqual(row["Segment"].data_type, "s")
        report = self.env["crm.segment.report"].search(
            [("company_id", "=", self.company.id)]
        )
        values = dict(zip(head, [cell.value for cell in shown[4]], strict=True))
        self.assertEqual(values["Customers"], report.customer_count)
        self.assertAlmostEqual(values["Value, 12 Months"], report.value_12m)
        self.assertEqual(values["Share of Revenue"], 1)
        self.assertTrue(row["Share of Revenue"].value.startswith("=IF("))
        self.assertIsNone(values["Lifetime Value"], "not known is empty")

    def test_cost_and_effect(self):
        relationship = self.env["crm.relationship"].search(
            [("company_id", "=", self.company.id)], limit=1
        )
        self.call.write({"unit_cost": 2, "duration": 0})
        done = self.make_open(relationship)
        done._close_done({"outcome": "reached"})
        done.date_done = NOW.replace(year=2025, month=12)
        _formulas, results = self.get("crm.effect.report")
        self.assertEqual(
            results.sheetnames,
            [
                "Channel",
                "Segment × Channel",
                "Plan Line",
                "Program",
                "Program × Step",
                "Email Template",
                "SMS Template",
                "Salesperson",
            ],
        )
        head, row = (
            [cell.value for cell in results["Channel"][place]] for place in (3, 4)
        )
        values = dict(zip(head, row, strict=True))
        self.assertEqual(values["Channel"], self.call.name)
        self.assertEqual((values["Tried"], values["Cost"]), (1, 2))
        self.assertEqual(values["Profit"], values["Margin"] - 2)

    def test_result_of_a_program(self):
        program = self.make_program(trigger="manual")
        with self.assertRaisesRegex(UserError, "no result yet"):
            self.get("crm.program", [("id", "=", program.id)])
        program.write({"holdout_share": 50, "holdout_until": date(2026, 6, 1)})
        formulas, _results = self.get("crm.program", [("id", "=", program.id)])
        [page] = formulas.worksheets
        texts = [value for row in cells(page) for value in row if value]
        self.assertIn("In the program", texts)
        self.assertIn("Kept aside", texts)

    def test_the_next_30_days(self):
        page = self.env["crm.going.live"].with_user(self.manager).create({})
        formulas, _results = self.get("crm.going.live", [("id", "=", page.id)])
        self.assertEqual(formulas.sheetnames, ["The Next 30 Days"])

    def test_two_companies_are_told_apart(self):
        self.make_relationship(self.make_customer(), self.other_company, user_id=False)
        both = self.company + self.other_company
        self.manager.company_ids = both
        report = self.env["crm.segment.report"].with_user(self.manager)
        report = report.with_context(allowed_company_ids=both.ids)
        formulas, _results = read_book(report._make_spreadsheet([]))
        texts = [value for row in cells(formulas.worksheets[0]) for value in row]
        self.assertIn("Company", texts)
        self.assertIn(self.other_company.name, texts)

    # -- who may

    def test_rights(self):
        for model in (*REPORTS, "crm.program"):
            for user in (self.internal, self.portal, self.stranger):
                with self.subTest(model=model, user=user.name):
                    with self.assertRaises(AccessError):
                        self.get(model, user=user)
        self.manager.group_ids -= self.env.ref("base.group_allow_export")
        with self.assertRaisesRegex(AccessError, "may export"):
            self.get("crm.segment.report")

    def test_salesperson_gets_own_rows_and_no_results(self):
        self.sari.group_ids += self.env.ref("base.group_allow_export")
        formulas, _results = self.get("crm.recognition", user=self.sari)
        names = {row[0] for row in cells(formulas.worksheets[0])[3:]}
        self.assertLessEqual(names, {self.sari.name, None})
        for model in ("crm.segment.report", "crm.program", "crm.feasibility"):
            with self.subTest(model=model), self.assertRaises(AccessError):
                self.get(model, user=self.sari)

    # -- by HTTP

    def fetch(self, model, **arguments):
        url = f"/crm_relationship/spreadsheet/{model}?{urlencode(arguments)}"
        return self.url_open(url, allow_redirects=False)

    def test_download(self):
        report = self.env["crm.segment.report"].with_user(self.manager)
        action = report.search([]).action_spreadsheet()
        self.assertEqual(action["target"], "download")
        self.assertEqual(
            self.url_open(action["url"], allow_redirects=False).status_code, 303
        )
        self.authenticate(self.manager.login, self.manager.login)
        answer = self.url_open(action["url"])
        self.assertEqual(answer.status_code, 200)
        self.assertIn("spreadsheetml", answer.headers["Content-Type"])
        self.assertTrue(read_book(answer.content)[0].sheetnames)

    def test_what_is_no_report(self):
        self.authenticate(self.manager.login, self.manager.login)
        for model in ("res.users", "res.partner", "crm.interaction", "nothing"):
            with self.subTest(model=model):
                self.assertEqual(self.fetch(model).status_code, 404)
        for arguments in (
            {"domain": "{"},
            {"domain": '"x"'},
            {"domain": json.dumps([["no_such_field", "=", 1]])},
            {"domain": json.dumps([["id"]])},
            {"companies": "x"},
        ):
            with self.subTest(arguments=arguments):
                answer = self.fetch("crm.segment.report", **arguments)
                self.assertEqual(answer.status_code, 404)
        others = self.fetch("crm.segment.report", companies=self.other_company.id)
        self.assertIn(others.status_code, (403, 404))
