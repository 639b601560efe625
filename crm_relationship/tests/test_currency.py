"""Costs are in the company's currency, also when that is set after the installation."""

from odoo.tests import tagged

from .common import RelationshipCase


@tagged("post_install", "-at_install")
class TestCurrency(RelationshipCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rupiah, cls.old = cls.env["res.currency"].create(
            [
                {"name": "TRP", "symbol": "Rp", "rounding": 1},
                {"name": "TOL", "symbol": "o"},
            ]
        )
        cls.env["res.currency.rate"].create(
            {
                "currency_id": cls.rupiah.id,
                "rate": 1000,
                "name": "2020-01-01",
                "company_id": cls.company.id,
            }
        )
        cls.company.currency_id = cls.old
        cls.call.write({"currency_id": cls.old.id, "unit_cost": 2})
        cls.gift = cls.env["crm.benefit"].create(
            {"name": "Gift", "cost": 5, "currency_id": cls.old.id}
        )

    def test_costs_follow_the_currency_of_the_company(self):
        self.company.currency_id = self.rupiah
        self.assertRecordValues(
            self.call, [{"currency_id": self.rupiah.id, "unit_cost": 2000}]
        )
        self.assertRecordValues(
            self.gift, [{"currency_id": self.rupiah.id, "cost": 5000}]
        )

    def test_costs_in_a_currency_that_others_use_stay(self):
        self.other_company.currency_id = self.old
        self.company.currency_id = self.rupiah
        self.assertRecordValues(
            self.call, [{"currency_id": self.old.id, "unit_cost": 2}]
        )

    def test_other_changes_of_a_company_leave_costs_alone(self):
        self.company.name = "Toko Musik Baru"
        self.company.currency_id = self.old
        self.assertEqual(self.call.unit_cost, 2)

    def test_after_an_update_no_cost_is_in_a_currency_nobody_uses(self):
        self.env.cr.execute(
            "UPDATE res_company SET currency_id = %s WHERE id = %s",
            [self.rupiah.id, self.company.id],
        )
        self.env.invalidate_all()
        self.company._take_over_costs(self.old)
        self.assertEqual(self.call.currency_id, self.rupiah)
