from odoo import models


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _get_program_domain(self):
        domain = super()._get_program_domain()
        return [*domain, ("id", "not in", self._get_barred_programs().ids)]

    def _get_trigger_domain(self):
        domain = super()._get_trigger_domain()
        return [*domain, ("program_id", "not in", self._get_barred_programs().ids)]

    def _get_barred_programs(self):
        """Return the loyalty programs that are for other segments than the customer's.

        ``sudo``: whether the customer may use a code does not depend on who enters it.
        """
        relationship = (
            self.env["crm.relationship"]
            .sudo()
            .search(
                [
                    ("partner_id", "=", self.partner_id.commercial_partner_id.id),
                    ("company_id", "=", self.company_id.id),
                ]
            )
        )
        # archived segments count: without them, a program would seem to be for all
        programs = self.env["loyalty.program"].sudo().with_context(active_test=False)
        limited = programs.search([("crm_segment_ids", "!=", False)])
        return limited.filtered(lambda p: not p._is_for(relationship.segment_id))
