"""Only customers who are worth it are won back."""

import re
from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from .common import TODAY, RelationshipCase


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

    def lose(self, count, returned, days_ago=500):
        """Let customers be lost, noticed at once, of whom some come back."""
        day = TODAY - timedelta(days=days_ago)
        lost = self.env["crm.defection"].create(
            [
                {
                    "relationship_id": self.make_relationship(self.make_customer()).id,
                    "date": day,
                }
                for _n in range(count)
            ]
        )
        lost[:returned].date_returned = day + timedelta(days=100)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_defection SET create_date = date WHERE id = ANY(%s)",
            [lost.ids],
        )
        return lost

    def test_share_of_lost_customers_who_came_back(self):
        self.lose(30, returned=3)
        self.rich.write(
            {"lifecycle_stage": "lost", "value_12m": 0, "active_value": 510}
        )
        self.poor.write(
            {"lifecycle_stage": "lost", "value_12m": 0, "active_value": 499}
        )
        self.assertEqual(self.worth(self.rich, self.poor), self.rich)
        self.assertAlmostEqual(self.rich.winback_value, 51)

    def test_nobody_came_back(self):
        self.lose(30, returned=0)
        self.rich.write({"lifecycle_stage": "lost", "active_value": 10_000})
        self.assertFalse(self.worth(self.rich))

    def test_share_that_nobody_knows_yet(self):
        """Of too few, of the last year, or of before anybody looked."""
        self.lose(29, returned=0)
        self.lose(30, returned=0, days_ago=300)
        old = self.lose(30, returned=0)
        self.env.cr.execute(
            "UPDATE crm_defection SET create_date = %s WHERE id = ANY(%s)",
            [TODAY, old.ids],
        )
        self.rich.write({"lifecycle_stage": "lost", "active_value": 51})
        self.assertEqual(self.worth(self.rich), self.rich)

    def test_the_share_is_read_once_and_only_of_the_lost(self):
        program = self.make_recovery()
        enrollments = program._enroll(self.rich + self.poor)
        name = "_get_return_chances"
        for stage, times in (("at_risk", 0), ("lost", 1)):
            customers = self.rich + self.poor
            customers.write({"lifecycle_stage": stage, "active_value": 340})
            enrollments.invalidate_recordset(["worth_note"])
            with (
                patch.object(type(self.company), name, side_effect=dict) as read,
                self.subTest(stage=stage),
            ):
                self.assertTrue(all(enrollments.mapped("worth_note")))
                self.assertEqual(read.call_count, times)

    # -- in words

    def tell(self, relationship, program=None):
        program = program or self.make_recovery()
        told = re.sub(r"[^\w\s.%:,]", "", program._tell_worth(relationship))
        return " ".join(told.split())

    def test_words_at_risk(self):
        self.rich.active_value = 102
        told = self.tell(self.rich)
        self.assertIn("Likely to buy again: 50%. That would be 102.00", told)
        self.assertIn("so 51.00 can be expected. A try costs 50.00: it pays off.", told)
        self.assertIn("it does not pay off", self.tell(self.poor))

    def test_words_of_a_lost_customer(self):
        self.rich.write({"lifecycle_stage": "lost", "active_value": 340})
        self.assertIn("How many lost customers do is not known", self.tell(self.rich))
        self.lose(50, returned=6)
        told = self.tell(self.rich)
        self.assertIn("12% came back within a year. That would be 340.00", told)
        self.assertIn("so 40.80 can be expected.", told)
        self.assertIn("A try costs 50.00: it does not pay off.", told)

    def test_words_of_nothing_known(self):
        self.rich.value_12m = False
        self.assertIn("is not known yet", self.tell(self.rich))

    def test_words_where_it_is_not_asked(self):
        program = self.make_program()
        self.assertFalse(program._tell_worth(self.rich))

    def test_where_it_is_told(self):
        program = self.make_recovery()
        run = program._enroll(self.rich)
        self.assertIn("it pays off", run.with_user(self.sari).worth_note)
        customer = program.with_user(self.manager).get_customer_preview(self.poor.id)
        self.assertIn("it does not pay off", customer)
        card = self.poor.with_user(self.sari)._make_value_card()
        self.assertIn("it does not pay off", card.lines[-1].text)
        form = self.enroll(program, self.rich, self.poor)
        self.assertRegex(form.unworthy_note, "^Poor: .*it does not pay off")

    def test_who_is_left_out_is_counted(self):
        program = self.make_recovery(
            segment_ids=self.make_segment("Both").ids, trigger="manual"
        )
        (self.rich + self.poor).sudo().segment_id = program.segment_ids
        program = program.with_user(self.manager)
        self.assertIn("Customers in the target: 1, of whom", program.target_note)
        left_out = "Left out, because it does not pay off: 1"
        self.assertIn(f" {left_out}.", program.target_note)
        self.assertEqual(program.target_counts["parts"][-1]["text"], left_out)
        domain = program.action_view_target("unworthy")["domain"]
        found = program.env["crm.relationship"].search(domain)
        self.assertEqual(found.ids, self.poor.ids)
        page = program.get_preview()["html"]
        self.assertIn("Left out, because it does not pay off", page)
        (self.rich + self.poor).sudo().value_12m = 1
        program.invalidate_recordset()
        self.assertEqual(
            program.target_note,
            "Nobody is in the target at present. Left out, because it does not pay"
            " off: 2.",
        )

    def test_of_a_stage_that_starts_it_nobody_else_is_left_out(self):
        program = self.make_recovery(trigger="lifecycle", lifecycle_stage="lost")
        self.assertNotIn("Left out", program.with_user(self.manager).target_note)

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
