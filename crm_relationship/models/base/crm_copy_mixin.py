from odoo import models


class CrmCopyMixin(models.AbstractModel):
    _name = "crm.copy.mixin"
    _inherit = ["crm.record.mixin"]
    _description = "Copy Mixin"

    def copy_data(self, default=None):
        """Mark a copy as a copy in its name, unless it is given a name."""
        vals_list = super().copy_data(default=default)
        if "name" not in (default or {}):
            for record, vals in zip(self, vals_list, strict=True):
                vals["name"] = self.env._("%s (copy)", record.name)
        return vals_list

    def copy_translations(self, new, excluded=()):
        """Keep the name of the copy in every language."""
        return super().copy_translations(new, {*excluded, "name"})
