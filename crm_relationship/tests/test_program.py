"""Programs that start by the life cycle, on an occasion or manually."""

from datetime import date, timedelta

from odoo import Command
from odoo.tests import tagged

from .common import NOW, TODAY, RelationshipCase


@tagged("post_install", "-at_install")
class TestProgram(RelationshipCase):
    def enrollments(self, program):
        return self.env["crm.program.enrollment"].search(
            [("program_id", "=", program.id), ("company_id", "=", self.company.id)],
            order="id",
        )

    # -- what a program is

    def test_kind_follows_the_objective(self):
        for objective, kind in (
            ("relationship", "relationship"),
            ("recovery", "relationship"),
            ("retention", "selling"),
            ("referral", "selling"),
        ):
            with self.subTest(objective=objective):
                program = self.make_program(0, trigger="manual", objective=objective)
                self.assertEqual(program.activity_kind, kind)
                relationship = self.make_relationship()
                program._enroll(relationship)
                contact = self.pending(relationship)
                self.assertEqual((contact.objective, contact.kind), (objective, kind))

    def test_delays_in_days_weeks_and_months(self):
        program = self.make_program(0, trigger="manual")
        program.step_ids = [
            Command.clear(),
            Command.create({"name": "D", "delay": 2, "delay_unit": "days"}),
            Command.create({"name": "W", "delay": 2, "delay_unit": "weeks"}),
            Command.create({"name": "M", "delay": 2, "delay_unit": "months"}),
        ]
        relationship = self.make_relationship()
        program._enroll(relationship)
        self.assertEqual(
            {i.name: i.date_due for i in self.pending(relationship)},
            {"D": date(2026, 4, 2), "W": date(2026, 4, 14), "M": date(2026, 5, 31)},
        )

    def test_copy_has_its_own_steps(self):
        program = self.make_program(0, 3)
        copy = program.copy()
        self.assertEqual(copy.step_ids.mapped("delay"), [0, 3])
        self.assertEqual(copy.step_ids.touchpoint_ids, self.call)
        self.assertFalse(copy.step_ids & program.step_ids)

    # -- manually

    def test_enrolled_by_hand(self):
        program = self.make_program(0, 5, trigger="manual")
        relationships = self.make_relationship() + self.make_relationship(
            self.make_customer("Second")
        )
        enrollments = program._enroll(relationships)
        self.assertEqual(enrollments.relationship_id, relationships)
        for relationship in relationships:
            self.assertEqual(
                self.pending(relationship).mapped("date_due"),
                [TODAY, TODAY + timedelta(days=5)],
            )

    def test_nobody_goes_through_a_program_twice_at_once(self):
        program = self.make_program(0, trigger="manual")
        relationship = self.make_relationship()
        program._enroll(relationship)
        self.assertFalse(program._enroll(relationship))
        self.pending(relationship).action_done()
        self.assertTrue(program._enroll(relationship), "again after the end")

    def test_stopped_by_hand(self):
        program = self.make_program(0, 5, trigger="manual")
        relationship = self.make_relationship()
        enrollment = program._enroll(relationship)
        first = self.pending(relationship)[0]
        first.action_done()
        enrollment.action_stop()
        self.assertEqual(
            (enrollment.state, enrollment.stop_reason), ("stopped", "by_hand")
        )
        self.assertFalse(self.pending(relationship))
        self.assertEqual(first.state, "done")

    def test_program_steps_survive_a_change_of_plan(self):
        program = self.make_program(0, 5, trigger="manual")
        relationship = self.make_relationship()
        program._enroll(relationship)
        relationship.plan_id = self.make_plan()
        self.assertEqual(len(self.pending(relationship)), 3)

    def test_queries_do_not_depend_on_the_customers(self):
        program = self.make_program(0, 5, trigger="manual")

        def queries(count):
            partners = self.env["res.partner"].create(
                [{"name": f"C{n}"} for n in range(count)]
            )
            relationships = self.env["crm.relationship"]._ensure(partners, self.company)
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            program._enroll(relationships)
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        queries(2)
        self.assertLessEqual(queries(60), queries(5) + 3)

    # -- by the life cycle

    def test_entering_a_stage_starts_the_program(self):
        program = self.make_program(0, trigger="lifecycle", lifecycle_stage="at_risk")
        partner = self.make_customer()
        self.make_order(partner, 100)
        self.refresh()
        self.assertFalse(self.enrollments(program))
        with self.in_days(100):
            self.refresh()
            self.refresh()
        enrollment = self.enrollments(program)
        self.assertEqual(enrollment.partner_id, partner)
        self.assertEqual(
            partner.relationship_id.lifecycle_date, TODAY + timedelta(days=100)
        )
        self.assertEqual(len(self.pending(partner.relationship_id)), 1)

    def test_being_in_a_stage_already_does_not(self):
        partner = self.make_customer()
        self.make_order(partner, 300)
        self.refresh()
        program = self.make_program(0, trigger="lifecycle", lifecycle_stage="at_risk")
        self.refresh()
        self.assertFalse(self.enrollments(program))

    def test_first_purchase_of_an_unknown_customer_starts_the_program(self):
        program = self.make_program(
            0, trigger="lifecycle", lifecycle_stage="first_time"
        )
        partner = self.make_customer()
        self.make_order(partner, 0)
        self.refresh()
        self.assertEqual(self.enrollments(program).partner_id, partner)

    def test_history_that_is_imported_starts_nothing(self):
        program = self.make_program(
            0, trigger="lifecycle", lifecycle_stage="first_time"
        )
        self.make_order(self.make_customer(), 20)
        self.refresh()
        self.assertFalse(self.enrollments(program))

    def test_stage_is_entered_on_the_companys_day(self):
        # two at night on the first of April in Jakarta, still March in UTC
        with self.at(NOW.replace(hour=19)):
            program = self.make_program(
                0,
                trigger="lifecycle",
                lifecycle_stage="first_time",
                date_start="2026-04-01",
            )
            partner = self.make_customer()
            self.make_relationship(partner)
            self.make_order(partner, 0)
            self.refresh()
        self.assertEqual(partner.relationship_id.lifecycle_date, date(2026, 4, 1))
        self.assertEqual(self.enrollments(program).partner_id, partner)

    def test_entering_the_stage_again_starts_it_again(self):
        program = self.make_program(0, trigger="lifecycle", lifecycle_stage="at_risk")
        partner = self.make_customer()
        self.make_order(partner, 100)
        self.refresh()
        with self.in_days(100):
            self.refresh()
            self.pending(partner.relationship_id).action_done()
            self.make_order(partner, 0)
            self.refresh()
        with self.in_days(300):
            self.refresh()
        self.assertEqual(len(self.enrollments(program)), 2)

    def test_only_the_target(self):
        program = self.make_program(
            0,
            trigger="lifecycle",
            lifecycle_stage="first_time",
            partner_domain="[('city', '=', 'Bandung')]",
        )
        inside = self.make_customer(city="Bandung")
        for partner in inside + self.make_customer():
            self.make_order(partner, 0)
        self.refresh()
        self.assertEqual(self.enrollments(program).partner_id, inside)

    # -- on an occasion

    def birthday_program(self, **values):
        occasion = self.env["crm.occasion"].create({"name": "B", "kind": "birthday"})
        return self.make_program(
            0, 1, trigger="occasion", occasion_id=occasion.id, **values
        )

    def test_birthday_within_the_horizon_starts_the_program(self):
        program = self.birthday_program()
        near = self.make_relationship(self.make_customer(birthdate="1990-04-03"))
        self.make_relationship(self.make_customer(birthdate="1990-06-03"))
        self.run_cron("schedule")
        self.assertEqual(self.enrollments(program).relationship_id, near)
        self.assertEqual(
            self.pending(near).mapped("date_due"), [date(2026, 4, 3), date(2026, 4, 4)]
        )

    def test_birthday_starts_it_once_a_year(self):
        program = self.birthday_program()
        relationship = self.make_relationship(
            self.make_customer(birthdate="1990-04-03")
        )
        self.run_cron("schedule")
        self.run_cron("schedule")
        self.assertEqual(len(self.enrollments(program)), 1)
        for contact in self.pending(relationship):
            contact.action_done()
        self.run_cron("schedule")
        self.assertEqual(len(self.enrollments(program)), 1)
        with self.in_days(365):
            self.run_cron("schedule")
        self.assertEqual(
            self.enrollments(program).mapped("date"),
            [date(2026, 4, 3), date(2027, 4, 3)],
        )

    def test_nobody_is_congratulated_months_later(self):
        """A pause, a cap or hours may hold a greeting back until it makes no sense."""
        program = self.birthday_program()
        relationship = self.make_relationship(
            self.make_customer(birthdate="1990-04-03")
        )
        relationship.partner_id.contact_snooze_until = TODAY + timedelta(days=60)
        self.run_cron("schedule")
        self.run_cron("release")
        greetings = self.pending(relationship)
        self.assertEqual(len(greetings), 2)
        with self.in_days(11):
            self.run_cron("release")
            self.assertEqual(
                greetings.sorted("date_due").mapped("state"), ["missed", "scheduled"]
            )
        with self.in_days(12):
            self.run_cron("release")
        self.assertEqual(set(greetings.mapped("reason_code")), {"occasion_passed"})
        self.assertEqual(set(greetings.mapped("state")), {"missed"})
        self.assertNotEqual(self.enrollments(program).state, "running")

    def test_other_programs_come_late(self):
        """An order's follow-up is held back, not left out."""
        program = self.make_program(0, trigger="manual")
        relationship = self.make_relationship()
        relationship.partner_id.contact_snooze_until = TODAY + timedelta(days=60)
        program._enroll(relationship)
        with self.in_days(30):
            self.run_cron("release")
        self.assertEqual(self.pending(relationship).state, "scheduled")

    def test_occasion_program_of_one_company(self):
        program = self.birthday_program(company_id=self.other_company.id)
        self.make_relationship(self.make_customer(birthdate="1990-04-03"))
        self.run_cron("schedule")
        self.assertFalse(self.enrollments(program))

    def test_counts(self):
        program = self.make_program(0, 5, trigger="manual")
        relationship = self.make_relationship()
        program._enroll(relationship)
        program._enroll(self.make_relationship(self.make_customer("B"))).action_stop()
        self.assertEqual((program.running_count, program.enrollment_count), (1, 2))
