"""The portfolio refresh notices who was lost and who returned."""

from datetime import timedelta

from odoo.tests import tagged
from odoo.tools import SQL

from .common import TODAY
from .common_defection import DefectionCase


@tagged("post_install", "-at_install")
class TestDefectionRefresh(DefectionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Two purchases, the last one 300 days ago: at risk from day 180, lost at 365.
        cls.quiet = cls.make_customer("Quiet")
        cls.orders = cls.env["sale.order"].union(
            *(cls.make_order(cls.quiet, days, 100) for days in (310, 300))
        )
        cls.refresh(cls)
        cls.known = cls.quiet.relationship_id

    def lose(self):
        """Let time pass until the customer is lost; return the defection."""
        with self.in_days(66):
            self.refresh()
        return self.defections(self.known)

    def assertOpen(self, defection, is_open=True):
        self.assertEqual(not defection.date_returned, is_open)

    # -- lost by silence

    def test_silence_becomes_a_defection(self):
        self.assertEqual(self.known.lifecycle_stage, "at_risk")
        since = self.known.lifecycle_date
        with self.in_days(65):
            self.refresh()
        self.assertFalse(self.defections(self.known))
        defection = self.lose()
        day = TODAY + timedelta(days=66)
        self.assertRecordValues(
            defection,
            [
                {
                    "partner_id": self.quiet.id,
                    "company_id": self.company.id,
                    "date": day,
                    "date_noticed": day,
                    "declared": False,
                    "reason_id": False,
                    "stage_before": "at_risk",
                    "stage_before_since": since,
                    "segment_id": self.known.segment_id.id,
                    "yearly_margin": self.known.yearly_margin,
                    "date_returned": False,
                }
            ],
        )
        self.assertGreater(defection.yearly_margin, 0)
        self.assertEqual(defection.create_uid, self.env.user)

    def test_segment_is_the_one_before(self):
        lost = self.make_segment("Lost", lifecycle_stage="lost", sequence=1)
        before = self.known.segment_id
        defection = self.lose()
        self.assertEqual(self.known.segment_id, lost)
        self.assertEqual(defection.segment_id, before)

    def test_segment_before_the_silence(self):
        gold = self.make_segment("Of value", sequence=2)
        at_risk = self.make_segment("At risk", lifecycle_stage="at_risk", sequence=1)
        self.make_segment("Lost", lifecycle_stage="lost", sequence=1)
        self.known.segment_id = gold
        self.refresh()
        self.assertEqual(self.known.segment_id, at_risk)
        self.assertEqual(self.known._get_segments_of_value(), {self.known: gold})
        self.assertEqual(self.lose().segment_id, gold)

    def test_no_duplicates(self):
        defection = self.lose()
        for days in (67, 100):
            with self.in_days(days):
                self.refresh()
        self.assertEqual(self.defections(self.known), defection)

    def test_first_refresh_of_an_old_base_notes_since_when(self):
        """A report of lost customers is not empty beside a portfolio full of them."""
        old = self.make_customer("Old")
        self.make_order(old, 500)
        prospect = self.make_relationship(self.make_customer("Was a prospect"))
        self.make_order(prospect.partner_id, 400)
        self.refresh()
        relationships = old.relationship_id + prospect
        self.assertEqual(relationships.mapped("lifecycle_stage"), ["lost", "lost"])
        losses = self.defections(*relationships)
        self.assertRecordValues(
            losses.sorted("date"),
            [
                {
                    "relationship_id": known.id,
                    "date": TODAY - timedelta(days=days),
                    "date_noticed": TODAY,
                    "declared": False,
                    "stage_before": False,
                    "yearly_margin": known.yearly_margin,
                    "date_returned": False,
                }
                for known, days in ((old.relationship_id, 134), (prospect, 34))
            ],
        )
        self.refresh()
        self.assertEqual(self.defections(*relationships), losses)

    def test_those_already_noted_are_read_once(self):
        """Not once a customer: the first refresh of a large base loses most of it, and
        would look through all that it has just noted, for each of them.
        """
        self.env.flush_all()
        self.env.cr.execute("TRUNCATE crm_defection CASCADE")
        self.env.cr.execute("ANALYZE crm_defection")
        for number in range(30):
            self.make_order(self.make_customer(f"Old {number}"), 400)
        # as PostgreSQL does by itself with thousands of them
        for way in ("hashjoin", "mergejoin", "indexscan", "bitmapscan"):
            self.env.cr.execute(f"SET LOCAL enable_{way} = off")
        before = self.count_scans()
        with self.in_days(66):
            self.refresh()
        self.assertLess(self.count_scans() - before, 10)
        self.assertEqual(self.env["crm.defection"].search_count([]), 31)

    def count_scans(self):
        """Return how often all defections were read in this transaction."""
        self.env.flush_all()
        [[count]] = self.env.execute_query(
            SQL(
                "SELECT seq_scan FROM pg_stat_xact_user_tables"
                " WHERE relname = 'crm_defection'"
            )
        )
        return count

    def test_loss_before_the_records_ends_with_a_purchase(self):
        old = self.make_customer("Old")
        self.make_order(old, 500)
        self.refresh()
        with self.in_days(5):
            self.make_order(old)
            self.refresh()
            self.refresh()
        loss = self.defections(old.relationship_id)
        self.assertEqual(loss.date_returned, TODAY + timedelta(days=5))

    def test_each_company_notes_its_own(self):
        self.make_order(self.quiet, 300, company=self.other_company)
        self.refresh(self.other_company)
        with self.in_days(66):
            self.refresh()
            self.refresh(self.other_company)
        found = self.env["crm.defection"].search([("partner_id", "=", self.quiet.id)])
        self.assertEqual(found.company_id, self.company + self.other_company)

    # -- returned

    def test_purchase_after_the_silence(self):
        defection = self.lose()
        with self.in_days(80):
            self.make_order(self.quiet)
            self.refresh()
        self.assertEqual(defection.date_returned, TODAY + timedelta(days=80))
        self.assertEqual(self.known.lifecycle_stage, "recovered")
        self.assertFalse(self.known.open_defection_id)

    def test_purchase_on_the_day_the_silence_was_noticed(self):
        defection = self.lose()
        with self.in_days(66):
            self.make_order(self.quiet)
            self.refresh()
        self.assertOpen(defection, False)

    def test_leaving_once_more(self):
        first = self.lose()
        with self.in_days(80):
            self.make_order(self.quiet)
            self.refresh()
        with self.in_days(80 + 366):
            self.refresh()
        self.assertEqual(len(self.defections(self.known)), 2)
        self.assertOpen(first, False)
        self.assertOpen(self.defections(self.known) - first)

    def test_cancelled_purchase_is_no_return(self):
        defection = self.lose()
        with self.in_days(80):
            order = self.make_order(self.quiet)
            self.refresh()
            order.state = "cancel"
            self.refresh()
        self.assertEqual(self.known.lifecycle_stage, "lost")
        self.assertOpen(defection)
        self.assertEqual(self.defections(self.known), defection)

    # -- silences that were none

    def test_older_order_that_comes_in_late(self):
        self.lose()
        with self.in_days(66):
            self.make_order(self.quiet, 30)
            self.refresh()
        self.assertFalse(self.defections(self.known))

    def test_more_patient_company(self):
        self.lose()
        self.company.relationship_lost_days = 500
        with self.in_days(67):
            self.refresh()
        self.assertFalse(self.defections(self.known))

    def test_what_staff_worked_on_stays(self):
        defection = self.lose()
        defection.note = "Is in hospital"
        self.company.relationship_lost_days = 500
        with self.in_days(67):
            self.refresh()
        self.assertOpen(defection)
        with self.in_days(90):
            self.make_order(self.quiet)
            self.refresh()
        self.assertEqual(defection.date_returned, TODAY + timedelta(days=90))

    # -- declared

    def test_good_bye_lasts_until_the_next_purchase(self):
        self.make_order(self.quiet, 5)
        self.refresh()
        self.assertEqual(self.known.lifecycle_stage, "repeater")
        defection = self.declare(self.known, user=self.manager)
        self.refresh()
        self.assertEqual(self.known.lifecycle_stage, "lost")
        self.assertEqual(self.defections(self.known), defection)
        with self.in_days(3):
            self.make_order(self.quiet)
            self.refresh()
        self.assertEqual(defection.date_returned, TODAY + timedelta(days=3))
        self.assertEqual(self.known.lifecycle_stage, "recovered")

    def test_purchase_on_the_day_of_the_good_bye(self):
        defection = self.declare(self.known, user=self.manager)
        self.make_order(self.quiet)
        self.refresh()
        self.assertEqual(self.known.lifecycle_stage, "lost")
        self.assertOpen(defection)

    def test_segment_follows_with_the_refresh(self):
        lost = self.make_segment("Lost", lifecycle_stage="lost", sequence=1)
        self.make_order(self.quiet, 5)
        self.refresh()
        self.assertNotEqual(self.known.segment_id, lost)
        self.declare(self.known, user=self.manager)
        self.assertNotEqual(self.known.segment_id, lost)
        self.refresh()
        self.assertEqual(self.known.segment_id, lost)

    def test_take_back_lets_the_refresh_decide(self):
        self.make_order(self.quiet, 5)
        self.refresh()
        since = self.known.lifecycle_date
        self.declare(self.known, user=self.manager).action_take_back()
        for _time in range(2):
            self.assertEqual(self.known.lifecycle_stage, "repeater")
            self.assertEqual(self.known.lifecycle_date, since)
            self.refresh()

    def test_good_bye_written_by_an_import(self):
        self.make_order(self.quiet, 5)
        self.refresh()
        self.known.defection_date = TODAY - timedelta(days=2)
        self.refresh()
        self.assertRecordValues(
            self.defections(self.known),
            [
                {
                    "date": TODAY - timedelta(days=2),
                    "declared": True,
                    "date_noticed": False,
                    "stage_before": "repeater",
                }
            ],
        )

    def test_merged_customer_who_still_buys_has_returned(self):
        active = self.make_customer("Active")
        self.make_order(active, 1)
        self.refresh()
        defection = self.lose()
        self.known._merge_into(active.relationship_id)
        with self.in_days(66):
            self.make_order(active)
            self.refresh()
        self.assertEqual(defection.relationship_id, active.relationship_id)
        self.assertOpen(defection, False)
