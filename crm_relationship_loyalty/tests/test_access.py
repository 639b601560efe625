"""Who sees and changes what of coupons."""

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import LoyaltyCase


@tagged("post_install", "-at_install")
class TestAccess(LoyaltyCase):
    def test_auto_installed(self):
        module = self.env.ref("base.module_crm_relationship_loyalty")
        self.assertEqual((module.state, module.auto_install), ("installed", True))

    def test_salesperson_gives_without_rights_on_cards(self):
        self.make_thanks(self.call)
        thanks = self.released(self.buy())
        thanks.with_user(self.sari).action_done()
        self.assertEqual(thanks.loyalty_state, "given")

    def test_nobody_writes_what_was_given(self):
        self.make_thanks(self.call)
        thanks = self.released(self.buy())
        for values in (
            {"loyalty_state": "used"},
            {"loyalty_points": 100},
            {"loyalty_card_id": False},
        ):
            with self.subTest(values), self.assertRaises(AccessError):
                thanks.with_user(self.manager).write(values)

    def test_portal_users_see_nothing(self):
        self.make_thanks()
        order = self.buy(self.portal.partner_id)
        thanks = self.released(order)
        for record, name in (
            (thanks, "loyalty_code"),
            (self.coupons, "crm_segment_ids"),
            (self.portal.partner_id, "loyalty_code"),
            (self.benefit, "loyalty_count"),
        ):
            with self.subTest(name), self.assertRaises(AccessError):
                record.with_user(self.portal).read([name])

    def test_other_company_sees_no_coupon(self):
        self.make_thanks(self.call)
        thanks = self.released(self.buy())
        with self.assertRaises(AccessError):
            thanks.with_user(self.stranger).read(["loyalty_code"])

    def test_placeholder_is_empty_outside_of_messages(self):
        self.make_thanks()
        thanks = self.released(self.buy())
        self.assertFalse(thanks.partner_id.loyalty_code)
