"""Customers kept in a segment manually."""

from ast import literal_eval
from datetime import date

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, freeze_time, tagged

from .common import NOW, TODAY, RelationshipCase


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestSegmentLock(RelationshipCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plan = cls.make_plan()
        cls.gold = cls.make_segment(
            "Gold", sequence=1, monetary_min=5, plan_id=cls.plan.id
        )
        cls.rest = cls.make_segment("Rest", sequence=2)
        cls.relationship = cls.make_relationship()
        cls.env["crm.relationship"]._refresh_portfolio(cls.company)

    def dialog(self, relationships=None, user=None):
        relationships = relationships or self.relationship
        wizard = self.env["crm.segment.keep"].with_user(user or self.all_documents)
        return Form(
            wizard.with_context(
                active_model="crm.relationship", active_ids=relationships.ids
            )
        )

    def keep(self, reason="Old friends", until=False, relationships=None):
        with self.dialog(relationships) as form:
            form.segment_id = self.gold
            form.reason = reason
            form.until = until
        form.record.action_keep()

    # -- keeping

    def test_kept_at_once_and_the_plan_follows(self):
        self.assertEqual(self.relationship.segment_id, self.rest)
        self.keep()
        self.assertEqual(self.relationship.segment_id, self.gold)
        self.assertEqual(self.relationship.locked_segment_id, self.gold)
        self.assertTrue(self.pending(self.relationship))
        self.assertIn("Kept manually in Gold: Old friends", self.relationship.kept_note)

    def test_the_refresh_leaves_it(self):
        self.keep()
        self.refresh()
        self.assertEqual(self.relationship.segment_id, self.gold)

    def test_until_the_last_day(self):
        self.keep(until=TODAY)
        self.refresh()
        self.assertEqual(self.relationship.segment_id, self.gold)
        self.assertIn("until Mar 31, 2026", self.relationship.kept_note)
        with self.in_days(1):
            self.refresh()
            self.relationship.invalidate_recordset()
            self.assertEqual(self.relationship.segment_id, self.rest)
            self.assertFalse(self.relationship.kept_note)

    def test_trace(self):
        self.keep()
        move = self.relationship.segment_move_ids[0]
        self.assertEqual(move.from_segment_id, self.rest)
        self.assertEqual(move.to_segment_id, self.gold)
        self.assertEqual(move.reason, "Kept manually: Old friends")
        self.assertEqual(move.date, TODAY)

    def test_no_trace_of_staying(self):
        before = len(self.relationship.segment_move_ids)
        self.relationship._lock_segment(self.rest, "Stays")
        self.assertEqual(len(self.relationship.segment_move_ids), before)

    def test_several_customers(self):
        several = self.relationship | self.make_relationship()
        self.keep(relationships=several)
        self.assertEqual(several.segment_id, self.gold)

    def test_filter(self):
        self.keep(until=TODAY)
        view = self.env.ref("crm_relationship.crm_relationship_view_search")
        [domain] = view._get_combined_arch().xpath("//filter[@name='kept']/@domain")
        found = self.env["crm.relationship"].search(literal_eval(domain))
        self.assertEqual(found, self.relationship)

    # -- bad input

    def test_last_day_in_the_past(self):
        with self.assertRaisesRegex(UserError, "in the past"):
            self.keep(until=date(2026, 3, 30))

    def test_reason_is_needed(self):
        with self.assertRaisesRegex(ValidationError, "Say why"):
            self.keep(reason="  ")
        with self.assertRaisesRegex(ValidationError, "Say why"):
            self.relationship.write({"locked_segment_id": self.gold.id})

    def test_segment_of_another_company(self):
        theirs = self.make_segment("Theirs", company_id=self.other_company.id)
        with self.assertRaisesRegex(ValidationError, "segment of Elsewhere"):
            self.relationship._lock_segment(theirs, "Why")

    def test_customers_of_several_companies(self):
        both = self.relationship | self.make_relationship(company=self.other_company)
        wizard = self.env["crm.segment.keep"].create(
            {
                "relationship_ids": both.ids,
                "segment_id": self.gold.id,
                "reason": "Why",
            }
        )
        with self.assertRaisesRegex(UserError, "several companies"):
            wizard.action_keep()

    def test_archived_segment(self):
        self.gold.active = False
        wizard = self.env["crm.segment.keep"].create(
            {
                "relationship_ids": self.relationship.ids,
                "segment_id": self.gold.id,
                "reason": "Why",
            }
        )
        with self.assertRaisesRegex(UserError, "archived"):
            wizard.action_keep()

    # -- release

    def test_release(self):
        self.keep()
        self.relationship.with_user(self.all_documents).action_release_segment()
        self.assertEqual(self.relationship.segment_id, self.rest)
        self.assertFalse(self.relationship.locked_segment_id)
        self.assertFalse(self.relationship.lock_reason)
        self.assertFalse(self.pending(self.relationship))
        move = self.relationship.segment_move_ids[0]
        self.assertEqual(
            (move.to_segment_id, move.reason), (self.rest, "Released manually")
        )

    def test_release_goes_where_the_refresh_goes(self):
        for number in range(1, 6):
            self.make_order(self.make_customer(), amount=number)
        self.refresh()
        known = self.env["crm.relationship"].search(
            [("company_id", "=", self.company.id)]
        )
        before = {r: r.segment_id for r in known}
        self.assertIn(self.gold, before.values())
        known._lock_segment(self.rest, "Why")
        known.action_release_segment()
        self.assertEqual({r: r.segment_id for r in known}, before)
        self.refresh()
        self.assertEqual({r: r.segment_id for r in known}, before)

    # -- rights

    def test_salespeople_do_not_keep(self):
        with self.assertRaises(AccessError):
            self.dialog(user=self.sari)
        with self.assertRaises(AccessError):
            self.relationship.with_user(self.sari).action_release_segment()

    def test_salespeople_see_why(self):
        self.keep()
        own = self.relationship.with_user(self.sari)
        self.assertIn("Old friends", own.kept_note)

    # -- the segment goes away

    def test_segment_archived(self):
        self.keep()
        self.gold.with_user(self.manager).action_archive()
        self.assertFalse(self.relationship.locked_segment_id)
        self.assertFalse(self.relationship.lock_reason)
        self.assertEqual(self.relationship.segment_id, self.rest)

    def test_segment_deleted(self):
        self.keep()
        self.gold.with_user(self.manager).unlink()
        self.assertFalse(self.relationship.locked_segment_id)
        self.assertFalse(self.relationship.lock_reason)
        self.assertEqual(self.relationship.segment_id, self.rest)

    def test_segment_of_one_company_from_now_on(self):
        there = self.make_relationship(company=self.other_company)
        self.keep()
        there._lock_segment(self.gold, "Here too")
        self.gold.company_id = self.company
        self.assertEqual(self.relationship.locked_segment_id, self.gold)
        self.assertFalse(there.locked_segment_id)
        self.assertEqual(there.segment_id, self.rest)

    # -- merged customers

    def test_lock_goes_along_in_a_merge(self):
        self.keep(until=date(2026, 5, 31))
        target = self.make_relationship()
        self.relationship._merge_into(target)
        self.assertEqual(target.locked_segment_id, self.gold)
        self.assertEqual(target.segment_id, self.gold)
        self.assertEqual(target.lock_reason, "Old friends")
        self.assertEqual(target.lock_until, date(2026, 5, 31))

    def test_own_lock_remains_in_a_merge(self):
        self.keep()
        target = self.make_relationship()
        target._lock_segment(self.rest, "Mine")
        self.relationship._merge_into(target)
        self.assertEqual(target.locked_segment_id, self.rest)
        self.assertEqual(target.lock_reason, "Mine")
