"""Values that nobody means: refused in a sentence, or borne by everything."""

from datetime import date, datetime, timedelta

import psycopg2

from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import NOW, TODAY, RelationshipCase

MODULE = "crm_relationship"
NUMBERS = (-1, 0, 10**9, 2**31 - 1, 10**12, float("nan"), "many")
DAYS = (date.min, date(1800, 1, 1), date(9999, 12, 31), "0001-01-01", "soon")
MOMENTS = (*(datetime.combine(d, NOW.time()) for d in DAYS[:3]), "9999-12-31 23:59:59")
MAGIC = ("create_date", "write_date")
JOBS = ("refresh", "schedule", "release")


@tagged("post_install", "-at_install")
class TestBounds(RelationshipCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.admin = cls.manager
        cls.admin.group_ids += cls.env.ref("base.group_system")
        cls.occasion = cls.env["crm.occasion"].create(
            {"name": "Birthday", "kind": "birthday"}
        )
        cls.plan = cls.make_plan({}, {"occasion_id": cls.occasion.id})
        cls.segment = cls.make_segment("All", plan_id=cls.plan.id)
        cls.partner = cls.make_customer(
            "Ani", birthdate=TODAY - timedelta(days=9_000), email="ani@example.com"
        )
        cls.make_order(cls.partner, 3)
        cls.program = cls.make_program(0, 7, trigger="manual")
        cls.relationship = cls.make_relationship(cls.partner)
        cls.program._enroll(cls.relationship)
        cls.interaction = cls.make_open(cls.relationship)
        cls.records = cls.make_records()

    @classmethod
    def make_records(cls):
        """Return a record of each model that has fields to be filled in."""
        relationship = cls.relationship
        env = cls.env
        defection = env["crm.defection"].create({"relationship_id": relationship.id})
        big_day = env["crm.occasion"].create(
            {"name": "Eid", "date_ids": [Command.create({"date": TODAY})]}
        )
        assignment = env["crm.staff.assignment"].create({"name": "A"})
        line = env["crm.staff.assignment.line"].create(
            {"assignment_id": assignment.id, "relationship_id": relationship.id}
        )
        cover = env["crm.staff.cover"].create(
            {
                "user_id": cls.sari.id,
                "stand_in_id": cls.budi.id,
                "day_from": TODAY,
                "day_to": TODAY + timedelta(days=1),
            }
        )
        made = {
            "crm.benefit": env["crm.benefit"].create({"name": "B"}),
            "crm.cadence.experiment": env["crm.cadence.experiment"].create(
                {"segment_id": cls.segment.id, "plan_line_id": cls.plan.line_ids[0].id}
            ),
            "crm.contact.cap": cls.company.contact_cap_ids[0],
            "crm.contact.plan": cls.plan,
            "crm.contact.plan.line": cls.plan.line_ids[0],
            "crm.defection": defection,
            "crm.defection.reason": env["crm.defection.reason"].create({"name": "R"}),
            "crm.interaction": cls.interaction,
            "crm.occasion": big_day,
            "crm.occasion.date": big_day.date_ids,
            "crm.program": cls.program,
            "crm.program.enrollment": cls.program.enrollment_ids,
            "crm.program.step": cls.program.step_ids[1],
            "crm.relationship": relationship,
            "crm.segment": cls.segment,
            "crm.staff.cover": cover,
            "crm.staff.assignment": assignment,
            "crm.staff.assignment.line": line,
            "crm.staff.assignment.person": assignment.person_ids[0],
            "crm.touch.channel": cls.plan.line_ids[0].channel_ids,
            "sms.sms": env["sms.sms"].create({"number": "+6281", "body": "Hi"}),
            "crm.touchpoint": cls.call,
            "product.template": cls.product.product_tmpl_id,
            "res.company": cls.company,
            "res.partner": cls.partner,
            "res.users": cls.sari,
        }
        for name, values in (
            ("crm.defection.declare", {"relationship_ids": relationship.ids}),
            ("crm.preference.statement", {"partner_id": cls.partner.id}),
            ("crm.segment.keep", {"segment_id": cls.segment.id}),
        ):
            made[name] = env[name].new(values)
        return made

    def find_fields(self):
        """Yield the fields of this addon that hold a number or a day."""
        for name, model in self.env.registry.items():
            for field in model._fields.values():
                if (
                    field._modules[:1] == (MODULE,)
                    and field.store
                    and field.type
                    in ("integer", "float", "monetary", "date", "datetime")
                    and field.name not in MAGIC
                    and model._auto
                    and not model._abstract
                    and not model._transient
                ):
                    yield self.env[name], field

    @staticmethod
    def get_values(field):
        if field.type == "date":
            return DAYS
        return MOMENTS if field.type == "datetime" else NUMBERS

    def test_every_field_with_every_value(self):
        """Written by an administrator: a sentence, or all goes on."""
        accepted = []
        for model, field in self.find_fields():
            record = self.records.get(model._name)
            if record is None:
                # written by the system alone
                self.assertFalse(
                    model.with_user(self.admin).has_access("write"), model._name
                )
                continue
            for value in self.get_values(field):
                with self.subTest(field=str(field), value=value):
                    if self.try_value(record, field.name, value):
                        accepted.append((str(field), value))
        self.assertLess(len(accepted), 150, "most are refused")

    def try_value(self, record, name, value):
        """Return whether a value was taken; then everything must still work."""
        point = self.env.cr.savepoint()
        try:
            with mute_logger("odoo.sql_db"):
                record.with_user(self.admin).write({name: value})
                self.env.flush_all()
        except UserError as error:
            self.assertNotRegex(str(error), "psycopg2|Traceback|violates")
            taken = False
        except psycopg2.IntegrityError as error:
            # Odoo tells it in the words of the constraint
            model = self.env[record._name]
            found = model._table_objects.get(error.diag.constraint_name)
            self.assertTrue(found, error)
            taken = False
        else:
            taken = True
            self.work()
        point.close(rollback=True)
        self.env.invalidate_all()
        return taken

    def work(self):
        """What goes on every night, and what people look at."""
        with self.assertNoLogs("odoo.addons.crm_relationship", "ERROR"):
            self.refresh()
            self.env["crm.interaction"]._before_scheduling(self.company)
            self.schedule()
            self.env["crm.interaction"]._miss_passed_occasions()
            self.env["crm.interaction"]._requeue_orphans()
            due = self.env["crm.interaction"].search([("state", "=", "scheduled")])
            due._release()
        self.env.flush_all()
        self.env.invalidate_all()
        self.look("crm.interaction", "gate_message", "date_planned", "date_due", "cost")
        self.look("crm.relationship", "lifetime_value", "kept_note", "lock_until")
        self.look("crm.contact.plan.line", "cadence", "interval_length")
        self.look("crm.program", "problem", "cost_per_customer")
        self.look("crm.segment", "preview_count", "recency_range")
        self.look("res.partner", "age", "birthdate")
        self.env["crm.segment"].with_user(self.admin).get_touchpoint_matrix()

    def look(self, model, *names):
        self.env[model].with_user(self.admin).web_search_read(
            [], {name: {} for name in names}
        )

    # -- what must be refused, and how

    def test_sentences(self):
        for record, values, message in (
            (self.company.contact_cap_ids[0], {"days": 999_999}, "at most 3,650"),
            (self.company, {"relationship_horizon_days": 10**9}, "at most 366"),
            (self.company, {"relationship_hourly_cost": 10**13}, "Hour” can be at"),
            (self.program.step_ids[0], {"delay": 10**9}, "Delay” can be at most"),
            (self.plan.line_ids[0], {"times": 10**9}, "Times” can be at most"),
            (self.plan.line_ids[0], {"every": 30_000, "period": "year"}, "100 years"),
            (self.partner, {"birthdate": "1800-01-01"}, "Check the year"),
            (self.partner, {"birthdate": "2100-01-01"}, "lies in the future"),
            (self.partner, {"birthdate": "yesterday"}, "must be a date"),
            (self.partner, {"contact_snooze_until": "9999-01-01"}, "Check the year"),
            (self.call, {"duration": "long"}, "must be a number"),
            (self.interaction, {"attempt_count": -1}, "at least 0"),
        ):
            with self.subTest(values=values):
                with self.assertRaisesRegex(ValidationError, message):
                    record.write(values)

    def test_values_from_the_context(self):
        with self.assertRaisesRegex(ValidationError, "at most"):
            self.env["crm.benefit"].with_context(default_cost=10**13).create(
                {"name": "Dear"}
            )

    def test_the_database_holds_them(self):
        """Whoever writes: an import, another app, SQL."""
        for record, values in (
            (self.company.contact_cap_ids[0], "days = 999999"),
            (self.company, "relationship_horizon_days = 1000000000"),
            (self.program.step_ids[0], "delay = 1000000000"),
            (self.partner, "birthdate = '1800-01-01'"),
            (self.interaction, "date_planned = '9999-12-31'"),
            (self.call, "duration = 1000000000"),
        ):
            with (
                self.subTest(values=values),
                mute_logger("odoo.sql_db"),
                self.assertRaises(psycopg2.errors.CheckViolation) as caught,
                self.env.cr.savepoint(),
            ):
                self.env.cr.execute(
                    f"UPDATE {record._table} SET {values} WHERE id = %s", [record.id]
                )
            message = record._sql_error_to_message(caught.exception)
            self.assertIn("is out of bounds", message)

    def test_a_text_that_is_too_long(self):
        long = "x" * 1_000_000
        keep = self.env["crm.segment.keep"].create(
            {"segment_id": self.segment.id, "reason": "short"}
        )
        for record, name in (
            (self.interaction, "name"),
            (self.interaction, "feedback"),
            (self.plan, "name"),
            (self.segment, "name"),
            (keep, "reason"),
        ):
            with self.subTest(field=f"{record._name}.{name}"):
                with self.assertRaisesRegex(ValidationError, "is too long"):
                    record.with_user(self.admin).write({name: long})

    # -- values that core takes

    def test_opening_hours_to_thirty(self):
        calendar = self.env["resource.calendar"].create({"name": "Long", "tz": "UTC"})
        calendar.attendance_ids[0].write({"hour_from": -3, "hour_to": 30})
        self.partner.contact_window_id = calendar
        self.work()
        self.assertTrue(calendar._describe_opening())

    def test_leave_until_the_end_of_time(self):
        calendar = self.env["resource.calendar"].create({"name": "Shut", "tz": "UTC"})
        self.env["resource.calendar.leaves"].create(
            {
                "name": "For ever",
                "calendar_id": calendar.id,
                "resource_id": False,
                "date_from": "0001-01-02",
                "date_to": "9999-12-31 23:00:00",
            }
        )
        self.partner.tz = "Pacific/Kiritimati"
        calendar.tz = "Pacific/Kiritimati"
        self.partner.contact_window_id = calendar
        self.work()
        self.assertEqual(self.interaction.reason_code, "outside_window")

    def test_orders_from_the_first_and_the_last_day(self):
        program = self.make_program(0, 400)
        for day in ("0001-01-02", "9999-12-30"):
            order = self.make_quotation(self.partner)
            order.action_confirm()
            order.date_order = day
            order._start_programs()
            self.work()
        self.assertEqual(len(program.enrollment_ids), 2)

    def test_bad_cap_that_is_there(self):
        """As in a database from before, where the bound could not be set."""
        self.env.cr.execute(
            "ALTER TABLE crm_contact_cap DROP CONSTRAINT crm_contact_cap_days_in_bounds"
        )
        cap = self.company.contact_cap_ids[0]
        self.env.cr.execute(
            "UPDATE crm_contact_cap SET days = 999999, count = 3 WHERE id = %s",
            [cap.id],
        )
        cap.invalidate_recordset()
        self.work()

    def test_bad_settings_that_are_there(self):
        names = {
            "relationship_horizon_days": "relationship_horizon_in_bounds",
            "relationship_retry_days": "relationship_retry_in_bounds",
            "relationship_first_days": "relationship_first_days_in_bounds",
        }
        for name, constraint in names.items():
            self.env.cr.execute(
                f"ALTER TABLE res_company DROP CONSTRAINT res_company_{constraint}"
            )
            self.env.cr.execute(
                f"UPDATE res_company SET {name} = 1000000000 WHERE id = %s",
                [self.company.id],
            )
        self.company.invalidate_recordset()
        self.work()
        self.interaction.action_no_answer()

    def test_last_segment_is_as_far_as_can_be(self):
        self.segment.sequence = 1_000_000
        self.assertEqual(self.make_segment("Next").sequence, 1_000_000)

    def test_ids_that_are_none(self):
        """As a request brings them, which is never the superuser's."""
        programs = self.env["crm.program"].with_user(self.admin)
        for value in ("abc", ["1"], [None], [2**40], 1.5, [True]):
            with self.subTest(value=value), self.assertRaises(UserError):
                programs.browse(value)
