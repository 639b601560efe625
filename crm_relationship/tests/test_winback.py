"""Only customers who are worth it are won back."""

from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from .common import RelationshipCase


@tagged("post_install", "-at_install")
class TestWinback(RelationshipCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.write(
            {"relationship_winback_cost": 50, "relationship_hourly_cost": 30}
        )
        cls.rich, cls.poor = (
            cls.make_relationship(
                cls.make_customer(name), lifecycle_stage="at_risk", value_12m=value
            )
            for name, value in (("Rich", 51), ("Poor", 50))
        )

    def worth(self, *relationships):
        """Return which of the customers a search finds."""
        everybody = self.env["crm.relationship"].union(*relationships)
        found = everybody.search(
            [("is_worth_winning_back", "=", True), ("id", "in", everybody.ids)]
        )
        others = everybody.search(
            [("is_worth_winning_back", "=", False), ("id", "in", everybody.ids)]
        )
        self.assertEqual(found, everybody.filtered("is_worth_winning_back"))
        self.assertEqual(found | others, everybody)
        self.assertFalse(found & others)
        return found

    # -- customers

    def test_more_than_the_cost(self):
        self.assertEqual(self.worth(self.rich, self.poor), self.rich)

    def test_cost_that_nobody_has_entered(self):
        """Nothing costs nothing: the cost is asked for first."""
        self.company.relationship_winback_cost = 0
        self.assertFalse(self.worth(self.rich, self.poor))

    def test_only_at_risk_or_lost(self):
        self.rich.lifecycle_stage = "loyal"
        self.assertFalse(self.worth(self.rich, self.poor))
        self.rich.lifecycle_stage = "at_risk"
        self.assertEqual(self.worth(self.rich, self.poor), self.rich)

    def test_lost_customers_count_as_if_they_had_come_back(self):
        self.rich.write({"lifecycle_stage": "lost", "value_12m": 1, "active_value": 51})
        self.poor.write(
            {"lifecycle_stage": "lost", "value_12m": 60, "active_value": 50}
        )
        self.assertEqual(self.worth(self.rich, self.poor), self.rich)
        self.assertEqual(self.rich.winback_value, 51)

    def test_lost_customers_of_whom_nothing_is_known(self):
        self.rich.write({"lifecycle_stage": "lost", "yearly_margin": 1000})
        self.assertFalse(self.worth(self.rich))

    def test_cost_is_that_of_the_customers_company(self):
        companies = self.company + self.other_company
        self.env = self.env(
            context={**self.env.context, "allowed_company_ids": companies.ids}
        )
        self.other_company.relationship_winback_cost = 100
        theirs = self.make_relationship(
            self.rich.partner_id,
            self.other_company,
            lifecycle_stage="at_risk",
            value_12m=99,
        )
        self.assertEqual(self.worth(self.rich, theirs), self.rich)
        theirs.value_12m = 101
        self.assertEqual(self.worth(self.rich, theirs), self.rich + theirs)

    def test_salesperson_sees_it(self):
        found = self.rich.with_user(self.sari).search(
            [("is_worth_winning_back", "=", True)]
        )
        self.assertEqual(found, self.rich)

    # -- programs

    def make_recovery(self, *delays, **values):
        return self.make_program(
            *delays or (0, 1),
            **{"objective": "recovery", "trigger": "manual", **values},
        )

    def test_recovery_programs_look_at_the_value(self):
        program = self.make_recovery()
        self.assertTrue(program.worthwhile_only)
        program.worthwhile_only = False
        self.assertEqual(program._get_target_domain(), program._get_target_domain())
        self.assertFalse(program.worthwhile_only)
        self.assertFalse(self.make_program().worthwhile_only)

    def test_cost_per_customer(self):
        self.call.duration = 10
        program = self.make_program()
        # three calls: 0.5 each, and 10 minutes at 30 an hour
        self.assertAlmostEqual(program.cost_per_customer, 3 * (0.5 + 5))
        gift, card = self.env["crm.benefit"].create(
            [
                {"name": name, "cost": cost, "currency_id": self.call.currency_id.id}
                for name, cost in (("Gift", 8), ("Card", 1))
            ]
        )
        program.step_ids[0].benefit_id = gift
        program.benefit_ids = card
        self.assertAlmostEqual(program.cost_per_customer, 3 * (0.5 + 5) + 9)
        card.active = False
        program.invalidate_recordset()
        self.assertAlmostEqual(program.cost_per_customer, 3 * (0.5 + 5) + 8)

    def test_recovery_costs_at_least_what_winning_back_costs(self):
        program = self.make_recovery()
        self.assertEqual(program.cost_per_customer, 50)
        program.step_ids.touchpoint_ids = self.visit
        self.visit.write({"unit_cost": 60})
        program.invalidate_recordset()
        self.assertEqual(program.cost_per_customer, 120)

    def test_only_the_first_touch_point_counts(self):
        program = self.make_program(0)
        program.step_ids.touchpoint_ids = self.visit + self.call
        self.assertEqual(program.cost_per_customer, self.visit.unit_cost)

    def test_program_without_channels_costs_as_the_first_in_use(self):
        program = self.make_program(0)
        program.step_ids.touchpoint_ids = False
        first = self.env["crm.touchpoint"].search([], limit=1)
        self.assertAlmostEqual(program.cost_per_customer, first.unit_cost)

    def test_life_cycle_program_takes_who_is_worth_it(self):
        program = self.make_recovery(trigger="lifecycle", lifecycle_stage="at_risk")
        (self.rich + self.poor).lifecycle_date = program.date_start
        self.env["crm.program"]._enroll_lifecycle(self.company)
        self.assertEqual(program.enrollment_ids.relationship_id, self.rich)
        program.worthwhile_only = False
        self.env["crm.program"]._enroll_lifecycle(self.company)
        self.assertEqual(program.enrollment_ids.relationship_id, self.rich + self.poor)

    def test_program_of_one_company_asks_for_its_cost(self):
        program = self.make_recovery(company_id=self.company.id)
        self.other_company.relationship_winback_cost = 1
        theirs = self.make_relationship(
            self.make_customer(), self.other_company, value_12m=40
        )
        found = self.env["crm.relationship"].search(program._get_target_domain())
        self.assertIn(self.rich, found)
        self.assertNotIn(theirs, found)

    # -- manually

    def enroll(self, program, *relationships):
        """Return the form of the dialog for these customers."""
        relationships = self.env["crm.relationship"].union(*relationships)
        form = Form(
            self.env["crm.program.enroll"].with_context(
                active_model="crm.relationship", active_ids=relationships.ids
            )
        )
        form.program_id = program
        return form

    def test_dialog_leaves_out_who_is_not_worth_it(self):
        program = self.make_recovery()
        form = self.enroll(program, self.rich, self.poor)
        self.assertEqual(form.unworthy_count, 1)
        message = form.save().action_enroll()["params"]["message"]
        self.assertIn("does not pay off for them: 1", message)
        self.assertEqual(program.enrollment_ids.relationship_id, self.rich)

    def test_dialog_takes_them_when_asked(self):
        program = self.make_recovery()
        form = self.enroll(program, self.rich, self.poor)
        form.include_unworthy = True
        form.save().action_enroll()
        self.assertEqual(program.enrollment_ids.relationship_id, self.rich + self.poor)

    def test_dialog_with_nobody_worth_it(self):
        program = self.make_recovery()
        with self.assertRaisesRegex(UserError, "costs more than is expected"):
            self.enroll(program, self.poor).save().action_enroll()

    def test_dialog_of_other_programs(self):
        program = self.make_program(trigger="manual")
        form = self.enroll(program, self.rich, self.poor)
        self.assertEqual(form.unworthy_count, 0)
        form.save().action_enroll()
        self.assertEqual(len(program.enrollment_ids), 2)
