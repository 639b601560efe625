from odoo import models


class SaleOrder(models.Model):
    """Whom Odoo proposes as the salesperson of an order."""

    _inherit = "sale.order"

    def _compute_user_id(self):
        """Propose who serves the customer in the company of the order.

        The contact names one person for all companies. Where that one does not work in
        the company of the order, the dedicated salesperson is proposed, if the company
        keeps one truth. ``sudo``: who serves a customer is no secret to who sells.
        """
        before = {order: order.user_id for order in self}
        result = super()._compute_user_id()
        for order in self:
            company, staff = order.company_id, order.user_id
            if not staff or staff == before[order] or staff._filter_staff_of(company):
                continue
            if not company._keeps_in_step():
                continue
            customer = order.partner_id.with_company(company).sudo()
            order.user_id = customer.dedicated_user_id or staff
        return result
