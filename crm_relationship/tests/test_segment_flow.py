"""The picture of who went from which segment to which, and the lists behind it."""

import random
from collections import Counter
from datetime import date

from odoo.exceptions import AccessError
from odoo.tests import freeze_time, tagged

from .common import NOW, RelationshipCase


@freeze_time(NOW)
@tagged("post_install", "-at_install")
class TestSegmentFlow(RelationshipCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.gold, cls.silver = (cls.make_segment(name) for name in ("Gold", "Silver"))
        cls.one, cls.two, cls.three = (cls.make_relationship() for _n in range(3))
        gold, silver = cls.gold.id, cls.silver.id
        rows = [
            # February: two are there for the first time
            (cls.one, date(2026, 2, 1), False, False, gold),
            (cls.two, date(2026, 2, 1), False, False, False),
            # March: one has gone down, one has come up from no segment, one is new
            (cls.one, date(2026, 3, 1), "loyal", gold, silver),
            (cls.two, date(2026, 3, 1), "prospect", False, silver),
            (cls.three, date(2026, 3, 1), False, False, gold),
        ]
        cls.env["crm.relationship.snapshot"].create(
            [
                {
                    "relationship_id": customer.id,
                    "company_id": cls.company.id,
                    "date": day,
                    "lifecycle_stage": "loyal",
                    "previous_stage": stage,
                    "previous_segment_id": old,
                    "segment_id": new,
                }
                for customer, day, stage, old, new in rows
            ]
        )
        cls.env.flush_all()

    def flow(self, user=None, **values):
        flows = self.env["crm.segment.flow"].with_user(user or self.manager)
        return flows.get_flow(**values)

    def test_who_went_where(self):
        flow = self.flow()
        self.assertEqual(flow["columns"], ["Jan 2026", "Feb 2026"])
        self.assertEqual(
            {(f["step"], f["from"], f["to"]): f["count"] for f in flow["flows"]},
            {
                (0, self.gold.id, self.silver.id): 1,
                (0, 0, self.silver.id): 1,
                (0, -1, self.gold.id): 1,
            },
        )
        names = {segment["name"] for segment in flow["segments"]}
        self.assertEqual(
            names, {"Gold", "Silver", "In no segment", "Not a customer yet"}
        )
        self.assertFalse(flow["unknown"])

    def test_told_a_second_time(self):
        """Forty customers who move at random, and each step counted by hand."""
        draw, snapshots = random.Random(4), self.env["crm.relationship.snapshot"]
        snapshots.search([("company_id", "=", self.company.id)]).unlink()
        days = [date(2025, 11, 1), date(2025, 12, 1)]
        days += [date(2026, month, 1) for month in (1, 2, 3)]
        rows, expected = [], Counter()
        for customer in self.env["crm.relationship"].union(
            *(self.make_relationship() for _n in range(40))
        ):
            first, before = draw.randrange(len(days)), None
            for day in days[first:]:
                now = draw.choice((self.gold.id, self.silver.id, 0))
                rows.append(
                    {
                        "relationship_id": customer.id,
                        "company_id": self.company.id,
                        "date": day,
                        "previous_stage": before is not None and "loyal",
                        "previous_segment_id": before,
                        "segment_id": now,
                    }
                )
                expected[day, -1 if before is None else before, now] += 1
                before = now
        snapshots.create(rows)
        self.env.flush_all()
        flow = self.flow()
        self.assertEqual(len(flow["columns"]), 5, "November has nothing before it")
        self.assertEqual(
            {(f["step"], f["from"], f["to"]): f["count"] for f in flow["flows"]},
            {
                (days.index(day) - 1, old, new): count
                for (day, old, new), count in expected.items()
                if day > days[0]
            },
        )

    def test_each_band_opens_what_it_counts(self):
        snapshots = self.env["crm.relationship.snapshot"].with_user(self.manager)
        for flow in self.flow()["flows"]:
            with self.subTest(flow=(flow["from"], flow["to"])):
                self.assertEqual(snapshots.search_count(flow["domain"]), flow["count"])

    def test_any_number_of_months(self):
        for months in (0, -3, 10**9, "x", None, True, [1]):
            with self.subTest(months=months):
                self.assertTrue(self.flow(months=months)["columns"])

    def test_not_known_yet(self):
        self.env["crm.relationship.snapshot"].search([]).unlink()
        flow = self.flow()
        self.assertFalse(flow["flows"] or flow["columns"])
        self.assertIn("Not known yet", flow["unknown"])

    def test_one_month_alone_has_nothing_before_it(self):
        march = [("date", "=", date(2026, 3, 1))]
        self.env["crm.relationship.snapshot"].search(march).unlink()
        flow = self.flow()
        self.assertFalse(flow["flows"])
        self.assertTrue(flow["unknown"])

    def test_who_may_see_it(self):
        self.assertTrue(self.flow(self.all_documents)["flows"])
        for user in (self.sari, self.internal, self.portal):
            with self.assertRaises(AccessError):
                self.flow(user)

    def test_another_company(self):
        flows = self.env["crm.segment.flow"].with_user(self.stranger)
        elsewhere = flows.with_context(allowed_company_ids=self.other_company.ids)
        self.assertFalse(elsewhere.get_flow()["flows"])

    def test_few_queries(self):
        self.flow()
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(8):
            self.flow()
