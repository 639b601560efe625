"""Bad input gets a clear message and loses nothing."""

import psycopg2

from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import TODAY, RelationshipCase

BAD_FILTERS = [
    ("[(", "plain values"),
    ("5", "plain values"),
    ("hello", "plain values"),
    ("'text'", "plain values"),
    ("{'a': 1}", "plain values"),
    ("[('name', '=')]", "plain values"),
    ("[('create_date', '>', context_today())]", "plain values"),
    ("[('name', '=', __import__('os').name)]", "plain values"),
    ("[" * 500, "plain values"),
    ("-" * 100_000 + "1", "plain values"),
    ("['!'] * 9", "plain values"),
    ("[('nonsense', '=', 1)]", "nonsense"),
    ("[('name.nonsense', '=', 1)]", "nonsense"),
    ("[('name', 'resembles', 'x')]", "plain values"),
    ("[('id', '>', 'x')]", "invalid input syntax"),
    ("[('id', '=', '99999999999')]", "out of range"),
    ("[('create_date', '>', '2026-99-99')]", ""),
]
"""Texts that are no filter of contacts or orders, and what is said of them."""


@tagged("post_install", "-at_install")
class TestBadInput(RelationshipCase):
    def assertRefused(self, regex, function, *args):
        """Assert that the client shows a message, even one from a database constraint.

        :param str regex: what the message says
        """
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(Exception) as caught,  # noqa: B017
        ):
            function(*args)
            self.env.flush_all()
        error = caught.exception
        self.assertIsInstance(error, UserError | psycopg2.IntegrityError)
        if isinstance(error, psycopg2.IntegrityError):
            model = next(
                (m for m in self.env.values() if m._table == error.diag.table_name),
                self.env["base"],
            )
            error = model._sql_error_to_message(error)
        self.assertRegex(str(error), regex)

    # -- segments

    def test_range_upside_down(self):
        for score in ("recency", "frequency", "monetary"):
            with (
                self.subTest(score=score),
                self.assertRaisesRegex(ValidationError, f"(?i){score}.*from 4 to 2"),
            ):
                self.make_segment("S", **{f"{score}_min": 4, f"{score}_max": 2})

    def test_range_turned_upside_down(self):
        segment = self.make_segment("S", recency_min=3, recency_max=4)
        with self.assertRaisesRegex(ValidationError, "the lower one first"):
            segment.recency_max = 2
        with self.assertRaisesRegex(ValidationError, "the lower one first"):
            segment.recency_min = 5

    def test_range_beyond_the_scores(self):
        with self.assertRaisesRegex(ValidationError, "between 0"):
            self.make_segment("S", monetary_max=6)
        with self.assertRaisesRegex(ValidationError, "between 0"):
            self.make_segment("S", monetary_min=-1)

    def test_filter_that_is_no_filter(self):
        for text, why in BAD_FILTERS:
            with (
                self.subTest(text=text[:40]),
                mute_logger("odoo.sql_db"),
                self.assertRaisesRegex(
                    ValidationError, rf"segment “S” cannot be read: .*{why}[^\n]*\Z"
                ),
            ):
                self.make_segment("S", partner_domain=text)

    def test_good_filters_are_accepted(self):
        for text in (False, "", "[]", "[('name', '=', 'x')]", "[(1, '=', 1)]"):
            with self.subTest(text=text):
                self.make_segment("S", partner_domain=text)
                self.refresh()

    def test_segment_in_use_by_its_plan(self):
        plan = self.make_plan()
        self.make_segment("S", plan_id=plan.id)
        self.assertRefused("(?i)archive", plan.unlink)

    def test_deleted_segment_leaves_the_customer(self):
        segment = self.make_segment("S")
        relationship = self.make_relationship(segment_id=segment.id)
        segment.unlink()
        self.assertFalse(relationship.segment_id)

    # -- plans

    def test_cadence_of_no_times(self):
        for values in ({"times": 0}, {"every": 0}, {"times": -1}):
            with self.subTest(values=values):
                self.assertRefused("at least 1 interaction", self.make_plan, values)

    def test_cadence_changed_to_no_times(self):
        plan = self.make_plan()
        relationship = self.make_relationship(plan_id=plan.id)
        before = self.pending(relationship)
        with self.assertRaisesRegex(ValidationError, "at least 1"):
            plan.line_ids.times = 0
        self.assertEqual(self.pending(relationship), before)

    def test_occasion_removed_from_a_line_without_cadence(self):
        occasion = self.env["crm.occasion"].create({"name": "B", "kind": "birthday"})
        plan = self.make_plan({"occasion_id": occasion.id, "times": 0})
        with self.assertRaisesRegex(ValidationError, "at least 1"):
            plan.line_ids.occasion_id = False

    def test_cadence_in_the_form_before_it_is_saved(self):
        with Form(self.env["crm.contact.plan"]) as form:
            form.name = "P"
            with form.line_ids.new() as line:
                line.name = "L"
                line.times = 0
                line.times = 2
        self.assertEqual(form.record.line_ids.interval_days, 15)

    def test_plan_in_use_by_a_customer(self):
        plan = self.make_plan()
        self.make_relationship(plan_id=plan.id)
        self.assertRefused("(?i)archive", plan.unlink)

    # -- programs

    def test_program_without_steps(self):
        with self.assertRaisesRegex(ValidationError, "has no steps"):
            self.env["crm.program"].create({"name": "Empty"})

    def test_last_step_removed_in_the_program(self):
        program = self.make_program(0)
        with self.assertRaisesRegex(ValidationError, "(?i)step"):
            program.step_ids = [Command.clear()]

    def test_last_step_deleted(self):
        program = self.make_program(0, 1)
        program.step_ids[0].unlink()
        program.step_ids.unlink()
        with self.assertRaisesRegex(ValidationError, "has no steps"):
            self.env.cr.flush()  # as at the end of a request

    def test_program_is_deleted_with_its_steps(self):
        program = self.make_program(0, 1)
        program.step_ids.unlink()
        program.unlink()
        self.env.cr.flush()
        self.assertFalse(program.exists())

    def test_archived_program_may_be_without_steps(self):
        program = self.env["crm.program"].create({"name": "Later", "active": False})
        with self.assertRaisesRegex(ValidationError, "has no steps"):
            program.active = True

    def test_nobody_is_enrolled_in_a_program_without_steps(self):
        program = self.env["crm.program"].create({"name": "Later", "active": False})
        with self.assertRaisesRegex(UserError, "no steps"):
            program._enroll(self.make_relationship())

    def test_deleted_step_takes_its_scheduled_contacts_along(self):
        program = self.make_program(0, 1, trigger="manual")
        relationship = self.make_relationship()
        program._enroll(relationship)
        program.step_ids[0].unlink()
        self.assertEqual(self.pending(relationship).name, "Day 1")
        gone = self.interactions(relationship, "cancelled")
        self.assertEqual(gone.mapped("reason_code"), ["plan_changed"])

    def test_step_with_negative_delay(self):
        self.assertRefused("a delay of 0 or more", self.make_program, -1)

    def test_program_that_ends_before_it_starts(self):
        program = self.make_program(date_start="2026-05-01")
        self.assertRefused("end before it", program.write, {"date_end": "2026-04-01"})

    def test_program_with_bad_filters(self):
        """Whatever is wrong with it: one plain line, and the work goes on."""
        for name in ("partner_domain", "order_domain"):
            for text, why in BAD_FILTERS:
                with (
                    self.subTest(name=name, text=text[:40]),
                    mute_logger("odoo.sql_db"),
                    self.assertRaisesRegex(
                        ValidationError, rf"\AA filter of program “P.*{why}[^\n]*\Z"
                    ),
                ):
                    self.make_program(name="P", **{name: text})

    def test_program_that_asks_for_what_the_user_may_not_read(self):
        text = "[('signup_type', '!=', False)]"
        with self.assertRaisesRegex(ValidationError, "something that you may not read"):
            self.make_program().with_user(self.manager).partner_domain = text

    def test_program_may_ask_for_segment_and_stage(self):
        self.make_program(
            partner_domain="[('lifecycle_stage', '=', 'lost'), ('segment_id', '=', 1)]",
            order_domain="[('amount_total', '>', 100)]",
        )

    def test_program_filter_that_broke_since(self):
        program = self.make_program()
        self.env.cr.execute(
            "UPDATE crm_program SET partner_domain = %s WHERE id = %s",
            ("-" * 100_000 + "1", program.id),
        )
        program.invalidate_recordset()
        with self.assertRaisesRegex(UserError, "plain values"):
            program._get_target_domain()

    def test_program_without_what_starts_it(self):
        with self.assertRaisesRegex(ValidationError, "life cycle stage"):
            self.make_program(trigger="lifecycle")
        with self.assertRaisesRegex(ValidationError, "occasion"):
            self.make_program(trigger="occasion")

    def test_program_with_enrollments_is_not_deleted(self):
        program = self.make_program(trigger="manual")
        program._enroll(self.make_relationship())
        self.assertRefused("(?i)archive", program.unlink)

    # -- channels

    def test_automated_visit(self):
        self.assertRefused(
            "Only email and SMS", self.visit.write, {"mode": "automated"}
        )

    def test_negative_cost(self):
        self.assertRefused("negative", self.visit.write, {"unit_cost": -1})

    def test_touch_point_in_use_is_not_deleted(self):
        self.make_plan()
        self.assertRefused("(?i)archive", self.call.unlink)

    def test_preferred_touch_point_is_not_deleted(self):
        self.make_customer(preferred_touchpoint_id=self.visit.id)
        self.assertRefused("(?i)archive", self.visit.unlink)

    def test_activity_type_in_use_is_not_deleted(self):
        self.assertRefused("(?i)archive", self.call.activity_type_id.unlink)

    def test_template_in_use_is_not_deleted(self):
        template = self.env["mail.template"].create(
            {"name": "T", "model_id": self.env["ir.model"]._get_id("res.partner")}
        )
        self.make_plan({"mail_template_id": template.id})
        self.assertRefused("(?i)archive", template.unlink)

    # -- settings

    def test_at_risk_after_lost(self):
        self.assertRefused(
            "at risk before", self.company.write, {"relationship_at_risk_days": 400}
        )

    def test_settings_of_nothing(self):
        for name in ("window_months", "at_risk_days", "retry_days", "max_attempts"):
            with self.subTest(name=name):
                self.assertRefused(
                    "positive", self.company.write, {f"relationship_{name}": 0}
                )

    def test_periods_beyond_the_calendar(self):
        for name, value in (
            ("window_months", 30_000),
            ("lost_days", 9_999_999),
            ("at_risk_factor", 1e9),
        ):
            with self.subTest(name=name, value=value), self.env.cr.savepoint():
                self.assertRefused(
                    "at most", self.company.write, {f"relationship_{name}": value}
                )

    def test_contact_without_customer(self):
        self.assertRefused(
            "(?i)missing", self.env["crm.interaction"].create, {"name": "Nobody"}
        )

    def test_today_is_the_default_day(self):
        self.assertEqual(self.make_interaction().date_due, TODAY)
