"""Merged customers keep, once, what is known about how they were lost."""

from datetime import date

from odoo import Command
from odoo.tests import tagged

from .common import TODAY
from .common_defection import DefectionCase


@tagged("post_install", "-at_install")
class TestDefectionMerge(DefectionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.gone = cls.make_loyal("Anni")

    def merge(self, destination, source):
        partners = (destination | source).partner_id
        self.env["base.partner.merge.automatic.wizard"].create(
            {
                "dst_partner_id": destination.partner_id.id,
                "partner_ids": [Command.set(partners.ids)],
            }
        ).action_merge()
        self.env.invalidate_all()

    def test_defections_go_along(self):
        defection = self.declare(self.gone, date="2026-03-25")
        self.merge(self.customer, self.gone)
        self.assertRecordValues(
            defection,
            [
                {
                    "relationship_id": self.customer.id,
                    "partner_id": self.customer.partner_id.id,
                }
            ],
        )
        self.assertEqual(self.customer.defection_date, date(2026, 3, 25))
        self.assertEqual(self.customer.open_defection_id, defection)

    def test_the_declared_one_stays_open(self):
        silent = self.make_silent(
            note="Quiet for long", reason_id=self.moved.id, yearly_margin=30
        )
        declared = self.declare(self.gone, date="2026-03-25")
        self.merge(self.customer, self.gone)
        self.assertFalse(silent.exists())
        self.assertRecordValues(
            declared,
            [
                {
                    "relationship_id": self.customer.id,
                    "declared": True,
                    "note": "Quiet for long",
                    "reason_id": self.moved.id,
                    "yearly_margin": 150,
                }
            ],
        )

    def test_nobody_is_asked_twice(self):
        both = self.declare(self.customer, self.gone, plan_interview=True)
        asked = both.interaction_id
        self.assertEqual(len(asked), 2)
        self.merge(self.customer, self.gone)
        kept = self.customer.defection_ids.interaction_id
        self.assertEqual(len(kept), 1)
        self.assertIn(kept.state, ("scheduled", "open"))
        self.assertRecordValues(
            asked - kept, [{"state": "cancelled", "reason_code": "merged"}]
        )

    def test_two_silent_ones_become_one(self):
        kept = self.make_silent()
        self.make_silent(self.gone)
        self.merge(self.customer, self.gone)
        self.assertEqual(self.customer.defection_ids, kept)

    def test_the_later_good_bye_counts(self):
        for day, other in (("2026-03-22", "2026-03-24"), ("2026-03-29", "2026-03-27")):
            with self.subTest(day=day):
                kept, gone = self.make_loyal("K"), self.make_loyal("G")
                self.declare(kept, date=day)
                self.declare(gone, date=other)
                self.merge(kept, gone)
                later = max(day, other)
                self.assertEqual(str(kept.defection_date), later)
                self.assertEqual(len(kept.defection_ids), 1)

    def test_closed_ones_all_stay(self):
        for relationship in (self.customer, self.gone):
            self.make_silent(relationship, date_returned=TODAY)
        self.merge(self.customer, self.gone)
        self.assertEqual(len(self.customer.defection_ids), 2)

    def test_only_the_merged_one_was_known(self):
        kept = self.make_customer("Ani at home")
        defection = self.declare(self.gone)
        self.env["base.partner.merge.automatic.wizard"].create(
            {
                "dst_partner_id": kept.id,
                "partner_ids": [Command.set((kept | self.gone.partner_id).ids)],
            }
        ).action_merge()
        self.env.invalidate_all()
        self.assertEqual(defection.partner_id, kept)
        self.assertEqual(self.gone.partner_id, kept)
