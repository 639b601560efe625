from odoo import api, models

MESSAGE = "mail.template"
CONTENT = {"raw", "datas", "db_datas", "store_fname", "name", "mimetype", "url"}


class IrAttachment(models.Model):
    _inherit = "ir.attachment"

    def write(self, vals):
        if vals.keys() & CONTENT:
            self._check_approved()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_approved(self):
        self._check_approved()

    def _check_approved(self):
        """Refuse to change what is enclosed with a message that was approved."""
        # sudo: whose attachment it is does not depend on who asks
        enclosed = self.sudo().filtered(lambda file: file.res_model == MESSAGE)
        messages = self.env[MESSAGE].browse(enclosed.mapped("res_id")).exists()
        if programs := messages._find_approved():
            messages._refuse_change(programs)
