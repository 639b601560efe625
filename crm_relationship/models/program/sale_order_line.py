from odoo import api, models

from .amending import amending

# What the customer has of an order follows from these.
QUANTITIES = {"product_uom_qty", "qty_delivered"}
# What else makes an order one that a program asks for, or makes it none any more.
CONTENT = {"discount", "price_unit", "product_id", "product_uom_id", "tax_ids"}
# A line of which so much of the price is credited was given back.
NEARLY_ALL = 0.9


class SaleOrderLine(models.Model):
    """What is ordered and changes, and what was delivered and comes back."""

    _inherit = "sale.order.line"

    @api.model_create_multi
    def create(self, vals_list):
        with amending(self.env) as amended:
            ids = {vals.get("order_id") for vals in vals_list} - {None, False}
            self.env["sale.order"].browse(ids)._note_suited(amended)
            lines = super().create(vals_list)
            amended.update(lines._filter_watched().order_id.ids)
        return lines

    def write(self, vals):
        with amending(self.env) as amended:
            followed = self.browse()
            if QUANTITIES & vals.keys():
                followed = self.filtered(lambda line: line.state == "sale")
            before = {line: line.qty_delivered for line in followed}
            open_ = followed.order_id.filtered(lambda o: not o._is_delivered())
            watched = self.browse()
            if (QUANTITIES | CONTENT) & vals.keys():
                watched = self._filter_watched()
                watched.order_id._note_suited(amended)
            result = super().write(vals)
            followed._note_returns(before)
            amended.update((followed | watched).order_id.ids)
            amended.completed.update(open_.filtered(lambda o: o._is_delivered()).ids)
        return result

    def unlink(self):
        with amending(self.env) as amended:
            orders = self._filter_watched().order_id
            orders._note_suited(amended)
            amended.update(orders.ids)
            return super().unlink()

    def _filter_watched(self):
        """Return the lines of orders whose content may matter to a program."""
        watched = self.env["crm.program"]._get_watched()
        states = {state for state, names in watched.items() if "order_line" in names}
        return self.filtered(lambda line: states and line.state in states)

    def _compute_qty_delivered(self):
        """Notice what the stock delivers and takes back.

        What follows is written at the end of the transaction, because a compute method
        writes nothing but its own field.
        """
        before = {line: line.qty_delivered for line in self.filtered("id")}
        result = super()._compute_qty_delivered()
        changed = self.browse().union(
            *(
                line
                for line, quantity in before.items()
                if line.state == "sale" and quantity != line.qty_delivered
            )
        )
        if changed:
            self.env.cr.precommit.add(lambda: changed._follow_returns(before))
        return result

    def _follow_returns(self, before):
        self._note_returns(before)
        completed = self.order_id.filtered(
            lambda order: order._is_delivered() and not order._is_delivered(before)
        )
        self.order_id._try_follow_up("_follow_changes", {}, completed.ids)

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

    def _is_kept(self):
        """Tell whether the customer still has something of this line.

        A credit note over a small part of the price gives nothing back, whatever the
        quantity on it.
        """
        self.ensure_one()
        if self.product_uom_qty <= 0:
            return False
        lost = self._get_lost_amount()
        invoiced = sum(self._list_invoiced("out_invoice", self._convert_amount))
        is_credited = self._get_lost_quantity() >= self.product_uom_qty
        if is_credited and lost >= NEARLY_ALL * invoiced:
            return False
        return not lost or lost < NEARLY_ALL * self.price_subtotal

    def _get_lost_quantity(self):
        return self._get_lost(self._convert_quantity, self.product_uom_qty)

    def _get_lost_amount(self):
        """Return what was credited of the price, untaxed, in the order's currency."""
        return self._get_lost(self._convert_amount, self.price_subtotal)

    def _get_lost(self, convert, ordered):
        """Return how much of what was ordered was credited.

        What was credited and invoiced again was an error in the invoice. Drafts of
        invoices count: whoever corrects one posts the credit note first.
        """
        self.ensure_one()
        credited = sum(self._list_invoiced("out_refund", convert))
        again = sum(self._list_invoiced("out_invoice", convert)) - ordered
        return max(0, credited - max(0, again))

    def _list_invoiced(self, move_type, convert):
        """Return how much each line has of this one, of invoices or of credit notes."""
        states = ("posted",) if move_type == "out_refund" else ("draft", "posted")
        return [
            convert(line)
            for line in self.invoice_lines
            if line.move_id.move_type == move_type and line.move_id.state in states
        ]

    def _convert_quantity(self, line):
        return line.product_uom_id._compute_quantity(line.quantity, self.product_uom_id)

    def _convert_amount(self, line):
        return line.currency_id._convert(
            line.price_subtotal,
            self.currency_id,
            self.company_id,
            line.move_id.invoice_date or line.move_id.date,
        )
