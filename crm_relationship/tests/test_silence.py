"""At risk and lost: PostgreSQL and Python take the same day."""

from datetime import timedelta
from itertools import product

from odoo.tests import tagged
from odoo.tools import SQL

from odoo.addons.crm_relationship.models.portfolio.silence import SilenceRule

from .common import TODAY, RelationshipCase

# Medians of days: whole ones and their halves; of a segment, quarters too.
OWN = (None, 0.5, 1, 10, 110, 121.5, 364, 400)
OF_OTHERS = (None, 0.25, 30.75, 121.75)


@tagged("post_install", "-at_install")
class TestSilence(RelationshipCase):
    def ask(self, rule, cases):
        """Return the first days of silence that make at risk, and lost, by case."""
        days = SQL("day")
        return self.env.execute_query(
            SQL(
                """
                SELECT min(day) FILTER (WHERE %(at_risk)s AND NOT %(lost)s),
                       min(day) FILTER (WHERE %(lost)s)
                  FROM unnest(%(intervals)s)
                       WITH ORDINALITY AS known (own, segment, total, number)
            CROSS JOIN generate_series(0, 400) AS day
              GROUP BY number ORDER BY number
                """,
                at_risk=rule.at_risk_sql(
                    days, SQL("own"), SQL("segment"), SQL("total")
                ),
                lost=rule.lost_sql(days),
                intervals=SQL(", ").join(
                    SQL("%s::float[]", list(column))
                    for column in zip(*cases, strict=True)
                ),
            )
        )

    def test_both_take_the_same_day(self):
        cases = list(product(OWN, OF_OTHERS, OF_OTHERS))
        seen = set()
        for factor, at_risk_days in product((1, 1.1, 2.3, 3, 9.7, 100), (1, 180, 364)):
            self.company.write(
                {
                    "relationship_at_risk_factor": factor,
                    "relationship_at_risk_days": at_risk_days,
                    "relationship_lost_days": 365,
                }
            )
            rule = SilenceRule(self.company)
            rows = self.ask(rule, cases)
            for case, (at_risk, lost) in zip(cases, rows, strict=True):
                stage, day = rule.first_day(TODAY, *(days or 0 for days in case))
                with self.subTest(factor=factor, at_risk_days=at_risk_days, case=case):
                    expected = ("lost", lost)
                    if at_risk is not None:
                        expected = ("at_risk", at_risk)
                    self.assertEqual((stage, (day - TODAY).days), expected)
                self.assertEqual(rule.lost_day(TODAY), TODAY + timedelta(days=lost))
                seen.add(stage)
        self.assertEqual(seen, {"at_risk", "lost"})
