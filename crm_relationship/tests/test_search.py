"""Fields that are searched though they are not stored: every way to ask.

What reaches a search method is decided by Odoo: `=` arrives as `in`, a negation is
tried as it is and then the other way round, and a boolean is always asked for `True`,
unless it is asked for both.
"""

from odoo import Command
from odoo.tests import tagged

from .common import RelationshipCase


@tagged("post_install", "-at_install")
class TestSearch(RelationshipCase):
    def assertFinds(self, among, cases):
        """Assert what is found among some records by each ``(domain, records)``."""
        for leaf, expected in cases:
            with self.subTest(leaf=leaf):
                found = among.search([leaf, ("id", "in", among.ids)])
                self.assertEqual(found, expected)

    def assertFindsBoolean(self, name, yes, no):
        both = yes + no
        self.assertEqual(both.filtered(name), yes)
        self.assertFinds(
            both,
            [
                ((name, "=", True), yes),
                ((name, "=", False), no),
                ((name, "=", None), no),
                ((name, "!=", True), no),
                ((name, "!=", False), yes),
                ((name, "in", [True]), yes),
                ((name, "in", [False]), no),
                ((name, "not in", [True]), no),
                ((name, "not in", [False]), yes),
                ((name, "in", [True, False]), both.sorted()),
                ((name, "in", [False, None]), no),
                ((name, "in", [True, None]), both.sorted()),
                ((name, "not in", [True, False]), both.browse()),
                ((name, "in", []), both.browse()),
                ((name, "not in", []), both.sorted()),
            ],
        )

    def test_cost_above_value(self):
        costly = self.make_relationship(value_12m=0.4)
        cheap = self.make_relationship(value_12m=0.5)
        for relationship in costly + cheap:
            self.make_open(relationship).action_done()
        never_contacted = self.make_relationship(value_12m=1)
        self.assertFindsBoolean("is_costly", costly, cheap + never_contacted)

    def test_worth_winning_back(self):
        self.company.relationship_winback_cost = 50
        at_risk = {"lifecycle_stage": "at_risk"}
        rich = self.make_relationship(value_12m=51, **at_risk)
        poor = self.make_relationship(value_12m=50, **at_risk)
        loyal = self.make_relationship(value_12m=99, lifecycle_stage="loyal")
        self.assertFindsBoolean("is_worth_winning_back", rich, poor + loyal)

    def test_plan_in_use(self):
        care, other = self.make_plan(name="Care"), self.make_plan(name="Other")
        segment = self.make_segment("Gold", plan_id=care.id)
        own = self.make_relationship(plan_id=care.id)
        by_segment = self.make_relationship(segment_id=segment.id)
        otherwise = self.make_relationship(plan_id=other.id, segment_id=segment.id)
        without = self.make_relationship()
        of_bare_segment = self.make_relationship(
            segment_id=self.make_segment("Bare").id
        )
        everybody = (own + by_segment + otherwise + without + of_bare_segment).sorted()
        follow, none = (own + by_segment), (without + of_bare_segment)
        name = "effective_plan_id"
        self.assertFinds(
            everybody,
            [
                ((name, "=", care.id), everybody & follow),
                ((name, "!=", care.id), everybody - follow),
                ((name, "=", False), everybody & none),
                ((name, "!=", False), everybody - none),
                ((name, "in", [care.id, False]), everybody - otherwise),
                ((name, "not in", [care.id, False]), otherwise),
                ((name, "ilike", "car"), everybody & follow),
                ((name, "not ilike", "car"), everybody - follow),
                ((name, "any", [("name", "=", "Care")]), everybody & follow),
                ((name, "not any", [("name", "=", "Care")]), everybody - follow),
                ((f"{name}.name", "=", "Other"), otherwise),
            ],
        )
        for relationship in everybody:
            self.assertEqual(bool(relationship[name]), relationship not in none)

    def test_channels_of_a_plan_line(self):
        plan = self.make_plan(
            {"touchpoints": self.call},
            {"touchpoints": self.call + self.visit},
            {"touchpoints": self.visit},
            {"touchpoint_ids": [Command.clear()]},
        )
        call, both, visit, none = plan.line_ids.sorted("sequence")
        lines = plan.line_ids
        name = "touchpoint_ids"
        self.assertFinds(
            lines,
            [
                ((name, "=", self.call.id), lines & (call + both)),
                ((name, "!=", self.call.id), lines & (visit + none)),
                ((name, "in", (self.call + self.visit).ids), lines - none),
                ((name, "not in", (self.call + self.visit).ids), none),
                ((name, "=", False), none),
                ((name, "!=", False), lines - none),
                ((name, "in", [self.call.id, False]), lines - visit),
                ((name, "ilike", "call"), lines & (call + both)),
                ((name, "not ilike", "call"), lines & (visit + none)),
                ((name, "any", [("kind", "=", "call")]), lines & (call + both)),
                ((name, "not any", [("kind", "=", "call")]), lines & (visit + none)),
                ((f"{name}.kind", "=", "visit"), lines & (both + visit)),
            ],
        )

    def test_of_the_relationship(self):
        segment = self.make_segment("Gold")
        names = ("Own", "Bare", "New")
        own, bare, new = (self.make_customer(name) for name in names)
        self.make_relationship(
            own, segment_id=segment.id, lifecycle_stage="loyal", user_id=self.sari.id
        )
        self.make_relationship(bare, user_id=False, lifecycle_stage="prospect")
        everybody = (own + bare + new).sorted()
        others = everybody - own
        for name, value, word in (
            ("segment_id", segment.id, "gol"),
            ("dedicated_user_id", self.sari.id, "sar"),
        ):
            self.assertFinds(
                everybody,
                [
                    ((name, "=", value), own),
                    ((name, "!=", value), others),
                    ((name, "=", False), others),
                    ((name, "!=", False), own),
                    ((name, "in", [value, False]), everybody),
                    ((name, "not in", [value, False]), everybody.browse()),
                    ((name, "ilike", word), own),
                    ((name, "not ilike", word), others),
                    ((name, "any", [("id", "=", value)]), own),
                    ((name, "not any", [("id", "=", value)]), others),
                    ((f"{name}.name", "ilike", word), own),
                ],
            )
        self.assertFinds(
            everybody,
            [
                (("lifecycle_stage", "=", "loyal"), own),
                (("lifecycle_stage", "!=", "loyal"), others),
                (("lifecycle_stage", "=", False), new),
                (("lifecycle_stage", "!=", False), everybody - new),
                (("lifecycle_stage", "in", ["prospect", False]), others),
                (("lifecycle_stage", "ilike", "loy"), own),
                (("relationship_id", "=", False), new),
                (("relationship_id", "!=", False), everybody - new),
                (("relationship_id", "=", own.relationship_id.id), own),
                (("relationship_id", "not in", own.relationship_id.ids), others),
                (("relationship_id", "in", [own.relationship_id.id, False]), own + new),
                (("relationship_id", "any", [("segment_id", "!=", False)]), own),
                (("relationship_id", "not any", [("segment_id", "!=", False)]), others),
                (("relationship_id.lifecycle_stage", "=", "loyal"), own),
            ],
        )

    def test_age_given_as_text(self):
        person = self.make_customer(birthdate="2009-03-31")
        self.assertEqual(person.age, 17)
        self.assertFinds(
            person,
            [
                (("age", "=", "17"), person),
                (("age", "in", ["17", "18"]), person),
                (("age", "!=", "17"), person.browse()),
                (("age", ">=", "17"), person),
                (("age", "<", "17"), person.browse()),
            ],
        )
