"""Customers of whom some are kept aside, always the same ones."""

from .common import RelationshipCase


class HoldoutCase(RelationshipCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        secret = "c1f1b1e6-0000-4000-8000-000000000000"
        cls.env["ir.config_parameter"].set_param("database.secret", secret)
        cls.program = cls.make_program(0, 7, trigger="manual", holdout_share=20)

    def make_customers(self, count, **values):
        partners = self.env["res.partner"].create(
            [{"name": f"Customer {number}"} for number in range(count)]
        )
        relationships = self.env["crm.relationship"]._ensure(partners, self.company)
        relationships.write({"user_id": self.sari.id, **values})
        return relationships
