"""Tests that hold the portfolio against the second computation, `oracle`.

It lies in `tests/oracle` of the repository, not in the addon's wheel, and `./dev test`
puts it on Python's path. Without it these tests fail, and no other: it is imported when
a class of theirs starts. To leave them out on purpose there is their tag,
`crm_relationship_oracle`.
"""

import io
import re

from openpyxl import load_workbook

from odoo import Command
from odoo.tests import tagged

from .common import RelationshipCase

QUOTIENT = re.compile(
    r'=IF\(OR\(\$?(?P<one>[A-Z]+\$?\d+)="",(?P<other>\$?[A-Z]+\$?\d+)=""'
    r'(?:,(?P=other)=0)?\),"",(?P=one)(?P<sign>[-*/])(?P=other)\)'
)
SUM = re.compile(r"=SUM\((?P<first>[A-Z]+\d+):(?P<last>[A-Z]+\d+)\)")


def read_book(content):
    """Return (formulas, stored results) of a spreadsheet, as two books."""
    return tuple(
        load_workbook(io.BytesIO(content), data_only=results)
        for results in (False, True)
    )


def recalculate(formulas, results):
    """Compute each formula of a book from its cells, as a spreadsheet program does.

    :return: how many there were, and as sentences where the stored result is another
    """
    count, wrong = 0, []
    for page in formulas:
        sheet = Sheet(page)
        for cell in (cell for row in page.iter_rows() for cell in row):
            if cell.data_type != "f":
                continue
            count += 1
            right = sheet.get(cell.coordinate)
            stored = results[page.title][cell.coordinate].value
            if abs((right or 0) - (stored or 0)) > 1e-6 or (right is None and stored):
                wrong.append(f"{page.title}!{cell.coordinate}: {right}, {stored}")
    return count, wrong


class Sheet:
    """A page of a book, whose formulas are computed when they are asked for."""

    def __init__(self, page):
        self.page, self.computed = page, {}

    def get(self, place):
        place = place.replace("$", "")
        if place not in self.computed:
            self.computed[place] = self._compute(self.page[place].value)
        return self.computed[place]

    def _compute(self, value):
        if not isinstance(value, str) or not value.startswith("="):
            return value
        if found := SUM.fullmatch(value):
            cells = self.page[f"{found['first']}:{found['last']}"]
            return sum(self.get(cell.coordinate) or 0 for [cell] in cells)
        found = QUOTIENT.fullmatch(value)
        one, other = self.get(found["one"]), self.get(found["other"])
        if one is None or other is None or (found["sign"] == "/" and not other):
            return None
        if found["sign"] == "-":
            return one - other
        return one * other if found["sign"] == "*" else one / other


@tagged("crm_relationship_oracle")
class FiguresCase(RelationshipCase):
    @classmethod
    def setUpClass(cls):
        from oracle import compare, documents, figures

        super().setUpClass()
        cls.compare, cls.documents, cls.figures = compare, documents, figures

    def env_of(self, company):
        """Return the environment of a user who works for one company."""
        return self.env(
            context={**self.env.context, "allowed_company_ids": company.ids}
        )

    @classmethod
    def make_product(cls, name):
        return cls.env["product.product"].create(
            {"name": name, "type": "consu", "taxes_id": False}
        )

    @classmethod
    def line_of(cls, product, amount):
        """Return a command for a line of an order."""
        return Command.create(
            {
                "product_id": product.id,
                "name": product.name,
                "price_unit": amount,
                "technical_price_unit": amount,
                "tax_ids": False,
            }
        )

    def relationship(self, partner, company=None):
        return self.env["crm.relationship"].search(
            [
                ("partner_id", "=", partner.id),
                ("company_id", "=", (company or self.company).id),
            ]
        )

    def snapshots(self, relationship):
        """Return a customer's snapshots, the oldest first."""
        return self.env["crm.relationship.snapshot"].search(
            [("relationship_id", "=", relationship.id)], order="date"
        )

    @classmethod
    def refresh_all(cls, company=None):
        """Do everything that the nightly job does; return what the last refresh wrote.

        The first refresh creates the relationships that snapshots belong to.
        """
        company = company or cls.company
        relationships = cls.env["crm.relationship"]
        relationships._refresh_portfolio(company)
        cls.take_snapshots(company)
        cls.env["crm.segment.figure"]._refresh_figures(company)
        return relationships._refresh_portfolio(company)

    def expected(self, company=None):
        """Return the independently computed figures of everything in the database."""
        env = self.env_of(company or self.company)
        return self.compare.expected(
            env, self.documents.documents(env), env.company._relationship_today()
        )

    def assertFigures(self, company=None, right=None):
        """Compare everything: customers, snapshots, reports, rates."""
        company = company or self.company
        env, right = self.env_of(company), right or self.expected(company)
        for compare in (
            self.compare.differences,
            self.compare.snapshot_differences,
            self.compare.group_differences,
            self.compare.rate_differences,
            self.compare.report_differences,
        ):
            wrong = compare(env, right)
            with self.subTest(company=company.name, what=compare.__name__):
                self.assertFalse(wrong, "\n".join([str(len(wrong)), *wrong[:20]]))
        return right
