"""Which sales orders start a program, and when: confirmed, delivered or invoiced."""

from datetime import timedelta
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from ..models.program.trigger_orders import filter_orders
from .common import NOW, TODAY, RelationshipCase


@tagged("post_install", "-at_install")
class TestWhichOrder(RelationshipCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partner = cls.make_customer("Ani")
        cls.firm = cls.make_customer("Firm", is_company=True)
        cls.person = cls.make_customer("Person", parent_id=cls.firm.id)
        cls.music = cls.env["product.category"].create({"name": "Music"})
        cls.discs = cls.env["product.category"].create(
            {"name": "Discs", "parent_id": cls.music.id}
        )
        cls.other = cls.env["product.product"].create(
            {"name": "Other", "taxes_id": False}
        )

    def starts(self, program, partner=None, amount=10.0, **values):
        """Tell whether a new order starts a program."""
        order = self.make_quotation(partner or self.partner, amount, **values)
        order.action_confirm()
        return program in order.enrollment_ids.program_id

    def test_first_order(self):
        program = self.make_program(0, order_rank="first", merge_rule="parallel")
        self.assertTrue(self.starts(program))
        self.assertFalse(self.starts(program))

    def test_first_order_of_a_firm(self):
        program = self.make_program(0, order_rank="first", merge_rule="parallel")
        self.assertTrue(self.starts(program, self.person))
        self.assertFalse(self.starts(program, self.firm))

    def test_any_order_but_the_first(self):
        program = self.make_program(0, order_rank="repeat")
        self.assertFalse(self.starts(program))
        self.assertTrue(self.starts(program))

    def test_cancelled_order_is_none(self):
        program = self.make_program(0, order_rank="first")
        self.make_order(self.partner, 5, state="cancel")
        self.assertTrue(self.starts(program))

    def test_order_in_another_company_is_none(self):
        program = self.make_program(0, order_rank="first")
        company = self.env["res.company"].create({"name": "Other"})
        self.make_order(self.partner, 5, company=company)
        self.assertTrue(self.starts(program))

    def test_amount(self):
        program = self.make_program(0, order_amount=100)
        self.assertFalse(self.starts(program, amount=99.99))
        self.assertTrue(self.starts(program, amount=100))

    def test_amount_in_a_foreign_currency(self):
        order = self.make_order(self.partner, amount=150)
        program = self.make_program(0, order_amount=100)
        self.assertEqual(filter_orders(program, order), {program: {order.id}})
        self.env.cr.execute(
            "UPDATE sale_order SET currency_rate = 2 WHERE id = %s", [order.id]
        )
        self.assertEqual(filter_orders(program, order), {program: set()})

    def test_team(self):
        ours, theirs = self.env["crm.team"].create([{"name": "Us"}, {"name": "Them"}])
        program = self.make_program(0, team_ids=ours.ids)
        self.assertFalse(self.starts(program, team_id=theirs.id))
        self.assertTrue(self.starts(program, team_id=ours.id))

    def test_team_that_starts_a_program_is_not_deleted(self):
        ours = self.env["crm.team"].create({"name": "Us"})
        self.make_program(0, team_ids=ours.ids)
        with self.assertRaisesRegex(UserError, "in use"):
            ours.unlink()

    def test_products(self):
        program = self.make_program(
            0,
            order_what="products",
            product_tmpl_ids=self.other.product_tmpl_id.ids,
        )
        self.assertFalse(self.starts(program))
        line = Command.create({"product_id": self.other.id, "price_unit": 1})
        self.assertTrue(self.starts(program, order_line=[line]))

    def test_categories_and_those_below(self):
        program = self.make_program(
            0, order_what="categories", product_categ_ids=self.music.ids
        )
        self.assertFalse(self.starts(program))
        self.product.categ_id = self.discs
        self.assertTrue(self.starts(program))

    def test_products_are_chosen(self):
        with self.assertRaisesRegex(ValidationError, "Choose the products"):
            self.make_program(0, order_what="products")

    def test_product_deleted(self):
        """Any other product would start it, if it did not notice."""
        program = self.make_program(
            0,
            order_what="products",
            product_tmpl_ids=self.other.product_tmpl_id.ids,
        )
        self.other.product_tmpl_id.unlink()
        self.assertIn("Choose the products", program.problem)
        self.assertFalse(self.starts(program))
        self.run_cron("schedule")
        self.assertFalse(program.enrollment_ids)

    def test_made_up_for_at_night(self):
        program = self.make_program(0, order_amount=100)
        orders = self.make_quotation(self.partner, 10)
        orders += self.make_quotation(self.partner, 200)
        Order = type(self.env["sale.order"])
        with patch.object(Order, "_try_follow_up", lambda *args, **kwargs: True):
            orders.action_confirm()
        self.run_cron("schedule")
        self.assertEqual(program.enrollment_ids.sale_order_id, orders[1])


@tagged("post_install", "-at_install")
class TestOrderReached(RelationshipCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partner = cls.make_customer("Ani")

    def confirmed(self):
        order = self.make_quotation(self.partner)
        order.action_confirm()
        return order

    def test_delivered(self):
        program = self.make_program(0, 7, trigger="delivered")
        order = self.confirmed()
        order.order_line.product_uom_qty = 2
        order.order_line.qty_delivered = 1
        self.assertFalse(order.enrollment_ids)
        with self.in_days(3):
            order.order_line.qty_delivered = 2
            order.order_line.qty_delivered = 2
            self.run_cron("schedule")
            enrollment = order.enrollment_ids
            self.assertEqual(enrollment.program_id, program)
            self.assertEqual(str(enrollment.date), "2026-04-03")
            # what happens to the order later leaves the day alone
            order.order_line.qty_delivered = 3
        self.assertEqual(str(enrollment.date), "2026-04-03")
        self.assertEqual(
            [str(i.date_due) for i in enrollment.interaction_ids.sorted("date_due")],
            ["2026-04-03", "2026-04-10"],
        )

    def test_taken_back_before_the_next_step(self):
        self.make_program(0, 7, trigger="delivered")
        order = self.confirmed()
        order.order_line.qty_delivered = 1
        order.order_line.qty_delivered = 0
        self.assertEqual(order.enrollment_ids.stop_reason, "order_returned")

    def test_delivered_is_made_up_for_at_night(self):
        program = self.make_program(0, trigger="delivered")
        order = self.confirmed()
        Order = type(self.env["sale.order"])
        with patch.object(Order, "_start_reached", lambda *args: None):
            order.order_line.qty_delivered = 1
        self.refresh()
        self.run_cron("schedule")
        self.assertEqual(program.enrollment_ids.sale_order_id, order)

    def test_long_ago_is_not_made_up_for(self):
        order = self.confirmed()
        order.order_line.qty_delivered = 1
        self.env.flush_all()
        self.env.cr.execute("UPDATE sale_order_line SET write_date = '2026-01-01'")
        self.refresh()
        program = self.make_program(
            0, trigger="delivered", date_start=TODAY - timedelta(days=30)
        )
        self.run_cron("schedule")
        self.assertFalse(program.enrollment_ids)

    def test_only_its_orders(self):
        program = self.make_program(0, trigger="delivered", order_amount=100)
        self.confirmed().order_line.qty_delivered = 1
        self.assertFalse(program.enrollment_ids)

    def test_two_delivered_on_one_day_go_together(self):
        self.make_program(0, trigger="delivered")
        orders = self.confirmed() + self.confirmed()
        for order in orders:
            order.order_line.qty_delivered = 1
        self.assertEqual(orders[1].enrollment_ids.joined_id, orders[0].enrollment_ids)

    def test_invoiced(self):
        self.make_accounts()
        program = self.make_program(0, trigger="invoiced")
        order = self.confirmed()
        order.order_line.product_id.invoice_policy = "order"
        invoice = order._create_invoices()
        self.assertFalse(program.enrollment_ids)
        invoice.action_post()
        self.env.flush_all()
        self.assertEqual(program.enrollment_ids.sale_order_id, order)
        self.assertEqual(program.enrollment_ids.date, TODAY)

    def test_salesperson_delivers(self):
        program = self.make_program(0, trigger="delivered")
        order = self.confirmed()
        order.user_id = self.sari
        order.with_user(self.sari).order_line.qty_delivered = 1
        self.assertEqual(program.enrollment_ids.sale_order_id, order)


@tagged("post_install", "-at_install")
class TestReachedBefore(RelationshipCase):
    """What was delivered or invoiced before the program began starts nothing."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_accounts()
        cls.partner = cls.make_customer("Ani")
        cls.ours = cls.env["crm.team"].create({"name": "Us"})
        cls.ours.company_id = cls.company

    def old(self, days=400, **values):
        """Return an order of long ago, with its invoice, all of it delivered."""
        with self.in_days(-days):
            order = self.make_quotation(self.partner, **values)
            order.action_confirm()
            order.order_line.product_id.invoice_policy = "order"
            order.order_line.qty_delivered = order.order_line.product_uom_qty
            invoice = order._create_invoices()
            invoice.action_post()
            self.env.flush_all()
        return order, invoice

    def begin(self, **values):
        values.setdefault("order_amount", 1)
        return self.env["crm.program"].union(
            *(
                self.make_program(0, name=trigger, trigger=trigger, **values)
                for trigger in ("delivered", "invoiced")
            )
        )

    def test_any_touch(self):
        order, _invoice = self.old()
        programs = self.begin(team_ids=self.ours.ids)
        order.team_id = self.ours
        order.order_line.discount = 5
        order.order_line = [
            Command.create({"display_type": "line_note", "name": "Note"}),
        ]
        order.date_order += timedelta(hours=1)
        self.assertFalse(programs.enrollment_ids)
        self.run_cron("schedule")
        self.assertFalse(programs.enrollment_ids)

    def test_posted_again(self):
        programs = self.begin()
        order, invoice = self.old()
        invoice.button_draft()
        invoice.action_post()
        order.order_line.discount = 5
        self.assertFalse(programs.enrollment_ids)

    def test_old_order_of_a_program_that_is_older(self):
        with self.in_days(-60):
            programs = self.begin(team_ids=self.ours.ids)
        order, _invoice = self.old(50)
        self.assertFalse(programs.enrollment_ids)
        order.team_id = self.ours
        order.order_line.discount = 5
        self.run_cron("schedule")
        self.assertFalse(programs.enrollment_ids)

    def test_import(self):
        programs = self.begin()
        for days in (400, 60):
            order = self.env["sale.order"].create(
                {
                    "partner_id": self.partner.id,
                    "company_id": self.company.id,
                    "state": "sale",
                    "date_order": NOW - timedelta(days=days),
                    "order_line": [
                        Command.create(
                            {
                                "product_id": self.product.id,
                                "price_unit": 10,
                                "qty_delivered": 1,
                            }
                        )
                    ],
                }
            )
            self.assertEqual(order.order_line.qty_delivered, 1)
        self.run_cron("schedule")
        self.assertFalse(programs.enrollment_ids)

    def test_delivered_and_invoiced_today(self):
        """However old the order is."""
        with self.in_days(-400):
            order = self.make_quotation(self.partner)
            order.action_confirm()
            order.order_line.product_id.invoice_policy = "order"
        delivered, invoiced = self.begin()
        order.order_line.qty_delivered = 1
        self.assertEqual(delivered.enrollment_ids.sale_order_id, order)
        self.assertFalse(invoiced.enrollment_ids)
        order._create_invoices().action_post()
        self.assertEqual(invoiced.enrollment_ids.sale_order_id, order)
        # what a change ended goes on with the next
        order.order_line.price_unit = 0.5
        self.assertEqual(delivered.enrollment_ids.stop_reason, "order_changed")
        order.order_line.price_unit = 10
        self.assertEqual(delivered.enrollment_ids.state, "running")
