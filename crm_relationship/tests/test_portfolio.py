"""Portfolio refresh: scores, life cycle, segments and their trace."""

from datetime import timedelta

from odoo.tests import tagged

from .common import TODAY, RelationshipCase


@tagged("post_install", "-at_install")
class TestPortfolio(RelationshipCase):
    def relationship(self, partner, company=None):
        return self.env["crm.relationship"].search(
            [
                ("partner_id", "=", partner.id),
                ("company_id", "=", (company or self.company).id),
            ]
        )

    def stage_after(self, *days_ago):
        """Return the life cycle stage of a customer who bought that many days ago."""
        partner = self.make_customer()
        for days in days_ago:
            self.make_order(partner, days)
        self.refresh()
        return self.relationship(partner).lifecycle_stage

    # -- scores

    def test_equal_values_get_equal_scores(self):
        partners = [self.make_customer(f"C{n}") for n in range(5)]
        for partner, amount in zip(partners, (10, 10, 10, 20, 30), strict=True):
            self.make_order(partner, 5, amount)
        self.refresh()
        found = [self.relationship(partner) for partner in partners]
        # 1 + ⌊5 × strictly worse ÷ 5⌋
        self.assertEqual([r.rfm_monetary for r in found], [1, 1, 1, 4, 5])
        self.assertEqual([r.rfm_frequency for r in found], [1] * 5)
        self.assertEqual([r.rfm_recency for r in found], [1] * 5)
        self.assertEqual(found[4].rfm_code, "115")

    def test_seven_customers_never_score_six(self):
        partners = [self.make_customer(f"C{n}") for n in range(7)]
        for rank, partner in enumerate(partners):
            self.make_order(partner, 30 - rank)
        self.refresh()
        self.assertEqual(
            [self.relationship(partner).rfm_recency for partner in partners],
            [1, 1, 2, 3, 3, 4, 5],
        )

    def test_one_customer(self):
        partner = self.make_customer()
        self.make_order(partner, 3, 12.5)
        result = self.refresh()
        self.assertEqual(result["created"], 1)
        found = self.relationship(partner)
        self.assertEqual(found.rfm_code, "111")
        self.assertEqual((found.order_count, found.revenue), (1, 12.5))

    def test_no_customers(self):
        self.assertEqual(self.refresh(), {"created": 0, "changed": 0, "moved": 0})

    def test_orders_before_the_window_count_for_the_life_cycle_only(self):
        self.company.relationship_window_months = 1
        partner = self.make_customer()
        self.make_order(partner, 40, 100)
        self.make_order(partner, 10, 7)
        gone = self.make_customer()
        self.make_order(gone, 60, 100)
        self.refresh()
        found = self.relationship(partner)
        self.assertEqual((found.order_count, found.revenue), (1, 7))
        self.assertEqual(found.first_order_date, TODAY - timedelta(days=40))
        self.assertEqual(found.lifecycle_stage, "repeater")
        self.assertEqual(self.relationship(gone).rfm_code, "000")
        self.assertEqual(self.relationship(gone).lifecycle_stage, "first_time")

    def test_days_are_those_of_the_company(self):
        partner = self.make_customer()
        # 18:30 UTC is half past one of the next day in Jakarta
        self.make_order(partner, date_order="2026-03-20 18:30:00")
        self.refresh()
        self.assertEqual(str(self.relationship(partner).last_order_date), "2026-03-21")

    def test_quotations_and_cancelled_orders_do_not_count(self):
        partner = self.make_customer()
        self.make_quotation(partner)
        self.make_order(partner, 3, state="cancel")
        self.refresh()
        found = self.relationship(partner)
        self.assertEqual(found.lifecycle_stage, "prospect")
        self.assertEqual((found.order_count, found.rfm_code), (0, "000"))

    def test_a_lead_makes_a_prospect(self):
        partner = self.make_customer()
        self.env["crm.lead"].create(
            {"name": "L", "partner_id": partner.id, "company_id": self.company.id}
        )
        self.refresh()
        self.assertEqual(self.relationship(partner).lifecycle_stage, "prospect")

    def test_contacts_of_a_company_count_together(self):
        customer = self.make_customer("Firm", is_company=True)
        child = self.make_customer("Person", parent_id=customer.id)
        self.make_order(customer, 9, 5)
        self.make_order(child, 3, 6)
        self.refresh()
        found = self.relationship(customer)
        self.assertEqual((found.order_count, found.revenue), (2, 11))
        self.assertFalse(self.relationship(child))
        self.assertEqual(child.relationship_id, found)

    def test_order_in_another_currency_counts_at_its_own_rate(self):
        currency = self.env["res.currency"].create(
            {
                "name": "XTS",
                "symbol": "X",
                "rate_ids": [
                    (0, 0, {"name": "2026-01-01", "rate": 4, "company_id": False}),
                    (0, 0, {"name": "2026-03-30", "rate": 8, "company_id": False}),
                ],
            }
        )
        pricelist = self.env["product.pricelist"].create(
            {"name": "X", "currency_id": currency.id, "company_id": self.company.id}
        )
        partner = self.make_customer()
        order = self.make_order(partner, 20, 100, pricelist_id=pricelist.id)
        self.assertEqual(order.currency_id, currency)
        self.refresh()
        self.assertEqual(self.relationship(partner).revenue, 25)

    # -- life cycle

    def test_stage_first_time(self):
        self.assertEqual(self.stage_after(180), "first_time")

    def test_stage_at_risk(self):
        self.assertEqual(self.stage_after(181), "at_risk")
        self.assertEqual(self.stage_after(365), "at_risk")

    def test_stage_lost(self):
        self.assertEqual(self.stage_after(366), "lost")

    def test_stage_repeater(self):
        self.assertEqual(self.stage_after(40, 10), "repeater")
        self.assertEqual(self.stage_after(375, 10), "repeater")

    def test_stage_loyal(self):
        self.assertEqual(self.stage_after(50, 40, 30, 20, 10), "loyal")

    def test_stage_recovered(self):
        self.assertEqual(self.stage_after(376, 10), "recovered")

    # -- segments

    def test_first_segment_by_sequence_wins(self):
        second = self.make_segment("Second", sequence=20)
        first = self.make_segment("First", sequence=10, monetary_min=2)
        partners = [self.make_customer() for _n in range(2)]
        self.make_order(partners[0], 3, 10)
        self.make_order(partners[1], 3, 20)
        self.refresh()
        self.assertEqual(self.relationship(partners[0]).segment_id, second)
        self.assertEqual(self.relationship(partners[1]).segment_id, first)

    def test_segment_with_a_filter(self):
        segment = self.make_segment(
            "Bandung", sequence=1, partner_domain="[('city', '=', 'Bandung')]"
        )
        inside = self.make_customer(city="Bandung")
        outside = self.make_customer(city="Medan")
        for partner in inside + outside:
            self.make_order(partner)
        self.refresh()
        self.assertEqual(self.relationship(inside).segment_id, segment)
        self.assertFalse(self.relationship(outside).segment_id)

    def test_segment_by_stage(self):
        segment = self.make_segment("Lost", lifecycle_stage="lost")
        partner = self.make_customer()
        self.make_order(partner, 500)
        self.refresh()
        self.assertEqual(self.relationship(partner).segment_id, segment)

    def test_segment_of_one_company(self):
        theirs = self.make_segment("B", sequence=1, company_id=self.other_company.id)
        ours = self.make_segment("A", sequence=2, company_id=self.company.id)
        partner = self.make_customer()
        self.make_order(partner)
        self.make_order(partner, company=self.other_company)
        self.refresh()
        self.refresh(self.other_company)
        self.assertEqual(self.relationship(partner).segment_id, ours)
        self.assertEqual(
            self.relationship(partner, self.other_company).segment_id, theirs
        )

    def test_two_companies_two_segments_for_one_contact(self):
        platinum = self.make_segment("Platinum", sequence=1, frequency_min=1)
        prospect = self.make_segment("Prospect", sequence=2)
        partner = self.make_customer()
        self.make_order(partner, 3, 100)
        self.make_quotation(partner, company=self.other_company)
        self.refresh()
        self.refresh(self.other_company)
        self.assertEqual(partner.segment_id, platinum)
        there = partner.with_company(self.other_company)
        self.assertEqual(there.segment_id, prospect)
        self.assertEqual(there.lifecycle_stage, "prospect")
        Partner = self.env["res.partner"]
        self.assertIn(partner, Partner.search([("segment_id", "=", platinum.id)]))
        self.assertNotIn(
            partner,
            Partner.with_company(self.other_company).search(
                [("segment_id", "=", platinum.id)]
            ),
        )

    def test_archived_segment_is_not_used(self):
        segment = self.make_segment("Old", sequence=1)
        partner = self.make_customer()
        self.make_order(partner)
        self.refresh()
        segment.active = False
        self.refresh()
        self.assertFalse(self.relationship(partner).segment_id)

    # -- what is written

    def snapshot(self):
        """Return the row versions of this company's relationships."""
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT id, xmin::text, ctid::text, write_date FROM crm_relationship"
            " WHERE company_id = %s ORDER BY id",
            [self.company.id],
        )
        return {row[0]: row[1:] for row in self.env.cr.fetchall()}

    def test_second_refresh_writes_no_row(self):
        self.make_segment("All")
        for rank in range(6):
            self.make_order(self.make_customer(), rank * 100, 3.33 * rank)
        self.refresh()
        before = self.snapshot()
        self.assertEqual(self.refresh(), {"created": 0, "changed": 0, "moved": 0})
        self.assertEqual(self.snapshot(), before)

    def test_only_rows_that_change_are_written(self):
        partners = [self.make_customer() for _n in range(3)]
        for partner in partners:
            self.make_order(partner, 10)
        self.refresh()
        before = self.snapshot()
        self.make_order(partners[0], 10, 50)
        self.assertEqual(self.refresh()["changed"], 1)
        after = self.snapshot()
        changed = {id_ for id_ in after if after[id_] != before[id_]}
        self.assertEqual(changed, set(self.relationship(partners[0]).ids))

    def test_contacts_are_not_touched(self):
        partner = self.make_customer()
        self.make_order(partner)
        self.env.flush_all()
        self.env.cr.execute("SELECT xmin, ctid FROM res_partner ORDER BY id")
        before = self.env.cr.fetchall()
        self.refresh()
        self.env.flush_all()
        self.env.cr.execute("SELECT xmin, ctid FROM res_partner ORDER BY id")
        self.assertEqual(self.env.cr.fetchall(), before)

    def test_segment_change_leaves_a_trace(self):
        first = self.make_segment("New", sequence=1, lifecycle_stage="first_time")
        second = self.make_segment("Rest", sequence=2)
        partner = self.make_customer()
        self.make_order(partner, 10)
        self.refresh()
        found = self.relationship(partner)
        self.assertFalse(found.segment_move_ids, "the first segment is no change")
        self.make_order(partner, 1)
        self.assertEqual(self.refresh()["moved"], 1)
        self.assertRecordValues(
            found.segment_move_ids,
            [
                {
                    "from_segment_id": first.id,
                    "to_segment_id": second.id,
                    "from_stage": "first_time",
                    "to_stage": "repeater",
                    "date": TODAY,
                    "company_id": self.company.id,
                }
            ],
        )
        self.refresh()
        self.assertEqual(len(found.segment_move_ids), 1)

    def test_dedicated_staff_comes_from_contact_or_last_order(self):
        by_contact = self.make_customer(user_id=self.budi.id)
        by_order = self.make_customer()
        for partner in by_contact + by_order:
            self.make_order(partner, user_id=self.sari.id)
        self.refresh()
        self.assertEqual(self.relationship(by_contact).user_id, self.budi)
        self.assertEqual(self.relationship(by_order).user_id, self.sari)

    def test_staff_chosen_by_hand_stays(self):
        partner = self.make_customer()
        self.make_order(partner, 5, user_id=self.sari.id)
        self.refresh()
        self.relationship(partner).user_id = self.budi
        self.make_order(partner, 1, user_id=self.sari.id)
        self.refresh()
        self.assertEqual(self.relationship(partner).user_id, self.budi)

    def test_refresh_of_one_company_leaves_the_other(self):
        partner = self.make_customer()
        self.make_order(partner, company=self.other_company)
        self.refresh()
        self.assertFalse(self.relationship(partner))
        self.assertFalse(self.relationship(partner, self.other_company))

    def test_number_of_queries_does_not_depend_on_the_base(self):
        for _n in range(3):
            self.make_order(self.make_customer())
        self.refresh()
        self.env.flush_all()
        before = self.env.cr.sql_log_count
        self.refresh()
        few = self.env.cr.sql_log_count - before
        for _n in range(20):
            self.make_order(self.make_customer())
        self.env.flush_all()
        before = self.env.cr.sql_log_count
        self.refresh()
        self.assertLessEqual(self.env.cr.sql_log_count - before, few + 2)

    def test_cron_refreshes_every_company(self):
        partner = self.make_customer()
        self.make_order(partner)
        self.make_order(partner, company=self.other_company)
        self.run_cron("refresh")
        self.assertTrue(self.relationship(partner))
        self.assertTrue(self.relationship(partner, self.other_company))
