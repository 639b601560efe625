"""Follow-ups follow the order, whatever becomes of it."""

from datetime import datetime, timedelta

from odoo import Command
from odoo.tests import tagged

from .common import NOW, TODAY
from .common_follow_ups import FollowUpCase


@tagged("post_install", "-at_install")
class TestRecalled(FollowUpCase):
    """Messages that wait in a queue when the order is no more."""

    def assertRecalled(self, order, reason):
        thanks = self.follow_ups(order)[0]
        self.assertRecordValues(
            thanks,
            [
                {
                    "state": "cancelled",
                    "reason_code": reason,
                    "outcome": False,
                    "date_done": False,
                    "cost": 0,
                }
            ],
        )
        self.assertFalse(thanks.relationship_id.last_contact_date)
        self.assertFalse(self.queued())

    def test_cancelled_while_the_thank_you_waits_in_the_mail_queue(self):
        order = self.confirmed()
        self.assertEqual(len(self.queued()), 1)
        order._action_cancel()
        self.assertRecalled(order, "order_cancelled")
        self.assertStopped(order, "order_cancelled")

    def test_cancelled_while_the_thank_you_waits_in_the_sms_queue(self):
        self.thanks.touchpoint_ids = self.sms
        order = self.confirmed()
        text = self.env["sms.sms"].search([("partner_id", "=", self.partner.id)])
        self.assertEqual(text.state, "outgoing")
        order._action_cancel()
        self.assertEqual(text.state, "canceled")
        self.assertRecalled(order, "order_cancelled")

    def test_program_archived_while_the_thank_you_waits(self):
        order = self.confirmed()
        pending = self.follow_ups(order)._filter_pending()
        self.assertTrue(pending)
        self.program.active = False
        self.assertRecalled(order, "program_archived")
        self.assertStopped(order, "program_archived")
        self.assertEqual(set(pending.mapped("state")), {"cancelled"})
        self.assertIn("enrollments stopped", self.program.message_ids[0].body)

    def test_program_archived_after_its_last_step_was_queued(self):
        order = self.confirmed()
        self.follow_ups(order)._filter_pending().action_cancel()
        self.assertEqual(order.enrollment_ids.state, "completed")
        self.program.active = False
        self.queued().send()
        self.assertRecalled(order, "program_archived")

    def test_program_stopped_by_hand(self):
        order = self.confirmed()
        order.enrollment_ids.action_stop()
        self.assertRecalled(order, "by_hand")

    def test_step_that_is_deleted(self):
        order = self.confirmed()
        thanks = self.follow_ups(order)[0]
        self.thanks.unlink()
        self.assertEqual(
            (thanks.state, thanks.reason_code), ("cancelled", "plan_changed")
        )
        self.assertFalse(self.queued())

    def test_step_whose_message_has_left_is_deleted(self):
        order = self.confirmed()
        thanks = self.follow_ups(order)[0]
        self.queued().state = "sent"
        self.thanks.unlink()
        self.assertEqual((thanks.state, thanks.outcome), ("done", "sent"))

    def test_thank_you_that_was_the_only_step(self):
        (self.program.step_ids - self.thanks).unlink()
        order = self.confirmed()
        self.assertEqual(order.enrollment_ids.state, "completed")
        order._action_cancel()
        self.assertRecalled(order, "order_cancelled")
        self.assertStopped(order, "order_cancelled")

    def test_thank_you_that_has_left_stays_done(self):
        order = self.confirmed()
        self.queued().state = "sent"
        order._action_cancel()
        self.assertEqual(self.follow_ups(order)[0].state, "done")

    def test_thank_you_that_comes_back_after_the_order_was_cancelled(self):
        self.thanks.touchpoint_ids = self.email + self.call
        order = self.confirmed()
        mail = self.queued()
        mail.state = "sent"
        order._action_cancel()
        mail.write({"state": "cancel", "failure_type": "mail_bl"})
        thanks = self.follow_ups(order)[0]
        self.assertEqual((thanks.state, thanks.reason_code), ("skipped", "undelivered"))
        self.assertStopped(order, "order_cancelled")

    def test_cancelled_behind_our_back(self):
        """By SQL, or by an import: the message asks before it leaves."""
        order = self.confirmed()
        mail = self.queued()
        order.state = "cancel"
        mail.send()
        self.assertEqual(mail.state, "cancel")
        self.assertRecalled(order, "order_cancelled")

    def test_confirmed_again_thanks_again(self):
        order = self.confirmed()
        order._action_cancel()
        order.action_draft()
        order.action_confirm()
        self.release_due()
        self.assertEqual(len(self.queued()), 1)
        self.assertEqual(order.enrollment_ids.state, "running")


@tagged("post_install", "-at_install")
class TestReturned(FollowUpCase):
    """What the customer gives back."""

    def assertAsked(self, order):
        question = self.questions(order)
        self.assertEqual(len(question), 1)
        self.assertEqual((question.state, question.user_id), ("open", self.sari))
        self.assertIn(order.name, question.name)
        self.assertFalse(question.is_complaint)
        self.assertStopped(order, "order_returned")

    def test_credited_completely(self):
        order = self.confirmed()
        credit_note = self.credit(self.invoiced(order))
        self.assertFalse(self.questions(order), "a draft says nothing")
        credit_note.action_post()
        self.assertAsked(order)
        self.assertFalse(self.queued())

    def test_credited_without_naming_the_lines(self):
        order = self.confirmed()
        invoice = self.invoiced(order)
        credit_note = self.env["account.move"].create(
            {
                "move_type": "out_refund",
                "partner_id": self.partner.id,
                "reversed_entry_id": invoice.id,
                "invoice_line_ids": [
                    Command.create(
                        {"name": "All of it", "price_unit": 10, "tax_ids": False}
                    )
                ],
            }
        )
        credit_note.action_post()
        self.assertAsked(order)

    def test_credited_and_invoiced_anew(self):
        order = self.confirmed()
        self.credit(self.invoiced(order), modify=True)
        self.assertEqual(order.enrollment_ids.state, "running")
        self.assertFalse(self.questions(order)._filter_pending())
        self.assertEqual(len(self.follow_ups(order, "scheduled")), 4)

    def test_credit_note_taken_back(self):
        order = self.confirmed()
        credit_note = self.credit(self.invoiced(order))
        credit_note.action_post()
        credit_note.button_draft()
        self.assertEqual(order.enrollment_ids.state, "running")
        self.assertEqual(self.questions(order).state, "cancelled")

    def test_quantities_set_to_nothing(self):
        order = self.confirmed()
        order.order_line.product_uom_qty = 0
        self.assertAsked(order)

    def test_delivered_and_taken_back(self):
        order = self.confirmed()
        order.order_line.qty_delivered = 1
        self.assertEqual(order.enrollment_ids.state, "running")
        order.order_line.qty_delivered = 0
        self.assertAsked(order)

    def test_taken_back_by_the_stock(self):
        """There, the quantity is computed."""
        order = self.confirmed()
        line = order.order_line
        line.qty_delivered = 1
        self.env.flush_all()
        method = type(line)._prepare_qty_delivered
        line.qty_delivered_method = "analytic"
        self.assertTrue(method)
        line._compute_qty_delivered()
        self.assertEqual(line.qty_delivered, 0)
        self.env.cr.flush()
        self.assertAsked(order)

    def test_not_delivered_yet_is_not_returned(self):
        order = self.confirmed()
        order.order_line.product_uom_qty = 2
        self.assertEqual(order.enrollment_ids.state, "running")

    def test_returned_in_part_names_what_was_kept(self):
        order = self.confirmed(
            order_line=[
                Command.create(
                    {"product_id": product.id, "name": product.name, "price_unit": 5}
                )
                for product in self.product + self.second_product
            ]
        )
        step = self.follow_ups(order, "scheduled")[0]
        step._release()
        self.assertIn("CD, Strings", step.about)
        self.assertIn("CD, Strings", step.activity_id.note)
        self.assertIn(order.name, step.about)
        order.order_line[1].qty_delivered = 1
        order.order_line[1].qty_delivered = 0
        step.invalidate_recordset(["about"])
        self.assertIn("CD", step.about)
        self.assertNotIn("Strings", step.about)
        self.assertNotIn("Strings", step.activity_id.note)
        self.assertFalse(self.questions(order))

    def test_exchanged(self):
        order = self.confirmed()
        order.order_line.qty_delivered = 1
        order.order_line.qty_delivered = 0
        order.order_line.qty_delivered = 1
        self.assertEqual(order.enrollment_ids.state, "running")
        self.assertEqual(self.questions(order).state, "cancelled")
        self.assertEqual(len(self.follow_ups(order, "scheduled")), 4)

    def test_stopped_by_hand_stays_stopped(self):
        order = self.confirmed()
        order.enrollment_ids.action_stop()
        order.order_line.product_uom_qty = 0
        order.order_line.product_uom_qty = 1
        self.assertStopped(order, "by_hand")
        self.assertFalse(self.questions(order))


@tagged("post_install", "-at_install")
class TestChanged(FollowUpCase):
    """Orders that come to be somebody else's, or of another day."""

    def test_another_customer(self):
        order = self.confirmed()
        other = self.make_customer("Other", email="other@example.com")
        self.make_relationship(other, user_id=self.budi.id)
        order.partner_id = other
        theirs = self.follow_ups(order, "scheduled")
        self.assertFalse(self.queued())
        self.assertEqual(theirs.partner_id, other)
        self.assertEqual(theirs.user_id, self.budi)
        self.assertEqual(len(theirs), 4)
        former = order.enrollment_ids.filtered(lambda e: e.partner_id == self.partner)
        self.assertEqual(
            (former.state, former.stop_reason), ("stopped", "order_changed")
        )
        self.release_due()
        self.assertEqual(len(self.queued(other)), 1)

    def test_back_to_the_first_customer(self):
        order = self.confirmed()
        other = self.make_customer("Other", email="other@example.com")
        order.partner_id = other
        order.partner_id = self.partner
        self.assertEqual(self.follow_ups(order, "scheduled").partner_id, self.partner)

    def test_both_customers_are_merged(self):
        order = self.confirmed()
        other = self.make_customer("Other", email="other@example.com")
        order.partner_id = other
        former = self.make_relationship(self.partner)
        former._merge_into(self.make_relationship(other))
        self.assertEqual(order.enrollment_ids.partner_id, other)

    def test_another_person_of_the_firm(self):
        firm = self.make_customer("Firm", is_company=True)
        first, second = (
            self.make_customer(name, parent_id=firm.id, email=f"{name}@example.com")
            for name in ("first", "second")
        )
        order = self.confirmed(first)
        order.partner_id = second
        self.assertFalse(self.queued(first))
        self.assertEqual(self.follow_ups(order, "scheduled", "open").partner_id, second)
        self.release_due()
        self.assertEqual(len(self.queued(second)), 1)

    def test_day_put_back_by_an_import(self):
        order = self.confirmed()
        order.date_order = datetime(2023, 5, 2)
        self.assertFalse(self.queued(), "nobody is thanked today")
        self.assertStopped(order, "order_changed")

    def test_day_put_back_a_little(self):
        order = self.confirmed()
        order.date_order = NOW - timedelta(days=6)
        pending = self.follow_ups(order, "scheduled", "open")
        self.assertEqual([(i.date_due - TODAY).days for i in pending], [1, 24])
        self.assertFalse(self.queued())

    def test_old_order_that_is_confirmed_today(self):
        order = self.make_quotation(self.partner)
        order.write({"state": "sale", "date_order": datetime(2023, 5, 2)})
        order._action_confirm()
        self.assertFalse(order.enrollment_ids)

    def test_one_of_our_companies_as_customer(self):
        for company in self.company + self.other_company:
            employee = self.make_customer("Us", parent_id=company.partner_id.id)
            for partner in company.partner_id + employee:
                order = self.make_quotation(partner)
                order.action_confirm()
                self.assertFalse(order.enrollment_ids)

    def test_order_of_nothing(self):
        order = self.make_quotation(self.partner)
        order.order_line.product_uom_qty = 0
        order.action_confirm()
        self.assertFalse(order.enrollment_ids)

    def test_late_customer_enters_where_it_makes_sense(self):
        gold = self.make_segment("Gold")
        self.program.segment_ids = gold
        order = self.make_quotation(self.partner)
        order.action_confirm()
        self.assertFalse(order.enrollment_ids)
        with self.in_days(6):
            self.make_relationship(self.partner, segment_id=gold.id)
            self.env["sale.order"]._catch_up_programs(self.company)
        self.assertEqual(self.follow_ups(order).mapped("name"), ["Day 7", "Day 30"])


@tagged("post_install", "-at_install")
class TestWhatItIsAbout(FollowUpCase):
    """A program about certain products goes as far as the customer keeps one."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.program.write(
            {
                "order_what": "products",
                "product_tmpl_ids": [Command.set(cls.product.product_tmpl_id.ids)],
            }
        )
        cls.about_all = cls.make_program(0, 5, name="About everything")

    def both(self):
        """Return an order of what the program is about, and of something else."""
        return self.confirmed(
            order_line=[
                Command.create(
                    {"product_id": product.id, "name": product.name, "price_unit": 5}
                )
                for product in self.product + self.second_product
            ]
        )

    def assertFollowed(self, order, state, reason=False):
        runs = order.enrollment_ids.grouped("program_id")
        self.assertRecordValues(
            runs[self.program], [{"state": state, "stop_reason": reason}]
        )
        self.assertEqual(runs[self.about_all].state, "running")

    def test_taken_off_the_order(self):
        order = self.both()
        self.assertFollowed(order, "running")
        order.order_line[0].product_uom_qty = 0
        self.assertFollowed(order, "stopped", "order_changed")
        self.assertFalse(self.follow_ups(order, "scheduled", "open"))
        self.assertFalse(self.queued(), "the thank-you did not leave")
        self.env["sale.order"]._catch_up_programs(self.company)
        self.assertFollowed(order, "stopped", "order_changed")

    def test_something_else_taken_off(self):
        order = self.both()
        order.order_line[1].product_uom_qty = 0
        self.assertFollowed(order, "running")

    def test_put_back(self):
        order = self.both()
        order.order_line[0].product_uom_qty = 0
        order.order_line[0].product_uom_qty = 2
        self.assertFollowed(order, "running")
        self.assertTrue(self.follow_ups(order, "scheduled"))

    def test_delivered_and_brought_back(self):
        order = self.both()
        order.order_line.qty_delivered = 1
        order.order_line[0].qty_delivered = 0
        self.assertFollowed(order, "stopped", "order_changed")
        order.order_line[1].qty_delivered = 0.5
        self.env["sale.order"]._catch_up_programs(self.company)
        self.assertFollowed(order, "stopped", "order_changed")
        order.order_line[0].qty_delivered = 1
        self.assertFollowed(order, "running")

    def test_categories(self):
        sound, other = self.env["product.category"].create(
            [{"name": "Sound"}, {"name": "Other"}]
        )
        self.product.categ_id = self.env["product.category"].create(
            {"name": "Discs", "parent_id": sound.id}
        )
        self.second_product.categ_id = other
        self.program.write(
            {"order_what": "categories", "product_categ_ids": [Command.set(sound.ids)]}
        )
        order = self.both()
        self.assertFollowed(order, "running")
        order.order_line[0].product_uom_qty = 0
        self.assertFollowed(order, "stopped", "order_changed")

    def test_added_later(self):
        """The night finds what was added to an order that has no run of it yet."""
        order = self.confirmed(
            order_line=[
                Command.create(
                    {"product_id": self.second_product.id, "price_unit": 5, "name": "S"}
                )
            ]
        )
        self.assertNotIn(self.program, order.enrollment_ids.program_id)
        order.order_line = [
            Command.create(
                {"product_id": self.product.id, "price_unit": 5, "name": "CD"}
            )
        ]
        self.env["sale.order"]._catch_up_programs(self.company)
        self.assertFollowed(order, "running")

    def test_product_that_is_deleted(self):
        """Nothing starts it any more, and it says why; who is in it goes on."""
        order = self.both()
        gone = self.env["product.template"].create({"name": "Gone"})
        self.program.product_tmpl_ids = gone
        gone.unlink()
        self.assertIn("Choose the products", self.program.problem)
        self.assertFollowed(order, "running")
        later = self.both()
        self.assertNotIn(self.program, later.enrollment_ids.program_id)
