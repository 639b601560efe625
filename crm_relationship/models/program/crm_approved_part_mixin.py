from odoo import api, models


class CrmApprovedPartMixin(models.AbstractModel):
    """A part of what was approved along with a program, in a model of its own."""

    _name = "crm.approved.part.mixin"
    _inherit = ["crm.approved.mixin"]
    _description = "Part of What Programs Give"

    _whole_field = None
    """Of which records it is a part; of these, steps name those in their field."""

    @api.model_create_multi
    def create(self, vals_list):
        parts = super().create(vals_list)
        parts._check_whole()
        return parts

    @api.ondelete(at_uninstall=False)
    def _unlink_except_approved(self):
        self._check_whole()

    def _check_whole(self):
        if programs := self._find_approved():
            self._refuse_change(programs)

    def _find_approved(self):
        return self[self._whole_field]._find_approved()

    def _refuse_change(self, programs):
        self[self._whole_field]._refuse_change(programs)
