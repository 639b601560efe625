"""What goes wrong with one program, plan, segment or company stops no other."""

from unittest.mock import patch

import psycopg2

from odoo.exceptions import ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import NOW, TODAY, RelationshipCase

APART = "odoo.addons.crm_relationship.models.base.apart"
GONE = "[('gone', '=', 1)]"
BROKEN = (GONE, "[('id', '>', 'x')]", "[(", "[('partner_id.gone', '=', 1)]")


@tagged("post_install", "-at_install")
class ApartCase(RelationshipCase):
    def break_filter(self, record, text=GONE, name="partner_domain"):
        """Make a filter name what an app took along when it was uninstalled."""
        self.env.flush_all()
        self.env.cr.execute(
            f"UPDATE {record._table} SET {name} = %s WHERE id = %s", (text, record.id)
        )
        record.invalidate_recordset()


@tagged("post_install", "-at_install")
class TestProgramsApart(ApartCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partner = cls.make_customer(birthdate="1990-04-02")

    def make_pair(self, **values):
        """Return a program that will be broken, and one that is right."""
        broken, right = (
            self.make_program(0, name=name, **values) for name in ("Broken", "Right")
        )
        return broken, right

    @mute_logger(APART, "odoo.sql_db")
    def test_order_starts_the_others(self):
        broken, right = self.make_pair()
        for name in ("partner_domain", "order_domain"):
            for text in BROKEN:
                with self.subTest(name=name, text=text):
                    self.break_filter(broken, text, name)
                    order = self.make_quotation(self.partner)
                    order.action_confirm()
                    self.assertEqual(order.state, "sale")
                    self.assertEqual(order.enrollment_ids.program_id, right)
                    self.break_filter(broken, "[]", name)

    @mute_logger(APART, "odoo.sql_db")
    def test_bad_order_does_not_stop_the_others(self):
        """Of several confirmed at once, one fails."""
        program = self.make_program(0)
        orders = self.env["sale.order"]
        for n in range(3):
            orders += self.make_quotation(self.make_customer(f"C{n}"))
        enroll = type(self.env["crm.program.enrollment"])._enroll_orders

        def enroll_but_one(records, programs, chosen):
            if any(orders[1] in found for found in chosen.values()):
                records.env.cr.execute("SELECT 1 / 0")
            return enroll(records, programs, chosen)

        with patch.object(
            type(self.env["crm.program.enrollment"]), "_enroll_orders", enroll_but_one
        ):
            orders.action_confirm()
        self.assertEqual(program.enrollment_ids.sale_order_id, orders - orders[1])

    @mute_logger(APART, "odoo.sql_db")
    def test_job_catches_up_with_the_others_and_shows_which_failed(self):
        broken, right = self.make_pair()
        self.break_filter(broken)
        order = self.make_order(self.partner)
        self.env.cr.execute(
            "UPDATE crm_program SET create_date = %s", [NOW.replace(year=2020)]
        )
        self.env.invalidate_all()
        self.run_cron("schedule")
        self.assertEqual(order.enrollment_ids.program_id, right)
        self.assertIn("gone", broken.failure)
        self.assertFalse(right.failure)

    @mute_logger(APART, "odoo.sql_db")
    def test_occasions_of_the_others(self):
        occasion = self.env["crm.occasion"].create({"name": "B", "kind": "birthday"})
        broken, right = self.make_pair(trigger="occasion", occasion_id=occasion.id)
        relationship = self.make_relationship(self.partner)
        for text in BROKEN:
            with self.subTest(text=text):
                self.break_filter(broken, text)
                right.enrollment_ids.unlink()
                self.env["crm.program"]._enroll_occasions(self.company)
                self.assertEqual(right.enrollment_ids.relationship_id, relationship)
                self.assertTrue(broken.failure)

    @mute_logger(APART, "odoo.sql_db")
    def test_stages_of_the_others(self):
        broken, right = self.make_pair(trigger="lifecycle", lifecycle_stage="lost")
        relationship = self.make_relationship(
            self.partner, lifecycle_stage="lost", lifecycle_date=TODAY
        )
        self.break_filter(broken)
        self.env["crm.program"]._enroll_lifecycle(self.company)
        self.assertEqual(right.enrollment_ids.relationship_id, relationship)

    @mute_logger(APART, "odoo.sql_db")
    def test_it_is_mended_in_the_form(self):
        occasion = self.env["crm.occasion"].create({"name": "B", "kind": "birthday"})
        broken, _right = self.make_pair(trigger="occasion", occasion_id=occasion.id)
        self.break_filter(broken)
        self.env["crm.program"]._enroll_occasions(self.company)
        self.assertRegex(broken.problem, "Customer Filter cannot be read .*gone")
        with Form(broken.with_user(self.manager)) as form:
            self.assertTrue(form.problem)
            form.partner_domain = "[]"
        self.env["crm.program"]._enroll_occasions(self.company)
        self.assertFalse(broken.failure)
        self.assertFalse(broken.problem)

    def test_conflict_is_passed_on(self):
        """Two transactions at once: Odoo repeats the request or the job."""
        self.make_program(0)
        order = self.make_quotation(self.partner)
        conflict = psycopg2.errors.SerializationFailure("conflict")
        with (
            patch.object(
                type(self.env["crm.program.enrollment"]),
                "_enroll_orders",
                side_effect=conflict,
            ),
            self.assertRaises(psycopg2.OperationalError),
        ):
            order.action_confirm()

    def test_filter_of_what_the_author_may_not_read(self):
        secret = "[('signup_type', '!=', False)]"
        for name, text in (
            ("partner_domain", secret),
            ("order_domain", "[('partner_id.signup_type', '!=', False)]"),
        ):
            program = self.make_program().with_user(self.manager)
            with self.subTest(name=name):
                with self.assertRaisesRegex(ValidationError, "you may not read"):
                    program.write({name: text})
        segment = self.make_segment("S").with_user(self.manager)
        with self.assertRaisesRegex(ValidationError, "you may not read"):
            segment.partner_domain = secret
        with self.assertRaisesRegex(ValidationError, "you may not read"):
            segment.with_context(default_partner_domain=secret).create({"name": "T"})


@tagged("post_install", "-at_install")
class TestSegmentsApart(ApartCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.first = cls.make_segment("First", sequence=1, partner_domain="[]")
        cls.second = cls.make_segment("Second", sequence=2)
        cls.there, cls.elsewhere = cls.make_customer("There"), cls.make_customer("Else")
        cls.make_order(cls.there, 3)
        cls.make_order(cls.elsewhere, 3)
        cls.first.partner_domain = "[('name', '=', 'There')]"
        cls.env["crm.relationship"]._refresh_portfolio(cls.company)

    def test_the_unreadable_keeps_its_customers_and_the_others_go_on(self):
        self.assertEqual(self.there.segment_id, self.first)
        new = self.make_customer("New")
        self.make_order(new, 1)
        self.second.sequence = 0
        third = self.make_segment(
            "Third", sequence=-1, partner_domain="[('name', '=', 'Else')]"
        )
        for text in (*BROKEN[:3], "[('country_id.gone', '=', 1)]"):
            with self.subTest(text=text), mute_logger("odoo.sql_db"):
                self.break_filter(self.first, text)
                self.refresh()
                self.env.invalidate_all()
                self.assertEqual(self.there.segment_id, self.first)
                self.assertEqual(self.elsewhere.segment_id, third)
                self.assertEqual(new.segment_id, self.second)
                self.assertTrue(new.relationship_id.rfm_recency)

    def test_it_is_shown(self):
        self.break_filter(self.first)
        [warning] = self.env["crm.segment"].get_warnings()
        self.assertRegex(warning, "“First” cannot be read .* its customers stay in it")
        self.assertIn("cannot be read", self.first.preview_note)

    def test_it_is_mended_in_the_form(self):
        self.break_filter(self.first)
        self.refresh()
        with Form(self.first.with_user(self.manager)) as form:
            form.partner_domain = "[('name', '=', 'Else')]"
        self.refresh()
        self.env.invalidate_all()
        self.assertEqual(self.there.segment_id, self.second)
        self.assertEqual(self.elsewhere.segment_id, self.first)
        self.assertFalse(self.env["crm.segment"].get_warnings())

    def test_past_months_are_reconstructed(self):
        self.make_order(self.there, 400)
        self.break_filter(self.first)
        self.refresh()
        self.assertTrue(self.take_snapshots())

    def test_release_of_a_kept_customer(self):
        self.there.relationship_id._lock_segment(self.second, "Promised")
        self.break_filter(self.first)
        self.there.relationship_id.action_release_segment()
        self.assertEqual(self.there.segment_id, self.second)


@tagged("post_install", "-at_install")
class TestCompaniesApart(ApartCase):
    def failing(self, model, method, company):
        """Let a method fail for one company, as the database would."""
        original = getattr(type(self.env[model]), method)

        def fail(records, given, *args):
            if given == company:
                records.env.cr.execute("SELECT 1 / 0")
            return original(records, given, *args)

        return patch.object(type(self.env[model]), method, fail)

    @mute_logger(APART, "odoo.sql_db")
    def test_refresh_of_the_others(self):
        theirs = self.make_customer()
        self.make_order(theirs, 3, company=self.other_company)
        with self.failing("crm.relationship", "_refresh_portfolio", self.company):
            self.run_cron("refresh")
        relationships = self.env["crm.relationship"].search(
            [("partner_id", "=", theirs.id)]
        )
        self.assertEqual(relationships.company_id, self.other_company)
        self.assertIn("division by zero", self.company.relationship_failure)
        self.assertFalse(self.other_company.relationship_failure)
        [warning] = self.env["crm.segment"].get_warnings()
        self.assertIn("The last update of the portfolio failed", warning)
        self.run_cron("refresh")
        self.assertFalse(self.company.relationship_failure)

    @mute_logger(APART, "odoo.sql_db")
    def test_button_says_what_failed(self):
        with self.failing("crm.relationship", "_refresh_portfolio", self.company):
            action = self.env["crm.relationship"].action_refresh()
        self.assertEqual(action["params"]["type"], "danger")
        self.assertIn("Toko Musik", action["params"]["message"])

    @mute_logger(APART, "odoo.sql_db")
    def test_planning_of_the_others(self):
        plan = self.make_plan()
        theirs = self.make_relationship(
            company=self.other_company, plan_id=plan.id, user_id=False
        )
        with self.failing("crm.interaction", "_schedule", self.company):
            self.run_cron("schedule")
        self.assertTrue(self.pending(theirs))

    @mute_logger(APART, "odoo.sql_db")
    def test_what_goes_before_planning(self):
        ours = self.make_relationship(plan_id=self.make_plan().id)
        with self.failing("sale.order", "_catch_up_programs", self.company):
            self.run_cron("schedule")
        self.assertTrue(self.pending(ours))

    @mute_logger(APART, "odoo.sql_db")
    def test_plan_that_fails(self):
        broken, right = self.make_plan(name="Broken"), self.make_plan(name="Right")
        stays = self.make_relationship(plan_id=broken.id)
        goes_on = self.make_relationship(plan_id=right.id)
        schedule = type(self.env["crm.interaction"])._schedule

        def fail(records, company, ids=None):
            if stays.id in (ids or ()):
                records.env.cr.execute("SELECT 1 / 0")
            return schedule(records, company, ids)

        with patch.object(type(self.env["crm.interaction"]), "_schedule", fail):
            (self.pending(stays) + self.pending(goes_on)).unlink()
            self.run_cron("schedule")
        self.assertTrue(self.pending(goes_on))
        self.assertFalse(self.pending(stays))
        self.assertIn("division by zero", broken.failure)
        self.assertFalse(right.failure)
        self.run_cron("schedule")
        self.assertTrue(self.pending(stays))
        self.assertFalse(broken.failure)


@tagged("post_install", "-at_install")
class TestGateApart(ApartCase):
    @mute_logger("odoo.addons.crm_relationship.models.ledger.release")
    def test_gate_that_fails_for_one_contact(self):
        """That one waits with its reason, and the others are released."""
        calendar = self.env["resource.calendar"].create({"name": "Odd", "tz": "UTC"})
        bad = self.make_interaction(
            self.make_relationship(self.make_customer(contact_window_id=calendar.id))
        )
        good = self.make_interaction()
        target = type(calendar)
        to_window = target._to_contact_window

        def fail(record, *args):
            if record == calendar:
                raise ValueError("odd")
            return to_window(record, *args)

        with patch.object(target, "_to_contact_window", fail):
            self.run_cron("release")
        self.assertEqual(good.state, "open")
        self.assertEqual((bad.state, bad.reason_code), ("scheduled", "error"))
        self.assertTrue(bad.date_retry)
        view = self.env["crm.interaction"].with_user(self.manager)
        [row] = view.search_read([("id", "=", bad.id)], ["reason_code"])
        self.assertEqual(row["reason_code"], "error")

    @mute_logger(APART, "odoo.sql_db")
    def test_orphan_that_fails(self):
        contacts = self.make_open() + self.make_open()
        contacts.activity_id.sudo().with_context(active_test=False)
        self.env.flush_all()
        self.env.cr.execute("UPDATE crm_interaction SET activity_id = NULL")
        self.env.invalidate_all()
        write = type(self.env["crm.interaction"]).write

        def fail(records, vals):
            if contacts[0] in records and vals.get("state") == "scheduled":
                raise ValueError("odd")
            return write(records, vals)

        with patch.object(type(self.env["crm.interaction"]), "write", fail):
            self.env["crm.interaction"]._requeue_orphans()
        self.assertEqual(contacts.mapped("state"), ["open", "scheduled"])
