from odoo import api, models

# What an order no longer stands for.
ABOUT_THE_ORDER = ("order_cancelled", "order_returned")


class CrmProgramEnrollment(models.Model):
    _inherit = "crm.program.enrollment"

    def _stop(self, reason):
        """Take back what an order has brought the customer that came to nothing.

        Also what was given by steps that are done: the order was the reason.
        """
        stopped = super()._stop(reason)
        if reason in ABOUT_THE_ORDER:
            runs = self._get_leaders().filtered(lambda run: not run._has_order())
            runs.interaction_ids._withdraw()
        return stopped

    @api.model
    def _enroll_orders(self, programs, orders, day=None):
        """Give again what was taken back, where an order stands after all."""
        enrollments = super()._enroll_orders(programs, orders, day)
        ids = self.env["sale.order"].union(*orders.values()).ids
        self.env["crm.interaction"].search(
            [
                ("loyalty_state", "=", "taken_back"),
                ("state", "=", "done"),
                "|",
                ("enrollment_id.sale_order_id", "in", ids),
                ("enrollment_id.joined_ids.sale_order_id", "in", ids),
            ]
        )._restore()
        return enrollments

    def _has_order(self):
        """Tell whether any of the orders that are followed up together still stands."""
        self.ensure_one()
        return any(
            order.state == "sale"
            and (not order._get_goods() or order._get_kept_lines())
            for order in (self | self.joined_ids).sale_order_id
        )
