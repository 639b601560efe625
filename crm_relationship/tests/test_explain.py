"""Why a customer is in a segment, in words."""

import re
from datetime import date

from odoo.tests import Form, freeze_time, tagged
from odoo.tools import html2plaintext, mute_logger

from .common import NOW, RelationshipCase


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestExplain(RelationshipCase):
    """Ten customers: the n-th bought n times, and last 10 × (10 − n) days ago."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.relationship_at_risk_factor = 20
        cls.customers = [cls.make_customer(f"C{n}") for n in range(1, 11)]
        for number, partner in enumerate(cls.customers, start=1):
            for turn in range(number):
                cls.make_order(
                    partner, days_ago=10 * (10 - number) + 8 * turn, amount=100
                )
        cls.env["crm.relationship"]._refresh_portfolio(cls.company)

    def text(self, relationship):
        relationship.invalidate_recordset(["explanation"])
        return re.sub(r"\s+", " ", html2plaintext(relationship.explanation))

    def customer(self, number):
        partner = self.customers[number - 1]
        return self.env["crm.relationship"].search([("partner_id", "=", partner.id)])

    def explained(self, number):
        return self.text(self.customer(number))

    # -- scores and ranks

    def test_rank_in_words(self):
        text = self.explained(9)
        self.assertIn("More recent than 80% of the customers who bought in the", text)
        self.assertIn("last 24 months", text)
        self.assertIn("More purchases than 80%", text)
        self.assertIn("More revenue than 80%", text)
        self.assertIn("Purchases: 9", text)
        self.assertIn("Last purchase: Mar 21, 2026", text)

    def test_last_of_all(self):
        self.assertIn("Among the last of all who bought", self.explained(1))
        self.assertIn("(10)", self.explained(1))

    def test_equal_customers_are_equal(self):
        for partner in self.customers:
            self.make_order(partner, amount=100)
        for number in (1, 10):
            self.refresh()
            self.assertNotIn("More recent than", self.explained(number))

    def test_without_a_purchase(self):
        relationship = self.make_relationship()
        self.refresh()
        text = self.text(relationship)
        self.assertIn("Last purchase: never", text)
        self.assertIn("Not scored: no purchase in the last 24 months.", text)
        self.assertIn("A first purchase makes this prospect a customer.", text)

    def test_ranks_count_one_company_and_those_in_use(self):
        there = self.make_customer()
        self.make_order(there, company=self.other_company)
        self.refresh(self.other_company)
        self.customers[0].active = False
        ranks = self.customer(9)._get_ranks()
        self.assertEqual(list(ranks.values()), [(9, 7, 7, 7)])

    def test_ranks_of_several_in_one_query(self):
        self.env.flush_all()
        relationships = self.customer(3) | self.customer(4)
        with self.assertQueryCount(1):
            ranks = relationships._get_ranks()
        self.assertEqual(ranks[relationships[0].id], (10, 2, 2, 2))

    # -- why this segment

    def test_conditions_with_ticks(self):
        self.make_segment(
            "Gold",
            monetary_min=4,
            partner_domain="[('name', 'ilike', 'C'), ('active', '=', True)]",
        )
        self.refresh()
        text = self.explained(10)
        self.assertIn("Why Gold", text)
        self.assertIn("Monetary score 4–5 (now 5)", text)
        self.assertIn("Name ≈ C and Active = yes", text)
        self.assertNotIn("fa-times", self.customer(10).explanation)
        self.assertEqual(str(self.customer(10).explanation).count("fa-check"), 2)

    def test_conditions_on_the_company_s_scale(self):
        self.company.relationship_bins = 10
        self.make_segment("Gold", monetary_min=4)
        self.refresh()
        self.assertIn("Monetary score 7–10 (now 10)", self.explained(10))
        self.assertIn("*10* of 10", self.explained(10))

    def test_stage_as_a_condition(self):
        self.make_segment("Loyal", lifecycle_stage="loyal")
        self.refresh()
        self.assertIn("Stage: Loyal (now Loyal)", self.explained(10))

    def test_no_segment(self):
        self.assertIn("No segment fits", self.explained(10))

    def test_everyone_fits(self):
        self.make_segment("All")
        self.refresh()
        self.assertIn("Everyone fits", self.explained(10))

    def test_for_all_others(self):
        self.make_segment("Rest", is_fallback=True, monetary_min=5)
        self.refresh()
        self.assertIn("No other segment fits", self.explained(1))

    def test_rules_changed_since(self):
        gold = self.make_segment("Gold", monetary_min=5)
        self.refresh()
        gold.monetary_min = 1
        self.assertIn("By now the customer would come into: Gold", self.explained(1))
        gold.write({"monetary_min": 0, "monetary_max": 1})
        self.assertIn("would come into: no segment", self.explained(10))
        self.assertIn("fa-times", self.customer(10).explanation)

    def test_kept_by_hand(self):
        gold = self.make_segment("Gold", monetary_min=5)
        self.customer(1)._lock_segment(gold, "Old friends", date(2026, 5, 31))
        text = self.explained(1)
        self.assertIn("Kept manually in Gold until May 31, 2026: Old friends", text)
        self.assertIn("The rules do not decide", text)

    # -- what would change it

    def make_ladder(self):
        for sequence, name, least in (
            (1, "Platinum", 5),
            (2, "Gold", 4),
            (3, "Rest", 0),
        ):
            self.make_segment(
                name, sequence=sequence, frequency_min=least, monetary_min=least
            )
        self.refresh()

    def test_what_is_missing(self):
        self.make_ladder()
        text = self.explained(5)
        # 7 have a score of 4; 8 because customer 5 moves up from among the worse ones
        self.assertIn("3 more purchases: 8 instead of 5", text)
        self.assertRegex(text, r"200\.01 more revenue: \$ ?700\.01 instead of \$ ?500")
        self.assertLess(text.index("Gold"), text.index("Platinum"))

    def test_what_was_missing_is_enough(self):
        """Buying what the explanation says gets the customer there."""
        self.make_ladder()
        for _purchase in range(3):
            self.make_order(self.customers[4], amount=101)
        self.refresh()
        self.assertEqual(self.customer(5).segment_id.name, "Gold")

    def test_in_the_first_segment_nothing_is_missing(self):
        self.make_ladder()
        self.assertNotIn("instead of", self.explained(10))

    def test_recency_takes_a_purchase_now(self):
        self.make_segment("Fresh", sequence=1, recency_min=5)
        self.make_segment("Rest", sequence=2)
        self.refresh()
        self.assertIn("a purchase now", self.explained(5))

    def test_nobody_is_brought_into_a_bad_segment(self):
        for stage in ("prospect", "first_time", "at_risk", "lost"):
            self.make_segment(f"Stage {stage}", sequence=1, lifecycle_stage=stage)
        self.make_segment("Rest", sequence=2)
        self.refresh()
        self.assertNotIn("Stage at_risk", self.explained(10))

    def test_stage_and_filter_in_words(self):
        indonesia = self.env.ref("base.id")
        self.make_segment(
            "Loyal",
            sequence=1,
            lifecycle_stage="loyal",
            partner_domain=f"[('country_id', '=', {indonesia.id})]",
        )
        self.make_segment("Rest", sequence=2)
        self.refresh()
        text = self.explained(2)
        self.assertIn("loyalty: 5 purchases in all", text)
        self.assertIn("a customer with: Country = Indonesia", text)

    def test_score_nobody_reaches(self):
        for partner in self.customers[1:]:
            partner.active = False
        self.make_segment("Top", sequence=1, frequency_min=5)
        self.make_segment("Rest", sequence=2)
        self.refresh()
        self.assertIn("nobody reaches with so few customers", self.explained(1))

    def test_filter_that_broke_since(self):
        broken = self.make_segment("Broken", sequence=1)
        self.make_segment("Rest", sequence=2)
        self.refresh()
        for text in ("[('gone', '=', 1)]", "[('id', '>', 'x')]", "[("):
            self.env.cr.execute(
                "UPDATE crm_segment SET partner_domain = %s WHERE id = %s",
                (text, broken.id),
            )
            broken.invalidate_recordset()
            with self.subTest(text=text), mute_logger("odoo.sql_db"):
                self.assertIn("Broken", self.explained(10))

    # -- at risk

    def test_day_by_the_own_rhythm(self):
        """Usually 8 days between purchases: 160 days are over on 7 September."""
        self.assertEqual(self.customer(10).purchase_interval, 8)
        text = self.explained(10)
        self.assertIn("At risk from Sep 8, 2026 if nothing is bought.", text)
        self.assertIn("20 times the customer's own usual interval of 8 days.", text)

    def test_day_is_when_the_stage_changes(self):
        last = self.customer(10)
        for day, stage in ((date(2026, 9, 7), "loyal"), (date(2026, 9, 8), "at_risk")):
            with self.in_days((day - NOW.date()).days):
                self.refresh()
                self.assertEqual(last.lifecycle_stage, stage)

    def test_day_by_the_segment_s_rhythm(self):
        self.make_segment("All", sequence=0)
        partner = self.make_customer()
        self.make_order(partner)
        self.refresh()
        text = self.text(self.make_relationship(partner))
        self.assertIn("usual interval of the customers in All, 8 days", text)

    def test_day_by_the_company_s_rhythm(self):
        partner = self.make_customer()
        self.make_order(partner)
        self.refresh()
        text = self.text(self.make_relationship(partner))
        self.assertIn("usual interval of all customers, 8 days", text)

    def test_day_without_any_rhythm(self):
        partner = self.make_customer()
        self.make_order(partner, company=self.other_company)
        self.refresh(self.other_company)
        relationship = self.make_relationship(partner, self.other_company)
        text = self.text(relationship)
        self.assertIn("After 180 days, because no usual interval is known yet.", text)

    def test_lost_before_the_rhythm_is_over(self):
        self.company.relationship_at_risk_factor = 50
        text = self.explained(10)
        self.assertIn("Lost from Apr 1, 2027 if nothing is bought.", text)
        self.assertIn("lost 365 days after a purchase", text)

    def test_since_when_at_risk(self):
        customer = self.customer(10)
        with self.in_days(161):
            self.refresh()
            text = self.text(customer)
        self.assertIn("At risk since Sep 8, 2026.", text)
        self.assertIn("own usual interval of 8 days", text)

    def test_said_goodbye(self):
        customer = self.customer(10)
        customer.defection_date = NOW.date()
        self.refresh()
        text = self.text(customer)
        self.assertIn("Said goodbye on Mar 31, 2026.", text)

    def test_kept_customers_need_nothing(self):
        self.make_ladder()
        customer = self.customer(5)
        customer._lock_segment(customer.segment_id, "Why")
        self.assertNotIn("instead of", self.text(customer))

    def test_way_back(self):
        self.make_segment("Rest")
        lost = self.customer(1)
        with self.in_days(300):
            self.refresh()
            text = self.text(lost)
        self.assertIn("Lost since Jan 1, 2027.", text)
        self.assertIn("A purchase would bring this customer back.", text)
        self.assertIn("into: Rest", text)

    # -- safe, and for those who may see the customer

    def test_what_people_entered_is_escaped(self):
        evil = "<img src=x onerror=alert(1)>"
        country = self.env["res.country"].create({"name": evil, "code": "XX"})
        self.make_segment(
            f"A{evil}",
            sequence=1,
            monetary_min=5,
            partner_domain=str([("country_id", "=", country.id), ("name", "=", evil)]),
        )
        rest = self.make_segment(f"B{evil}", sequence=2)
        self.refresh()
        relationship = self.customer(5)
        self.assertNotIn("<img", relationship.explanation)
        self.assertIn("&lt;img", relationship.explanation)
        relationship._lock_segment(rest, evil)
        relationship.invalidate_recordset()
        self.assertNotIn("<img", relationship.explanation)

    def test_salesperson_sees_the_own_customers_only(self):
        self.make_ladder()
        own = self.customer(5)
        own.user_id = self.sari
        text = self.text(own.with_user(self.sari))
        self.assertIn("More recent than 40%", text)
        self.assertIn("3 more purchases: 8 instead of 5", text)
        found = self.env["crm.relationship"].with_user(self.sari).search([])
        self.assertEqual(found.ids, own.ids)
        for number in (1, 10):
            self.assertNotIn(self.customers[number - 1].name, text.split())

    def test_unsaved_form_explains_what_is_saved(self):
        with Form(self.customer(9).with_user(self.manager)) as form:
            form.user_id = self.budi
            self.assertIn("More recent than 80%", form.explanation)

    def test_margin_decides(self):
        if "margin" not in self.env["sale.order"]._fields:
            self.skipTest("needs sale_margin")
        self.company.relationship_monetary = "margin"
        self.refresh()
        self.assertIn("More margin than", self.explained(9))

    # -- value

    def test_what_the_value_was_computed_with(self):
        relationship = self.customer(10)
        self.assertIn("second month", relationship.value_note)
        figures = self.env["crm.segment.figure"]
        whole = figures.search(
            [("company_id", "=", self.company.id), ("segment_id", "=", False)]
        )
        whole.write({"date": "2026-03-01", "base_count": 40, "rate_used": 0.83})
        relationship.invalidate_recordset()
        self.assertEqual(
            relationship.value_note,
            "Value, 12 Months: known as soon as 30 customers have bought again."
            " Lifetime value: retention 83% a year, that of all customers; discount"
            " rate 10% a year. Margin: 30% of the revenue.",
        )
        gold = self.make_segment("Gold")
        figures.create(
            {
                "company_id": self.company.id,
                "segment_id": gold.id,
                "date": "2026-03-01",
                "base_count": 30,
                "rate_used": 0.9,
            }
        )
        relationship.segment_id = gold
        relationship.invalidate_recordset()
        self.assertIn("90% a year, that of Gold", relationship.value_note)
