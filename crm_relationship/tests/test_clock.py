"""What is planned by a company's clock follows when the clock is set right."""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import ValidationError
from odoo.tests import Form, tagged

from odoo.addons.crm_relationship.models.courtesy.gatekeeper import Gatekeeper

from .common import TODAY, RelationshipCase


@tagged("post_install", "-at_install")
class TestClock(RelationshipCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.partner_id.tz = False
        plan = cls.make_plan({"every": 1}, {"every": 2})
        segment = cls.make_segment("Care", plan_id=plan.id)
        cls.relationship = cls.make_relationship()
        cls.relationship._move_to(segment, "for the test")

    def plan(self):
        return self.env["crm.interaction"].search(
            [("relationship_id", "=", self.relationship.id)]
        )

    def hours(self, interactions):
        return {moment.hour for moment in interactions.mapped("date_planned")}

    def test_planned_moments_follow(self):
        self.env["crm.interaction"]._schedule(self.company)
        planned = self.plan()
        self.assertEqual(len(planned), 2)
        self.assertEqual(self.hours(planned), {9})
        days = planned.mapped("date_due")
        self.company.partner_id.tz = "America/Los_Angeles"
        self.assertEqual(self.hours(planned), {16}, "9:00 in summer")
        self.company.partner_id.tz = "Asia/Jakarta"
        self.assertEqual(self.hours(planned), {2})
        self.assertEqual(planned.mapped("date_due"), days)
        self.company.partner_id.tz = False
        self.assertEqual(self.hours(planned), {9})

    def test_summer_and_winter(self):
        winter = self.make_interaction(
            self.relationship, date_due=TODAY + timedelta(days=300)
        )
        self.company.partner_id.tz = "Europe/Berlin"
        self.assertEqual(winter.date_planned.hour, 8)

    def test_moments_that_somebody_chose_stay(self):
        chosen = self.make_interaction(
            self.relationship, date_planned="2026-04-10 05:30:00"
        )
        queued = self.make_open(self.relationship)
        before = queued.date_planned
        self.company.partner_id.tz = "Asia/Jakarta"
        self.assertEqual(str(chosen.date_planned), "2026-04-10 05:30:00")
        self.assertEqual(queued.date_planned, before)

    def test_other_companies_and_contacts_stay(self):
        other = self.make_interaction(
            self.make_relationship(company=self.other_company),
            date_due=TODAY + timedelta(days=30),
        )
        planned = self.make_interaction(
            self.relationship, date_due=TODAY + timedelta(days=30)
        )
        before = other.date_planned
        self.relationship.partner_id.tz = "Asia/Jakarta"
        self.assertEqual(planned.date_planned.hour, 9)
        self.company.partner_id.tz = "Asia/Jakarta"
        self.assertEqual(other.date_planned, before)

    def test_first_message_after_a_pause(self):
        """At the company's hour on the customer's clock, and not at midnight."""
        self.company.partner_id.tz = "Asia/Jakarta"
        partner = self.relationship.partner_id
        partner.contact_snooze_until = TODAY + timedelta(days=3)
        # nobody's working hours come in between
        interaction = self.make_interaction(self.relationship, user_id=False)
        for tz, hour, moment in (
            (False, 9, "2026-04-03 02:00:00"),
            ("America/New_York", 9, "2026-04-03 13:00:00"),
            ("Asia/Tokyo", 7, "2026-04-02 22:00:00"),
        ):
            partner.tz, self.company.relationship_hour = tz, hour
            now = fields.Datetime.now()
            decision = interaction._ask(Gatekeeper(interaction, now), self.call, now)
            self.assertEqual(decision.reason_code, "snoozed")
            self.assertEqual(str(decision.earliest), moment)
            later = decision.earliest
            keeper = Gatekeeper(interaction, later)
            self.assertTrue(interaction._ask(keeper, self.call, later).allowed)

    def test_hour(self):
        planned = self.make_interaction(
            self.relationship, date_due=TODAY + timedelta(days=30)
        )
        self.company.partner_id.tz = "Asia/Jakarta"
        self.company.relationship_hour = 8
        self.assertEqual(planned.date_planned.hour, 1)
        self.assertEqual(planned.date_planned.date(), planned.date_due)
        self.env["crm.interaction"]._schedule(self.company)
        self.assertEqual(self.hours(self.plan()), {1})
        later = self.make_interaction(self.relationship, date_due=TODAY)
        self.assertEqual(later.date_planned.hour, 1)

    def test_day_stays_across_midnight(self):
        self.company.partner_id.tz = "Asia/Jakarta"
        planned = self.make_interaction(
            self.relationship, date_due=TODAY + timedelta(days=30)
        )
        self.company.relationship_hour = 3
        self.assertEqual(planned.date_planned.hour, 20)
        self.assertEqual(
            planned.date_planned.date(), planned.date_due - timedelta(days=1)
        )
        self.company.relationship_hour = 10
        self.assertEqual(planned.date_planned.date(), planned.date_due)

    def test_hours_that_are_none(self):
        for hour in (-1, 24, 10**9):
            with self.assertRaises(ValidationError):
                self.company.relationship_hour = hour

    def test_settings(self):
        planned = self.make_interaction(
            self.relationship, date_due=TODAY + timedelta(days=30)
        )
        admin = self.env.ref("base.user_admin")
        admin.write(
            {"company_ids": [(4, self.company.id)], "company_id": self.company.id}
        )
        settings = Form(self.env["res.config.settings"].with_user(admin))
        self.assertFalse(settings.relationship_tz)
        settings.relationship_tz = "Asia/Jakarta"
        settings.save().execute()
        self.assertEqual(self.company.partner_id.tz, "Asia/Jakarta")
        self.assertEqual(planned.date_planned.hour, 2)
