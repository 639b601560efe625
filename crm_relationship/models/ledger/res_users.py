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
            interactions.write({"user_id": (staff - self).id})
