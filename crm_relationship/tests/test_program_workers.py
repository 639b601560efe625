"""Two workers that enroll the same customers at once: everybody enters once."""

import threading
from datetime import timedelta
from unittest.mock import patch

import psycopg2

from odoo import SUPERUSER_ID, Command, api, fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models.program import approval
from .common_worker import COUNT, WorkerCase


@tagged("post_install", "-at_install")
class WorkersCase(WorkerCase):
    """A program, and two workers of whom the second begins before the first is done."""

    def _make(self, env):
        super()._make(env)
        call = env.ref("crm_relationship.crm_touchpoint_call")
        program = env["crm.program"].create(
            {
                "name": "Worker",
                "trigger": "complaint",
                "step_ids": [
                    Command.create(
                        {"name": "Worker", "touchpoint_ids": [Command.set(call.ids)]}
                    )
                ],
            }
        )
        self.program_id = program.id

    def _forget(self):
        super()._forget()
        with self.environment() as env:
            env["crm.program"].browse(self.program_id).unlink()

    def enroll(self, env):
        program = env["crm.program"].browse(self.program_id)
        return program._enroll(env["crm.relationship"].browse(self.relationship_ids))

    def start(self, env):
        """Let it start as another module does."""
        env["crm.program"]._start(
            "complaint",
            env["res.partner"].browse(self.partner_ids),
            env["res.company"].browse(self.company_id),
        )

    def meet(self, work):
        """Let a second worker begin before the first one has committed.

        :return: what the second one met with
        """
        outcome = []
        with self.registry.cursor() as first, self.registry.cursor() as second:
            own = api.Environment(first, SUPERUSER_ID, {})
            work(own)
            own.flush_all()
            second.execute("SELECT pg_backend_pid()")
            [pid] = second.fetchone()
            # made here: a thread of a test waits for Odoo's lock on the registry
            env = api.Environment(second, SUPERUSER_ID, {})

            def work_second():
                try:
                    work(env)
                    outcome.append("went on")
                except psycopg2.errors.SerializationFailure:
                    second.rollback()
                    env.invalidate_all()
                    work(env)
                    outcome.append("again")
                second.commit()

            with mute_logger("odoo.sql_db"):
                worker = threading.Thread(target=work_second)
                worker.start()
                self._wait_for_lock(pid)
                first.commit()
                worker.join(60)
        return outcome


@tagged("post_install", "-at_install")
class TestProgramWorkers(WorkersCase):
    def assertEnteredOnce(self):
        [[runs, customers, steps]] = self.count(
            """
            SELECT count(DISTINCT e.id), count(DISTINCT e.relationship_id), count(i.id)
              FROM crm_program_enrollment e
         LEFT JOIN crm_interaction i ON i.enrollment_id = e.id
             WHERE e.relationship_id = ANY(%(r)s)
            """
        )
        self.assertEqual((runs, customers, steps), (COUNT, COUNT, COUNT))

    def test_by_hand(self):
        self.assertEqual(self.meet(self.enroll), ["again"])
        self.assertEnteredOnce()

    def test_by_another_module(self):
        self.assertEqual(self.meet(self.start), ["again"])
        self.assertEnteredOnce()

    def test_after_the_first(self):
        for _worker in range(2):
            with self.environment() as env:
                self.enroll(env)
        self.assertEnteredOnce()


@tagged("post_install", "-at_install")
class TestPublishingOfTwoWorkers(WorkersCase):
    def _make(self, env):
        super()._make(env)
        env["crm.program"].browse(self.program_id).state = "draft"

    def publish(self, env):
        env["crm.program"].browse(self.program_id).action_publish()
        env.flush_all()

    def edit(self, env):
        """Change a step as somebody who was the last to change the program."""
        program = env["crm.program"].browse(self.program_id)
        approval.note_edit(program)
        program.step_ids.name = "Changed"
        env.flush_all()

    def test_published_once(self):
        self.assertEqual(self.meet(self.publish), ["again"])
        with self.environment() as env:
            program = env["crm.program"].browse(self.program_id)
            told = program.message_ids.filtered(lambda m: "Published" in m.body)
            self.assertEqual((program.state, len(told)), ("running", 1))

    def test_edited_while_it_is_published(self):
        """The editor is noted already, so nothing else is written on the program."""
        with patch.object(approval, "is_wanted", lambda company: True):
            with self.environment() as env:
                approval.note_edit(env["crm.program"].browse(self.program_id))
            first = iter((self.edit, self.publish, self.publish))
            self.assertEqual(self.meet(lambda env: next(first)(env)), ["again"])


@tagged("post_install", "-at_install")
class TestOrdersOfTwoWorkers(WorkersCase):
    """Two orders of one customer at the same moment, by a worker each.

    What is next for the customer is something else, and stays so: nothing but the rule
    of the program keeps them apart.
    """

    def _make(self, env):
        super()._make(env)
        program = env["crm.program"].browse(self.program_id)
        program.trigger = "sale_confirmed"
        program.step_ids.delay = 20
        product = env["product.product"].create({"name": "Worker"})
        orders = env["sale.order"].create(
            [
                {
                    "partner_id": self.partner_ids[0],
                    "order_line": [Command.create({"product_id": product.id})],
                }
                for _worker in range(2)
            ]
        )
        env["crm.relationship"].browse(
            self.relationship_ids[0]
        ).next_contact_date = "2000-01-01"
        self.order_ids, self.product_id = orders.ids, product.id

    def _forget(self):
        with self.environment() as env:
            orders = env["sale.order"].browse(self.order_ids)
            orders._action_cancel()
            orders.unlink()
            env["product.product"].browse(self.product_id).unlink()
        super()._forget()

    def set(self, days_between=0, **values):
        """Let both orders be confirmed, so many days apart, and start nothing yet."""
        with self.environment() as env:
            env["crm.program"].browse(self.program_id).write(values)
            env.cr.execute(
                "UPDATE sale_order SET state = 'sale', date_order = %s WHERE id = %s",
                [fields.Datetime.now(), self.order_ids[0]],
            )
            env.cr.execute(
                "UPDATE sale_order SET state = 'sale', date_order = %s WHERE id = %s",
                [
                    fields.Datetime.now() - timedelta(days=days_between),
                    self.order_ids[1],
                ],
            )

    def start_each(self, method="_start_at_once", other=None):
        """Let each worker start one order; the second does something else if asked."""
        waiting, own = iter(self.order_ids), {}

        def work(env):
            if other and own and env.cr not in own:
                return other(env)
            if env.cr not in own:
                own[env.cr] = next(waiting)
            return getattr(env["sale.order"].browse(own[env.cr]), method)()

        return self.meet(work)

    def assertStarted(self, runs):
        """Assert how often the customer went in, and that there is one step of it."""
        with self.environment() as env:
            found = env["crm.program.enrollment"].search(
                [
                    ("program_id", "=", self.program_id),
                    ("relationship_id", "=", self.relationship_ids[0]),
                ]
            )
            self.assertEqual(len(found), runs)
            self.assertEqual(len(found.interaction_ids), 1)

    def test_confirmed(self):
        self.assertEqual(self.start_each("action_confirm"), ["again"])
        self.assertStarted(runs=2)

    def test_join(self):
        self.set(merge_rule="join")
        self.assertEqual(self.start_each(), ["again"])
        self.assertStarted(runs=2)

    def test_never_again(self):
        self.set(reenroll="never", days_between=9)
        self.assertEqual(self.start_each(), ["again"])
        self.assertStarted(runs=1)

    def test_never_again_with_a_run_for_each(self):
        self.set(reenroll="never", merge_rule="parallel", days_between=9)
        self.assertEqual(self.start_each(), ["again"])
        self.assertStarted(runs=1)

    def test_after_some_days(self):
        self.set(reenroll="after", days_between=9)
        self.assertEqual(self.start_each(), ["again"])
        self.assertStarted(runs=1)

    def test_by_hand_at_the_same_time(self):
        self.set(reenroll="never")
        self.assertEqual(self.start_each(other=self.enroll), ["again"])
        self.assertStarted(runs=1)

    def test_another_customer_does_not_wait(self):
        """Sales to many customers do not get into each other's way."""
        with self.environment() as env:
            order = env["sale.order"].browse(self.order_ids[1])
            order.partner_id = self.partner_ids[1]
        self.set(reenroll="never")
        with self.registry.cursor() as first, self.registry.cursor() as second:
            for cr, order_id in zip((first, second), self.order_ids, strict=True):
                cr.execute("SET lock_timeout = '5s'")
                env = api.Environment(cr, SUPERUSER_ID, {})
                env["sale.order"].browse(order_id)._start_at_once()
                env.flush_all()
            second.commit()
            first.commit()
        with self.environment() as env:
            runs = [("program_id", "=", self.program_id)]
            self.assertEqual(env["crm.program.enrollment"].search_count(runs), 2)
