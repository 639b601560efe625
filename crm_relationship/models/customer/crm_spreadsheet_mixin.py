import json
from urllib.parse import urlencode

from odoo import api, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools.misc import format_datetime

from ..base.asked import check_records
from ..base.spreadsheet import Column, Sheet, make_spreadsheet

MOST_ROWS = 50_000
KINDS = {
    "integer": "integer",
    "float": "number",
    "monetary": "money",
    "date": "date",
}


class CrmSpreadsheetMixin(models.AbstractModel):
    """A report that can be had as a spreadsheet, with formulas.

    A report of rows names its columns in ``_spreadsheet``; one that is no table returns
    its sheets itself (:meth:`_get_sheets`). All of them are read with the rights of
    whoever asks, who must be allowed to export (Odoo's own group).
    """

    _name = "crm.spreadsheet.mixin"
    _description = "Spreadsheet Mixin"

    _spreadsheet = ()
    """Names of fields, and pairs of a field's name and the ``Formula`` behind it. A
    field that is a share is named with a trailing ``%``, one that is summed up with
    ``+``."""

    def action_spreadsheet(self):
        """Download the report: the records selected, else what the list shows."""
        self._check_export()
        domain = self.env.context.get("active_domain") or []
        if self:
            check_records(self)
            domain = [("id", "in", self.ids)]
        arguments = {
            "domain": json.dumps(list(domain), default=str),
            "companies": ",".join(map(str, self.env.companies.ids)),
        }
        return {
            "type": "ir.actions.act_url",
            "target": "download",
            "url": f"/crm_relationship/spreadsheet/{self._name}?{urlencode(arguments)}",
        }

    @api.model
    def _check_export(self):
        self._check_reader()
        if not self.env.user.has_group("base.group_allow_export"):
            raise AccessError(
                self.env._(
                    "Only those who may export records can download spreadsheets. An"
                    " administrator gives this right."
                )
            )

    @api.model
    def _check_reader(self):
        """Refuse whoever may not read the report; pages without rows ask otherwise."""
        self.check_access("read")

    @api.model
    def _make_spreadsheet(self, domain):
        """Return the file of what the user sees of these records, as bytes."""
        self._check_export()
        return make_spreadsheet(self._get_sheets(Domain(domain)))

    @api.model
    def _get_sheets(self, domain):
        """Return the sheets; overridden by reports that are no table."""
        records = self.search(domain, limit=MOST_ROWS)
        names = [name for name, _formula in self._get_spreadsheet_columns()]
        if len(records.company_id) > 1:
            names.insert(0, "company_id")
        formulas = dict(self._get_spreadsheet_columns())
        columns = [self._make_column(name, formulas.get(name)) for name in names]
        rows = [
            {column.key: record._read_cell(column.key) for column in columns}
            for record in records
        ]
        return [self._make_sheet(columns, rows)]

    @api.model
    def _get_spreadsheet_columns(self):
        """Return pairs of what ``_spreadsheet`` names and the formula behind it."""
        return [
            (name, None) if isinstance(name, str) else name
            for name in self._spreadsheet
        ]

    @api.model
    def _make_sheet(self, columns, rows, name=None):
        title = self._get_spreadsheet_title()
        return Sheet(name or title, self._get_spreadsheet_notes(), columns, rows)

    @api.model
    def _get_spreadsheet_title(self):
        return self.env["ir.model"]._get(self._name).name

    @api.model
    def _get_spreadsheet_notes(self):
        """Return what stands above the figures; reports add what casts a doubt."""
        companies = self.env.companies
        return [
            self.env._(
                "%(title)s · %(company)s · %(currency)s · %(moment)s",
                title=self._get_spreadsheet_title(),
                company=", ".join(companies.mapped("name")),
                currency=", ".join(set(companies.currency_id.mapped("name"))),
                moment=format_datetime(self.env, self.env.cr.now()),
            )
        ]

    @api.model
    def _make_column(self, name, formula=None):
        """Return the column of a field, as ``_spreadsheet`` names it."""
        key = name.rstrip("%+")
        field = self._fields[key]
        kind = "share" if "%" in name else KINDS.get(field.type, "text")
        head = field._description_string(self.env)
        return Column(key, head, kind, formula, is_summed="+" in name)

    def _read_cell(self, name):
        field, value = self._fields[name], self[name]
        if field.type == "many2one":
            return value.display_name or None
        if field.type == "selection":
            return dict(field._description_selection(self.env)).get(value)
        if field.type in ("integer", "float", "monetary") and value is not False:
            return value
        return value or None
