"""Spreadsheets of reports: figures as numbers, and what follows from them as formulas.

Whoever changes a figure sees what follows; whoever doubts one sees how it is made.

A text stays a text: a customer named ``=HYPERLINK(…)`` is written as a string, which no
program computes, and with the quote prefix, so that it stays one when somebody edits
the cell or saves the sheet in another format.
"""

import io
from typing import NamedTuple

import xlsxwriter
from xlsxwriter.utility import xl_rowcol_to_cell

FORMATS = {
    "text": {},
    "integer": {"num_format": "#,##0"},
    "number": {"num_format": "#,##0.00"},
    "money": {"num_format": "#,##0.00"},
    "share": {"num_format": "0.0%"},
    "date": {"num_format": "yyyy-mm-dd", "align": "left"},
}
RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")
"""What programs take for the beginning of something to compute."""
LONGEST_TEXT = 32_000
LONGEST_NAME = 31
FORBIDDEN_IN_NAMES = "[]:*?/\\'"
WIDTH = {"text": 28, "date": 12}


class Formula(NamedTuple):
    """What follows from two other columns of the row, by their keys."""

    sign: str
    """``-``, ``*``, ``/``; or ``%``, the part of the first column's sum."""
    one: str
    other: str = ""

    def compute(self, row, sums):
        """Return the result, which a program shows until it computes itself."""
        one = row.get(self.one)
        other = sums.get(self.one) if self.sign == "%" else row.get(self.other)
        if one is None or other is None or (self.sign in "/%" and not other):
            return None
        if self.sign == "-":
            return one - other
        return one * other if self.sign == "*" else one / other

    def to_cell(self, one, other):
        """Return the formula over two cells; empty where a cell it needs is."""
        sign = "/" if self.sign == "%" else self.sign
        empty = f'{one}="",{other}=""'
        if sign == "/":
            empty += f",{other}=0"
        return f'=IF(OR({empty}),"",{one}{sign}{other})'


class Column(NamedTuple):
    """A column of a sheet."""

    key: str
    head: str
    kind: str = "text"
    formula: Formula | None = None
    is_summed: bool = False


class Sheet(NamedTuple):
    """A table, with what is said about it above."""

    name: str
    notes: list
    columns: list
    rows: list
    """Dicts by the keys of the columns; ``None`` where nothing is known."""


def make_spreadsheet(sheets):
    """Return the file, as bytes.

    :param sheets: :class:`Sheet`, at least one
    """
    output = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
    }
    with xlsxwriter.Workbook(output, options) as book:
        writer = _Writer(book)
        names = set()
        for sheet in sheets:
            writer.add(sheet, _choose_name(sheet.name, names))
    return output.getvalue()


def _choose_name(name, taken):
    """Return a name that a sheet may have, and no other one has."""
    clean = "".join(" " if c in FORBIDDEN_IN_NAMES else c for c in name).strip()
    clean, number = clean[:LONGEST_NAME] or "1", 1
    found = clean
    while found.lower() in taken:
        number += 1
        found = f"{clean[: LONGEST_NAME - 4]} {number}"
    taken.add(found.lower())
    return found


class _Writer:
    def __init__(self, book):
        self.book = book
        self.made = {}

    def _format(self, kind, **more):
        key = (kind, *more)
        if key not in self.made:
            self.made[key] = self.book.add_format({**FORMATS[kind], **more})
        return self.made[key]

    def add(self, sheet, name):
        page = self.book.add_worksheet(name)
        for place, note in enumerate(sheet.notes):
            page.write_string(place, 0, _shorten(note), self._format("text"))
        top = len(sheet.notes) + bool(sheet.notes)
        head = self._format("text", bold=True, bottom=1, text_wrap=True, valign="top")
        for column, found in enumerate(sheet.columns):
            page.write_string(top, column, found.head, head)
            page.set_column(column, column, WIDTH.get(found.kind, 15))
        page.freeze_panes(top + 1, 0)
        sums = _evaluate(sheet)
        first, last = top + 1, top + len(sheet.rows)
        for place, row in enumerate(sheet.rows, first):
            self._write_row(page, sheet, place, row, sums, last + 1)
        if sums:
            self._write_total(page, sheet, first, last, sums)

    def _write_row(self, page, sheet, place, row, sums, total, **style):
        """Write a row; ``total`` is the place of the sums."""
        places = {found.key: number for number, found in enumerate(sheet.columns)}
        for number, found in enumerate(sheet.columns):
            look = self._format(found.kind, **style)
            if not found.formula:
                self._write_cell(page, place, number, found, row.get(found.key), look)
                continue
            one = xl_rowcol_to_cell(place, places[found.formula.one])
            if found.formula.sign == "%":
                other = xl_rowcol_to_cell(
                    total, places[found.formula.one], row_abs=True, col_abs=True
                )
            else:
                other = xl_rowcol_to_cell(place, places[found.formula.other])
            value = row.get(found.key)
            page.write_formula(
                place,
                number,
                found.formula.to_cell(one, other),
                look,
                "" if value is None else value,
            )

    def _write_cell(self, page, place, number, found, value, look):
        if value is None or value is False:
            page.write_blank(place, number, None, look)
        elif found.kind == "date":
            page.write_datetime(place, number, value, look)
        elif found.kind == "text":
            text = _shorten(str(value))
            if text.startswith(RISKY):
                look = self._format("text", quote_prefix=True)
            page.write_string(place, number, text, look)
        else:
            page.write_number(place, number, value, look)

    def _write_total(self, page, sheet, first, last, sums):
        """Write the sums, and what follows from them, below the rows."""
        self._write_row(page, sheet, last + 1, sums, sums, last + 1, bold=True, top=1)
        for number, found in enumerate(sheet.columns):
            if found.is_summed:
                start, end = (xl_rowcol_to_cell(p, number) for p in (first, last))
                page.write_formula(
                    last + 1,
                    number,
                    f"=SUM({start}:{end})",
                    self._format(found.kind, bold=True, top=1),
                    sums[found.key],
                )


def _evaluate(sheet):
    """Put the results of the formulas into the rows; return the row of the sums."""
    sums = {}
    if not sheet.rows:
        return sums
    for found in sheet.columns:
        if found.formula:
            for row in sheet.rows:
                row[found.key] = found.formula.compute(row, sums)
        if found.is_summed:
            sums[found.key] = sum(row.get(found.key) or 0 for row in sheet.rows)
        elif found.formula and sums:
            sums[found.key] = found.formula.compute(sums, sums)
    return sums


def _shorten(text):
    """Return a text without what a file cannot hold."""
    clean = "".join(c if c >= " " or c in "\t\n" else " " for c in text)
    return clean[:LONGEST_TEXT]
