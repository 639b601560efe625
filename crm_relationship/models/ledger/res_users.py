from odoo import models


class ResUsers(models.Model):
    _inherit = "res.users"

    def _hand_over_customers(self):
        """Give the pending interactions to whoever serves the customer from now on.

        Else they wait in the queue, assigned to nobody. Odoo deletes the activities of
        an archived user, so they must change hands before. ``sudo``: whoever archives
        users need not sell.
        """
        super()._hand_over_customers()
        left = (
            self.env["crm.interaction"]
            .sudo()
            .search(
                [("user_id", "in", self.ids), ("state", "in", ("scheduled", "open"))]
            )
        )
        for staff, interactions in left.grouped(
            lambda i: i.relationship_id._get_staff()
        ).items():
            interactions._hand_to(staff - self)

    def _hand_over_out_of_reach(self):
        """The same for pending interactions of customers whom somebody else serves."""
        super()._hand_over_out_of_reach()
        self._hand_over_pending()

    def _hand_over_pending(self):
        """Give what these can no longer do to whoever serves the customer, if any."""
        pending = self.env["crm.interaction"].sudo()  # sudo: as above
        pending = pending.search(
            [("user_id", "in", self.ids), ("state", "in", ("scheduled", "open"))]
        )
        lost = pending.filtered(lambda i: not i.user_id._filter_staff_of(i.company_id))
        for staff, interactions in lost.grouped(
            lambda i: i.relationship_id._get_staff()
        ).items():
            interactions._hand_to(staff)
