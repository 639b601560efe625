"""Loyalty programs that are for some segments alone."""

from odoo.tests import tagged

from .common import LoyaltyCase


@tagged("post_install", "-at_install")
class TestSegments(LoyaltyCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.gold = cls.make_segment("Gold")
        cls.silver = cls.make_segment("Silver")
        cls.coupons.crm_segment_ids = cls.gold

    def order_of(self, segment):
        partner = self.make_customer(email="c@example.com")
        order = self.buy(partner)
        relationship = self.make_relationship(partner)
        relationship.segment_id = segment
        return order

    def test_given_to_those_alone(self):
        self.make_thanks()
        self.assertEqual(self.released(self.order_of(self.gold)).state, "done")
        for other in (self.silver, self.silver.browse()):
            thanks = self.released(self.order_of(other))
            self.assertEqual(thanks.reason_code, "no_benefit")

    def test_person_reads_for_whom_it_is(self):
        self.make_thanks(self.call)
        thanks = self.released(self.order_of(self.silver))
        self.assertIn("these segments only: Gold.", thanks.activity_id.note)

    def test_step_warns(self):
        program = self.make_thanks(segment_ids=self.silver.ids)
        self.assertIn("these segments only: Gold.", program.step_ids.benefit_warning)
        program.segment_ids = self.gold
        self.assertFalse(program.step_ids.benefit_warning)

    def test_code_is_accepted_from_those_alone(self):
        card = self.env["loyalty.card"].create(
            {"program_id": self.coupons.id, "points": 1}
        )
        for segment, accepted in ((self.gold, True), (self.silver, False)):
            with self.subTest(segment.name):
                partner = self.order_of(segment).partner_id
                result = self.make_quotation(partner, 100)._try_apply_code(card.code)
                self.assertEqual("error" not in result, accepted)

    def test_promotion_works_for_those_alone(self):
        promotion = self.make_loyalty("promotion", crm_segment_ids=self.gold.ids)
        for segment, works in ((self.gold, True), (self.silver, False)):
            with self.subTest(segment.name):
                order = self.make_quotation(self.order_of(segment).partner_id, 1000)
                found = self.env["loyalty.program"].search(order._get_program_domain())
                self.assertEqual(promotion in found, works)

    def test_salespeople_may_sell(self):
        order = self.make_quotation(self.order_of(self.silver).partner_id, 100)
        order.user_id = self.sari
        mine = order.with_user(self.sari)
        self.assertNotIn(
            self.coupons, mine.env["loyalty.program"].search(mine._get_program_domain())
        )

    def test_archived_segment_still_limits(self):
        order = self.order_of(self.silver)
        self.gold.active = False
        self.assertIn(self.coupons, order._get_barred_programs())
