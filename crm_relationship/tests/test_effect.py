"""Cost and effect: what interactions cost, and what was bought after them."""

import random
from collections import defaultdict
from datetime import UTC, timedelta
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

from odoo.exceptions import AccessError
from odoo.modules.module import load_script
from odoo.tests import freeze_time, tagged

from .common import NOW, TODAY, RelationshipCase

JAKARTA = ZoneInfo("Asia/Jakarta")
SCRIPT = "crm_relationship/migrations/19.0.1.5.0/post-new_data.py"


def day_of(moment):
    return moment.replace(tzinfo=UTC).astimezone(JAKARTA).date()


@freeze_time(NOW)
@tagged("post_install", "-at_install")
class EffectCase(RelationshipCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.write(
            {"relationship_hourly_cost": 30, "relationship_margin_rate": 0.4}
        )
        cls.customer = cls.make_relationship()

    def talk(self, ago, relationship=None, **values):
        """Make an interaction done some days ago."""
        moment = NOW - timedelta(days=ago)
        return self.make_interaction(
            relationship or self.customer,
            **{
                "touchpoint_id": self.call.id,
                "state": "done",
                "outcome": "reached",
                "date_planned": moment,
                "date_done": moment,
                "duration": 10,
                "cost": 1,
                **values,
            },
        )

    def buy(self, ago, amount=100, relationship=None):
        return self.make_order((relationship or self.customer).partner_id, ago, amount)

    def row(self, interaction):
        self.env.flush_all()
        self.env.invalidate_all()
        reports = self.env["crm.effect.report"].with_user(self.manager)
        return reports.browse(interaction.id).exists()


@freeze_time(NOW)
@tagged("post_install", "-at_install")
class TestEffect(EffectCase):
    def test_a_purchase_counts_for_the_last_before(self):
        first, last, after = self.talk(9), self.talk(5), self.talk(1)
        self.buy(3)
        row = self.row(last)
        self.assertEqual((row.purchase_count, row.revenue, row.margin), (1, 100, 40))
        self.assertEqual((row.cost, row.minutes, row.profit), (6, 10, 34))
        for other in (first, after):
            self.assertEqual(self.row(other).purchase_count, 0)
            self.assertEqual(self.row(other).profit, -6)

    def test_or_in_equal_parts_for_all_before(self):
        self.company.relationship_attribution = "shared"
        talks = self.talk(9) + self.talk(5)
        self.buy(3)
        for talk in talks:
            self.assertEqual(self.row(talk).purchase_count, 0.5)
            self.assertEqual(self.row(talk).margin, 20)

    def test_within_the_days_of_the_settings(self):
        self.company.relationship_attribution_days = 6
        near, far = self.talk(9), self.talk(10)
        self.buy(3)
        self.assertEqual(self.row(near).purchase_count, 1)
        self.assertEqual(self.row(far).purchase_count, 0)

    def test_the_thank_you_did_not_bring_its_own_order(self):
        order = self.buy(3)
        program = self.make_program(trigger="manual")
        enrollment = self.env["crm.program.enrollment"].create(
            {
                "program_id": program.id,
                "relationship_id": self.customer.id,
                "sale_order_id": order.id,
            }
        )
        thanks = self.talk(3, enrollment_id=enrollment.id)
        self.assertEqual(self.row(thanks).purchase_count, 0)
        self.buy(2)
        self.assertEqual(self.row(thanks).purchase_count, 1)
        self.assertEqual(self.row(thanks).program_id, program)

    def test_of_others_nothing(self):
        talk = self.talk(5)
        self.buy(3, relationship=self.make_relationship())
        self.assertEqual(self.row(talk).purchase_count, 0)

    def test_what_was_tried_in_vain_costs(self):
        missed = self.talk(
            5,
            state="missed",
            outcome=False,
            date_done=False,
            date_attempt=NOW - timedelta(days=5),
            reason_code="no_answer",
        )
        row = self.row(missed)
        self.assertEqual((row.reached_count, row.reached, row.cost), (0, 0, 6))
        self.assertIs(row.response, False)

    def test_along_with_another_is_one(self):
        talk = self.talk(5)
        along = self.talk(5, along_id=talk.id)
        self.assertFalse(self.row(along))

    def test_refusals_and_complaints(self):
        before, last = self.talk(6, outcome="complaint"), self.talk(5)
        with freeze_time(NOW - timedelta(days=2)):
            self.customer.partner_id._change_preferences(
                {"refused_touchpoint_ids": [(4, self.sms.id), (4, self.call.id)]},
                "portal",
            )
        self.assertEqual(self.row(before).refusal_count, 0)
        self.assertEqual(self.row(before).complaint_count, 1)
        self.assertEqual(self.row(before).response, 0)
        self.assertEqual(self.row(last).refusal_count, 1)

    def test_for_managers_of_the_company(self):
        talk = self.talk(5)
        with self.assertRaises(AccessError):
            self.env["crm.effect.report"].with_user(self.sari).search([])
        with self.assertRaises(AccessError):
            self.env["crm.effect.report"].with_user(self.sari).get_frame()
        other = self.env["res.company"].create({"name": "Other"})
        reports = self.env["crm.effect.report"].with_user(self.manager)
        self.assertNotIn(other, reports.search([]).company_id)
        self.assertIn(talk.id, reports.search([]).ids)

    def test_only_what_is_over_is_shown(self):
        old, young = self.talk(31), self.talk(30)
        reports = self.env["crm.effect.report"].with_user(self.manager)
        self.env.flush_all()
        shown = reports.search(reports.get_frame()["domain"])
        self.assertIn(old.id, shown.ids)
        self.assertNotIn(young.id, shown.ids)

    def test_each_figure_of_the_page_says_how_it_is_counted(self):
        helps = (
            self.env["crm.effect.report"].with_user(self.manager).get_frame()["helps"]
        )
        self.assertLessEqual(
            {"count", "reached", "cost", "margin", "profit"}, set(helps)
        )
        for name, text in helps.items():
            with self.subTest(figure=name):
                self.assertTrue(text)

    def test_the_rule_is_made_where_an_update_makes_none(self):
        name = "crm_relationship.crm_effect_report_rule_company"
        self.env.ref(name).unlink()
        load_script(SCRIPT, "post").migrate(self.env.cr, "19.0.1.4.0")
        self.assertTrue(self.env.ref(name))


@freeze_time(NOW)
@tagged("post_install", "-at_install")
class TestEffectRandom(EffectCase):
    """The same figures computed a second time, interaction by interaction."""

    def play(self, seed):
        chance = random.Random(seed)
        customers = [self.make_relationship() for _n in range(5)]
        talks = self.env["crm.interaction"]
        for _n in range(40):
            talks += self.talk(
                chance.randrange(120),
                chance.choice(customers),
                outcome=chance.choice(["reached", "not_now", "complaint", "ordered"]),
                cost=chance.randrange(5),
            )
        orders = [
            self.buy(chance.randrange(120), chance.randrange(1, 500), customer)
            for customer in customers
            for _n in range(chance.randrange(6))
        ]
        return talks, orders

    def expect(self, talks, orders):
        """Return {interaction: amount} of sales put down to each."""
        company = self.company
        since = TODAY - relativedelta(months=company.relationship_window_months)
        result = defaultdict(float)
        for order in orders:
            bought = day_of(order.date_order)
            before = [
                talk
                for talk in talks
                if talk.relationship_id.partner_id == order.partner_id
                and since <= day_of(talk.date_done) <= bought
                and (bought - day_of(talk.date_done)).days
                <= company.relationship_attribution_days
            ]
            before.sort(key=lambda talk: (talk.date_done, talk.id))
            if company.relationship_attribution == "last":
                before = before[-1:]
            for talk in before:
                result[talk] += order.amount_untaxed / len(before)
        return result

    def test_last(self):
        self.check(1)

    def test_shared(self):
        self.company.write(
            {"relationship_attribution": "shared", "relationship_attribution_days": 45}
        )
        self.check(2)

    def check(self, seed):
        talks, orders = self.play(seed)
        expected = self.expect(talks, orders)
        self.assertGreater(len(expected), 5)
        for talk in talks:
            row = self.row(talk)
            self.assertAlmostEqual(row.revenue, expected[talk], 2)
            self.assertAlmostEqual(row.margin, expected[talk] * 0.4, 2)
            self.assertAlmostEqual(row.cost, talk.cost + 5, 6)
            self.assertAlmostEqual(row.profit, row.margin - row.cost, 2)
