from odoo import api, models
from odoo.fields import Domain

from odoo.addons.crm_relationship.models.program.trigger_orders import BY_THE_ORDER


class CrmProgramEnrollment(models.Model):
    _inherit = "crm.program.enrollment"

    def _stop(self, reason):
        """Take back what an order has brought the customer that came to nothing.

        Also what was given by steps that are done: the order was the reason.
        """
        stopped = super()._stop(reason)
        if reason in BY_THE_ORDER:
            runs = self._get_leaders().filtered(lambda r: not r._has_standing_order())
            runs.interaction_ids._withdraw()
        return stopped

    @api.model
    def _enroll_orders(self, programs, orders, day=None):
        """Give again what was taken back, where an order stands after all."""
        enrollments = super()._enroll_orders(programs, orders, day)
        ids = self.env["sale.order"].union(*orders.values()).ids
        self._give_again(
            Domain("enrollment_id.sale_order_id", "in", ids)
            | Domain("enrollment_id.joined_ids.sale_order_id", "in", ids)
        )
        return enrollments

    def _settle(self):
        result = super()._settle()
        self._give_again(Domain("enrollment_id", "in", self._get_leaders().ids))
        return result

    @api.model
    def _give_again(self, which):
        """Give again what was taken back, where an order stands after all.

        :param Domain which: condition on the interactions
        """
        taken = self.env["crm.interaction"].search(
            which
            & Domain("loyalty_state", "=", "taken_back")
            & Domain("state", "=", "done")
        )
        runs = taken.enrollment_id.filtered(lambda run: run._has_standing_order())
        taken.filtered(lambda i: i.enrollment_id in runs)._restore()
