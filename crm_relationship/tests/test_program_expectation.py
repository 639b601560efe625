"""What a program is expected to bring, as a figure, and how far it has come."""

from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .common import RelationshipCase


@tagged("post_install", "-at_install")
class TestProgramExpectation(RelationshipCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.program = cls.make_program(
            0,
            trigger="manual",
            company_id=cls.company.id,
            expected_metric="buys",
            expected_value=40,
            result_days=30,
        )
        cls.customers = [cls.make_customer(f"Customer {n}") for n in range(4)]
        cls.runs = cls.program._enroll(
            cls.env["crm.relationship"].union(
                *(cls.make_relationship(customer) for customer in cls.customers)
            )
        )

    def note(self, days):
        with self.in_days(days):
            self.env.invalidate_all()
            return self.program.with_user(self.manager).expected_note

    def order(self, rank, days):
        with self.in_days(days):
            return self.make_order(self.customers[rank])

    def test_nobody_yet(self):
        self.order(0, 5)
        self.assertEqual(
            self.note(30),
            "Expected: 40% of the customers buy within 30 days after they enter. So"
            " far, the days of nobody are over.",
        )

    def test_purchases(self):
        self.order(0, 1)
        # the day of entering, too late, and cancelled
        self.order(1, 0)
        self.order(1, 31)
        self.order(2, 5).state = "cancel"
        self.assertIn("So far: 1 of 4, that is 25%.", self.note(31))

    def test_the_quotation_that_started_it(self):
        """Whoever accepts it has bought, as the result says."""
        self.runs[3].sale_order_id = self.order(3, 5)
        self.assertIn("So far: 1 of 4, that is 25%.", self.note(31))

    def test_what_the_portfolio_leaves_out(self):
        self.company.relationship_excluded_product_ids = self.order(
            0, 1
        ).order_line.product_id
        self.assertIn("So far: 0 of 4", self.note(31))

    def test_invoices(self):
        self.order(0, 1)
        self.company.relationship_source = "invoice"
        self.assertIn("So far: 0 of 4", self.note(31))

    def test_kept_aside(self):
        """Of those who got nothing, nothing is expected."""
        self.order(0, 1)
        self.runs[1].write({"is_control": True, "state": "control"})
        self.assertIn("So far: 1 of 3, that is 33%.", self.note(31))

    def test_other_company(self):
        program = self.program.copy({"company_id": False})
        other = self.make_relationship(company=self.other_company, user_id=False)
        program._enroll(other)
        with self.in_days(31):
            self.assertIn("nobody are over", program.expected_note)

    def test_reached(self):
        self.program.expected_metric = "reached"
        for run, outcome in zip(self.runs[:2], ("reached", "complaint"), strict=True):
            run.interaction_ids._release()
            run.interaction_ids._close_done({"outcome": outcome})
        self.assertIn("So far: 2 of 4, that is 50%.", self.note(31))

    def test_no_figure(self):
        self.program.expected_metric = False
        self.assertFalse(self.program.expected_note)

    def test_more_than_all(self):
        for value in (0, 101):
            with self.subTest(value=value), self.assertRaises(ValidationError):
                self.program.expected_value = value

    def test_preview_tells_it(self):
        page = self.program.with_user(self.manager).get_preview()["html"]
        self.assertIn("Expected: 40% of the customers buy", page)
        self.assertNotIn("Nothing is written down", page)


@tagged("post_install", "-at_install")
class TestSpending(RelationshipCase):
    """What a program has cost so far, held against its budget."""

    def setUp(self):
        super().setUp()
        self.company.relationship_hourly_cost = 60
        self.call.write({"unit_cost": 2, "duration": 0})
        self.program = self.make_program(
            0, trigger="manual", company_id=self.company.id, budget=10
        )
        self.runs = self.program._enroll(
            self.make_relationship(self.make_customer("A"))
            + self.make_relationship(self.make_customer("B"))
        )

    def note(self):
        self.program.invalidate_recordset(["budget_note"])
        note = self.program.with_user(self.manager).budget_note
        return note and note.replace("\N{NO-BREAK SPACE}", " ")

    def make(self, run, minutes):
        step = run.interaction_ids
        step._release()
        step._close_done({"outcome": "reached"})
        step.sudo().duration = minutes

    def test_nothing_yet(self):
        self.assertRegex(self.note(), r"has cost \D*0\.00\D* of \D*10\.00")

    def test_channels_and_time(self):
        self.make(self.runs[0], minutes=5)
        self.assertRegex(self.note(), r"has cost \D*7\.00\D* of \D*10\.00")

    def test_more_than_the_budget(self):
        for run in self.runs:
            self.make(run, minutes=5)
        self.assertRegex(self.note(), r"14\.00\D*, more than its budget of \D*10\.00")

    def test_no_budget(self):
        self.program.budget = 0
        self.assertFalse(self.note())
