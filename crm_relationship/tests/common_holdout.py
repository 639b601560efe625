"""Customers of whom some are kept aside, always the same ones."""

from odoo.tools import SQL

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

    def count_sales_read(self, comparison):
        """Return how many orders PostgreSQL takes up to compare the groups."""
        self.env.flush_all()
        # of so few rows, it may read the same ones again for each customer
        self.env.cr.execute("SET LOCAL enable_nestloop = off")
        [[plan]] = self.env.execute_query(
            SQL("EXPLAIN (ANALYZE, FORMAT JSON) %s", comparison._get_query())
        )
        self.env.cr.execute("SET LOCAL enable_nestloop = on")
        found, nodes = 0, [plan[0]["Plan"]]
        while nodes:
            node = nodes.pop()
            nodes += node.get("Plans", ())
            if node.get("Relation Name") == "sale_order":
                found += round(node["Actual Rows"])
        return found

    def sell_for_years(self, customers, days):
        """Let each buy twice before, once within and once after some days."""
        for day in (-400, -30, days - 1, days + 30):
            with self.in_days(day):
                for customer in customers:
                    self.make_order(customer.partner_id)
