from odoo import fields, models


class CrmLead(models.Model):
    """Who brought somebody who is not a customer yet."""

    _name = "crm.lead"
    _inherit = ["crm.lead", "crm.referral.mixin"]

    referred_by_id = fields.Many2one(
        help="The customer who brought this one. Noted on the contact as soon as there"
        " is one.",
    )

    def _prepare_customer_values(self, partner_name, is_company=False, parent_id=False):
        values = super()._prepare_customer_values(partner_name, is_company, parent_id)
        if self.referred_by_id and not parent_id:
            values["referred_by_id"] = self.referred_by_id.id
        return values
