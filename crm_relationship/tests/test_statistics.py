"""Statements over many customers, where PostgreSQL takes the tables for empty.

That is what its statistics say when a table was vacuumed while it was empty, or when a
company is new. Read are rows, not seconds: a loop in a loop reads the square.
"""

from odoo import fields
from odoo.tests import tagged
from odoo.tools import SQL

from ..models.people.care import Judgment
from .common import RelationshipCase

CUSTOMERS = 60
TABLES = ("crm_interaction", "crm_relationship")
# A customer's row, its interactions, and both again where they are written.
READ_EACH = 30


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

    def setUp(self):
        super().setUp()
        [(may,)] = self.env.execute_query(
            SQL("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        )
        if not may:
            self.skipTest("only a superuser may say what the statistics say")
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE pg_class SET relpages = 40, reltuples = 0 WHERE relname = ANY(%s)",
            [list(TABLES)],
        )
        self.customers.write({"plan_id": self.plan.id})
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_relationship SET next_contact_date = NULL,"
            " coverage_state = 'no_plan', care_state = 'fault', care_reason = 'no_plan'"
            " WHERE id = ANY(%s)",
            [self.customers.ids],
        )
        self.env.invalidate_all()

    def count_read(self):
        [(read,)] = self.env.execute_query(
            SQL(
                "SELECT sum(seq_tup_read + COALESCE(idx_tup_fetch, 0))"
                " FROM pg_stat_xact_user_tables WHERE relname = ANY(%s)",
                list(TABLES),
            )
        )
        return read

    def assertLinear(self, work):
        before = self.count_read()
        work()
        self.assertLess(self.count_read() - before, READ_EACH * CUSTOMERS)

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
        self.env.flush_all()
        self.assertLinear(lambda: program._enroll(late))
        self.assertEqual(len(program.enrollment_ids.interaction_ids), 6 * CUSTOMERS)
