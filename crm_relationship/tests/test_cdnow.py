"""The sales of a real shop: every customer's figures, computed twice.

The purchases are loaded as `./dev demo` loads them, by the package `demo` of the
repository. What the addon makes of them in SQL is compared with what `oracle.figures`
works out from the file in plain Python: every customer, every snapshot of every month,
every rate.
"""

from collections import Counter
from datetime import date, datetime, timedelta
from decimal import Decimal
from unittest.mock import patch

from odoo.tests import freeze_time, tagged

from odoo.addons.crm_relationship.models.portfolio.at_risk import AtRiskTrial
from odoo.addons.crm_relationship.models.portfolio.survival import follow_customers

from .common import QUIET
from .common_figures import FiguresCase

# Three at night on the first of April in Jakarta, still March in UTC.
NOW = datetime(2026, 3, 31, 20)


@freeze_time(NOW)
@tagged("post_install", "-at_install")
class TestCdnow(FiguresCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.cr._now = NOW
        from demo import cdnow, load, loaded, make, report

        cls.report = report
        cls.today = cdnow.local_today(NOW)
        cls.purchases = cdnow.load(cls.today)
        for model in ("crm.segment", "crm.touchpoint"):
            archived = cls.env[model].with_context(active_test=False).search([])
            archived.active = True
        cls._set_shop_aside([*load.STAFF, load.MANAGER[0], load.PORTAL_LOGIN])
        env = cls.env(context={**cls.env.context, **QUIET, **make.QUIET})
        progress = type("Progress", (), {"note": None})()
        # the loader commits batches; a test must not
        with patch.object(cls.env.cr, "commit", cls.env.flush_all):
            staff = load.load_staff(env)
            cls.partners = load.load_customers(env, cls.purchases, staff, progress)
            load.load_orders(env, cls.purchases, cls.partners, progress)
        # what PostgreSQL does by itself in a database in use
        cls.env.cr.execute("ANALYZE sale_order, res_partner")
        cls.refresh_all()
        cls.found = loaded.documents(cls.env, cls.purchases)
        cls.right = cls.compare.expected(cls.env, cls.found, cls.today)

    @classmethod
    def _set_shop_aside(cls, logins):
        """Let the loader find nothing of the file, also in the demo shop's database."""
        cls.env.flush_all()
        for query in (
            "UPDATE crm_relationship SET active = FALSE",
            "UPDATE res_partner SET ref = NULL WHERE ref LIKE 'CDNOW-%'",
            "UPDATE sale_order SET name = 'Shop ' || name WHERE name LIKE 'CD_____-%'",
        ):
            cls.env.cr.execute(query)
        cls.env.cr.execute(
            "UPDATE res_users SET login = 'shop.' || login WHERE login = ANY(%s)",
            [logins],
        )
        cls.env.invalidate_all()
        cls.env.registry.clear_cache()

    @property
    def segment_ids(self):
        return {
            segment.name: segment.id for segment in self.env["crm.segment"].search([])
        }

    def assertSame(self, wrong):
        self.assertFalse(wrong, "\n".join([str(len(wrong)), *wrong[:20]]))

    def test_every_customer(self):
        """Scores, interval, life cycle, segment and values of 2,357 customers."""
        self.assertEqual(len(self.right.rows), 2357)
        self.assertSame(self.compare.differences(self.env, self.right))
        values = [row.lifetime_value for row in self.right.rows.values()]
        self.assertGreater(sum(value > 0 for value in values), 700)

    def test_what_is_expected_of_every_customer(self):
        """Values by the model, against sums over the moments of stopping."""
        forecasts = self.env["crm.forecast"]
        forecasts._forecast(self.company)
        newest = forecasts._get_newest(self.company)
        self.assertEqual(newest.month, self.today.replace(day=1))
        wrong = self.compare.value_differences(self.env, self.found, newest)
        self.assertSame(wrong)
        customers = self.env["crm.relationship"].search(
            [("company_id", "=", self.company.id), ("value_12m", "!=", False)]
        )
        self.assertEqual(len(customers), 2357)
        # the model's sum for the year, at the company's margin
        expected = sum(customers._get_expected_revenue(365).values())
        total = sum(customers.mapped("value_12m"))
        rate = self.company.relationship_margin_rate
        self.assertAlmostEqual(total / (expected * rate), 1, 1)
        customers[:1].value_12m += 1
        wrong = self.compare.value_differences(self.env, self.found, newest)
        self.assertEqual(len(wrong), 1, "the comparison notices a difference")

    def test_what_another_factor_would_have_said(self):
        """Of every factor that is tried, both mistakes, counted a second time."""
        trial = AtRiskTrial(self.company)
        self.assertEqual(trial.days, 273)
        silences = self.compare.silences(self.env, self.found, trial.day, trial.days)
        back = sum(again for _ratio, again in silences)
        for verdict in trial.verdicts:
            factor = Decimal(str(verdict.factor))
            alarms = sum(again and ratio > factor for ratio, again in silences)
            missed = sum(not again and ratio <= factor for ratio, again in silences)
            with self.subTest(factor=factor):
                self.assertEqual((verdict.alarms, verdict.missed), (alarms, missed))
                self.assertEqual(verdict.back, back)
                self.assertEqual(verdict.gone, len(silences) - back)
        # whoever bought once is measured by the rhythm of the segment, a long one
        self.assertGreater(trial.present.missed_share, 0.5)
        self.assertEqual(trial.proposal.factor, 2)
        self.assertLess(trial.proposal.missed_share, 0.15)

    def test_who_is_left(self):
        """Customers of the oldest month on record, month by month, from the file."""
        self.assertEqual(follow_customers(self.company), {}, "five months are too few")
        self.company.relationship_lost_days = 182
        start = min(self.right.snapshots)
        taken = self.right.snapshots[start]
        until = self.today - timedelta(days=182)
        firsts = [date(2024, 12, 1)] + [date(2025, month, 1) for month in range(1, 13)]
        months = [first for first in firsts if first <= until]
        last = {
            customer: row.last_order_date for customer, row in self.right.rows.items()
        }
        groups = {None: list(taken)}
        for customer, row in taken.items():
            groups.setdefault(self.segment_ids[row.segment], []).append(customer)
        wanted = {
            key: [len(own)] + [sum(last[c] >= month for c in own) for month in months]
            for key, own in groups.items()
        }
        self.assertEqual(start, date(2024, 11, 1))
        self.assertTrue(all(row.is_active for row in taken.values()))
        self.assertEqual(follow_customers(self.company), wanted)

    def test_every_snapshot(self):
        """All rows of 18 months."""
        self.assertEqual(len(self.right.snapshots), 18)
        self.assertEqual(sum(map(len, self.right.snapshots.values())), 40135)
        self.assertSame(self.compare.snapshot_differences(self.env, self.right))

    def test_retention_and_cohorts(self):
        self.assertSame(self.compare.group_differences(self.env, self.right))

    def test_rates_of_the_segments(self):
        rates = self.right.rates
        self.assertEqual(len(rates), 9)
        self.assertLess(rates["Regular"].base_count, 30, "one must be too small")
        self.assertSame(self.compare.rate_differences(self.env, self.right))

    def test_reports_on_segments_and_concentration(self):
        self.assertSame(self.compare.report_differences(self.env, self.right))

    def test_comparison_notices_a_difference(self):
        relationship = self.partners[min(self.partners)].relationship_id
        relationship.rfm_monetary = 6 - relationship.rfm_monetary
        relationship.revenue += 0.01
        relationship.segment_id = False
        wrong = self.compare.differences(self.env, self.right)
        self.assertTrue(any("revenue" in text for text in wrong))
        self.assertTrue(any("segment" in text for text in wrong))
        snapshot = self.snapshots(relationship)[-1]
        snapshot.write({"bought": 1 - snapshot.bought, "segment_id": False})
        wrong = self.compare.snapshot_differences(self.env, self.right)
        self.assertEqual(len(wrong), 2, wrong)

    def test_what_the_report_prints(self):
        """The report's numbers, against the file alone."""
        count, revenue, stages = Counter(), Counter(), Counter()
        for row in self.right.rows.values():
            count[row.segment] += 1
            revenue[row.segment] += row.revenue
            stages[row.lifecycle_stage] += 1
        printed = {
            name: (customers, Decimal(f"{money:.2f}"))
            for name, customers, _share, money, _part in (
                self.report.customers_by_segment(self.env)
            )
        }
        self.assertEqual(printed, {n: (count[n], revenue[n]) for n in count})
        labels = dict(self.env["crm.relationship"]._fields["lifecycle_stage"].selection)
        self.assertEqual(
            dict(self.report.customers_by(self.env, "lifecycle_stage")),
            {labels[stage]: n for stage, n in stages.items()},
        )

    def test_default_segments_are_those_of_the_figures(self):
        rules = self.documents.rules(self.env)
        self.assertEqual(tuple(rules), self.figures.DEFAULT_RULES)

    def test_second_run_writes_no_row(self):
        self.assertEqual(
            self.refresh(self.company), {"created": 0, "changed": 0, "moved": 0}
        )
        self.assertFalse(self.take_snapshots())
        self.assertEqual(self.refresh_all(), {"created": 0, "changed": 0, "moved": 0})

    def test_everyone_with_a_plan_is_planned(self):
        """No customer is left without contact: the rule above all."""
        self.env["crm.interaction"]._schedule(self.company)
        relationships = self.env["crm.relationship"].search(
            [("company_id", "=", self.company.id)]
        )
        self.assertEqual(len(relationships), 2357)
        self.assertFalse(relationships.filtered(lambda r: not r.next_contact_date))
        states = Counter(relationships.mapped("coverage_state"))
        without = [p for p in self.partners.values() if not p.user_id]
        self.assertEqual(
            states, {"covered": 2357 - len(without), "no_staff": len(without)}
        )
