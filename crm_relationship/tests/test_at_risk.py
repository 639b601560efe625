"""The at-risk factor, tried on the company's own past; CDNOW: see test_cdnow."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.crm_relationship.models.portfolio.at_risk import AtRiskTrial

from .common import RelationshipCase


@tagged("post_install", "-at_install")
class TestAtRiskTrial(RelationshipCase):
    """Two years of sales: the trial looks back a year.

    Forty customers bought every 10 days until 45 days before that day, and again since:
    they are silent for 4.5 times their interval. Forty others bought as often, fell
    silent 61 days before, and never came back.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.orders = cls.env["sale.order"]
        # lost by then
        cls.make_order(cls.make_customer("First"), days_ago=740)
        for number in range(40):
            days = (430, 420, 410, 200)
            cls.buy(f"Came back {number}", *days)
            cls.buy(f"Gone {number}", 446, 436, 426)
        cls.env["crm.relationship"]._refresh_portfolio(cls.company)

    @classmethod
    def buy(cls, name, *days):
        partner = cls.make_customer(name)
        for days_ago in days:
            cls.make_order(partner, days_ago=days_ago)

    def open(self, user=None):
        trials = self.env["crm.at.risk.trial"]
        return trials.with_user(user or self.manager).create({})

    def test_both_mistakes_and_the_proposal(self):
        trial = AtRiskTrial(self.company)
        self.assertEqual(trial.days, 365)
        present = trial.present
        self.assertEqual((present.back, present.gone), (40, 40))
        self.assertEqual((present.alarms, present.missed), (40, 0))
        # 45 days are 4.5 intervals, 61 are 6.1
        self.assertEqual(trial.proposal.factor, 4.5)
        self.assertEqual((trial.proposal.alarms, trial.proposal.missed), (0, 0))

    def test_the_page_and_its_button(self):
        trial = self.open()
        self.assertEqual(trial.factor, 4.5)
        self.assertTrue(trial.is_new)
        text = " ".join(trial.figures.split())
        self.assertIn("100% of these would have been called at risk", text)
        self.assertIn("With 4.5 times it would have been 0% and 0%", text)
        trial.action_take()
        self.assertEqual(self.company.relationship_at_risk_factor, 4.5)
        again = self.open()
        self.assertFalse(again.is_new)
        self.assertIn("No other factor is better balanced", again.figures)

    def test_what_a_client_sends_is_not_taken(self):
        trial = self.open()
        trial.sudo().write({"factor": 99})
        trial.action_take()
        self.assertEqual(self.company.relationship_at_risk_factor, 4.5)

    def test_too_few(self):
        gone = self.env["res.partner"].search([("name", "like", "Gone 1%")])
        gone.sale_order_ids.write({"state": "cancel"})
        self.refresh()
        trial = self.open()
        self.assertFalse(trial.factor)
        self.assertIn("Not known yet", trial.figures)
        with self.assertRaisesRegex(UserError, "Not known yet"):
            trial.action_take()
        self.assertEqual(self.company.relationship_at_risk_factor, 3)

    def test_who_said_goodbye_is_not_counted(self):
        gone = self.env["res.partner"].search([("name", "=", "Gone 0")])
        gone.relationship_id.defection_date = self.env.company._relationship_today()
        self.assertEqual(AtRiskTrial(self.company).present.gone, 40)
        day = AtRiskTrial(self.company).day
        gone.relationship_id.defection_date = day
        self.assertEqual(AtRiskTrial(self.company).present.gone, 39)

    def test_company_without_sales(self):
        trial = AtRiskTrial(self.other_company)
        self.assertEqual(trial.verdicts, [])
        self.assertIsNone(trial.proposal)

    def test_rights(self):
        trial = self.open()
        for user in (self.sari, self.internal, self.portal):
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                trial.with_user(user).action_take()
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                self.open(user)
