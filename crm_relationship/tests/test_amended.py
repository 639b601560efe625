"""Orders changed after they were confirmed: what a program asks is asked anew."""

from datetime import timedelta
from unittest.mock import patch

from odoo import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import NOW, TODAY
from .common_follow_ups import FollowUpCase

APART = "odoo.addons.crm_relationship.models.base.apart"


class AmendedCase(FollowUpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ours, cls.theirs = cls.env["crm.team"].create(
            [{"name": "Us"}, {"name": "Them"}]
        )
        for team in cls.ours + cls.theirs:
            team.company_id = cls.company

    def line(self, product, price=10.0, quantity=1):
        return Command.create(
            {
                "product_id": product.id,
                "name": product.name,
                "price_unit": price,
                "product_uom_qty": quantity,
            }
        )

    def run_of(self, order, program=None):
        return order.enrollment_ids.filtered(
            lambda e: e.program_id == (program or self.program)
            and e.partner_id == order.partner_id.commercial_partner_id
        )

    def assertGoesOn(self, order, program=None):
        run = self.run_of(order, program)
        self.assertEqual(run.mapped("state"), ["running"])
        self.assertTrue(run._get_leaders().interaction_ids._filter_pending())

    def assertEnds(self, order, program=None):
        run = self.run_of(order, program)
        self.assertEqual(
            run.mapped(lambda e: (e.state, e.stop_reason)),
            [("stopped", "order_changed")],
        )
        self.assertFalse(run.interaction_ids._filter_pending())
        self.assertFalse(self.queued(), "the message that waited does not leave")

    def assertNone(self, order, program=None):
        self.assertFalse(self.run_of(order, program))


@tagged("post_install", "-at_install")
class TestNoLongerAsked(AmendedCase):
    """What an order no longer has ends what it began."""

    def test_whatever_makes_the_amount_too_small(self):
        self.program.order_amount = 100
        for values in (
            {"product_uom_qty": 1},
            {"price_unit": 49},
            {"discount": 50},
        ):
            with self.subTest(**values):
                partner = self.make_customer("Another", email="another@example.com")
                order = self.confirmed(
                    partner, order_line=[self.line(self.product, 50, 2)]
                )
                self.assertGoesOn(order)
                order.order_line.write(values)
                self.assertEnds(order)
                order.order_line.write(
                    {"product_uom_qty": 4, "price_unit": 50, "discount": 0}
                )
                self.assertGoesOn(order)

    def test_amount_that_is_still_enough(self):
        self.program.order_amount = 100
        order = self.confirmed(order_line=[self.line(self.product, 200)])
        order.order_line.price_unit = 100
        self.assertGoesOn(order)
        self.assertEqual(len(self.queued()), 1, "nothing was sent twice")

    def test_given_back_so_that_too_little_is_left(self):
        self.program.order_amount = 100
        order = self.confirmed(
            order_line=[
                self.line(self.product, 60),
                self.line(self.second_product, 60),
            ]
        )
        order.order_line.qty_delivered = 1
        self.assertGoesOn(order)
        order.order_line[0].qty_delivered = 0
        self.assertEnds(order)
        order.order_line[0].qty_delivered = 1
        self.assertGoesOn(order)

    def test_credited_in_part(self):
        self.program.order_amount = 100
        order = self.confirmed(order_line=[self.line(self.product, 60, 2)])
        credit_note = self.credit(self.invoiced(order))
        credit_note.invoice_line_ids.quantity = 1
        credit_note.action_post()
        self.assertEnds(order)
        credit_note.button_draft()
        self.assertGoesOn(order)

    def test_amount_counts_in_the_currency_of_the_company(self):
        self.program.order_amount = 100
        order = self.confirmed(order_line=[self.line(self.product, 300)])
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE sale_order SET currency_rate = 2 WHERE id = %s", [order.id]
        )
        order.invalidate_recordset(["currency_rate"])
        order.order_line.price_unit = 220
        self.assertGoesOn(order)
        order.order_line.price_unit = 180
        self.assertEnds(order)

    def test_credited_out_of_goodwill(self):
        """The quantity on such a credit note says nothing."""
        for threshold, goes_on in ((190, True), (191, False)):
            with self.subTest(threshold):
                self.program.order_amount = threshold
                partner = self.make_customer("Another", email="another@example.com")
                order = self.confirmed(
                    partner, order_line=[self.line(self.product, 100, 2)]
                )
                credit_note = self.credit(self.invoiced(order))
                credit_note.invoice_line_ids.write({"quantity": 1, "price_unit": 10})
                credit_note.action_post()
                self.assertEqual(order._get_kept_amount(), 190)
                (self.assertGoesOn if goes_on else self.assertEnds)(order)

    def test_goodwill_returns_nothing(self):
        order = self.confirmed(order_line=[self.line(self.product, 100)])
        credit_note = self.credit(self.invoiced(order))
        credit_note.invoice_line_ids.price_unit = 10
        credit_note.action_post()
        self.assertGoesOn(order)
        self.assertFalse(self.questions(order))
        self.assertTrue(order._get_kept_lines())

    def test_given_back_for_a_fee(self):
        for fee in (5, 20):
            with self.subTest(fee):
                order = self.confirmed(
                    order_line=[
                        self.line(self.product, 100),
                        self.line(self.second_product, 100),
                    ]
                )
                credit_note = self.credit(self.invoiced(order))
                credit_note.invoice_line_ids[1].unlink()
                credit_note.invoice_line_ids.price_unit = 100 - fee
                credit_note.action_post()
                is_kept = order.order_line[0] in order._get_kept_lines()
                self.assertEqual(is_kept, fee == 20)

    def test_free_line_is_kept(self):
        order = self.confirmed(order_line=[self.line(self.product, 0)])
        self.assertTrue(order._get_kept_lines())

    def test_something_is_taken_in_exchange(self):
        """In memory as in the database."""
        self.program.order_amount = 500
        order = self.confirmed(order_line=[self.line(self.product, 1000)])
        order.order_line = [self.line(self.second_product, 800, -1)]
        self.assertEqual(order._get_kept_amount(), 200)
        self.assertEnds(order)

    def test_product_changed_for_another(self):
        self.program.write(
            {
                "order_what": "products",
                "product_tmpl_ids": [Command.set(self.product.product_tmpl_id.ids)],
            }
        )
        order = self.confirmed()
        order.order_line.product_id = self.second_product
        self.assertEnds(order)
        order.order_line = [self.line(self.product)]
        self.assertGoesOn(order)

    def test_team(self):
        self.program.team_ids = self.ours
        order = self.confirmed(team_id=self.ours.id)
        order.team_id = self.theirs
        self.assertEnds(order)
        order.team_id = self.ours
        self.assertGoesOn(order)

    def test_team_that_follows_the_salesperson(self):
        self.program.team_ids = self.ours
        self.ours.member_ids, self.theirs.member_ids = self.sari, self.budi
        order = self.confirmed(user_id=self.sari.id)
        self.assertEqual(order.team_id, self.ours)
        order.user_id = self.budi
        self.assertEqual(order.team_id, self.theirs)
        self.assertEnds(order)

    def test_order_filter(self):
        for domain, good, bad in (
            ("[('client_order_ref', '=', 'A')]", "A", "B"),
            ("[('client_order_ref', '!=', 'B')]", False, "B"),
        ):
            with self.subTest(domain):
                self.program.order_domain = domain
                partner = self.make_customer("Another", email="another@example.com")
                order = self.confirmed(partner, client_order_ref=good)
                order.client_order_ref = bad
                self.assertEnds(order)
                order.client_order_ref = good
                self.assertGoesOn(order)

    def test_order_filter_of_the_amount(self):
        self.program.order_domain = "[('amount_untaxed', '>=', 100)]"
        order = self.confirmed(order_line=[self.line(self.product, 100)])
        order.order_line.price_unit = 99
        self.assertEnds(order)

    def test_order_filter_that_cannot_be_read_keeps_everybody(self):
        order = self.confirmed()
        self.env.cr.execute(
            "UPDATE crm_program SET order_domain = %s WHERE id = %s",
            ["[('gone', '=', 1)]", self.program.id],
        )
        self.program.invalidate_recordset()
        order.order_line.product_uom_qty = 3
        self.assertGoesOn(order)
        self.program.order_domain = False

    def test_course_of_an_order_is_no_change(self):
        self.program.order_domain = str(
            [
                ("invoice_status", "!=", "invoiced"),
                ("client_order_ref", "=", "A"),
                ("order_line", "any", [("qty_delivered", "=", 0)]),
                "!",
                ("state", "!=", "sale"),
            ]
        )
        order = self.confirmed(client_order_ref="A")
        order.order_line.qty_delivered = 1
        self.invoiced(order)
        self.assertEqual(order.invoice_status, "invoiced")
        order.order_line.product_uom_qty = 1
        order.order_line.price_unit = 11
        self.assertGoesOn(order)
        self.env["sale.order"]._catch_up_programs(self.company)
        self.assertGoesOn(order)
        order.client_order_ref = "B"
        self.assertEnds(order)

    def test_order_without_a_team_is_noticed_at_night(self):
        self.program.team_ids = self.ours
        self.changed_behind_our_back("team_id = NULL")

    def test_order_filter_at_night(self):
        self.program.order_domain = "[('client_order_ref', '=', 'A')]"
        self.changed_behind_our_back("client_order_ref = 'B'")

    def changed_behind_our_back(self, change):
        order = self.confirmed(client_order_ref="A", team_id=self.ours.id)
        self.assertGoesOn(order)
        self.env.flush_all()
        self.env.cr.execute(f"UPDATE sale_order SET {change} WHERE id = {order.id}")
        order.invalidate_recordset()
        self.env["sale.order"]._catch_up_programs(self.company)
        self.assertEnds(order)

    def test_order_that_fails_stops_no_other(self):
        self.program.order_amount = 100
        orders = self.env["sale.order"].union(
            *(
                self.confirmed(
                    self.make_customer(name, email=f"{name}@example.com"),
                    order_line=[self.line(self.product, 100)],
                )
                for name in ("a", "b", "c")
            )
        )
        Order = type(orders)
        follow = Order._follow_change

        def fail_for_one(order, enrollments):
            if order == orders[1]:
                raise ValueError
            return follow(order, enrollments)

        with (
            patch.object(Order, "_follow_change", fail_for_one),
            mute_logger(APART),
        ):
            orders.order_line.write({"price_unit": 50})
        self.assertEqual(
            orders.mapped("enrollment_ids.state"), ["stopped", "running", "stopped"]
        )
        orders.order_line.write({"price_unit": 100})
        self.assertEqual(
            orders.enrollment_ids.mapped("state"), ["running", "running", "running"]
        )
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE sale_order SET amount_untaxed = 50 WHERE id = ANY(%s)", [orders.ids]
        )
        orders.invalidate_recordset()
        with (
            patch.object(Order, "_follow_change", fail_for_one),
            mute_logger(APART),
        ):
            self.env["sale.order"]._catch_up_programs(self.company)
        self.assertEqual(
            orders.enrollment_ids.mapped("state"), ["stopped", "running", "stopped"]
        )

    def test_same_condition_again_is_no_other(self):
        self.program.write({"order_amount": 100, "team_ids": self.ours.ids})
        order = self.confirmed(
            team_id=self.ours.id, order_line=[self.line(self.product, 100)]
        )
        with self.in_days(1):
            self.program.write(
                {
                    "order_amount": 100,
                    "order_domain": False,
                    "team_ids": [Command.set(self.ours.ids)],
                }
            )
            order.order_line.price_unit = 50
            self.assertEqual(self.run_of(order).stop_reason, "order_changed")

    def test_begun_again_under_what_is_asked_by_then(self):
        self.program.order_amount = 100
        order = self.confirmed(order_line=[self.line(self.product, 100)])
        order.order_line.price_unit = 50
        self.assertEnds(order)
        with self.in_days(1):
            self.program.order_amount = 500
        with self.in_days(2):
            order.order_line.price_unit = 600
            self.assertEqual(self.run_of(order).state, "running")
            order.order_line.price_unit = 400
            self.assertEqual(self.run_of(order).stop_reason, "order_changed")

    def test_another_company(self):
        program = self.make_program(0, 9, name="Theirs", company_id=False)
        order = self.confirmed(order_line=[Command.clear()])
        order.company_id = self.other_company
        own = order.enrollment_ids.grouped("company_id")
        self.assertEqual(
            set(own[self.company].mapped(lambda e: (e.state, e.stop_reason))),
            {("stopped", "order_changed")},
        )
        self.assertIn(program, own[self.other_company].program_id)
        self.assertEqual(set(own[self.other_company].mapped("state")), {"running"})

    def test_all_taken_off_and_something_else_instead(self):
        order = self.confirmed()
        order.write(
            {
                "order_line": [
                    Command.update(order.order_line.id, {"product_uom_qty": 0}),
                    self.line(self.second_product),
                ]
            }
        )
        self.assertGoesOn(order)
        self.assertFalse(self.questions(order), "nothing came back")

    def test_lines_saved_at_once_are_judged_together(self):
        """In between, the amount is too small."""
        self.program.order_amount = 100
        order = self.confirmed(
            order_line=[self.line(self.product, 50), self.line(self.product, 50)]
        )
        [waits] = self.queued()
        first, second = order.order_line
        order.order_line = [
            Command.update(first.id, {"price_unit": 20}),
            Command.update(second.id, {"price_unit": 80}),
        ]
        self.assertGoesOn(order)
        self.assertEqual(self.queued(), waits, "it was not cancelled and sent again")

    def test_what_is_asked_since_is_not_asked_of_those_before(self):
        self.program.order_amount = 100
        order = self.confirmed(order_line=[self.line(self.product, 100)])
        partner = self.make_customer("Another", email="another@example.com")
        with self.in_days(1):
            self.program.order_amount = 500
            order.order_line.product_uom_qty = 2
            self.assertGoesOn(order)
            self.env["sale.order"]._catch_up_programs(self.company)
            self.assertGoesOn(order)
        with self.in_days(2):
            later = self.confirmed(partner, order_line=[self.line(self.product, 500)])
            self.assertGoesOn(later)
            later.order_line.price_unit = 400
            self.assertEqual(self.run_of(later).stop_reason, "order_changed")
            self.assertGoesOn(order)

    def test_noticed_at_night(self):
        """By SQL, or where the hook failed."""
        self.program.order_amount = 100
        order = self.confirmed(order_line=[self.line(self.product, 100)])
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE sale_order SET amount_untaxed = 50 WHERE id = %s", [order.id]
        )
        order.invalidate_recordset()
        self.env["sale.order"]._catch_up_programs(self.company)
        self.assertEnds(order)

    def test_run_of_several_orders(self):
        self.program.order_amount = 100
        first, second = (
            self.confirmed(order_line=[self.line(self.product, 100)]) for _n in range(2)
        )
        self.assertEqual(second.enrollment_ids.joined_id, first.enrollment_ids)
        first.order_line.price_unit = 50
        self.assertEqual(first.enrollment_ids.stop_reason, "order_changed")
        self.assertGoesOn(second)
        second.order_line.price_unit = 50
        self.assertEqual(second.enrollment_ids.stop_reason, "order_changed")
        self.assertFalse(self.follow_ups(first + second, "scheduled", "open"))

    def test_stopped_by_hand_stays_stopped(self):
        self.program.order_amount = 100
        order = self.confirmed(order_line=[self.line(self.product, 100)])
        order.enrollment_ids.action_stop()
        order.order_line.price_unit = 50
        order.order_line.price_unit = 150
        self.assertStopped(order, "by_hand")

    def test_who_is_kept_aside_stays_so(self):
        self.program.write({"order_amount": 100, "holdout_share": 50})
        order = self.confirmed(order_line=[self.line(self.product, 100)])
        order.enrollment_ids.write({"state": "control", "is_control": True})
        order.order_line.price_unit = 50
        order.order_line.price_unit = 150
        self.assertEqual(order.enrollment_ids.state, "control")

    def test_quotation(self):
        program = self.make_program(
            0, 3, trigger="quotation", wait_days=2, order_amount=100
        )
        order = self.make_quotation(self.partner, 100)
        order.state = "sent"
        with self.at(NOW + timedelta(days=3)):
            self.env["crm.program"]._enroll_occasions(self.company)
            self.assertGoesOn(order, program)
            order.order_line.price_unit = 50
            self.assertEnds(order, program)
            order.order_line.price_unit = 150
            self.env["crm.program"]._enroll_occasions(self.company)
            self.assertGoesOn(order, program)

    def test_what_runs_out(self):
        lasting = self.product.product_tmpl_id
        lasting.relationship_lasting_days = 10
        program = self.make_program(0, 3, trigger="runs_out", days_before=5)
        order = self.confirmed(
            order_line=[self.line(self.product), self.line(self.second_product)]
        )
        with self.in_days(6):
            self.env["crm.program"]._enroll_occasions(self.company)
            self.assertGoesOn(order, program)
            order.order_line[1].product_uom_qty = 0
            self.assertGoesOn(order, program)
            order.order_line[0].product_uom_qty = 0
            self.assertFalse(
                self.run_of(order, program).interaction_ids._filter_pending()
            )

    def test_delivered_and_credited(self):
        """It stays delivered, and starts nothing any more."""
        program = self.make_program(
            0,
            9,
            trigger="delivered",
            order_what="products",
            product_tmpl_ids=self.product.product_tmpl_id.ids,
        )
        order = self.confirmed(
            order_line=[self.line(self.product), self.line(self.second_product)]
        )
        order.order_line.qty_delivered = 1
        self.assertGoesOn(order, program)
        credit_note = self.credit(self.invoiced(order))
        credit_note.invoice_line_ids[1].unlink()
        credit_note.action_post()
        self.assertEqual(self.run_of(order, program).stop_reason, "order_changed")
        self.env["sale.order"]._catch_up_programs(self.company)
        self.assertEqual(self.run_of(order, program).stop_reason, "order_changed")

    def test_delivered_and_credited_completely(self):
        program = self.make_program(0, 9, trigger="delivered")
        order = self.confirmed()
        order.order_line.qty_delivered = 1
        self.credit(self.invoiced(order)).action_post()
        self.assertEqual(self.run_of(order, program).stop_reason, "order_returned")
        self.env["sale.order"]._catch_up_programs(self.company)
        self.assertEqual(self.run_of(order, program).stop_reason, "order_returned")


@tagged("post_install", "-at_install")
class TestNowAsked(AmendedCase):
    """What an order comes to have starts what waits for it."""

    def test_amount(self):
        self.program.order_amount = 100
        order = self.confirmed(order_line=[self.line(self.product, 50)])
        self.assertNone(order)
        order.order_line.price_unit = 100
        self.assertGoesOn(order)

    def test_line_added(self):
        self.program.order_amount = 100
        order = self.confirmed(order_line=[self.line(self.product, 50)])
        order.order_line = [self.line(self.second_product, 50)]
        self.assertGoesOn(order)

    def test_product_added(self):
        self.program.write(
            {
                "order_what": "products",
                "product_tmpl_ids": [
                    Command.set(self.second_product.product_tmpl_id.ids)
                ],
            }
        )
        order = self.confirmed()
        self.assertNone(order)
        order.order_line = [self.line(self.second_product)]
        self.assertGoesOn(order)

    def test_team(self):
        self.program.team_ids = self.ours
        order = self.confirmed(team_id=self.theirs.id)
        self.assertNone(order)
        order.team_id = self.ours
        self.assertGoesOn(order)

    def test_order_filter(self):
        self.program.order_domain = "[('client_order_ref', '=', 'A')]"
        order = self.confirmed()
        self.assertNone(order)
        order.client_order_ref = "A"
        self.assertGoesOn(order)

    def test_order_filter_of_the_lines(self):
        self.program.order_domain = "[('order_line.product_uom_qty', '>=', 5)]"
        order = self.confirmed()
        self.assertNone(order)
        order.order_line.product_uom_qty = 5
        self.assertGoesOn(order)

    def test_delivered(self):
        program = self.make_program(0, 9, trigger="delivered", order_amount=100)
        order = self.confirmed(order_line=[self.line(self.product, 50)])
        order.order_line.qty_delivered = 1
        self.assertNone(order, program)
        order.order_line.price_unit = 100
        self.assertGoesOn(order, program)

    def test_first_order_only(self):
        self.program.write({"order_amount": 100, "order_rank": "first"})
        first = self.confirmed(order_line=[self.line(self.product, 50)])
        second = self.confirmed(order_line=[self.line(self.product, 50)])
        second.order_line.price_unit = 100
        self.assertNone(second)
        first.order_line.price_unit = 100
        self.assertGoesOn(first)

    def test_program_that_is_younger_than_the_order(self):
        order = self.confirmed()
        with self.in_days(3):
            late = self.make_program(0, 30, name="Late", order_amount=100)
            order.order_line.price_unit = 100
            self.assertNone(order, late)
            other = self.make_customer("Other", email="other@example.com")
            order.partner_id = other
            self.assertNone(order, late)
            self.assertGoesOn(order)

    def test_customer_who_has_come_to_be_in_the_target(self):
        """Late is who comes to suit by what is changed in the order."""
        self.program.write(
            {"order_amount": 100, "partner_domain": "[('city', '=', 'A')]"}
        )
        order = self.confirmed(order_line=[self.line(self.product, 100)])
        self.partner.city = "A"
        order.order_line.discount = 0
        order.order_line.price_unit = 120
        self.assertNone(order)
        order.order_line.price_unit = 50
        order.order_line.price_unit = 120
        self.assertGoesOn(order)

    def test_order_that_goes_on_starts_no_other_program(self):
        self.program.order_amount = 100
        other = self.make_program(
            0, 30, name="Other", partner_domain="[('city', '=', 'A')]"
        )
        order = self.confirmed(order_line=[self.line(self.product, 100)])
        order.order_line.price_unit = 50
        self.partner.city = "A"
        order.order_line.price_unit = 100
        self.assertGoesOn(order)
        self.assertNone(order, other)

    def test_old_order_starts_nothing(self):
        self.program.order_amount = 100
        self.program.step_ids[-1].delay = 300
        order = self.confirmed(order_line=[self.line(self.product, 50)])
        with self.in_days(31):
            order.order_line.price_unit = 100
            self.assertNone(order)

    def test_long_after_its_last_step(self):
        self.program.order_amount = 100
        order = self.confirmed(order_line=[self.line(self.product, 50)])
        with self.in_days(60):
            order.order_line.price_unit = 100
            self.assertNone(order)

    def test_who_comes_late_gets_what_lies_ahead(self):
        self.program.order_amount = 100
        order = self.confirmed(order_line=[self.line(self.product, 50)])
        with self.in_days(10):
            order.order_line.price_unit = 100
            steps = self.follow_ups(order)
            self.assertEqual([(i.date_due - TODAY).days for i in steps], [30])


@tagged("post_install", "-at_install")
class TestNobodyAsks(AmendedCase):
    """Saving an order costs nothing where no program asks what it contains."""

    def test_lines_cost_no_query(self):
        order = self.confirmed()
        self.env["crm.program"]._get_watched()
        self.env.flush_all()
        for asked, expected in (({}, 0), ({"order_amount": 100}, 1)):
            self.program.write(asked)
            self.env["crm.program"]._get_watched()
            lines = order.order_line
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            watched = lines._filter_watched()
            if not expected:
                self.assertEqual(self.env.cr.sql_log_count, before)
            self.assertEqual(bool(watched), bool(expected))

    def test_what_is_watched_follows_the_programs(self):
        def watched():
            return self.env["crm.program"]._get_watched()["sale"]

        ours = {"company_id", "date_order", "partner_id"}
        self.env["crm.program"].search([]).filtered("order_domain").active = False
        self.assertEqual(watched(), ours)
        self.program.order_domain = "[('origin', '=', 'A')]"
        self.assertEqual(watched(), ours | {"order_line", "origin"})
        self.program.active = False
        self.assertEqual(watched(), ours)
