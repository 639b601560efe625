"""Killed, run again, run twice at once: with real transactions and commits."""

import threading
from unittest.mock import patch

import psycopg2

from odoo import SUPERUSER_ID, api
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models.ledger import crm_interaction_schedule, messages, release
from ..models.ledger.release import Release
from .common_worker import COUNT, Killed, WorkerCase


@tagged("post_install", "-at_install")
class TestWorker(WorkerCase):
    def assertReleasedOnce(self):
        """Each call is one activity, each email one mail; no duplicate and no gap."""
        self.assertEqual(self.states(), {"open": COUNT, "done": COUNT})
        [(activities, customers)] = self.count(
            "SELECT count(*), count(DISTINCT res_id) FROM mail_activity"
            " WHERE res_model = 'res.partner' AND res_id = ANY(%(p)s) AND active"
        )
        self.assertEqual((activities, customers), (COUNT, COUNT))
        [(linked,)] = self.count(
            "SELECT count(DISTINCT i.activity_id) FROM crm_interaction i"
            " JOIN mail_activity a ON a.id = i.activity_id AND a.res_id = i.partner_id"
            " WHERE i.relationship_id = ANY(%(r)s) AND i.state = 'open'"
        )
        self.assertEqual(linked, COUNT)
        [(mails, customers)] = self.count(
            "SELECT count(*), count(DISTINCT m.res_id) FROM mail_mail mail"
            " JOIN mail_message m ON m.id = mail.mail_message_id"
            " WHERE m.model = 'res.partner' AND m.res_id = ANY(%(p)s)"
        )
        self.assertEqual((mails, customers), (COUNT, COUNT))

    # -- release

    def kill_release(self, owner, name, calls, after):
        """Run the release until a function is called so often, then kill it.

        :param owner: class or module of the function
        :param bool after: whether the call itself is still carried out
        """
        original = getattr(owner, name)
        left = [calls]

        def kill(*args, **kwargs):
            left[0] -= 1
            last = left[0] == 0
            if last and not after:
                raise Killed
            result = original(*args, **kwargs)
            if last:
                raise Killed
            return result

        with (
            patch.object(release, "CONTACTS_PER_BATCH", 5),
            patch.object(owner, name, kill),
            self.assertRaises(Killed),
        ):
            self.release()

    def test_release_killed_within_a_batch(self):
        self.plan_all()
        # two batches are committed, the third has made its activities and mails
        self.kill_release(Release, "release", 3, after=True)
        before = self.states()
        self.assertEqual(sum(before.values()) - before["scheduled"], 10)
        self.release()
        self.assertReleasedOnce()

    def test_release_killed_after_the_activities(self):
        self.plan_all()
        self.kill_release(Release, "_queue_activities", 2, after=True)
        self.release()
        self.assertReleasedOnce()

    def test_release_killed_after_the_mails(self):
        self.plan_all()
        self.kill_release(messages, "_queue_emails", 2, after=True)
        self.release()
        self.assertReleasedOnce()

    def test_release_killed_between_batches(self):
        self.plan_all()
        self.kill_release(Release, "lock_due", 3, after=False)
        self.release()
        self.assertReleasedOnce()

    def test_release_killed_again_and_again(self):
        self.plan_all()
        for _time in range(3):
            self.kill_release(Release, "release", 2, after=True)
        self.release()
        self.assertReleasedOnce()

    def test_two_workers_share_the_contacts(self):
        self.plan_all()
        with self.registry.cursor() as first, self.registry.cursor() as second:
            batches = []
            for cursor in (first, second):
                env = api.Environment(cursor, SUPERUSER_ID, {})
                batches.append(Release(env).lock_due(COUNT))
            ids = [set(batch.ids) for batch in batches]
            self.assertFalse(ids[0] & ids[1], "nobody waits, nothing is taken twice")
            self.assertEqual([len(found) for found in ids], [COUNT, COUNT])
            for batch, cursor in zip(batches, (first, second), strict=True):
                Release(batch.env).release_safely(batch)
                cursor.commit()
        self.assertReleasedOnce()

    # -- planning

    def assertPlannedOnce(self):
        rows = self.count(
            "SELECT relationship_id, plan_line_id, count(*) FROM crm_interaction"
            " WHERE relationship_id = ANY(%(r)s) AND state IN ('scheduled', 'open')"
            " GROUP BY relationship_id, plan_line_id"
        )
        self.assertEqual(len(rows), 2 * COUNT)
        self.assertEqual({count for _r, _line, count in rows}, {1})

    def test_planning_killed_midway(self):
        Interaction = self.registry["crm.interaction"]
        original = Interaction._schedule
        calls = []

        def kill(records, company, relationship_ids=None):
            result = original(records, company, relationship_ids)
            if set(self.relationship_ids) & set(relationship_ids):
                calls.append(relationship_ids)
                if len(calls) == 2:
                    raise Killed
            return result

        with (
            patch.object(crm_interaction_schedule, "RELATIONSHIPS_PER_BATCH", 5),
            patch.object(Interaction, "_schedule", kill),
            self.assertRaises(Killed),
            self.environment() as env,
        ):
            env["crm.interaction"]._cron_schedule()
        [(planned,)] = self.count(
            "SELECT count(*) FROM crm_interaction WHERE relationship_id = ANY(%(r)s)"
        )
        self.assertLess(0, planned, "the first batch was committed")
        self.assertLess(planned, 2 * COUNT)
        with self.environment() as env:
            env["crm.interaction"]._cron_schedule()
        self.assertPlannedOnce()

    def test_two_workers_plan_at_once(self):
        outcome = []

        def plan(env):
            company = env["res.company"].browse(self.company_id)
            return env["crm.interaction"]._schedule(company, self.relationship_ids)

        def second_worker(env):
            with mute_logger("odoo.sql_db"):
                try:
                    outcome.append(plan(env))
                    env.cr.commit()
                except psycopg2.errors.SerializationFailure:
                    env.cr.rollback()
                    outcome.append("again")

        with self.registry.cursor() as first, self.registry.cursor() as second:
            self.assertEqual(plan(api.Environment(first, SUPERUSER_ID, {})), 2 * COUNT)
            first.flush()
            second.execute("SELECT pg_backend_pid()")
            [pid] = second.fetchone()
            # made here: a thread of a test waits for Odoo's lock on the registry
            env = api.Environment(second, SUPERUSER_ID, {})
            worker = threading.Thread(target=second_worker, args=(env,))
            worker.start()
            self._wait_for_lock(pid)
            first.commit()
            worker.join(60)
        self.assertIn(outcome, ([0], ["again"]))
        self.assertPlannedOnce()

    def test_two_workers_meet_a_new_customer_at_once(self):
        with self.environment() as env:
            partner_id = env["res.partner"].create({"name": "Worker new"}).id
        self.partner_ids.append(partner_id)

        def ensure(cr):
            env = api.Environment(cr, SUPERUSER_ID, {})
            partner = env["res.partner"].browse(partner_id)
            company = env["res.company"].browse(self.company_id)
            return env["crm.relationship"]._ensure(partner, company)

        with self.registry.cursor() as first, self.registry.cursor() as second:
            second.execute("SELECT 1")  # begins, and does not see what comes
            found = ensure(first)
            self.relationship_ids += found.ids
            first.commit()
            with (
                self.assertRaises(psycopg2.errors.SerializationFailure),
                mute_logger("odoo.sql_db"),
            ):
                ensure(second)
            second.rollback()
            self.assertEqual(ensure(second).ids, found.ids, "Odoo tries again")
