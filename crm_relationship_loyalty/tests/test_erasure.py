"""Coupons of a person who is forgotten."""

from odoo.tests import tagged

from .common import LoyaltyCase


@tagged("post_install", "-at_install")
class TestErasure(LoyaltyCase):
    def test_coupons_give_nothing_any_more(self):
        self.make_thanks()
        partner = self.make_customer("Ratna Dewanti", email="ratna@example.com")
        thanks = self.released(self.buy(partner))
        card = thanks.loyalty_card_id
        card.history_ids.write({"description": "For Ratna Dewanti"})
        kept = partner.with_user(self.manager)._erase_contact_data()
        self.assertEqual((card.points, card.active), (0, False))
        self.assertNotIn("Ratna", " ".join(card.history_ids.mapped("description")))
        self.assertTrue(any("coupons" in line for line in kept))

    def test_nothing_is_said_where_there_were_none(self):
        partner = self.make_customer("Ratna Dewanti", email="ratna@example.com")
        kept = partner.with_user(self.manager)._erase_contact_data()
        self.assertFalse(any("coupons" in line for line in kept))
