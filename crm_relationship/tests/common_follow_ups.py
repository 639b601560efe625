"""What the tests of follow-ups of an order share."""

from odoo import Command
from odoo.tests import tagged

from .common import TODAY
from .common_message import MessageCase


@tagged("post_install", "-at_install")
class FollowUpCase(MessageCase):
    """A program that thanks by email at once, and asks by phone later."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.program = cls.make_program(0, 1, 7, 30)
        cls.thanks = cls.program.step_ids[0]
        cls.thanks.write(
            {
                "touchpoint_ids": [Command.set(cls.email.ids)],
                "mail_template_id": cls.mail_template.id,
                "sms_template_id": cls.sms_template.id,
            }
        )
        cls.partner = cls.make_customer(
            "Buyer", email="buyer@example.com", phone="+62 812-1111-2222"
        )
        cls.make_relationship(cls.partner)
        cls.company.country_id = cls.env.ref("base.id")
        cls.make_accounts()
        cls.second_product = cls.env["product.product"].create(
            {"name": "Strings", "type": "consu", "taxes_id": False}
        )

    def confirmed(self, partner=None, **values):
        """Return an order whose thank-you waits in the mail queue."""
        order = self.make_quotation(partner or self.partner, **values)
        order.action_confirm()
        self.release_due()
        return order

    def release_due(self):
        """Release what is due in an hour: planning is for nine in the morning."""
        self.env["crm.interaction"].search(
            [("program_step_id", "!=", False), ("state", "=", "scheduled")]
        ).filtered(lambda i: i.date_due <= TODAY)._release()

    def follow_ups(self, orders, *states):
        domain = [("enrollment_id.program_id", "=", self.program.id)]
        domain.append(("sale_order_id", "in", orders.ids))
        if states:
            domain.append(("state", "in", states))
        return self.env["crm.interaction"].search(domain, order="date_due, id")

    def queued(self, partner=None):
        return self.env["mail.mail"].search(
            [
                ("model", "=", "res.partner"),
                ("res_id", "=", (partner or self.partner).id),
                ("state", "=", "outgoing"),
            ]
        )

    def invoiced(self, order):
        order.order_line.product_id.invoice_policy = "order"
        order.order_line.invalidate_recordset(["qty_to_invoice"])
        invoice = order._create_invoices()
        invoice.action_post()
        return invoice

    def credit(self, invoice, modify=False, **values):
        wizard = (
            self.env["account.move.reversal"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({"journal_id": invoice.journal_id.id, **values})
        )
        (wizard.modify_moves if modify else wizard.refund_moves)()
        return wizard.new_move_ids

    def assertStopped(self, order, reason):
        self.assertEqual(
            set(order.enrollment_ids.mapped(lambda e: (e.state, e.stop_reason))),
            {("stopped", reason)},
        )
        self.assertFalse(self.follow_ups(order, "scheduled", "open"))

    def questions(self, order):
        return self.env["crm.interaction"].search(
            [("sale_order_id", "=", order.id), ("kind", "=", "service")]
        )
