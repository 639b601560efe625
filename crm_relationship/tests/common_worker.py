"""What tests with real transactions share: their own customers, and forgetting them."""

import time
from contextlib import contextmanager
from datetime import timedelta

from odoo import SUPERUSER_ID, Command, api, fields
from odoo.modules.registry import Registry
from odoo.tests import BaseCase, get_db_name

from .common import set_live

COUNT = 12


class Killed(BaseException):
    """What no `except Exception` catches, as if the process were killed."""


class WorkerCase(BaseCase):
    """Commits; what it makes is deleted at the end."""

    def setUp(self):
        super().setUp()
        self.registry = Registry(get_db_name())
        with self.environment() as env:
            self.ids = {"crm.segment": [], "crm.contact.plan": []}
            self._open(env.company)
            self._make(env)
        self.addCleanup(self._forget)

    @contextmanager
    def environment(self):
        """Commit at the end, roll back when something is raised."""
        with self.registry.cursor() as cr:
            yield api.Environment(cr, SUPERUSER_ID, {})

    def _open(self, company):
        """Let the company be live at any hour, and note how it was."""
        names = ("relationship_state", "quiet_hour_from", "quiet_hour_to")
        self.before = {
            **{name: company[name] for name in names},
            "live_touchpoint_ids": [Command.set(company.live_touchpoint_ids.ids)],
        }
        company.write({"quiet_hour_from": 0, "quiet_hour_to": 0})
        set_live(company)

    def _make(self, env):
        """Create customers whose plan asks for a call and an email each, due now."""
        call = env.ref("crm_relationship.crm_touchpoint_call")
        email = env.ref("crm_relationship.crm_touchpoint_email")
        template = env["mail.template"].create(
            {
                "name": "Worker",
                "model_id": env["ir.model"]._get_id("res.partner"),
                "subject": "Worker",
                "partner_to": "{{ object.id }}",
                "use_default_to": False,
            }
        )
        plan = env["crm.contact.plan"].create(
            {
                "name": "Worker",
                "line_ids": [
                    Command.create(
                        {
                            "name": "Worker",
                            "every": 1,
                            "period": "day",
                            "touchpoint_ids": [Command.set(touchpoint.ids)],
                            "mail_template_id": template.id,
                        }
                    )
                    for touchpoint in (call, email)
                ],
            }
        )
        partners = env["res.partner"].create(
            [
                {"name": f"Worker {n}", "email": f"worker{n}@example.com"}
                for n in range(COUNT)
            ]
        )
        relationships = env["crm.relationship"]._ensure(partners, env.company)
        env.cr.execute(
            "UPDATE crm_relationship SET plan_id = %s WHERE id = ANY(%s)",
            [plan.id, relationships.ids],
        )
        self.partner_ids, self.plan_id = partners.ids, plan.id
        self.template_id, self.company_id = template.id, env.company.id
        # In the order of the names: the database made them in any order.
        self.relationship_ids = relationships.sorted("partner_id.id").ids

    def _forget(self):
        with self.environment() as env:
            cr = env.cr
            for query in (
                "DELETE FROM sms_sms WHERE partner_id = ANY(%(p)s)",
                "DELETE FROM crm_preference_change WHERE partner_id = ANY(%(p)s)",
                "DELETE FROM crm_interaction WHERE relationship_id = ANY(%(r)s)",
                "DELETE FROM mail_activity WHERE res_model = 'res.partner'"
                " AND res_id = ANY(%(p)s)",
                "DELETE FROM mail_mail WHERE mail_message_id IN (SELECT id FROM"
                " mail_message WHERE model = 'res.partner' AND res_id = ANY(%(p)s))",
                "DELETE FROM mail_message WHERE model = 'res.partner'"
                " AND res_id = ANY(%(p)s)",
                "DELETE FROM crm_relationship WHERE id = ANY(%(r)s)",
            ):
                cr.execute(query, {"r": self.relationship_ids, "p": self.partner_ids})
            env["res.company"].browse(self.company_id).write(self.before)
            env["res.partner"].browse(self.partner_ids).unlink()
            env["crm.contact.plan"].browse(self.plan_id).unlink()
            env["mail.template"].browse(self.template_id).unlink()

    def plan_all(self):
        with self.environment() as env:
            env["crm.interaction"]._schedule(
                env["res.company"].browse(self.company_id), self.relationship_ids
            )
            env.cr.execute(
                "UPDATE crm_interaction SET date_planned = %s"
                " WHERE relationship_id = ANY(%s)",
                [fields.Datetime.now() - timedelta(hours=1), self.relationship_ids],
            )

    def count(self, query):
        """Return the rows of a query over our relationships and partners."""
        with self.environment() as env:
            env.cr.execute(query, {"r": self.relationship_ids, "p": self.partner_ids})
            return env.cr.fetchall()

    def states(self):
        return dict(
            self.count(
                "SELECT state, count(*) FROM crm_interaction"
                " WHERE relationship_id = ANY(%(r)s) AND date_planned < now()"
                " GROUP BY state"
            )
        )

    def release(self):
        with self.environment() as env:
            env["crm.interaction"]._cron_release()

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
        self.fail("The second worker did not wait for the first.")
