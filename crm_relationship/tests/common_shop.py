import random

from .common import RelationshipCase

CITIES = ("Bandung", "Jakarta", False)


class ShopCase(RelationshipCase):
    """Customers of several cities who bought by chance, but the same in each run."""

    seed = 0

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.random = random.Random(cls.seed)
        for number in range(30):
            partner = cls.make_customer(f"C{number}", city=cls.random.choice(CITIES))
            cls.make_relationship(partner)
            for _order in range(cls.random.choice((0, 1, 1, 2, 3, 6))):
                cls.make_order(
                    partner,
                    days_ago=cls.random.randrange(500),
                    amount=cls.random.choice((10, 20, 20, 500)),
                )
        cls.env["crm.relationship"]._refresh_portfolio(cls.company)

    def relationships(self):
        return self.env["crm.relationship"].search(
            [("company_id", "=", self.company.id)]
        )
