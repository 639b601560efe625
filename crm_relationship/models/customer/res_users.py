from odoo import models

from ..base.asked import check_records


class ResUsers(models.Model):
    _inherit = "res.users"

    def action_archive(self):
        check_records(self)
        self._hand_over_customers()
        return super().action_archive()

    def write(self, vals):
        if vals.get("active") is False:
            self._hand_over_customers()
        return super().write(vals)

    def _hand_over_customers(self):
        """Give the customers of archived users to their stand-ins.

        Customers without a stand-in are shown as without dedicated staff. Plan lines
        and program steps that named the user fall back to the dedicated staff.
        """
        for touches in self.env["crm.touch.mixin"]._get_touch_models():
            touches.search([("user_id", "in", self.ids)]).user_id = False
        relationships = (
            self.env["crm.relationship"].sudo().with_context(active_test=False)
        )
        relationships.search(
            [("backup_user_id", "in", self.ids)]
        ).backup_user_id = False
        served = relationships.search([("user_id", "in", self.ids)])
        for backup, customers in served.grouped("backup_user_id").items():
            customers.write({"user_id": backup.id, "backup_user_id": False})
