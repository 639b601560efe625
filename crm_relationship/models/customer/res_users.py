from odoo import api, models
from odoo.tools import SQL

from ..base.asked import check_records


class ResUsers(models.Model):
    """Who may serve the customers of a company, and what becomes of them when a user
    leaves. (Of pending interactions: ``ledger/res_users.py``.)
    """

    _inherit = "res.users"

    def action_archive(self):
        check_records(self)
        self.check_access("write")
        self._hand_over_customers()
        return super().action_archive()

    def write(self, vals):
        if vals.get("active") is False:
            self.check_access("write")
            self._hand_over_customers()
        result = super().write(vals)
        if {"company_ids", "group_ids"} & vals.keys():
            self._hand_over_out_of_reach()
        return result

    def unlink(self):
        self.check_access("unlink")
        self._hand_over_customers()
        return super().unlink()

    def _hand_over_out_of_reach(self):
        """Hand over customers of companies in which these users work no longer.

        They became portal users, or lost the company. ``sudo``: as in
        ``_hand_over_customers``.
        """
        relationships = self.env["crm.relationship"].sudo()
        served = relationships.search([("user_id", "in", self.ids)])
        lost = served.filtered(lambda r: not r.user_id._filter_staff_of(r.company_id))
        for heir, customers in lost.grouped(
            lambda r: r.backup_user_id._filter_staff_of(r.company_id)
        ).items():
            customers.write({"user_id": heir.id, "backup_user_id": False})

    def _hand_over_customers(self):
        """Give the customers of archived users to their stand-ins.

        Customers without a stand-in are shown as without a dedicated salesperson. Plan
        lines and program steps that named the user fall back to the dedicated one.

        ``sudo``: whoever archives users need not sell.
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
        for (company, backup), customers in served.grouped(
            lambda r: (r.company_id, r.backup_user_id)
        ).items():
            heir = backup._filter_staff_of(company)
            customers.write({"user_id": heir.id, "backup_user_id": False})

    def _filter_staff_of(self, company):
        """Return those of these users who may serve the customers of a company.

        Active internal users who work in it: others would not see what they are given.
        ``sudo``: whoever hands over a contact need not know where a colleague works.
        """
        return self.filtered(
            lambda user: user.active
            and not user.share
            and company in user.sudo().company_ids
        )

    @api.model
    def _staff_sql(self):
        """Return SQL rows (user_id, company_id): who may serve whose customers.

        The same rule as `_filter_staff_of`, for what is set-based.
        """
        self.flush_model(["active", "company_ids", "share"])
        return SQL(
            """
            SELECT works.user_id, works.cid AS company_id
              FROM res_company_users_rel works
              JOIN res_users u ON u.id = works.user_id
             WHERE u.active AND NOT u.share
            """
        )
