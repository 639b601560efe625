from odoo import fields, models


class CrmRelationship(models.Model):
    _inherit = "crm.relationship"

    customer_properties = fields.Properties(
        string="Properties",
        definition="company_id.customer_properties_definition",
        help="What this company notes of its customers besides: every company defines"
        " its own. Segments may ask for it in their customer filter.",
    )

    def _merge_into(self, target):
        """Let the merged customer keep what only one of them had."""
        # `_values` because the mapping itself gives labels, which cannot be written
        own = {k: v for k, v in (target.customer_properties._values or {}).items() if v}
        others = self.customer_properties._values or {}
        if others.keys() - own.keys():
            target.customer_properties = {**others, **own}
        return super()._merge_into(target)
