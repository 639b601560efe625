from odoo import models


class CrmCopyMixin(models.AbstractModel):
    _name = "crm.copy.mixin"
    _description = "Copies That Can Be Told from Their Original"

    def copy_data(self, default=None):
        """Say in the name of a copy that it is one, unless it gets a name."""
        vals_list = super().copy_data(default=default)
        if "name" not in (default or {}):
            for record, vals in zip(self, vals_list, strict=True):
                vals["name"] = self.env._("%s (copy)", record.name)
        return vals_list

    def copy_translations(self, new, excluded=()):
        """Keep the name of the copy in all languages."""
        return super().copy_translations(new, {*excluded, "name"})
