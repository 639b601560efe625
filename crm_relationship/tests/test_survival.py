"""How long customers stay, and what they are worth by it; CDNOW: see test_cdnow."""

from datetime import date, timedelta

from odoo.tests import tagged

from odoo.addons.crm_relationship.engine.survival import fit_survival
from odoo.addons.crm_relationship.models.portfolio.survival import follow_customers

from .common import TODAY, RelationshipCase

START = date(2024, 6, 1)
UNTIL = TODAY - timedelta(days=365)


@tagged("post_install", "-at_install")
class TestSurvival(RelationshipCase):
    """Forty customers of June 2024, who stopped buying one after the other."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.gold, cls.few = cls.make_segment("Gold"), cls.make_segment("Few")
        cls.figures = cls.env["crm.segment.figure"]
        cls.customers = cls.env["crm.relationship"]._ensure(
            cls.env["res.partner"].create(
                [{"name": f"Customer {number}"} for number in range(40)]
            ),
            cls.company,
        )
        cls.last = [START + timedelta(days=min(12 * n, 640)) for n in range(40)]
        cls.env["crm.relationship.snapshot"].create(
            [
                {
                    "relationship_id": relationship.id,
                    "company_id": cls.company.id,
                    "date": START,
                    "segment_id": (cls.gold if number < 35 else cls.few).id,
                    "is_active": 1,
                }
                for number, relationship in enumerate(cls.customers)
            ]
        )
        for relationship, day in zip(cls.customers, cls.last, strict=True):
            relationship.last_order_date = day
        for segment in (cls.gold, cls.few, cls.gold.browse()):
            cls.figures.create({"company_id": cls.company.id, "segment_id": segment.id})

    def figure(self, segment):
        return self.figures.search(
            [("company_id", "=", self.company.id), ("segment_id", "=", segment.id)]
        )

    def left(self, days):
        """Return how many were left at first and after each month, counted by hand."""
        firsts = [date(2024 + (5 + m) // 12, (5 + m) % 12 + 1, 1) for m in range(1, 60)]
        months = [first for first in firsts if first <= UNTIL]
        return [len(days)] + [sum(day >= month for day in days) for month in months]

    def test_counts(self):
        left = follow_customers(self.company)
        self.assertEqual(left[None], self.left(self.last))
        self.assertEqual(left[self.gold.id], self.left(self.last[:35]))
        self.assertEqual(len(left[None]), 10)
        self.assertEqual(left[None][:3], [40, 37, 34])

    def test_own_curve_or_that_of_all(self):
        self.figures._refresh_survival(self.company)
        self.figures.invalidate_model()
        own, whole = self.figure(self.gold), self.figure(self.gold.browse())
        curve = fit_survival(self.left(self.last[:35]))
        self.assertAlmostEqual(own.survival_a, curve.a, 4)
        self.assertEqual((own.survival_base, own.survival_months), (35, 9))
        self.assertEqual(whole.survival_base, 40)
        self.assertIs(self.figure(self.few).survival_a, False)
        multiples = self.figures._get_multiples(self.company)
        self.assertAlmostEqual(multiples[self.gold.id], curve.get_multiple(0.1), 3)
        self.assertNotIn(self.few.id, multiples)

    def test_values(self):
        self.figures._refresh_survival(self.company)
        self.figures.invalidate_model()
        multiples = self.figures._get_multiples(self.company)
        one, two, three, four = self.customers[:4]
        common = {"yearly_margin": 100, "lifecycle_stage": "loyal"}
        one.write({**common, "segment_id": self.gold.id})
        two.write({**common, "segment_id": self.few.id})
        three.write({**common, "segment_id": self.gold.id, "lifecycle_stage": "lost"})
        four.write({**common, "segment_id": False})
        self.env.flush_all()
        self.assertAlmostEqual(one.survival_value, 100 * multiples[self.gold.id], 2)
        self.assertAlmostEqual(two.survival_value, 100 * multiples[False], 2)
        self.assertEqual(three.survival_value, 0)
        self.assertIsNot(three.survival_value, False)
        self.assertAlmostEqual(four.survival_value, 100 * multiples[False], 2)
        row = self.env["crm.segment.report"].search(
            [("company_id", "=", self.company.id), ("segment_id", "=", self.gold.id)]
        )
        self.assertEqual(row.active_margin, 100)
        self.assertAlmostEqual(row.survival_multiple, multiples[self.gold.id], 2)
        self.assertAlmostEqual(row.survival_value, 100 * multiples[self.gold.id], 2)
        self.assertIs(row.simple_multiple, False)
        self.figure(self.gold.browse()).write({"rate_used": 0.8, "date": TODAY})
        self.figure(self.gold).write({"rate_used": 0.8, "base_count": 35})
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertAlmostEqual(row.simple_multiple, 0.8 / 0.3, 2)

    def test_discount_counts_at_once(self):
        self.figures._refresh_survival(self.company)
        self.figures.invalidate_model()
        before = self.figures._get_multiples(self.company)[False]
        self.company.relationship_discount_rate = 0.5
        self.assertLess(self.figures._get_multiples(self.company)[False], before)

    def test_not_known_yet(self):
        """Too young a company, or too few customers."""
        self.assertEqual(follow_customers(self.other_company), {})
        self.customers[:15].env["crm.relationship.snapshot"].search(
            [("relationship_id", "in", self.customers[:15].ids)]
        ).is_active = 0
        self.env.flush_all()
        self.assertEqual(follow_customers(self.company), {})
        self.figures._refresh_survival(self.company)
        self.figures.invalidate_model()
        self.assertEqual(self.figures._get_multiples(self.company), {})
        self.assertIs(self.customers[0].survival_value, False)

    def test_the_month_computes_it(self):
        self.figures._refresh_figures(self.company)
        self.assertEqual(self.figure(self.gold).survival_base, 35)

    def test_salesperson_sees_it(self):
        self.figures._refresh_survival(self.company)
        self.figures.invalidate_model()
        one = self.customers[0]
        one.write({"user_id": self.sari.id, "yearly_margin": 10})
        one.lifecycle_stage = "loyal"
        self.env.flush_all()
        self.assertGreater(one.with_user(self.sari).survival_value, 0)
