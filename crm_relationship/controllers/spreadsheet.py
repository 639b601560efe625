import json

from werkzeug.exceptions import NotFound

from odoo import http
from odoo.exceptions import UserError
from odoo.http import content_disposition, request

TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class SpreadsheetController(http.Controller):
    @http.route(
        "/crm_relationship/spreadsheet/<string:model>",
        type="http",
        auth="user",
        methods=["GET"],
        readonly=True,
    )
    def spreadsheet(self, model, domain="[]", companies="", **_unknown):
        """Return a report as a spreadsheet, as its reader sees it.

        Only of reports that say they have one. What is no domain, and companies that
        the user does not work in, are refused.
        """
        registry = request.env.registry
        mixin = registry["crm.spreadsheet.mixin"]
        if model not in registry or not issubclass(registry[model], mixin):
            raise NotFound()
        try:
            conditions = json.loads(domain)
            ids = [int(id_) for id_ in companies.split(",") if id_]
        except ValueError:
            raise NotFound() from None
        if not isinstance(conditions, list):
            raise NotFound()
        reports = request.env[model]
        if ids:
            reports = reports.with_context(allowed_company_ids=ids)
        try:
            content = reports._make_spreadsheet(conditions)
        except (ValueError, TypeError, UserError) as error:
            if isinstance(error, UserError):
                raise
            raise NotFound() from None
        name = f"{reports._get_spreadsheet_title()}.xlsx"
        return request.make_response(
            content,
            [
                ("Content-Type", TYPE),
                ("Content-Disposition", content_disposition(name)),
                ("Cache-Control", "no-store"),
            ],
        )
