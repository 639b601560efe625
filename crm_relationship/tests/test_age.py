from datetime import date, datetime, timedelta

from odoo.exceptions import AccessError
from odoo.tests import freeze_time, tagged

from .common import NOW, TODAY, RelationshipCase


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestAge(RelationshipCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        births = [
            date(1996, 2, 29),
            date(1996, 3, 31),
            date(1996, 4, 1),
            date(2008, 3, 31),
            date(2008, 4, 1),
            TODAY,
            *(TODAY - timedelta(days=97 * n) for n in range(1, 400)),
        ]
        cls.people = cls.env["res.partner"].create(
            [{"name": f"P{n}", "birthdate": day} for n, day in enumerate(births)]
        )
        cls.unknown = cls.make_customer("Unknown")
        cls.everybody = cls.people | cls.unknown
        cls.env = cls.env(context={**cls.env.context, "tz": "Asia/Jakarta"})

    def found(self, operator, value):
        people = self.env["res.partner"].search(
            [("age", operator, value), ("id", "in", self.everybody.ids)]
        )
        return people.with_env(self.people.env)

    def expected(self, test):
        return self.people.filtered(lambda person: test(person.age))

    def test_age(self):
        ages = self.people[:6].mapped(lambda person: person.age)
        self.assertEqual(ages, [30, 30, 29, 18, 17, 0])
        self.assertEqual(self.unknown.age, 0)

    def test_every_comparison(self):
        for value in (0, 1, 17, 18, 29, 30, 57, 106, 107, 200, 5000, -3):
            for operator, test in (
                ("<", lambda age, v=value: age < v),
                ("<=", lambda age, v=value: age <= v),
                (">", lambda age, v=value: age > v),
                (">=", lambda age, v=value: age >= v),
                ("=", lambda age, v=value: age == v),
            ):
                with self.subTest(operator=operator, value=value):
                    found = self.found(operator, value)
                    self.assertEqual(found, self.expected(test))

    def test_other_age(self):
        others = self.expected(lambda age: age != 30) | self.unknown
        self.assertEqual(self.found("!=", 30), others)
        self.assertEqual(self.found("not in", [30]), others)

    def test_one_of_several(self):
        wanted = self.expected(lambda age: age in (18, 30))
        self.assertEqual(self.found("in", [18, 30]), wanted)

    def test_range(self):
        found = self.env["res.partner"].search(
            [
                ("age", ">=", 18),
                ("age", "<", 30),
                ("id", "in", self.everybody.ids),
            ]
        )
        wanted = self.expected(lambda age: 18 <= age < 30)
        self.assertEqual(set(found.ids), set(wanted.ids))

    def test_unknown_age(self):
        self.assertEqual(self.found("=", False), self.unknown)
        self.assertEqual(self.found("!=", False), self.people)

    def test_half_years(self):
        self.assertEqual(self.found(">=", 17.5), self.found(">=", 18))
        self.assertEqual(self.found("<", 17.5), self.found("<=", 17))

    def test_born_on_29_february(self):
        person = self.people[0]
        for day, age in (("2026-02-27", 29), ("2026-02-28", 30), ("2028-02-28", 31)):
            with self.subTest(day=day), self.at(datetime.fromisoformat(f"{day} 05:00")):
                self.env.invalidate_all()
                self.assertEqual(person.with_env(self.env).age, age)
                self.assertIn(person, self.found("=", age))
                self.assertNotIn(person, self.found(">", age))

    def test_the_day_is_the_user_s(self):
        """At 03:00 UTC on the 31st it is still the 30th in New York."""
        person = self.people[1]
        self.assertEqual(person.with_context(tz="America/New_York").age, 29)
        self.assertEqual(person.with_context(tz="Asia/Jakarta").age, 30)

    def test_portal_customers_learn_no_age(self):
        partners = self.env["res.partner"].with_user(self.portal)
        with self.assertRaises(AccessError):
            partners.search([("age", ">", 30)])
