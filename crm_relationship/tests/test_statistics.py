"""Statements over many customers, where PostgreSQL takes the tables for empty.

That is what its statistics say when a table was vacuumed while it was empty, or when a
company is new. Read are rows, not seconds: a loop in a loop reads the square.
"""

import json
from collections import deque
from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged
from odoo.tools import SQL

from ..models.people.care import Judgment
from ..models.program import entry
from .common import RelationshipCase

# More than fit one page of a table: of one page, all is read anyway.
CUSTOMERS = 400
# Rows of all parts of a statement together, a customer; a loop over the customers in a
# loop over them reads as many as there are.
READ_EACH = 300
# In a night, each has some twenty interactions; a loop over those in a loop over the
# customers reads twenty times as many.
READ_A_NIGHT = 1000
EXPLAIN = """
    LOAD 'auto_explain';
    SET LOCAL auto_explain.log_min_duration = 0;
    SET LOCAL auto_explain.log_analyze = on;
    SET LOCAL auto_explain.log_timing = off;
    SET LOCAL auto_explain.log_format = json;
    SET LOCAL auto_explain.log_level = notice;
    SET LOCAL client_min_messages = notice
"""


@tagged("post_install", "-at_install")
class TestStatistics(RelationshipCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plan = cls.make_plan(cls.line_values(), cls.line_values(every=2))
        partners = cls.env["res.partner"].create(
            [{"name": f"Customer {number}"} for number in range(CUSTOMERS)]
        )
        cls.customers = cls.env["crm.relationship"].create(
            [
                {
                    "partner_id": partner.id,
                    "company_id": cls.company.id,
                    "user_id": cls.sari.id,
                }
                for partner in partners
            ]
        )
        # whether the server has looked at Odoo's own by now is chance
        cls.env.flush_all()
        cls.env.cr.execute("ANALYZE res_partner, res_users, res_company")

    def setUp(self):
        super().setUp()
        [(may,)] = self.env.execute_query(
            SQL("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        )
        if not may:
            self.skipTest("only a superuser may say what the statistics say")
        self.forget_statistics()
        self.customers.write({"plan_id": self.plan.id})
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_relationship SET next_contact_date = NULL,"
            " coverage_state = 'no_plan', care_state = 'fault', care_reason = 'no_plan'"
            " WHERE id = ANY(%s)",
            [self.customers.ids],
        )
        self.env.invalidate_all()

    def forget_statistics(self, tables="crm_%"):
        """Let PostgreSQL take those tables for empty: ours, if nothing else is said."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE pg_class SET relpages = 40, reltuples = 0"
            " WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace"
            " AND relname LIKE %s",
            [tables],
        )

    @contextmanager
    def explained(self):
        """Yield a list; afterwards, it has the plans of all statements, as carried out.

        PostgreSQL reports them to the client (its module ``auto_explain``).
        """
        connection, plans = self.env.cr._cnx, []
        former, connection.notices = connection.notices, deque()
        self.env.cr.execute(EXPLAIN)
        try:
            yield plans
            self.env.flush_all()
        finally:
            self.env.cr.execute("SET LOCAL auto_explain.log_min_duration = -1")
            notices, connection.notices = connection.notices, former
        for notice in notices:
            if "plan:\n" in notice:
                plans.append(json.loads(notice.partition("plan:\n")[2]))

    def count_read(self, node):
        """Return how many rows a step of a plan, and those below it, went over."""
        rows = node["Actual Rows"] + sum(
            number for key, number in node.items() if key.startswith("Rows Removed")
        )
        return rows * node["Actual Loops"] + sum(
            map(self.count_read, node.get("Plans", ()))
        )

    def assertLinear(self, work, each=READ_EACH):
        with self.explained() as plans:
            work()
        for plan in plans:
            read = self.count_read(plan["Plan"])
            self.assertLess(read, each * CUSTOMERS, plan["Query Text"])

    def test_coverage_of_some(self):
        self.assertLinear(self.customers._refresh_contact_state)
        self.assertEqual(set(self.customers.mapped("coverage_state")), {"covered"})

    def test_coverage_of_a_company(self):
        where = SQL("r.company_id = %s", self.company.id)
        self.assertLinear(
            lambda: self.env["crm.relationship"]._update_contact_state(where)
        )
        self.assertTrue(all(self.customers.mapped("next_contact_date")))

    def test_care_of_a_company(self):
        where = SQL("r.company_id = %s", self.company.id)
        self.env["crm.relationship"]._update_contact_state(where)
        self.assertLinear(lambda: Judgment(self.env).store(where))
        self.assertEqual(set(self.customers.mapped("care_state")), {"planned"})

    def test_planning_of_a_company(self):
        self.customers.interaction_ids.unlink()
        self.env.flush_all()
        self.assertLinear(lambda: self.schedule(self.company))
        self.assertEqual(len(self.customers.interaction_ids), 2 * CUSTOMERS)

    def test_entering_a_program(self):
        """Others have entered before, and their steps are done or planned."""
        program = self.make_program(0, 1, 3, 7, 30, 60, trigger="manual")
        before, late = self.customers[:-20], self.customers[-20:]
        program._enroll(before)
        before.interaction_ids.filtered("program_step_id").write(
            {"state": "done", "date_done": fields.Datetime.now()}
        )
        for tables, some in (("crm_%", late[:10]), ("%", late[10:])):
            self.forget_statistics(tables)
            self.assertLinear(lambda some=some: program._enroll(some))
        self.assertEqual(len(program.enrollment_ids.interaction_ids), 6 * CUSTOMERS)

    def test_thousands_who_have_entered_are_counted(self):
        """What follows at once, a page that somebody opens, does not wait for a job."""
        program = self.make_program(trigger="manual")
        with patch.object(entry, "MANY", CUSTOMERS - 1):
            program._enroll(self.customers)
        [(known,)] = self.env.execute_query(
            SQL(
                "SELECT reltuples FROM pg_class WHERE oid = %s::regclass",
                program.enrollment_ids._table,
            )
        )
        self.assertGreaterEqual(known, CUSTOMERS)

    def test_a_night(self):
        """Everybody enters every program, and all of it is planned and judged."""
        self.make_history()
        today = fields.Date.context_today(self.customers)
        before = today - timedelta(days=30)
        gold = self.make_segment("Gold").ids
        programs = [
            self.make_program(name=values["trigger"], **values)
            for values in (
                {"trigger": "date", "date_field": "birthdate", "date_yearly": True},
                {"trigger": "segment", "to_segment_ids": gold, "date_start": today},
                {"trigger": "quotation", "wait_days": 5, "date_start": before},
                {"trigger": "runs_out", "days_before": 10},
                {"trigger": "complaint"},
                {"trigger": "referral"},
            )
        ]
        self.customers.write({"locked_segment_id": gold[0], "lock_reason": "Test"})
        for job in ("refresh", "schedule", "release", "care", "forecast"):
            self.forget_statistics("%")
            with self.subTest(job=job):
                self.assertLinear(lambda job=job: self.run_cron(job), READ_A_NIGHT)
        for program in programs:
            with self.subTest(program=program.name):
                self.assertGreaterEqual(len(program.enrollment_ids), CUSTOMERS // 2)

    def make_history(self):
        """Two sales each, a quotation without answer, a complaint that is solved."""
        self.product.relationship_lasting_days = 45
        values = [
            {
                **self.order_values(partner),
                "state": state,
                "date_order": fields.Datetime.now() - timedelta(days=days),
            }
            for partner in self.customers.partner_id
            for state, days in (("sale", 400), ("sale", 40), ("sent", 7))
        ]
        self.env["sale.order"].create(values)
        self.customers.partner_id.birthdate = fields.Date.context_today(self.customers)
        self.env["crm.interaction"].create(
            [
                {
                    "name": "Complaint",
                    "relationship_id": customer.id,
                    "kind": "service",
                    "is_complaint": True,
                    "state": "done",
                    "date_done": fields.Datetime.now(),
                    "date_solved": fields.Datetime.now(),
                }
                for customer in self.customers
            ]
        )
        half = CUSTOMERS // 2
        for brought, by in zip(
            self.customers[half:], self.customers[:half], strict=True
        ):
            brought.partner_id.referred_by_id = by.partner_id
