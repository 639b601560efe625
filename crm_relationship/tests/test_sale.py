"""Orders start and stop follow-ups, and never fail because of them."""

from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import NOW, TODAY, RelationshipCase

APART = "odoo.addons.crm_relationship.models.base.apart"


@tagged("post_install", "-at_install")
class TestSale(RelationshipCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.program = cls.make_program(0, 1, 7)
        cls.partner = cls.make_customer("Buyer")
        cls.order = cls.make_quotation(cls.partner)

    def follow_ups(self, order=None, *states):
        domain = [("sale_order_id", "=", (order or self.order).id)]
        if states:
            domain.append(("state", "in", states))
        return self.env["crm.interaction"].search(domain, order="date_due, id")

    # -- confirming

    def test_confirmed_order_starts_the_follow_ups(self):
        self.order.action_confirm()
        enrollment = self.order.enrollment_ids
        self.assertRecordValues(
            enrollment,
            [
                {
                    "program_id": self.program.id,
                    "state": "running",
                    "date": TODAY,
                    "partner_id": self.partner.id,
                    "company_id": self.company.id,
                }
            ],
        )
        follow_ups = self.follow_ups()
        self.assertEqual([(f.date_due - TODAY).days for f in follow_ups], [0, 1, 7])
        self.assertEqual(follow_ups.mapped("name"), ["Day 0", "Day 1", "Day 7"])
        self.assertEqual(set(follow_ups.mapped("state")), {"scheduled"})
        self.assertEqual(follow_ups.enrollment_id, enrollment)
        self.assertEqual(self.order.follow_up_count, 3)
        self.assertEqual(
            follow_ups.relationship_id.next_contact_date, TODAY, "shown at once"
        )

    def test_day_is_that_of_the_company(self):
        # half past one at night in Jakarta
        with self.at(NOW.replace(day=30, hour=18, minute=30)):
            self.order.action_confirm()
        self.assertEqual(self.order.enrollment_ids.date, TODAY)

    def test_person_who_ordered_is_contacted(self):
        firm = self.make_customer("Firm", is_company=True)
        person = self.make_customer("Person", parent_id=firm.id)
        order = self.make_quotation(person)
        order.action_confirm()
        follow_ups = self.follow_ups(order)
        self.assertEqual(follow_ups.partner_id, person)
        self.assertEqual(follow_ups.relationship_id.partner_id, firm)

    def test_salesperson_confirms(self):
        self.order.user_id = self.sari
        self.order.with_user(self.sari).action_confirm()
        self.assertEqual(len(self.follow_ups()), 3)

    def test_salesperson_confirms_for_a_customer_of_a_colleague(self):
        self.make_relationship(self.partner, user_id=self.budi.id)
        self.order.user_id = self.sari
        self.order.with_user(self.sari).action_confirm()
        self.assertEqual(self.follow_ups().user_id, self.budi)

    def test_portal_customer_confirms(self):
        self.order.partner_id = self.portal.partner_id
        order = self.order.with_user(self.portal).sudo()
        order.action_confirm()
        self.assertEqual(len(self.follow_ups()), 3)

    def test_confirmed_twice_raises_as_without_the_addon(self):
        self.order.action_confirm()
        with self.assertRaises(UserError):
            self.order.action_confirm()
        self.assertEqual(len(self.follow_ups()), 3)

    def test_confirmed_by_the_private_method_twice_does_not_double(self):
        self.order.action_confirm()
        self.order._action_confirm()
        self.assertEqual(len(self.follow_ups()), 3)
        self.assertEqual(len(self.order.enrollment_ids), 1)

    def test_two_orders_of_one_customer(self):
        """They are followed up together: nobody is thanked twice at once."""
        second = self.make_quotation(self.partner)
        (self.order + second).action_confirm()
        self.assertEqual(len(self.follow_ups()), 3)
        self.assertFalse(self.follow_ups(second))
        self.assertEqual(second.enrollment_ids.joined_id, self.order.enrollment_ids)
        self.assertEqual(second.follow_up_count, 3)

    def test_orders_of_two_companies(self):
        other = self.make_quotation(self.partner, company=self.other_company)
        (self.order + other).with_context(
            allowed_company_ids=(self.company + self.other_company).ids
        ).action_confirm()
        self.assertEqual(self.follow_ups().company_id, self.company)
        self.assertEqual(self.follow_ups(other).company_id, self.other_company)

    # -- which programs

    def assertStarts(self, started=True):
        self.order.action_confirm()
        self.assertEqual(bool(self.follow_ups()), started)

    def test_program_for_a_segment(self):
        self.program.segment_ids = self.make_segment("Gold")
        self.assertStarts(False)

    def test_program_for_the_customers_segment(self):
        gold = self.make_segment("Gold")
        self.program.segment_ids = gold
        self.make_relationship(self.partner, segment_id=gold.id)
        self.assertStarts()

    def test_program_with_a_customer_filter(self):
        self.program.partner_domain = "[('city', '=', 'Bandung')]"
        self.assertStarts(False)

    def test_program_whose_customer_filter_matches(self):
        self.program.partner_domain = "[('city', '=', 'Bandung')]"
        self.partner.city = "Bandung"
        self.assertStarts()

    def test_program_with_an_order_filter(self):
        self.program.order_domain = "[('amount_untaxed', '>=', 11)]"
        self.assertStarts(False)

    def test_program_whose_order_filter_matches(self):
        self.program.order_domain = "[('amount_untaxed', '>=', 10)]"
        self.assertStarts()

    def test_program_that_begins_tomorrow(self):
        self.program.date_start = TODAY + timedelta(days=1)
        self.assertStarts(False)

    def test_program_that_ended_yesterday(self):
        self.program.write({"date_start": False, "date_end": TODAY - timedelta(days=1)})
        self.assertStarts(False)

    def test_program_of_another_company(self):
        self.program.company_id = self.other_company
        self.assertStarts(False)

    def test_archived_program(self):
        self.program.active = False
        self.assertStarts(False)

    def test_program_with_another_trigger(self):
        self.program.trigger = "manual"
        self.assertStarts(False)

    def test_two_programs(self):
        self.make_program(2)
        self.order.action_confirm()
        self.assertEqual(len(self.follow_ups()), 4)
        self.assertEqual(len(self.order.enrollment_ids), 2)

    # -- cancelling

    def test_cancelled_order_stops_the_follow_ups(self):
        self.order.action_confirm()
        first = self.follow_ups()[0]
        first._release()
        activity = first.activity_id
        self.order._action_cancel()
        self.assertRecordValues(
            self.order.enrollment_ids,
            [{"state": "stopped", "stop_reason": "order_cancelled"}],
        )
        self.assertEqual(
            self.follow_ups().mapped(lambda f: (f.state, f.reason_code)),
            [("cancelled", "order_cancelled")] * 3,
        )
        self.assertFalse(activity.exists())

    def test_confirmed_again_goes_on_without_repeating(self):
        self.order.action_confirm()
        first = self.follow_ups()[0]
        first.action_done()
        self.order._action_cancel()
        self.order.action_draft()
        with self.in_days(2):
            self.order.action_confirm()
        self.assertEqual(self.order.enrollment_ids.state, "running")
        self.assertFalse(self.order.enrollment_ids.stop_reason)
        again = self.follow_ups(None, "scheduled")
        self.assertEqual(again.mapped("name"), ["Day 1", "Day 7"])
        self.assertEqual([(f.date_due - TODAY).days for f in again], [3, 9])
        self.assertEqual(first.state, "done")
        self.assertEqual(len(self.order.enrollment_ids), 1)

    def test_follow_ups_stopped_by_hand_stay_stopped(self):
        self.order.action_confirm()
        self.order.enrollment_ids.action_stop()
        self.order._action_cancel()
        self.order.action_draft()
        self.order.action_confirm()
        self.assertEqual(self.order.enrollment_ids.stop_reason, "by_hand")
        self.assertFalse(self.follow_ups(None, "scheduled", "open"))

    def test_all_done_completes_the_enrollment(self):
        self.order.action_confirm()
        for follow_up in self.follow_ups():
            follow_up.action_done()
        self.assertEqual(self.order.enrollment_ids.state, "completed")
        self.order._action_cancel()
        self.assertEqual(self.order.enrollment_ids.state, "completed")

    def test_deleted_order_leaves_the_ledger(self):
        self.order.action_confirm()
        follow_ups = self.follow_ups()
        follow_ups[0].action_done()
        enrollment = self.order.enrollment_ids
        self.order._action_cancel()
        self.order.unlink()
        self.assertEqual(follow_ups.mapped("state"), ["done", "cancelled", "cancelled"])
        self.assertEqual(enrollment.state, "stopped")
        self.assertFalse(enrollment.sale_order_id)

    # -- a sale never fails

    @mute_logger(APART)
    def test_failure_does_not_stop_the_sale_and_is_made_good(self):
        Enrollment = type(self.env["crm.program.enrollment"])
        with patch.object(
            Enrollment, "_enroll_orders", side_effect=ValueError("broken")
        ):
            self.order.action_confirm()
        self.assertEqual(self.order.state, "sale")
        self.assertFalse(self.follow_ups())
        self.run_cron("schedule")
        self.assertEqual(len(self.follow_ups()), 3)

    @mute_logger(APART, "odoo.sql_db")
    def test_database_error_does_not_stop_the_sale(self):
        def fail(enrollments, *args):
            enrollments.env.cr.execute("SELECT 1 / 0")

        Enrollment = type(self.env["crm.program.enrollment"])
        with patch.object(Enrollment, "_enroll_orders", fail):
            self.order.action_confirm()
        self.assertEqual(self.order.state, "sale")

    @mute_logger(APART)
    def test_failure_at_the_second_confirmation_is_made_good(self):
        self.order.action_confirm()
        self.order._action_cancel()
        self.order.action_draft()
        Enrollment = type(self.env["crm.program.enrollment"])
        with patch.object(
            Enrollment, "_enroll_orders", side_effect=ValueError("broken")
        ):
            self.order.action_confirm()
        self.run_cron("schedule")
        self.assertEqual(len(self.follow_ups(None, "scheduled")), 3)

    @mute_logger(APART)
    def test_failure_when_cancelling_is_made_good(self):
        self.order.action_confirm()
        Enrollment = type(self.env["crm.program.enrollment"])
        with patch.object(Enrollment, "_stop", side_effect=ValueError("broken")):
            self.order._action_cancel()
        self.assertEqual(self.order.state, "cancel")
        self.assertTrue(self.follow_ups(None, "scheduled"))
        self.run_cron("schedule")
        self.assertFalse(self.follow_ups(None, "scheduled"))
        self.assertEqual(self.order.enrollment_ids.stop_reason, "order_cancelled")

    def test_nightly_job_starts_nothing_for_old_sales(self):
        old = self.make_order(self.partner, days_ago=2)
        with self.in_days(1):
            self.program.copy({"date_start": TODAY - timedelta(days=30)})
            self.program.active = False
            self.run_cron("schedule")
        self.assertFalse(self.follow_ups(old))

    # -- query budgets

    def queries_to_confirm(self, orders):
        return self.count_queries(orders.action_confirm)

    def extra_queries(self, count, known):
        """Return how many queries the hook adds when ``count`` orders are confirmed."""

        def orders():
            found = self.env["sale.order"]
            for _n in range(count):
                partner = self.make_customer()
                if known:
                    self.make_relationship(partner)
                found += self.make_quotation(partner)
            return found

        self.queries_to_confirm(orders())  # fills the caches
        Order = type(self.env["sale.order"])
        with patch.object(Order, "_start_at_once", lambda orders: None):
            without = self.queries_to_confirm(orders())
        return self.queries_to_confirm(orders()) - without

    def test_confirming_one_order_costs_at_most_15_queries(self):
        self.assertLessEqual(self.extra_queries(1, known=False), 15)
        self.assertLessEqual(self.extra_queries(1, known=True), 15)

    def test_confirming_100_orders_costs_at_most_25_queries(self):
        self.assertLessEqual(self.extra_queries(100, known=False), 25)
        self.assertLessEqual(self.extra_queries(100, known=True), 25)

    def test_target_filters_cost_no_query_for_each_order(self):
        self.program.write(
            {
                "partner_domain": "[('city', '=', False)]",
                "order_domain": "[('amount_untaxed', '>', 1)]",
            }
        )
        self.assertLessEqual(self.extra_queries(40, known=True), 25)

    def test_twenty_programs_cost_no_more(self):
        products = self.product.product_tmpl_id.ids
        kinds = (
            {},
            {"order_rank": "first"},
            {"order_amount": 1, "merge_rule": "parallel"},
            {"order_what": "products", "product_tmpl_ids": products},
            {"reenroll": "after", "end_on_purchase": True},
            {"merge_rule": "restart", "trigger": "delivered"},
        )
        for number in range(19):
            values = kinds[number % len(kinds)]
            self.make_program(0, 7, name=f"P{number}", **values)
        self.assertLessEqual(self.extra_queries(1, known=True), 15)
        self.assertLessEqual(self.extra_queries(100, known=True), 25)
