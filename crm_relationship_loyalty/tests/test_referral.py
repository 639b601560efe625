"""Who brings somebody, and who is brought: both get something of a loyalty program."""

from odoo.tests import tagged

from .common import LoyaltyCase


@tagged("post_install", "-at_install")
class TestBothGet(LoyaltyCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.points = cls.make_loyalty("loyalty")
        thanks = cls.make_benefit(cls.points, loyalty_points=50)
        cls.thanks = cls.make_thanks(trigger="referral", benefit=thanks)
        cls.welcome = cls.make_thanks(trigger="brought")
        cls.old, cls.new = (
            cls.make_customer(name, email=f"{name}@example.com")
            for name in ("old", "new")
        )
        for partner in (cls.old, cls.new):
            cls.make_relationship(partner)

    def nights(self, count=2):
        for _night in range(count):
            self.env["crm.program"]._enroll_occasions(self.company)
            programs = self.thanks | self.welcome
            pending = programs.enrollment_ids.interaction_ids._filter_pending()
            pending._release()

    def given(self, partner):
        """Return what a customer has been given: ``[(loyalty program, points)]``"""
        cards = self.env["loyalty.card"].search([("partner_id", "=", partner.id)])
        return [(card.program_id, card.points) for card in cards]

    def test_each_once(self):
        self.new.referred_by_id = self.old
        self.nights()
        self.assertEqual(self.given(self.old), [(self.points, 50)])
        self.assertEqual(self.given(self.new), [(self.coupons, 1)])

    def test_nothing_before_anybody_is_brought(self):
        self.nights()
        self.assertFalse(self.given(self.old) + self.given(self.new))
