from odoo import fields, models


class IrUiView(models.Model):
    _inherit = "ir.ui.view"

    type = fields.Selection(
        selection_add=[("touchpoint_matrix", "Channel Matrix")],
    )

    def _get_view_info(self):
        return {"touchpoint_matrix": {"icon": "fa fa-table"}} | super()._get_view_info()
