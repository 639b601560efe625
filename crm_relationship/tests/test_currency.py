"""Costs are in the company's currency, also when that is set after the installation."""

from odoo.tests import tagged

from .common import NOW, RelationshipCase


@tagged("post_install", "-at_install")
class CurrencyCase(RelationshipCase):
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


@tagged("post_install", "-at_install")
class TestCurrency(CurrencyCase):
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


@tagged("post_install", "-at_install")
class TestOwnAmounts(CurrencyCase):
    """What is of one company alone follows its currency, whatever others use."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_company.currency_id = cls.old
        cls.company.write(
            {"relationship_hourly_cost": 30, "relationship_winback_cost": 7}
        )
        cls.program = cls.make_program(
            trigger="sale_confirmed",
            company_id=cls.company.id,
            budget=500,
            order_amount=20,
        )

    def change(self, company=None):
        (company or self.company).currency_id = self.rupiah
        self.env.flush_all()

    def get_notes(self, program):
        return " ".join(program.message_ids.mapped("body"))

    def test_settings(self):
        self.change()
        self.assertRecordValues(
            self.company,
            [{"relationship_hourly_cost": 30000, "relationship_winback_cost": 7000}],
        )

    def test_program_of_the_company(self):
        self.change()
        self.assertRecordValues(
            self.program, [{"budget": 500_000, "order_amount": 20_000}]
        )
        self.assertIn("was converted to", self.get_notes(self.program))

    def test_program_of_another_company(self):
        program = self.make_program(budget=500, company_id=self.other_company.id)
        self.change()
        self.assertEqual(program.budget, 500)
        self.assertNotIn("currency", self.get_notes(program))

    def test_program_of_companies_with_two_currencies(self):
        """No number fits both, so it stays; whoever looks is told to check it."""
        self.env["res.company"].search([]).currency_id = self.old
        program = self.make_program(budget=500)
        self.change()
        self.assertEqual(program.budget, 500)
        self.assertIn("The number stayed: check it.", self.get_notes(program))

    def test_program_of_all_companies(self):
        everybody = self.env["res.company"].search([])
        everybody.currency_id = self.old
        program = self.make_program(budget=500)
        # the rate is that of the first one
        self.change(self.company | everybody)
        self.assertEqual(program.budget, 500_000)

    def test_approved_program_stays_approved(self):
        self.change()
        self.assertEqual(self.program.state, "running")

    def test_costs_of_the_past(self):
        relationship = self.make_relationship()
        own = self.make_interaction(relationship, state="done", date_done=NOW, cost=3)
        theirs = self.make_interaction(
            self.make_relationship(company=self.other_company, user_id=False),
            state="done",
            date_done=NOW,
            cost=3,
        )
        self.change()
        self.assertEqual((own + theirs).mapped("cost"), [3000, 3])

    def test_without_a_rate(self):
        """As Odoo does, one for one, rather than failing."""
        bare = self.env["res.currency"].create({"name": "TBR", "symbol": "b"})
        self.company.currency_id = bare
        self.assertEqual(self.program.budget, 500)

    def test_no_amount_of_ours_is_forgotten(self):
        """Every amount that is stored either follows the currency or is of a document.

        Whoever adds one decides which, in a room's ``_convert_own_amounts`` or here.
        """
        followed = {
            ("crm.benefit", "cost"),
            ("crm.interaction", "cost"),
            ("crm.program", "budget"),
            ("crm.program", "order_amount"),
            ("crm.touchpoint", "unit_cost"),
            ("res.company", "relationship_hourly_cost"),
            ("res.company", "relationship_winback_cost"),
        }
        of_purchases = {
            ("crm.defection", "yearly_margin"),
            ("crm.relationship.snapshot", "revenue"),
            *(("crm.forecast", n) for n in ("expected", "low", "high", "actual")),
            *(
                ("crm.relationship", name)
                for name in (
                    *("revenue", "margin", "yearly_margin", "value_12m"),
                    *("active_value", "lifetime_value"),
                )
            ),
        }
        stored = {
            (model._name, name)
            for model in self.env.registry.values()
            if model._auto and not model._abstract and not model._transient
            for name, field in model._fields.items()
            if field.type == "monetary"
            and field.store
            and not field.related
            and field._module == "crm_relationship"
        }
        self.assertEqual(stored, followed | of_purchases)
