from odoo import models

from .trigger_orders import get_young_since


class AccountMove(models.Model):
    """Invoices, and credit notes: the customer gave something back."""

    _inherit = "account.move"

    def _post(self, soft=True):
        # an old one that is posted again, or brought in, invoices nothing today
        old = self.filtered(
            lambda m: m.posted_before
            or (m.invoice_date and m.invoice_date < get_young_since().date())
        )
        posted = super()._post(soft=soft)
        posted._follow_credit_notes()
        # sudo: whoever posts an invoice need not see sales
        invoices = posted.sudo().filtered(lambda m: m.move_type == "out_invoice")
        if orders := invoices.line_ids.sale_line_ids.order_id:
            completed = (invoices - old).line_ids.sale_line_ids.order_id
            orders._try_follow_up("_start_reached", completed.ids)
        return posted

    def button_draft(self):
        result = super().button_draft()
        self._follow_credit_notes()
        return result

    def _follow_credit_notes(self):
        """Let the follow-ups know of credit notes that are posted, or no longer are."""
        # sudo: whoever credits need not see sales
        credit_notes = self.sudo().filtered(lambda m: m.move_type == "out_refund")
        if credit_notes:
            lines = (credit_notes | credit_notes.reversed_entry_id).line_ids
            lines.sale_line_ids.order_id._try_follow_up("_follow_changes")
