"""What an approved program gives stays as it was approved."""

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import LoyaltyCase

REFUSED = "was approved along with"


@tagged("post_install", "-at_install")
class TestApproved(LoyaltyCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.program_four_eyes = True
        cls.manager.group_ids |= cls.env.ref("sales_team.group_sale_manager")
        cls.own = cls.coupons.with_user(cls.manager)
        cls.program = cls.make_thanks(company_id=cls.company.id, state="running")

    def assertKept(self, change):
        with self.assertRaisesRegex(UserError, REFUSED):
            change()

    def test_reward(self):
        self.assertKept(lambda: self.own.reward_ids.write({"discount": 90}))

    def test_reward_of_the_form(self):
        reward = self.own.reward_ids
        change = {"reward_ids": [Command.update(reward.id, {"discount": 90})]}
        self.assertKept(lambda: self.own.write(change))

    def test_another_reward(self):
        new = {"discount": 90, "discount_mode": "percent", "required_points": 1}
        change = {"reward_ids": [Command.create(new)]}
        self.assertKept(lambda: self.own.write(change))

    def test_points(self):
        benefit = self.benefit.with_user(self.manager)
        self.assertKept(lambda: benefit.write({"loyalty_points": 90}))

    def test_how_often_it_is_given(self):
        self.benefit.with_user(self.manager).loyalty_limit = 10
        self.own.date_to = "2026-12-31"
        self.assertEqual(self.benefit.loyalty_limit, 10)

    def test_of_a_draft(self):
        self.program.state = "draft"
        self.own.reward_ids.discount = 20
        self.assertEqual(self.coupons.reward_ids.discount, 20)
