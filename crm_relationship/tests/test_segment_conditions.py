"""One rule, one definition: what a condition says is the same in every language."""

from unittest.mock import patch

from odoo.fields import Domain
from odoo.tests import freeze_time, tagged
from odoo.tools import SQL, html2plaintext

from odoo.addons.crm_relationship.models.segment import conditions
from odoo.addons.crm_relationship.models.segment.facts import CustomerFacts
from odoo.addons.crm_relationship.models.segment.rules import SegmentRules

from .common import NOW
from .common_shop import CITIES, ShopCase

STAGES = ("prospect", "first_time", "repeater", "at_risk", "lost", "loyal")


class CityCondition(conditions.Condition):
    """All that a new kind of condition takes: segments named after a city."""

    @classmethod
    def of(cls, segment, company):
        return [cls(segment, company)] if segment.name in CITIES else []

    def sql(self):
        partners = SQL("SELECT id FROM res_partner WHERE city = %s", self.segment.name)
        return SQL("partner_id IN (%s)", partners)

    def domain(self):
        return Domain("partner_id.city", "=", self.segment.name)

    def holds(self, relationship, facts):
        return relationship.partner_id.city == self.segment.name

    def words(self):
        return f"Lives in {self.segment.name}"

    def own_words(self, relationship):
        return relationship.partner_id.city

    def need(self, relationship, facts):
        return f"a house in {self.segment.name}"


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestSegmentConditions(ShopCase):
    seed = 9

    def ask(self, expression):
        """Return the answers to an SQL expression, by relationship."""
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                "SELECT id, %s FROM crm_relationship WHERE company_id = %s",
                expression,
                self.company.id,
            )
        )
        return {self.env["crm.relationship"].browse(id_): value for id_, value in rows}

    def make_random_segments(self):
        segments = self.env["crm.segment"]
        for number in range(5):
            low, high = sorted(self.random.choices(range(6), k=2))
            score = self.random.choice(("recency", "frequency", "monetary"))
            segments += self.make_segment(
                f"S{number}",
                sequence=number,
                **{f"{score}_min": low, f"{score}_max": high},
                lifecycle_stage=self.random.choice((False, *STAGES)),
                partner_domain=self.random.choice(
                    (False, "[('city', '=', False)]", "[('city', 'in', ['Jakarta'])]")
                ),
                is_fallback=number == 4 and self.random.random() < 0.5,
            )
        return segments

    def explained(self, relationship):
        return " ".join(html2plaintext(relationship.explanation).split())

    def test_sql_domain_and_python_agree(self):
        kinds = set()
        for _round in range(10):
            segments = self.make_random_segments()
            self.company.relationship_bins = self.random.choice((3, 5, 7))
            rules = SegmentRules(self.env, self.company)
            facts = CustomerFacts(rules, self.relationships())
            for segment in rules.segments:
                for condition in rules.conditions(segment):
                    kinds.add(type(condition))
                    answers = self.ask(condition.sql())
                    found = self.relationships().filtered_domain(condition.domain())
                    for relationship in self.relationships():
                        holds = condition.holds(relationship, facts)
                        self.assertEqual(holds, answers[relationship])
                        self.assertEqual(holds, relationship in found)
            segments.unlink()
        self.assertEqual(kinds, set(conditions.CONDITIONS))

    def test_the_first_that_fits_is_one(self):
        for _round in range(10):
            segments = self.make_random_segments()
            self.refresh()
            rules = SegmentRules(self.env, self.company)
            facts = CustomerFacts(rules, self.relationships())
            places = self.ask(rules.place_sql())
            by_value = self.ask(rules.place_sql(with_stage=False))
            for relationship in self.relationships():
                segment = rules.first_fitting(relationship, facts)
                self.assertEqual(relationship.segment_id, segment)
                self.assertEqual(segment.id or None, places[relationship])
                self.assertEqual(
                    rules.value_segment(relationship, facts).id or None,
                    by_value[relationship],
                )
            segments.unlink()

    def test_a_new_kind_of_condition_is_one_class(self):
        kinds = [*conditions.CONDITIONS, CityCondition]
        with patch.object(conditions, "CONDITIONS", kinds):
            segment = self.make_segment("Jakarta", sequence=1)
            rest = self.make_segment("Rest", is_fallback=True)
            there = self.relationships().filtered(
                lambda r: r.partner_id.city == "Jakarta"
            )
            self.assertTrue(there)
            self.assertEqual(segment.preview_count, len(there))
            self.refresh()
            self.assertEqual(
                self.relationships().filtered(lambda r: r.segment_id == segment), there
            )
            self.assertIn("Lives in Jakarta (now Jakarta)", self.explained(there[0]))
            elsewhere = (self.relationships() - there).filtered(
                lambda r: r.lifecycle_stage in ("first_time", "repeater", "loyal")
            )
            self.assertEqual(elsewhere.segment_id, rest)
            self.assertIn("a house in Jakarta", self.explained(elsewhere[0]))
