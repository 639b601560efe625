"""What the tests of losing and winning back customers share."""

from odoo import Command

from .common import TODAY, RelationshipCase


class DefectionCase(RelationshipCase):
    """A loyal customer who bought ten days ago, and reasons of its own."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.price, cls.moved = cls.env["crm.defection.reason"].create(
            [{"name": "Too dear", "avoidable": True}, {"name": "Went abroad"}]
        )
        cls.gold = cls.make_segment("Gold")
        cls.customer = cls.make_loyal("Ani")

    @classmethod
    def make_loyal(cls, name, **values):
        relationship = cls.make_relationship(cls.make_customer(name), **values)
        relationship.write(
            {
                "segment_id": cls.gold.id,
                "lifecycle_stage": "loyal",
                "lifecycle_date": "2026-01-15",
                "last_order_date": "2026-03-21",
                "yearly_margin": 120,
            }
        )
        return relationship

    def dialog(self, *relationships, user=None, **values):
        """Return the filled dialog “Customer Said Goodbye” of a user, a salesperson."""
        relationships = self.env["crm.relationship"].union(*relationships)
        return (
            self.env["crm.defection.declare"]
            .with_user(user or self.sari)
            .create({"relationship_ids": [Command.set(relationships.ids)], **values})
        )

    def declare(self, *relationships, **values):
        relationships = relationships or [self.customer]
        self.dialog(*relationships, **values).action_declare()
        return self.defections(*relationships)

    def defections(self, *relationships):
        relationships = self.env["crm.relationship"].union(*relationships)
        return self.env["crm.defection"].search(
            [("relationship_id", "in", relationships.ids)], order="id"
        )

    def make_silent(self, relationship=None, **values):
        """Return a defection as the refresh records it."""
        relationship = relationship or self.customer
        relationship.lifecycle_stage = "lost"
        return self.env["crm.defection"].create(
            {
                "relationship_id": relationship.id,
                "date": TODAY,
                "date_noticed": TODAY,
                "segment_id": self.gold.id,
                "stage_before": "loyal",
                "yearly_margin": 120,
                **values,
            }
        )
