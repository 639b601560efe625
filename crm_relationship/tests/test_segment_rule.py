"""Who may decide on a segment: the customer filter, by any field and by properties."""

from odoo.exceptions import ValidationError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from .common import NOW, RelationshipCase

STORES = "relationship_id.customer_properties.stores"


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestSegmentRule(RelationshipCase):
    def filter_refused(self, text, words, user=None):
        segments = self.env["crm.segment"].with_user(user or self.manager)
        with self.assertRaisesRegex(ValidationError, words):
            segments.create({"name": "S", "partner_domain": text})

    def members(self, segment, company=None):
        self.refresh(company)
        return (
            self.env["crm.relationship"]
            .search([("segment_id", "=", segment.id)])
            .partner_id
        )

    # -- custom properties

    def define_properties(self, company):
        company.customer_properties_definition = [
            {"name": "stores", "string": "Stores", "type": "integer"},
            {
                "name": "kind",
                "string": "Kind",
                "type": "selection",
                "selection": [["shop", "Shop"], ["chain", "Chain"]],
            },
        ]

    def test_rule_by_a_property(self):
        self.define_properties(self.company)
        few, many, unknown = (self.make_relationship() for _n in range(3))
        few.customer_properties = {"stores": 2, "kind": "shop"}
        many.customer_properties = {"stores": 20, "kind": "chain"}
        segment = self.make_segment("S", partner_domain=f"[('{STORES}', '>=', 2)]")
        self.assertEqual(self.members(segment), (few | many).partner_id)
        segment.partner_domain = f"[('{STORES}', '>', 2)]"
        self.assertEqual(self.members(segment), many.partner_id)
        segment.partner_domain = (
            "[('relationship_id.customer_properties.kind', 'in', ['shop'])]"
        )
        self.assertEqual(self.members(segment), few.partner_id)
        self.assertFalse(unknown.segment_id)

    def test_property_of_the_company_refreshed(self):
        """The job runs as a company other than the one it refreshes."""
        self.define_properties(self.company)
        self.define_properties(self.other_company)
        partner = self.make_customer()
        here = self.make_relationship(partner)
        there = self.make_relationship(partner, self.other_company)
        here.customer_properties = {"stores": 2}
        there.customer_properties = {"stores": 20}
        segment = self.make_segment("S", partner_domain=f"[('{STORES}', '=', 20)]")
        self.refresh(self.company)
        self.refresh(self.other_company)
        self.assertFalse(here.segment_id)
        self.assertEqual(there.segment_id, segment)

    def test_search_by_property_keeps_to_the_own_customers(self):
        self.define_properties(self.company)
        own, other = (self.make_relationship() for _n in range(2))
        other.user_id = self.budi
        (own | other).customer_properties = {"stores": 20}
        found = self.env["res.partner"].with_user(self.sari).search([(STORES, "=", 20)])
        self.assertEqual(found.ids, own.partner_id.ids)

    def test_merged_customers_keep_both_properties(self):
        self.define_properties(self.company)
        kept, gone = (self.make_relationship() for _n in range(2))
        kept.customer_properties = {"stores": 2}
        gone.customer_properties = {"stores": 3, "kind": "shop"}
        gone._merge_into(kept)
        self.assertEqual(dict(kept.customer_properties), {"stores": 2, "kind": "Shop"})

    # -- age

    def test_rule_by_age(self):
        young = self.make_relationship(self.make_customer(birthdate="2008-03-31"))
        self.make_relationship(self.make_customer(birthdate="2008-04-01"))
        self.make_relationship()
        segment = self.make_segment("Adults", partner_domain="[('age', '>=', 18)]")
        self.assertEqual(self.members(segment), young.partner_id)

    def test_age_by_the_company_s_calendar(self):
        """In New York the 31st has not begun yet: nobody born on it is older today."""
        self.company.partner_id.tz = "America/New_York"
        self.make_relationship(self.make_customer(birthdate="2008-03-31"))
        segment = self.make_segment("Adults", partner_domain="[('age', '>=', 18)]")
        self.assertFalse(self.members(segment))

    # -- filters that are refused

    def test_filter_with_code(self):
        for text in (
            "__import__('os').system('true')",
            "[('name', '=', __import__('os').name)]",
            "[('user_id', '=', uid)]",
            "[" * 500,
        ):
            with self.subTest(text=text[:40]):
                self.filter_refused(text, "plain values")

    def test_filter_the_database_cannot_compare(self):
        with mute_logger("odoo.sql_db"):
            self.filter_refused("[('id', '>', 'x')]", "invalid input syntax[^\n]*$")

    def test_filter_by_what_the_user_may_not_read(self):
        self.filter_refused("[('signup_type', '!=', False)]", "may not read")

    def test_filter_by_what_follows_from_the_segment(self):
        for text in (
            "[('segment_id', '=', 1)]",
            "[('segment_id.name', '=', 'Gold')]",
            "[('parent_id.lifecycle_stage', '=', 'lost')]",
            "[('relationship_id', '!=', False)]",
            "[('relationship_id.rfm_recency', '=', 5)]",
            "[('relationship_id', 'any', [('segment_id', '=', 1)])]",
            "['!', ('child_ids', 'any', [('segment_color', '=', 1)])]",
        ):
            with self.subTest(text=text):
                self.filter_refused(text, "follows from the segments")
