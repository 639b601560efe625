"""Two tabs, two salespeople, two servers: the same action at the same moment.

With real cursors. The later of two waits, then gets PostgreSQL's serialization error;
Odoo repeats its request, which starts from what the first one left behind.
"""

import threading
import time
from contextlib import contextmanager, suppress

import psycopg2

from odoo import SUPERUSER_ID, Command, api
from odoo.exceptions import MissingError, UserError
from odoo.modules.registry import Registry
from odoo.tests import BaseCase, get_db_name, tagged
from odoo.tools import mute_logger

CONFLICTS = (
    psycopg2.errors.SerializationFailure,
    psycopg2.errors.UniqueViolation,
)


@tagged("post_install", "-at_install")
class TestActionRaces(BaseCase):
    def setUp(self):
        super().setUp()
        self.registry = Registry(get_db_name())
        self.made = {}
        self.addCleanup(self._forget)
        with self.environment() as env:
            self._make(env)

    @contextmanager
    def environment(self):
        """Commit at the end, roll back when something is raised."""
        with self.registry.cursor() as cr:
            yield api.Environment(cr, SUPERUSER_ID, {"tracking_disable": True})

    def _make(self, env):
        call = env.ref("crm_relationship.crm_touchpoint_call")
        partner = env["res.partner"].create({"name": "Race"})
        relationship = env["crm.relationship"]._ensure(partner, env.company)
        segments = env["crm.segment"].create([{"name": "Race"}, {"name": "Race too"}])
        relationship.write(
            {"lifecycle_stage": "loyal", "segment_id": segments[0].id, "user_id": 2}
        )
        program = env["crm.program"].create(
            {
                "name": "Race",
                "trigger": "manual",
                "step_ids": [
                    Command.create(
                        {
                            "name": "Race",
                            "touchpoint_ids": [Command.set(call.ids)],
                        }
                    )
                ],
            }
        )
        interaction = env["crm.interaction"].create(
            {
                "name": "Race",
                "relationship_id": relationship.id,
                "touchpoint_id": call.id,
            }
        )
        self.made = {
            "partner": partner.id,
            "relationship": relationship.id,
            "segments": segments.ids,
            "program": program.id,
            "interaction": interaction.id,
        }

    def _forget(self):
        with self.environment() as env:
            for query in (
                "DELETE FROM crm_defection WHERE relationship_id = %(relationship)s",
                "DELETE FROM crm_interaction WHERE relationship_id = %(relationship)s",
                "DELETE FROM crm_interaction_undo",
                "DELETE FROM sale_order WHERE partner_id = %(partner)s",
                "DELETE FROM crm_program_enrollment WHERE program_id = %(program)s",
                "DELETE FROM crm_segment_move WHERE relationship_id = %(relationship)s",
                "DELETE FROM mail_activity WHERE res_model = 'res.partner'"
                " AND res_id = %(partner)s",
                "DELETE FROM crm_relationship WHERE id = %(relationship)s",
                "DELETE FROM mail_message WHERE model = 'res.partner'"
                " AND res_id = %(partner)s",
            ):
                env.cr.execute(query, self.made)
            env["crm.program"].browse(self.made["program"]).unlink()
            env["crm.segment"].browse(self.made["segments"]).unlink()
            env["res.partner"].browse(self.made["partner"]).unlink()

    # ------------------------------------------------------------------
    # Two at once
    # ------------------------------------------------------------------

    def race(self, action):
        """Let two users act at once, as the administrator; repeat what conflicts.

        :param action: called with an environment
        :return: what the second one met: "conflict", or "waited" if there was none
        """
        met = []

        def second_user(env):
            with mute_logger("odoo.sql_db"):
                try:
                    action(env)
                    env.cr.flush()
                    env.cr.commit()
                    met.append("waited")
                except CONFLICTS:
                    env.cr.rollback()
                    met.append("conflict")

        with self.registry.cursor() as first, self.registry.cursor() as second:
            second.execute("SELECT pg_backend_pid()")  # begins: sees nothing later
            [pid] = second.fetchone()
            env = api.Environment(first, 2, {})
            action(env)
            first.flush()
            # made here: a thread of a test waits for Odoo's lock on the registry
            other = api.Environment(second, 2, {})
            thread = threading.Thread(target=second_user, args=(other,))
            thread.start()
            self._wait_for_lock(pid)
            first.commit()
            thread.join(60)
        if met == ["conflict"]:
            with self.registry.cursor() as again, suppress(UserError, MissingError):
                action(api.Environment(again, 2, {}))
        return met[0]

    def _wait_for_lock(self, pid):
        """Wait until one backend is waiting for another's lock."""
        with self.registry.cursor() as cursor:
            for _attempt in range(600):
                cursor.execute(
                    "SELECT wait_event_type FROM pg_stat_activity WHERE pid = %s", [pid]
                )
                if cursor.fetchone() == ("Lock",):
                    return
                cursor.rollback()  # the statistics stay the same in a transaction
                time.sleep(0.05)
        self.fail("The second user did not wait for the first.")

    def browse(self, env, model, key):
        return env[model].browse(self.made[key])

    def count(self, model, domain):
        with self.environment() as env:
            return env[model].search_count(domain)

    def ours(self, *more):
        return [("relationship_id", "=", self.made["relationship"]), *more]

    def activities(self):
        return self.count(
            "mail.activity",
            [("res_model", "=", "res.partner"), ("res_id", "=", self.made["partner"])],
        )

    # ------------------------------------------------------------------
    # Interactions
    # ------------------------------------------------------------------

    def interaction(self, env):
        return self.browse(env, "crm.interaction", "interaction")

    def test_plan(self):
        self.assertEqual(
            self.race(lambda env: self.interaction(env).action_plan()), "conflict"
        )
        self.assertEqual(self.activities(), 1)

    def test_done(self):
        met = self.race(
            lambda env: self.interaction(env)
            .with_context(outcome="complaint")
            .action_done()
        )
        self.assertEqual(met, "conflict")
        self.assertEqual(
            self.count("crm.interaction", self.ours(("is_complaint", "=", True))), 1
        )

    def test_no_answer(self):
        met = self.race(lambda env: self.interaction(env).action_no_answer())
        self.assertEqual(met, "conflict")
        with self.environment() as env:
            self.assertEqual(self.interaction(env).attempt_count, 1)

    def test_cancel(self):
        met = self.race(lambda env: self.interaction(env).action_cancel())
        self.assertEqual(met, "conflict")
        with self.environment() as env:
            self.assertEqual(self.interaction(env).state, "cancelled")

    def test_done_here_and_no_answer_there(self):
        """Whoever comes first has said what became of it."""
        turns = iter(("action_done", "action_no_answer", "action_no_answer"))
        met = self.race(lambda env: getattr(self.interaction(env), next(turns))())
        self.assertEqual(met, "conflict")
        with self.environment() as env:
            self.assertEqual(self.interaction(env).state, "done")
            self.assertFalse(self.interaction(env).attempt_count)

    def test_undo(self):
        """Whoever comes second finds that it is undone already."""
        with self.environment() as env:
            self.interaction(env).action_plan()
            action = self.interaction(env).with_user(2).action_done()
        undo_id = action["params"]["undo_id"]
        met = self.race(
            lambda env: env["crm.interaction.undo"].browse(undo_id).action_undo()
        )
        self.assertEqual(met, "conflict")
        with self.environment() as env:
            self.assertEqual(self.interaction(env).state, "open")
        self.assertEqual(self.activities(), 1)

    def test_new_quotation(self):
        met = self.race(lambda env: self.interaction(env).action_new_quotation())
        self.assertEqual(met, "conflict")
        self.assertEqual(
            self.count("sale.order", [("partner_id", "=", self.made["partner"])]), 1
        )

    def test_activity_done(self):
        with self.environment() as env:
            self.interaction(env).action_plan()
            activity_id = self.interaction(env).activity_id.id
        self.race(
            lambda env: env["mail.activity"].browse(activity_id).action_feedback()
        )
        self.assertEqual(
            self.count(
                "mail.message",
                [
                    ("model", "=", "res.partner"),
                    ("res_id", "=", self.made["partner"]),
                    ("mail_activity_type_id", "!=", False),
                ],
            ),
            1,
        )

    # ------------------------------------------------------------------
    # Programs, customers who leave, segments
    # ------------------------------------------------------------------

    def test_enroll(self):
        def enroll(env):
            env["crm.program.enroll"].create(
                {
                    "program_id": self.made["program"],
                    "relationship_ids": [Command.set([self.made["relationship"]])],
                }
            ).action_enroll()

        self.assertEqual(self.race(enroll), "conflict")
        self.assertEqual(self.count("crm.program.enrollment", self.ours()), 1)
        self.assertEqual(
            self.count("crm.interaction", self.ours(("program_step_id", "!=", False))),
            1,
        )

    def test_stop(self):
        with self.environment() as env:
            relationship = self.browse(env, "crm.relationship", "relationship")
            program = self.browse(env, "crm.program", "program")
            enrollment_id = program._enroll(relationship).id
        met = self.race(
            lambda env: env["crm.program.enrollment"]
            .browse(enrollment_id)
            .action_stop()
        )
        self.assertEqual(met, "conflict")
        self.assertEqual(
            self.count("crm.program.enrollment", self.ours(("state", "=", "stopped"))),
            1,
        )

    def declare(self, env):
        env["crm.defection.declare"].create(
            {
                "relationship_ids": [Command.set([self.made["relationship"]])],
                "plan_interview": True,
            }
        ).action_declare()

    def test_declare_lost(self):
        self.assertEqual(self.race(self.declare), "conflict")
        self.assertEqual(self.count("crm.defection", self.ours()), 1)
        self.assertEqual(
            self.count("crm.interaction", self.ours(("name", "like", "Exit"))), 1
        )

    def test_take_back(self):
        with self.environment() as env:
            self.declare(env)
        met = self.race(
            lambda env: env["crm.defection"].search(self.ours()).action_take_back()
        )
        self.assertEqual(met, "conflict")
        self.assertFalse(self.count("crm.defection", self.ours()))
        with self.environment() as env:
            relationship = self.browse(env, "crm.relationship", "relationship")
            self.assertEqual(relationship.lifecycle_stage, "loyal")

    def test_ask_why(self):
        with self.environment() as env:
            env["crm.defection"].create({"relationship_id": self.made["relationship"]})
        met = self.race(
            lambda env: env["crm.defection"].search(self.ours()).action_ask_why()
        )
        self.assertEqual(met, "conflict")
        self.assertEqual(
            self.count("crm.interaction", self.ours(("name", "like", "Exit"))), 1
        )

    def test_keep_and_release_a_segment(self):
        def keep(env):
            env["crm.segment.keep"].create(
                {
                    "relationship_ids": [Command.set([self.made["relationship"]])],
                    "segment_id": self.made["segments"][1],
                    "reason": "Race",
                }
            ).action_keep()

        self.assertEqual(self.race(keep), "conflict")
        self.assertEqual(self.count("crm.segment.move", self.ours()), 1)

        def release(env):
            relationship = self.browse(env, "crm.relationship", "relationship")
            relationship.action_release_segment()

        self.assertEqual(self.race(release), "conflict")
        self.assertEqual(self.count("crm.segment.move", self.ours()), 2)

    def test_refresh(self):
        with self.environment() as env:
            product = env["product.product"].search([], limit=1) or env[
                "product.product"
            ].create({"name": "Race"})
            order = env["sale.order"].create(
                {
                    "partner_id": self.made["partner"],
                    "order_line": [
                        Command.create(
                            {"product_id": product.id, "name": "R", "price_unit": 5}
                        )
                    ],
                }
            )
            order.write({"state": "sale"})
            order_id = order.id
        self.addCleanup(self._delete_order, order_id)
        met = self.race(lambda env: env["crm.relationship"].action_refresh())
        self.assertEqual(met, "conflict")
        with self.environment() as env:
            relationship = self.browse(env, "crm.relationship", "relationship")
            self.assertEqual(relationship.order_count, 1)
            self.assertEqual(len(relationship.segment_move_ids), 1)

    def _delete_order(self, order_id):
        with self.environment() as env:
            env["sale.order"].browse(order_id).write({"state": "cancel"})
            env["sale.order"].browse(order_id).unlink()
