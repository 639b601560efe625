from odoo import models
from odoo.tools import SQL


class LoyaltyCard(models.Model):
    _inherit = "loyalty.card"

    def _lock(self):
        """Let orders and jobs wait that change the same cards, and read them anew.

        SQL because the ORM's lock gives up instead of waiting.
        """
        if self.ids:
            self.flush_recordset(["points"])
            self.env.execute_query(
                SQL(
                    "SELECT FROM loyalty_card WHERE id = ANY(%s) ORDER BY id"
                    " FOR NO KEY UPDATE",
                    self.ids,
                )
            )
            self.invalidate_recordset(["points"])
