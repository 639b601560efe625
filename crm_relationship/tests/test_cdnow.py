"""The sales of a real shop: every customer's figures, computed twice.

The purchases are loaded as `./dev demo` loads them. What the addon makes of them in SQL
is compared with `bench/figures.py`, which works them out from the file in plain Python.
Both are parts of the repository, not of the installed addon.
"""

import os
import sys
from collections import Counter
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from unittest import skipUnless
from unittest.mock import patch

from odoo.tests import freeze_time, tagged

from .common import QUIET, RelationshipCase

REPOSITORY = Path(__file__).resolve().parents[2]
# Three in the night of the first of April in Jakarta, still March in UTC.
NOW = datetime(2026, 3, 31, 20)


@freeze_time(NOW)
@tagged("post_install", "-at_install")
@skipUnless(os.environ.get("CDNOW_FILE"), "CDNOW_FILE names no file of purchases")
class TestCdnow(RelationshipCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.cr._now = NOW
        if str(REPOSITORY) not in sys.path:
            sys.path.insert(0, str(REPOSITORY))
            cls.addClassCleanup(sys.path.remove, str(REPOSITORY))
        from bench import cdnow, figures, load_cdnow, report

        cls.cdnow, cls.figures, cls.report = cdnow, figures, report
        cls.today = cdnow.local_today(NOW)
        cls.purchases = cdnow.load(os.environ["CDNOW_FILE"], cls.today)
        for model in ("crm.segment", "crm.touchpoint"):
            archived = cls.env[model].with_context(active_test=False).search([])
            archived.active = True
        env = cls.env(context={**cls.env.context, **QUIET, **load_cdnow.QUIET})
        progress = type("Progress", (), {"note": None})()
        # the loader commits batches; a test must not
        with patch.object(cls.env.cr, "commit", cls.env.flush_all):
            staff = load_cdnow.load_staff(env)
            cls.partners = load_cdnow.load_customers(
                env, cls.purchases, staff, progress
            )
            load_cdnow.load_orders(env, cls.purchases, cls.partners, progress)
        cls.env["crm.relationship"]._refresh_portfolio(cls.env.company)

    def test_every_customer(self):
        """Scores, life cycle, revenue, dates and segment of 2,357 customers."""
        self.assertEqual(len(self.partners), 2357)
        wrong = self.report.differences(self.env, self.purchases, self.today)
        self.assertFalse(wrong, "\n".join(wrong[:20]))

    def test_comparison_notices_a_difference(self):
        relationship = self.partners[min(self.partners)].relationship_id
        relationship.rfm_monetary = 6 - relationship.rfm_monetary
        relationship.revenue += 0.01
        relationship.segment_id = False
        wrong = self.report.differences(self.env, self.purchases, self.today)
        self.assertTrue(any("revenue" in text for text in wrong))
        self.assertTrue(any("segment" in text for text in wrong))

    def test_what_the_report_prints(self):
        """The report's numbers, against the file alone."""
        rows = self.figures.portfolio(self.purchases, self.today)
        rules = self.figures.DEFAULT_RULES
        count, revenue = Counter(), Counter()
        for row in rows.values():
            name = self.figures.segment(row, rules)
            count[name] += 1
            revenue[name] += row.revenue
        printed = {
            name: (customers, Decimal(f"{money:.2f}"))
            for name, customers, _share, money, _part in (
                self.report.customers_by_segment(self.env)
            )
        }
        self.assertEqual(printed, {n: (count[n], revenue[n]) for n in count})
        stages = Counter(row.lifecycle_stage for row in rows.values())
        labels = dict(self.env["crm.relationship"]._fields["lifecycle_stage"].selection)
        self.assertEqual(
            dict(self.report.customers_by(self.env, "lifecycle_stage")),
            {labels[stage]: n for stage, n in stages.items()},
        )

    def test_default_segments_are_those_of_the_figures(self):
        self.assertEqual(tuple(self.report.rules(self.env)), self.figures.DEFAULT_RULES)

    def test_second_refresh_writes_no_row(self):
        result = self.env["crm.relationship"]._refresh_portfolio(self.env.company)
        self.assertEqual(result, {"created": 0, "changed": 0, "moved": 0})

    def test_everyone_with_a_plan_is_planned(self):
        """No customer is left without contact: the rule above all."""
        self.env["crm.interaction"]._schedule(self.env.company)
        relationships = self.env["crm.relationship"].search([])
        self.assertEqual(len(relationships), 2357)
        self.assertFalse(relationships.filtered(lambda r: not r.next_contact_date))
        states = Counter(relationships.mapped("coverage_state"))
        without = [p for p in self.partners.values() if not p.user_id]
        self.assertEqual(
            states, {"covered": 2357 - len(without), "no_staff": len(without)}
        )
