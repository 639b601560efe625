"""What a rule would do, before it is saved: the same as the refresh does afterwards."""

from datetime import timedelta
from unittest.mock import patch

from odoo import Command
from odoo.tests import Form, freeze_time, tagged
from odoo.tools import mute_logger
from odoo.tools.misc import get_lang

from odoo.addons.crm_relationship.models.segment.crm_segment import SCORES
from odoo.addons.crm_relationship.models.segment.preview import SegmentPreview
from odoo.addons.crm_relationship.models.segment.rules import SegmentRules

from .common import NOW
from .common_shop import CITIES, ShopCase


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestSegmentPreview(ShopCase):
    seed = 4

    def random_rule(self):
        bins = self.random.choice((3, 5, 5, 10))
        values = {"score_bins": bins} | {f"{score}_max": bins for score in SCORES}
        for score in self.random.sample(SCORES, 2):
            low, high = sorted(self.random.choices(range(bins + 1), k=2))
            values |= {f"{score}_min": low, f"{score}_max": high}
        if self.random.random() < 0.4:
            values["lifecycle_stage"] = self.random.choice(
                ("prospect", "repeater", "at_risk", "lost", "loyal")
            )
        if self.random.random() < 0.4:
            values["partner_domain"] = (
                f"[('city', '=', {self.random.choice(CITIES)!r})]"
            )
        return values

    def share_of(self, relationships):
        total = sum(self.relationships().mapped("revenue"))
        return sum(relationships.mapped("revenue")) / total

    # -- the same as the refresh

    def test_single_rule(self):
        for _round in range(25):
            self.company.relationship_bins = self.random.choice((3, 5, 7, 10))
            rule = self.random_rule()
            self.env["crm.segment"].search([]).unlink()
            self.refresh()
            with self.subTest(rule=rule):
                segment = self.make_segment("S", **rule)
                count, net = segment.preview_count, segment.preview_net_count
                self.refresh()
                members = self.relationships().filtered("segment_id")
                rules = SegmentRules(self.env, self.company)
                self.assertEqual((count, net), (len(members), len(members)))
                self.assertEqual(segment.preview_overlap, 0)
                self.assertAlmostEqual(segment.preview_share, self.share_of(members))
                self.assertEqual(
                    members,
                    members.search(rules.domain(segment)),
                )

    def test_several_rules(self):
        for _round in range(6):
            segments = self.env["crm.segment"].create(
                [
                    {"name": f"S{n}", "sequence": n, **self.random_rule()}
                    for n in range(4)
                ]
            )
            net = segments.mapped("preview_net_count")
            unassigned = segments[0].preview_unassigned
            self.refresh()
            for segment in segments:
                members = self.relationships().filtered_domain(
                    [("segment_id", "=", segment.id)]
                )
                self.assertEqual(segment.preview_net_count, len(members))
                self.assertAlmostEqual(
                    segment.preview_net_share, self.share_of(members)
                )
                self.assertEqual(
                    segment.preview_overlap, segment.preview_count - len(members)
                )
            self.assertEqual(net, segments.mapped("preview_net_count"))
            without = self.relationships().filtered_domain([("segment_id", "=", False)])
            self.assertEqual(unassigned, len(without))
            self.assertEqual(
                self.env["crm.segment"].get_unassigned_count(), len(without)
            )
            segments.unlink()

    # -- overlap

    def test_taken_by_earlier_segments(self):
        first = self.make_segment("First", sequence=1, monetary_min=5)
        second = self.make_segment("Second", sequence=2, monetary_min=4)
        self.assertTrue(first.preview_count)
        self.assertEqual(first.preview_overlap, 0)
        self.assertEqual(second.preview_overlap, first.preview_count)
        self.assertIn(f"First ({first.preview_count})", second.preview_note)
        self.assertFalse(first.preview_note)

    def test_kept_by_hand(self):
        everybody = self.make_segment("All", sequence=1)
        few = self.make_segment("Few", sequence=2)
        self.assertEqual(few.preview_net_count, 0)
        kept = self.relationships()[:3]
        kept.write({"locked_segment_id": few.id, "lock_reason": "Friends"})
        kept[0].lock_until = "2026-03-30"
        segments = everybody | few
        segments.invalidate_recordset()
        self.assertEqual(few.preview_net_count, 2)
        self.assertEqual(everybody.preview_net_count, len(self.relationships()) - 2)

    # -- live, before saving

    def test_live_in_the_form(self):
        self.make_segment("First", sequence=1, monetary_min=5)
        expected = len(self.relationships().filtered(lambda r: r.rfm_monetary >= 3))
        form = Form(self.env["crm.segment"].with_user(self.manager))
        form.name = "New"
        self.assertEqual(form.preview_count, len(self.relationships()))
        form.monetary_min = 3
        self.assertEqual(form.preview_count, expected)
        self.assertLess(form.preview_net_count, expected)
        form.partner_domain = "[('city', '=', 'Bandung')]"
        self.assertLess(form.preview_count, expected)
        segment = form.save()
        self.assertEqual(segment.preview_count, form.preview_count)

    def test_live_on_a_saved_segment(self):
        segment = self.make_segment("S", monetary_min=5)
        before = segment.preview_count
        with Form(segment.with_user(self.manager)) as form:
            form.monetary_min = 4
            self.assertGreater(form.preview_count, before)
            self.assertEqual(form.preview_overlap, 0)

    def test_filter_that_cannot_be_read(self):
        other = self.make_segment("Other", sequence=1)
        with Form(self.env["crm.segment"].with_user(self.manager)) as form:
            form.name = "New"
            for text in (
                "[(",
                "__import__('os')",
                "[('nonsense', '=', 1)]",
                "[('id', '>', 'x')]",
                "[('signup_type', '=', 'x')]",
                "[('segment_id', '=', 1)]",
            ):
                with self.subTest(text=text), mute_logger("odoo.sql_db"):
                    form.partner_domain = text
                    self.assertIn("cannot be read", form.preview_note)
                    self.assertEqual(form.preview_count, 0)
            form.partner_domain = False
        self.assertEqual(other.preview_count, len(self.relationships()))

    def test_saved_filter_that_broke_since(self):
        """A field that was removed together with its app."""
        broken, good = (self.make_segment(name) for name in ("Broken", "Good"))
        self.env.cr.execute(
            "UPDATE crm_segment SET partner_domain = %s WHERE id = %s",
            ("[('gone', '=', 1)]", broken.id),
        )
        (broken | good).invalidate_recordset()
        self.assertIn("cannot be read", broken.preview_note)
        self.assertEqual(broken.preview_count, 0)
        self.assertEqual(good.preview_count, len(self.relationships()))
        [warning] = self.env["crm.segment"].get_warnings()
        self.assertRegex(warning, "“Broken” cannot be read any more: .*gone")
        self.env["crm.relationship"].action_refresh()
        self.assertEqual(self.relationships().segment_id, good)

    def test_night_left_out(self):
        self.refresh()
        figures = self.env["crm.segment.figure"]._get_total(self.company)
        figures.refresh_date -= timedelta(days=1)
        self.assertFalse(self.env["crm.segment"].get_warnings())
        figures.refresh_date -= timedelta(days=1)
        [warning] = self.env["crm.segment"].get_warnings()
        self.assertIn("were last sorted", warning)

    # -- input that cannot be saved

    def test_scores_that_cannot_be(self):
        for values, message in (
            ({"recency_min": 4, "recency_max": 2}, "from 4 to 2"),
            ({"recency_min": -3}, "from -3 to 5"),
            ({"monetary_max": 9}, "from 0 to 9"),
            ({"score_bins": 0}, "at least"),
            ({"score_bins": 11}, "at least"),
        ):
            with self.subTest(values=values):
                segment = self.env["crm.segment"].new(values)
                self.assertEqual(segment.preview_count, 0)
                self.assertIn(message, segment.preview_note)
                self.assertNotIn("filter", segment.preview_note)

    # -- for all others

    def test_for_all_others(self):
        gold = self.make_segment("Gold", monetary_min=5)
        rest = self.make_segment("Rest", is_fallback=True, sequence=0, monetary_min=4)
        everybody = len(self.relationships())
        self.assertEqual(rest.preview_net_count, everybody - gold.preview_count)
        self.assertEqual(rest.preview_count, rest.preview_net_count)
        self.assertEqual(rest.preview_overlap, 0)
        self.assertEqual(rest.preview_unassigned, 0)
        self.assertEqual(rest.recency_range, "all others")
        self.assertFalse(rest.monetary_range)

    # -- companies and rights

    def test_other_company(self):
        theirs = self.make_segment("Theirs", company_id=self.other_company.id)
        self.assertEqual(theirs.preview_count, 0)
        self.assertIn("another company", theirs.preview_note)
        self.make_relationship(company=self.other_company)
        there = theirs.with_company(self.other_company)
        self.assertEqual(there.preview_count, 1)

    def test_no_customers_at_all(self):
        segment = self.make_segment("S").with_company(self.other_company)
        self.assertEqual(segment.preview_count, 0)
        self.assertEqual(segment.preview_share, 0)

    def test_salespeople_do_not_see_it(self):
        names = self.env["crm.segment"].with_user(self.sari).fields_get()
        self.assertNotIn("preview_count", names)
        names = self.env["crm.segment"].with_user(self.all_documents).fields_get()
        self.assertIn("preview_count", names)

    def test_unassigned_are_the_own_of_a_salesperson(self):
        self.relationships()[:4].user_id = self.budi
        segments = self.env["crm.segment"].with_user(self.budi)
        self.assertEqual(segments.get_unassigned_count(), 4)
        self.assertEqual(segments.get_warnings(), [])
        action = segments.action_view_unassigned()
        self.assertEqual(
            self.env["crm.relationship"].search_count(action["domain"]),
            len(self.relationships()),
        )

    def test_one_scan_for_all_segments(self):
        domain = "[('city', '=', 'Bandung')]"
        segments = self.env["crm.segment"].create(
            [{"name": f"S{n}", "partner_domain": domain} for n in range(10)]
        )
        self.env.flush_all()
        self.env.invalidate_all()
        get_lang(self.env)  # the server keeps how numbers are written
        scan = SegmentPreview._scan_customers
        with patch.object(SegmentPreview, "_scan_customers", autospec=True) as spy:
            spy.side_effect = scan
            with self.assertQueryCount(12):
                segments.mapped("preview_count")
            self.assertEqual(spy.call_count, 1)

    def test_many_filters_of_every_kind(self):
        tag = self.env["res.partner.category"].create({"name": "VIP"})
        partner = self.relationships()[0].partner_id
        partner.write({"category_id": [Command.set(tag.ids)]})
        for text, count in (
            (f"[('category_id', 'in', [{tag.id}])]", 1),
            ("[('category_id.name', '=', 'VIP')]", 1),
            ("[('country_id', '=', False)]", len(self.relationships())),
            ("['|', ('name', '=', 'C1'), ('name', '=', 'C2')]", 2),
            ("[(0, '=', 1)]", 0),
        ):
            with self.subTest(text=text):
                segment = self.make_segment("S", partner_domain=text)
                self.assertEqual(segment.preview_count, count)
