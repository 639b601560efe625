from psycopg2 import IntegrityError

from odoo import Command
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common_wishes import WishesCase


@tagged("post_install", "-at_install")
class TestWishesPolicy(WishesCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env["res.company"].create({"name": "Courteous Ltd"})

    def _caps(self, company):
        return [(cap.count, cap.days) for cap in company.contact_cap_ids.sorted("days")]

    def test_a_limit_in_words_of_one_and_many(self):
        caps = self.env["crm.contact.cap"].create(
            [
                {"count": 1, "days": 1, "company_id": self.env.company.id},
                {"count": 1, "days": 99, "company_id": self.env.company.id},
                {"count": 3, "days": 98, "company_id": self.env.company.id},
            ]
        )
        self.assertEqual(
            caps.mapped("display_name"),
            [
                "1 interaction a day",
                "1 interaction in 99 days",
                "3 interactions in 98 days",
            ],
        )

    def test_defaults_of_a_new_company(self):
        self.assertRecordValues(
            self.company,
            [
                {
                    "consent_policy_relationship": "opt_out",
                    "consent_policy_selling": "opt_out",
                    "selling_calendar_id": False,
                    "relationship_first_count": 2,
                    "relationship_first_days": 0,
                }
            ],
        )
        self.assertEqual(self._caps(self.company), [(5, 7), (12, 30)])

    def test_company_from_before_the_addon_gets_the_usual_limits(self):
        self.company.contact_cap_ids.unlink()
        kept = self.env["res.company"].create({"name": "Own limits"})
        kept.contact_cap_ids = [
            Command.clear(),
            Command.create({"count": 1, "days": 1}),
        ]
        self.env["res.company"]._add_missing_caps()
        self.assertEqual(self._caps(self.company), [(5, 7), (12, 30)])
        self.assertEqual(self._caps(kept), [(1, 1)])

    def test_limits_that_make_no_sense_are_refused(self):
        for vals in ({"count": 0}, {"days": 0}, {"count": -1}):
            with (
                self.assertRaises(IntegrityError),
                mute_logger("odoo.sql_db"),
                self.env.cr.savepoint(),
            ):
                self.company.contact_cap_ids[0].write(vals)
                self.env.flush_all()

    def test_two_limits_for_the_same_days_are_refused(self):
        with (
            self.assertRaises(IntegrityError),
            mute_logger("odoo.sql_db"),
            self.env.cr.savepoint(),
        ):
            self.company.contact_cap_ids = [Command.create({"count": 9, "days": 7})]

    def test_negative_rules_are_refused(self):
        for field in ("relationship_first_count", "relationship_first_days"):
            with (
                self.assertRaises(IntegrityError),
                mute_logger("odoo.sql_db"),
                self.env.cr.savepoint(),
            ):
                self.company[field] = -1
                self.env.flush_all()

    def test_selling_hours_without_opening_are_refused(self):
        never = self.env["resource.calendar"].create(
            {"name": "Never", "attendance_ids": [Command.clear()]}
        )
        with self.assertRaisesRegex(ValidationError, "never open"):
            self.company.selling_calendar_id = never

    def test_limits_are_edited_in_the_settings(self):
        admin = self.env.ref("base.user_admin")
        admin.write({"company_ids": [Command.link(self.company.id)]})
        Settings = (
            self.env["res.config.settings"]
            .with_user(admin)
            .with_company(self.company)
            .with_context(allowed_company_ids=self.company.ids)
        )
        with Form(Settings) as form:
            with form.contact_cap_ids.edit(0) as cap:
                cap.count = 3
            form.contact_cap_ids.remove(1)
            with form.contact_cap_ids.new() as cap:
                cap.count, cap.days = 40, 365
            form.consent_policy_selling = "opt_in"
        form.record.execute()
        self.company.invalidate_recordset()
        self.assertEqual(self._caps(self.company), [(3, 7), (40, 365)])
        self.assertEqual(self.company.consent_policy_selling, "opt_in")

    def test_ready_made_hours(self):
        hours = {
            "office": (5, 9, 17),
            "lunch": (5, 12, 13),
            "wednesday": (1, 9, 17),
            "saturday": (1, 9, 17),
            "regulated": (6, 8, 18),
        }
        for name, (days, start, end) in hours.items():
            calendar = self.env.ref(f"crm_relationship.resource_calendar_{name}")
            calendar._check_has_opening()
            self.assertFalse(calendar.company_id)
            self.assertEqual(len(calendar.attendance_ids), days)
            self.assertEqual(
                {(line.hour_from, line.hour_to) for line in calendar.attendance_ids},
                {(start, end)},
            )

    def test_program_that_sells_first_says_why(self):
        program = self.env.ref("crm_relationship.crm_program_after_purchase")
        with self.assertRaisesRegex(ValidationError, "Say why"):
            program.skip_relationship_first = True
        with self.assertRaisesRegex(ValidationError, "too long"):
            program.write(
                {
                    "skip_relationship_first": True,
                    "skip_relationship_first_reason": "x" * 1_000_000,
                }
            )

    def test_managers_set_the_rules_others_read_them(self):
        cap = self.env["crm.contact.cap"].create({"count": 1, "days": 99})
        tag = self.env["crm.staff.tag"].create({"name": "Patient"})
        for record, field in ((cap, "days"), (tag, "name")):
            for user in (self.salesperson, self.all_documents):
                self.assertTrue(record.with_user(user)[field])
                for operation in ("write", "create", "unlink"):
                    with self.assertRaises(AccessError):
                        record.with_user(user).check_access(operation)
            for operation in ("write", "create", "unlink"):
                record.with_user(self.manager).check_access(operation)

    def test_limits_of_another_company_are_hidden(self):
        with self.assertRaises(AccessError):
            self.company.contact_cap_ids[0].with_user(self.manager).check_access("read")
