"""Sixty days of a shop, played by chance but the same in each run.

Orders come, are cancelled, returned, changed and confirmed again; e-mails fail and come
back; salespeople work through their queues, or do not. Whatever happens, the rules at
the end of this file hold each evening.
"""

import random
from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

from odoo import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.base.models.ir_mail_server import IrMail_Server

from ..models.courtesy.gatekeeper import Gatekeeper
from ..models.ledger import advice
from ..models.ledger.release import Release
from .common import NOW
from .common_follow_ups import FollowUpCase
from .test_delivery import MAIL_LOG, DeliveryCase

DAYS = 60


@tagged("post_install", "-at_install")
class PlayedCase(FollowUpCase, DeliveryCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.program.step_ids[2].write(
            {
                "touchpoint_ids": [Command.set(cls.email.ids + cls.call.ids)],
                "mail_template_id": cls.mail_template.id,
            }
        )
        cls.customers = cls.env["res.partner"].union(
            *(
                cls.make_customer(f"Buyer {n}", email=f"buyer{n}@example.com")
                for n in range(3)
            )
        )
        for customer in cls.customers:
            cls.make_relationship(customer)

    def setUp(self):
        super().setUp()
        self.now = NOW
        self.orders = self.env["sale.order"]
        # what left: (moment, address, purpose, orders that were followed up)
        self.left = []

    # ------------------------------------------------------------------
    # What can happen
    # ------------------------------------------------------------------

    def buy(self):
        customer = self.random.choice(self.customers)
        new = self.env["sale.order"].union(
            *(
                self.make_quotation(customer)
                for _n in range(self.random.choice((1, 1, 2, 4)))
            )
        )
        new.action_confirm()
        self.orders |= new

    def cancel(self):
        self.pick("sale")._action_cancel()

    def confirm_again(self):
        order = self.pick("cancel")
        order.action_draft()
        order.action_confirm()

    def give_back(self):
        self.pick("sale").order_line.product_uom_qty = 0

    def take_again(self):
        self.pick("sale").order_line.product_uom_qty = 1

    def change_customer(self):
        order = self.pick("sale")
        if order:
            order.partner_id = self.random.choice(self.customers)

    def put_back(self):
        order = self.pick("sale")
        if order:
            order.date_order -= timedelta(days=self.random.choice((1, 5, 400)))

    def stop(self):
        self.pick("sale").enrollment_ids[:1].action_stop()

    def bounce_one(self):
        mails = self.env["mail.mail"].search(
            [("crm_interaction_id", "!=", False), ("state", "=", "sent")]
        )
        if mails:
            mail = self.random.choice(mails)
            self.bounce(mail, mail.recipient_ids.email)

    def work(self):
        """A salesperson does what is oldest in the queue of each customer."""
        for customer in self.customers:
            waiting = self.env["crm.interaction"].search(
                [("partner_id", "=", customer.id), ("state", "=", "open")],
                order="date_due, id",
                limit=1,
            )
            waiting.override_reason = "The customer called"
            if waiting and not self.is_refused(waiting):
                waiting.action_done()

    def is_refused(self, interaction):
        keeper = Gatekeeper(interaction, self.now)
        decision = interaction._ask(keeper, interaction.touchpoint_id, self.now)
        return advice.is_refusal(interaction, decision.reason_code, keeper)

    def pick(self, state):
        found = self.orders.filtered(lambda order: order.state == state)
        return self.random.choice(found) if found else found

    # ------------------------------------------------------------------
    # The days
    # ------------------------------------------------------------------

    @contextmanager
    def unreliable_mail_server(self):
        def send_email(_server, message, *_args, **_kwargs):
            if self.random.random() < 0.15:
                raise AssertionError(IrMail_Server.NO_VALID_RECIPIENT)
            return message["Message-Id"]

        with (
            patch.object(IrMail_Server, "_disable_send", lambda server: False),
            patch.object(IrMail_Server, "_connect__", lambda server, **kwargs: None),
            patch.object(IrMail_Server, "send_email", send_email),
            mute_logger(MAIL_LOG),
        ):
            yield

    def send_queue(self):
        waiting = self.env["mail.mail"].search(
            [("crm_interaction_id", "!=", False), ("state", "=", "outgoing")]
        )
        for mail in waiting:
            mail.send()
            if mail.state == "sent":
                interaction = mail.crm_interaction_id
                orders = interaction.enrollment_id._get_followed_orders()
                self.left.append(
                    (
                        self.now,
                        mail.recipient_ids.email,
                        interaction.program_step_id,
                        orders,
                    )
                )
                self.assertTrue(orders)
                self.assertEqual(set(orders.mapped("state")), {"sale"})
                self.assertTrue(all(line.product_uom_qty for line in orders.order_line))

    def play(self, seed):
        self.random = random.Random(seed)
        happenings = [self.buy] * 4 + [self.work] * 6
        happenings += [self.cancel, self.confirm_again, self.give_back] * 2
        happenings += [self.take_again, self.change_customer, self.put_back]
        happenings += [self.stop, self.bounce_one]
        for day in range(DAYS):
            self.now = NOW + timedelta(days=day)
            with self.at(self.now), self.unreliable_mail_server():
                for _n in range(self.random.randrange(4)):
                    self.random.choice(happenings)()
                    if self.random.random() < 0.5:
                        self.send_queue()
                self.env["sale.order"]._catch_up_programs(self.company)
                release = Release(self.env)
                release.release(release.lock_due(1000))
                if self.random.random() < 0.7:
                    self.send_queue()
                self.assertRules()

    # ------------------------------------------------------------------
    # The rules
    # ------------------------------------------------------------------

    def assertRules(self):
        enrollments = self.orders.enrollment_ids
        interactions = enrollments.interaction_ids
        mails = self.env["mail.mail"].search(
            [("crm_interaction_id", "in", interactions.ids)]
        )
        alive = mails.filtered(lambda mail: mail.state in ("outgoing", "sent"))
        for interaction in interactions:
            own = alive.filtered(lambda m, i=interaction: m.crm_interaction_id == i)
            if interaction.outcome == "sent":
                self.assertEqual(len(own), 1, "done means that a message left")
            else:
                self.assertFalse(own.filtered(lambda mail: mail.state == "outgoing"))
        self.assertFollowed(enrollments)
        self.assertInOrder(enrollments)
        self.assertNothingTwice()

    def assertFollowed(self, enrollments):
        for enrollment in enrollments:
            order = enrollment.sale_order_id
            if enrollment.state == "stopped":
                self.assertFalse(enrollment.interaction_ids._filter_pending())
            elif order.state == "cancel" or order._is_empty():
                self.assertEqual(enrollment.state, "completed")
            if enrollment.joined_id:
                self.assertFalse(enrollment.joined_id.joined_id)
                self.assertFalse(enrollment.interaction_ids._filter_pending())
                if enrollment.state == "running":
                    self.assertEqual(enrollment.joined_id.state, "running")

    def assertInOrder(self, enrollments):
        for enrollment in enrollments:
            pending = enrollment.interaction_ids._filter_pending()
            messages = enrollment.interaction_ids.filtered(
                lambda i: i.state == "done" and i.date_done == self.now
            )
            for message in messages.filtered(lambda i: i.outcome == "sent"):
                self.assertFalse(
                    pending.filtered(lambda i, m=message: i.date_due < m.date_due)
                )

    def assertNothingTwice(self):
        latest = {}
        for moment, address, step, _orders in self.left:
            key = (address, step)
            if key in latest:
                self.assertGreater(moment - latest[key], timedelta(days=1) / 2)
            latest[key] = moment


@tagged("post_install", "-at_install")
class TestPlayed(PlayedCase):
    def test_sixty_days(self):
        self.play(1)
        self.assertGreater(len(self.left), 5, "something was played")

    def test_sixty_days_with_a_bounce_after_all_is_over(self):
        self.play(4)

    def test_sixty_days_with_two_runs_at_the_same_step(self):
        self.play(5)
