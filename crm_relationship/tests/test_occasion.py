"""Interactions on birthdays, anniversaries and big days."""

from datetime import date, datetime

from odoo import Command
from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .common import TODAY, RelationshipCase


@tagged("post_install", "-at_install")
class TestOccasion(RelationshipCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        Occasion = cls.env["crm.occasion"]
        cls.birthday = Occasion.create({"name": "Birthday", "kind": "birthday"})
        cls.anniversary = Occasion.create(
            {"name": "Anniversary", "kind": "anniversary"}
        )

    def big_day(self, *days, recurring=False):
        return self.env["crm.occasion"].create(
            {
                "name": "Big day",
                "kind": "big_day",
                "date_ids": [
                    Command.create({"date": day, "recurring": recurring})
                    for day in days
                ],
            }
        )

    def plan_for(self, occasion, **values):
        """Return a customer whose plan follows the occasion."""
        plan = self.make_plan({"occasion_id": occasion.id})
        return self.make_relationship(self.make_customer(**values), plan_id=plan.id)

    def due(self, relationship):
        return self.pending(relationship).mapped("date_due")

    def test_birthday_this_year(self):
        relationship = self.plan_for(self.birthday, birthdate="1980-06-15")
        self.assertEqual(self.due(relationship), [date(2026, 6, 15)])

    def test_birthday_today(self):
        relationship = self.plan_for(self.birthday, birthdate="1980-03-31")
        self.assertEqual(self.due(relationship), [TODAY])

    def test_birthday_next_year(self):
        relationship = self.plan_for(self.birthday, birthdate="1980-03-30")
        self.assertEqual(self.due(relationship), [date(2027, 3, 30)])

    def test_birthday_on_29_february(self):
        relationship = self.plan_for(self.birthday, birthdate="2000-02-29")
        self.assertEqual(self.due(relationship), [date(2027, 2, 28)])

    def test_birthday_on_29_february_of_a_leap_year(self):
        with self.at(datetime(2027, 6, 1, 3)):
            relationship = self.plan_for(self.birthday, birthdate="2000-02-29")
            self.assertEqual(self.due(relationship), [date(2028, 2, 29)])

    def test_birthday_unknown(self):
        relationship = self.plan_for(self.birthday)
        self.assertFalse(self.pending(relationship))

    def test_birthday_of_a_person_in_a_firm(self):
        firm = self.make_customer("Firm", is_company=True)
        person = self.make_customer("P", parent_id=firm.id, birthdate="1990-04-02")
        plan = self.make_plan({"occasion_id": self.birthday.id})
        relationship = self.make_relationship(firm, plan_id=plan.id)
        contact = self.pending(relationship)
        self.assertEqual(contact.partner_id, person)
        self.assertEqual(contact.date_due, date(2026, 4, 2))

    def test_two_birthdays_in_a_firm_follow_each_other(self):
        firm = self.make_customer("Firm", is_company=True)
        people = [
            self.make_customer(
                f"P{day}", parent_id=firm.id, birthdate=f"1990-04-0{day}"
            )
            for day in (2, 4)
        ]
        plan = self.make_plan({"occasion_id": self.birthday.id})
        relationship = self.make_relationship(firm, plan_id=plan.id)
        with self.at(datetime(2026, 4, 2, 3)):
            self.pending(relationship).action_done()
            self.assertEqual(self.pending(relationship).partner_id, people[1])

    def test_two_birthdays_in_a_firm_on_the_same_day(self):
        firm = self.make_customer("Firm", is_company=True)
        people = self.env["res.partner"].create(
            [
                {"name": f"P{n}", "parent_id": firm.id, "birthdate": "1990-04-02"}
                for n in range(2)
            ]
        )
        plan = self.make_plan({"occasion_id": self.birthday.id})
        relationship = self.make_relationship(firm, plan_id=plan.id)
        with self.at(datetime(2026, 4, 2, 3)):
            self.pending(relationship).action_done()
            second = self.pending(relationship)
            self.assertEqual(second.date_due, date(2026, 4, 2))
            self.assertEqual(second.partner_id, people[1])
            second.action_done()
            self.assertEqual(self.due(relationship), [date(2027, 4, 2)])

    def test_birthday_passed_while_another_was_pending(self):
        firm = self.make_customer("Firm", is_company=True)
        for day in (2, 4):
            self.make_customer("P", parent_id=firm.id, birthdate=f"1990-04-0{day}")
        plan = self.make_plan({"occasion_id": self.birthday.id})
        relationship = self.make_relationship(firm, plan_id=plan.id)
        with self.at(datetime(2026, 4, 6, 3)):
            self.pending(relationship).action_done()
            self.assertEqual(self.due(relationship), [date(2026, 4, 4)])

    def test_cancelled_birthday_is_not_planned_again(self):
        relationship = self.plan_for(self.birthday, birthdate="1980-04-03")
        self.pending(relationship).action_cancel()
        self.assertEqual(self.due(relationship), [date(2027, 4, 3)])

    def test_new_customers_past_birthday_is_left(self):
        relationship = self.plan_for(self.birthday, birthdate="1980-03-29")
        self.assertEqual(self.due(relationship), [date(2027, 3, 29)])

    def test_birthday_is_planned_again_for_the_next_year(self):
        relationship = self.plan_for(self.birthday, birthdate="1980-03-31")
        self.pending(relationship).action_done()
        self.assertEqual(self.due(relationship), [date(2027, 3, 31)])

    def test_birthday_in_the_future_is_a_mistake(self):
        with self.assertRaisesRegex(ValidationError, "future"):
            self.make_customer(birthdate="2026-04-01")

    def test_anniversary(self):
        relationship = self.plan_for(self.anniversary)
        relationship.first_order_date = "2024-05-06"
        self.schedule()
        self.assertEqual(self.due(relationship), [date(2026, 5, 6)])

    def test_the_day_of_the_first_purchase_is_no_anniversary(self):
        relationship = self.plan_for(self.anniversary)
        relationship.first_order_date = TODAY
        self.schedule()
        self.assertEqual(self.due(relationship), [date(2027, 3, 31)])

    def test_big_day_every_year(self):
        occasion = self.big_day("2020-12-25", recurring=True)
        relationship = self.plan_for(occasion)
        self.assertEqual(self.due(relationship), [date(2026, 12, 25)])

    def test_big_day_by_its_dates(self):
        occasion = self.big_day("2026-03-20", "2027-03-10", "2028-02-27")
        relationship = self.plan_for(occasion)
        self.assertEqual(self.due(relationship), [date(2027, 3, 10)])
        with self.at(datetime(2027, 3, 10, 3)):
            self.pending(relationship).action_done()
            self.assertEqual(self.due(relationship), [date(2028, 2, 27)])

    def test_big_day_without_dates_ahead(self):
        relationship = self.plan_for(self.big_day("2025-03-30"))
        self.assertFalse(self.pending(relationship))

    def test_occasion_too_long_ago_is_missed(self):
        relationship = self.plan_for(self.birthday, birthdate="1980-04-01")
        contact = self.pending(relationship)
        with self.at(datetime(2026, 4, 15, 3)):
            self.env["crm.interaction"]._miss_passed_occasions()
            self.assertRecordValues(
                contact, [{"state": "missed", "reason_code": "occasion_passed"}]
            )
            self.assertEqual(self.due(relationship), [date(2027, 4, 1)])

    def test_archived_occasion_is_not_planned(self):
        self.birthday.active = False
        relationship = self.plan_for(self.birthday, birthdate="1980-06-15")
        self.assertFalse(self.pending(relationship))

    # -- bad input

    def test_big_day_needs_dates(self):
        with self.assertRaisesRegex(ValidationError, "no dates"):
            self.env["crm.occasion"].create({"name": "Empty", "kind": "big_day"})

    def test_big_day_keeps_a_date(self):
        occasion = self.big_day("2026-05-01")
        with self.assertRaisesRegex(ValidationError, "no dates"):
            occasion.date_ids = [Command.clear()]

    def test_last_date_of_a_big_day_stays(self):
        occasion = self.big_day("2026-05-01")
        occasion.date_ids.unlink()
        with self.assertRaisesRegex(ValidationError, "no dates"):
            self.env.cr.flush()  # as at the end of a request

    def test_dates_of_a_big_day_can_be_replaced(self):
        occasion = self.big_day("2026-05-01")
        occasion.date_ids = [Command.clear(), Command.create({"date": "2026-05-02"})]
        self.env.cr.flush()
        self.assertEqual(occasion.date_ids.date, date(2026, 5, 2))

    def test_big_day_with_its_dates_can_be_deleted(self):
        occasion = self.big_day("2026-05-01")
        occasion.unlink()
        self.assertFalse(occasion.exists())
