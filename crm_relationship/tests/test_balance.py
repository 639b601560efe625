"""Relationship against selling: how it stands, and what a program does to it."""

import random
from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo.exceptions import AccessError
from odoo.tests import Form, tagged

from ..models.program.balance import get_balance_warning
from .common import NOW, TODAY, RelationshipCase


@tagged("post_install", "-at_install")
class BalanceCase(RelationshipCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partner = cls.make_customer("Ani")
        cls.relationship = cls.make_relationship(cls.partner)

    def make_done(self, kind, days_ago=1, relationship=None, **values):
        return self.make_interaction(
            relationship or self.relationship,
            kind=kind,
            state="done",
            outcome="reached",
            date_done=NOW - timedelta(days=days_ago),
            touchpoint_id=self.call.id,
            **values,
        )

    def make_planned(self, kind, days, relationship=None):
        return self.make_interaction(
            relationship or self.relationship,
            kind=kind,
            date_due=TODAY + timedelta(days=days),
            date_planned=NOW + timedelta(days=days),
        )


@tagged("post_install", "-at_install")
class TestBalanceReport(BalanceCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.reports = cls.env["crm.balance.report"].with_user(cls.manager)

    def sum_up(self, *by):
        self.env.flush_all()
        return [
            tuple(getattr(value, "id", value) for value in row)
            for row in self.reports._read_group(
                [("company_id", "=", self.company.id)],
                by,
                [
                    "relationship_count:sum",
                    "selling_count:sum",
                    "selling_share:avg",
                ],
            )
        ]

    def test_done_and_planned(self):
        self.make_done("relationship")
        self.make_done("relationship", 40)
        self.make_done("selling")
        self.make_planned("selling", 3)
        self.make_planned("relationship", 400)
        self.assertEqual(
            [(state, care, sell) for state, care, sell, _share in self.sum_up("state")],
            [("done", 2, 1), ("planned", 1, 1)],
        )
        [row] = self.sum_up()
        self.assertEqual(row, (3, 2, 40))

    def test_told_a_second_time(self):
        """Random interactions, counted one by one on the company's clock."""
        draw, expected = random.Random(6), {}
        segments = [self.make_segment(name) for name in ("Gold", "Silver")]
        customers = [
            self.make_relationship(segment_id=segment.id)
            for segment in segments
            for _n in range(4)
        ]
        since = NOW - relativedelta(months=self.company.relationship_window_months)
        for _n in range(150):
            customer = draw.choice(customers)
            kind = draw.choice(("relationship", "selling", "service"))
            state = draw.choice(("done", "scheduled", "open", "cancelled", "missed"))
            is_done = state == "done"
            moment = NOW + timedelta(
                hours=draw.randrange(-1400 * 24, 0) if is_done else draw.randrange(4000)
            )
            self.make_interaction(
                customer,
                kind=kind,
                state=state,
                date_planned=moment,
                date_done=is_done and moment,
                touchpoint_id=self.call.id,
            )
            counts = state in ("scheduled", "open") or (is_done and moment >= since)
            if counts and kind != "service":
                month = (moment + timedelta(hours=7)).date().replace(day=1)
                key = customer.segment_id, "done" if is_done else "planned", month
                expected.setdefault(key, []).append(kind == "selling")
        self.env.flush_all()
        self.env.invalidate_all()
        found = self.reports._read_group(
            [("company_id", "=", self.company.id)],
            ["segment_id", "state", "date:month"],
            ["relationship_count:sum", "selling_count:sum", "selling_share:avg"],
        )
        self.assertEqual(
            {
                (segment.id, state, month): (care, sold, round(share, 6))
                for segment, state, month, care, sold, share in found
            },
            {
                (segment.id, state, month): (
                    len(sold) - sum(sold),
                    sum(sold),
                    round(100 * sum(sold) / len(sold), 6),
                )
                for (segment, state, month), sold in expected.items()
            },
        )

    def test_by_customer_segment_and_month(self):
        gold = self.make_segment("Gold")
        other = self.make_relationship()
        other.sudo().segment_id = gold
        self.make_done("relationship", 1)
        self.make_done("selling", 60, other)
        self.assertEqual(
            self.sum_up("partner_id"),
            [(self.partner.id, 1, 0, 0), (other.partner_id.id, 0, 1, 100)],
        )
        self.assertIn((gold.id, 0, 1, 100), self.sum_up("segment_id"))
        months = [row[0].month for row in self.sum_up("date:month")]
        self.assertEqual(months, [1, 3])

    def test_neither(self):
        self.make_done("service")
        self.make_planned("relationship", 3).action_cancel()
        self.make_done("relationship", 9_000)
        self.assertEqual(self.sum_up("state"), [])

    def test_day_on_the_companys_clock(self):
        self.make_done("relationship", 7 / 24)  # early in the morning there
        self.env.flush_all()
        [row] = self.reports.search([("partner_id", "=", self.partner.id)])
        self.assertEqual(row.date, TODAY)

    def test_of_a_program(self):
        program = self.make_program(0, trigger="manual")
        program._enroll(self.relationship)
        self.assertIn((program.id, 1, 0, 0), self.sum_up("program_id"))

    def test_opens_the_interaction(self):
        made = self.make_done("selling")
        self.env.flush_all()
        row = self.reports.search([("partner_id", "=", self.partner.id)])
        self.assertEqual(row.action_view_interaction()["res_id"], made.id)

    def test_salesperson_may_not(self):
        with self.assertRaises(AccessError):
            self.env["crm.balance.report"].with_user(self.sari).search([])

    def test_other_companies_are_not_told(self):
        self.make_done(
            "selling", relationship=self.make_relationship(company=self.other_company)
        )
        self.env.flush_all()
        found = self.reports.with_context(allowed_company_ids=None).search([])
        self.assertNotIn(self.other_company, found.company_id)


@tagged("post_install", "-at_install")
class TestBalanceWarning(BalanceCase):
    def make_selling(self, **values):
        values = {"trigger": "manual", "objective": "retention", **values}
        return self.make_program(0, **values)

    def care(self, times=1, relationship=None):
        for days in range(times):
            self.make_done("relationship", days + 1, relationship)

    def test_relationship_programs_never_warn(self):
        for objective in ("relationship", "recovery"):
            self.assertFalse(
                get_balance_warning(self.make_selling(objective=objective))
            )

    def test_customers_who_would_be_sold_to_first(self):
        other = self.make_relationship()
        self.care(2)
        self.care(8, other)
        program = self.make_selling()
        self.assertFalse(get_balance_warning(program))
        self.make_relationship()
        self.assertIn(
            "(relationship interactions: 2): 1 of 3.",
            get_balance_warning(program),
        )

    def test_what_was_before_the_last_offer_does_not_count(self):
        self.make_done("relationship", 9)
        self.make_done("relationship", 8)
        self.make_done("selling", 7)
        self.care(1)
        self.assertIn(": 1 of 1.", get_balance_warning(self.make_selling()))

    def test_rule_is_off(self):
        self.company.relationship_first_count = 0
        self.company.relationship_selling_share = 0
        self.assertFalse(get_balance_warning(self.make_selling()))

    def test_program_that_sells_first(self):
        self.care(9)
        program = self.make_selling(
            skip_relationship_first=True,
            skip_relationship_first_reason="Clearance sale",
        )
        self.assertIn("sells without", get_balance_warning(program))

    def test_share_of_selling(self):
        self.care(3)
        program = self.make_selling()
        self.company.relationship_selling_share = 25
        self.assertFalse(get_balance_warning(program))
        self.company.relationship_selling_share = 24
        self.assertIn("25%", get_balance_warning(program))
        self.assertIn("allow 24%", get_balance_warning(program))

    def test_what_is_planned_counts(self):
        self.care(3)
        self.company.relationship_selling_share = 30
        program = self.make_selling()
        self.assertFalse(get_balance_warning(program))
        self.make_planned("selling", 5)
        self.assertIn("40%", get_balance_warning(program))
        self.make_planned("selling", 300)
        self.assertIn("40%", get_balance_warning(program))

    def test_own_interactions_count_once(self):
        self.care(3)
        self.company.relationship_selling_share = 25
        program = self.make_selling()
        program._enroll(self.relationship)
        self.assertFalse(get_balance_warning(program))

    def test_only_its_company(self):
        self.care(3)
        self.company.relationship_selling_share = 24
        program = self.make_selling(company_id=self.other_company.id)
        self.assertFalse(get_balance_warning(program.with_user(self.manager)))
        program.company_id = self.company
        self.assertTrue(get_balance_warning(program.with_user(self.manager)))

    def test_in_the_form_while_it_is_edited(self):
        with Form(
            self.make_selling(objective="relationship").with_user(self.manager)
        ) as form:
            self.assertFalse(form.balance_warning)
            form.objective = "referral"
            self.assertTrue(form.balance_warning)
            form.partner_domain = "[('x_gone', '=', 1)]"
            self.assertFalse(form.balance_warning)
            form.partner_domain = False
