"""What the tests of this addon share."""

from odoo import Command

from odoo.addons.crm_relationship.tests.common_message import MessageCase


class LoyaltyCase(MessageCase):
    """A program that thanks for a purchase with a coupon, at once and by email."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["loyalty.program"].search([]).active = False
        cls.coupons = cls.make_loyalty("coupons")
        cls.benefit = cls.make_benefit(cls.coupons)
        cls.mail_template.body_html = (
            '<p>For you: <t t-out="object.loyalty_given"/>,'
            ' code <t t-out="object.loyalty_code"/></p>'
        )
        cls.sms_template.body = "Your code: {{ object.loyalty_code }}"

    @classmethod
    def make_loyalty(cls, kind, **values):
        values = {"name": f"Thanks ({kind})", "company_id": cls.company.id, **values}
        if kind in ("coupons", "loyalty"):
            reward = {"discount": 10, "discount_mode": "percent", "required_points": 1}
            values["reward_ids"] = [Command.create(reward)]
        return cls.env["loyalty.program"].create(
            {"program_type": kind, "trigger": "auto", **values}
        )

    @classmethod
    def make_benefit(cls, loyalty, **values):
        return cls.env["crm.benefit"].create(
            {
                "name": "A treat",
                "kind": "financial",
                "company_id": cls.company.id,
                "loyalty_program_id": loyalty.id,
                **values,
            }
        )

    @classmethod
    def make_thanks(cls, touchpoint=None, benefit=None, **values):
        """Return a program of one step after each order, with a benefit."""
        step = {
            "name": "Thank you",
            "delay": 0,
            "touchpoint_ids": [Command.set((touchpoint or cls.email).ids)],
            "use_preferred_touchpoint": False,
            "benefit_id": (benefit or cls.benefit).id,
            "mail_template_id": cls.mail_template.id,
            "sms_template_id": cls.sms_template.id,
        }
        return cls.env["crm.program"].create(
            {
                "name": "Thanks",
                "company_id": cls.company.id,
                "trigger": "sale_confirmed",
                "step_ids": [Command.create(step)],
                **values,
            }
        )

    def buy(self, partner=None, **values):
        """Return an order that its customer has just confirmed."""
        partner = partner or self.make_customer(
            email="c@example.com", phone="+62 812-1111-2222"
        )
        order = self.make_quotation(partner, **values)
        self.make_relationship(partner)
        order.action_confirm()
        return order

    def spend(self, card, amount=100):
        """Return a quotation that makes use of a coupon."""
        order = self.make_quotation(card.partner_id, amount)
        order._try_apply_code(card.code)
        [reward] = order._get_claimable_rewards()[card]
        order._apply_program_reward(reward, card)
        return order

    def released(self, order):
        """Return the interactions about orders, after their release."""
        interactions = self.env["crm.interaction"].search(
            [("sale_order_id", "in", order.ids)]
        )
        interactions._release()
        return interactions
