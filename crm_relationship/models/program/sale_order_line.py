from odoo import api, models

from .amending import amending

# What the customer has of an order follows from these.
QUANTITIES = {"product_uom_qty", "qty_delivered"}
# What else makes an order one that a program asks for, or makes it none any more.
CONTENT = {"discount", "price_unit", "product_id", "product_uom_id", "tax_ids"}


class SaleOrderLine(models.Model):
    """What is ordered and changes, and what was delivered and comes back."""

    _inherit = "sale.order.line"

    @api.model_create_multi
    def create(self, vals_list):
        with amending(self.env) as amended:
            lines = super().create(vals_list)
            amended.update(lines._filter_watched().order_id.ids)
        return lines

    def write(self, vals):
        with amending(self.env) as amended:
            followed = self.browse()
            if QUANTITIES & vals.keys():
                followed = self.filtered(lambda line: line.state == "sale")
            before = {line: line.qty_delivered for line in followed}
            watched = self.browse()
            if (QUANTITIES | CONTENT) & vals.keys():
                watched = self._filter_watched()
            result = super().write(vals)
            followed._note_returns(before)
            amended.update((followed | watched).order_id.ids)
        return result

    def unlink(self):
        with amending(self.env) as amended:
            amended.update(self._filter_watched().order_id.ids)
            return super().unlink()

    def _filter_watched(self):
        """Return the lines of orders whose content may matter to a program."""
        watched = self.env["crm.program"]._get_watched()
        states = {state for state, names in watched.items() if "order_line" in names}
        return self.filtered(lambda line: states and line.state in states)

    def _compute_qty_delivered(self):
        """Notice what the stock takes back.

        What follows is written at the end of the transaction, because a compute method
        writes nothing but its own field.
        """
        before = {line: line.qty_delivered for line in self.filtered("id")}
        result = super()._compute_qty_delivered()
        changed = self.browse().union(
            *(
                line
                for line, quantity in before.items()
                if line.state == "sale" and (quantity > 0) != (line.qty_delivered > 0)
            )
        )
        if changed:
            self.env.cr.precommit.add(lambda: changed._follow_returns(before))
        return result

    def _follow_returns(self, before):
        self._note_returns(before)
        self.order_id._try_follow_up("_follow_changes")

    def _note_returns(self, before):
        """Keep in mind which of these lines were delivered and have come back.

        :param dict before: the delivered quantities until now
        """
        # sudo: whoever takes goods back need not see the programs
        for line in self.sudo():
            enrollments = line.order_id.enrollment_ids
            if not enrollments:
                continue
            if line.qty_delivered > 0:
                enrollments.returned_line_ids -= line
            elif before[line.with_env(self.env)] > 0:
                enrollments.returned_line_ids |= line

    def _get_kept_quantity(self):
        """Return how much was ordered and not credited.

        What was credited and invoiced again was an error in the invoice. Drafts of
        invoices count: whoever corrects one posts the credit note first.
        """
        self.ensure_one()
        credited = again = 0
        for line in self.invoice_lines:
            move = line.move_id
            quantity = line.product_uom_id._compute_quantity(
                line.quantity, self.product_uom_id
            )
            if move.move_type == "out_refund" and move.state == "posted":
                credited += quantity
            elif move.move_type == "out_invoice" and move.state != "cancel":
                again += quantity
        again = max(0, again - self.product_uom_qty)
        return self.product_uom_qty - max(0, credited - again)
