"""Two workers that enroll the same customers at once: everybody enters once."""

import threading

import psycopg2

from odoo import SUPERUSER_ID, Command, api
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common_worker import COUNT, WorkerCase


@tagged("post_install", "-at_install")
class TestProgramWorkers(WorkerCase):
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

    def test_an_order_each(self):
        """Two orders of one customer are one run, and one step, by two workers, too."""
        with self.environment() as env:
            program = env["crm.program"].browse(self.program_id)
            program.write({"trigger": "sale_confirmed", "reenroll": "never"})
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
        waiting, confirmed = iter(orders.ids), {}

        def confirm(env):
            if env.cr not in confirmed:
                confirmed[env.cr] = next(waiting)
            env["sale.order"].browse(confirmed[env.cr]).action_confirm()

        self.meet(confirm)
        self.assertEqual(len(set(confirmed.values())), 2)
        with self.environment() as env:
            steps = env["crm.interaction"].search_count(
                [
                    ("program_step_id.program_id", "=", self.program_id),
                    ("state", "in", ("scheduled", "open", "done")),
                ]
            )
            orders = env["sale.order"].browse(confirmed.values())
            orders._action_cancel()
            orders.unlink()
            env["product.product"].browse(product.id).unlink()
        self.assertEqual(steps, 1)

    def test_after_the_first(self):
        for _worker in range(2):
            with self.environment() as env:
                self.enroll(env)
        self.assertEnteredOnce()
