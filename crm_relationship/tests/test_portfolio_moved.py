"""Customers who become part of another: new parents, companies, merged contacts."""

from odoo.tests import tagged

from .common_figures import FiguresCase


@tagged("post_install", "-at_install")
class TestPortfolioMoved(FiguresCase):
    def buyer(self, *days_ago, **values):
        partner = self.make_customer(**values)
        for days in days_ago:
            self.make_order(partner, days, 100)
        return partner

    def months(self, partner):
        rows = self.snapshots(self.relationship(partner))
        dates = rows.mapped("date")
        self.assertEqual(len(dates), len(set(dates)), "two in one month")
        return rows

    def assertRowsRight(self):
        """The customers' figures are right; past months stay as they were."""
        wrong = self.compare.differences(self.env, self.expected())
        self.assertFalse(wrong, "\n".join(wrong))

    # -- moved

    def test_person_goes_to_another_firm(self):
        firms = [self.buyer(300, 30, name=n, is_company=True) for n in ("F", "G")]
        person = self.buyer(200, 20, name="P", parent_id=firms[0].id)
        self.refresh_all()
        before = [self.months(firm) for firm in firms]
        self.assertEqual(self.relationship(firms[0]).order_count, 4)
        person.parent_id = firms[1]
        self.refresh_all()
        self.assertEqual(
            [self.relationship(firm).order_count for firm in firms], [2, 4]
        )
        self.assertRowsRight()
        self.assertEqual([self.months(firm) for firm in firms], before)

    def test_customer_becomes_a_firm_s_person(self):
        firm = self.buyer(300, name="F", is_company=True)
        partner = self.buyer(200, 20, name="P")
        self.refresh_all()
        old = self.relationship(partner)
        partner.parent_id = firm
        self.refresh_all()
        self.assertEqual(self.relationship(firm).order_count, 3)
        if old.exists():
            self.assertEqual(old.order_count, 0)
            self.assertEqual(old.lifecycle_stage, "prospect")
        self.assertRowsRight()

    def test_person_becomes_a_customer(self):
        firm = self.buyer(300, name="F", is_company=True)
        person = self.buyer(200, 20, name="P", parent_id=firm.id)
        self.refresh_all()
        person.parent_id = False
        self.refresh_all()
        self.assertEqual(self.relationship(person).order_count, 2)
        self.assertEqual(self.relationship(firm).order_count, 1)
        self.assertRowsRight()

    def test_customer_moves_to_another_company(self):
        """What was bought there stays there; the new company starts afresh."""
        partner = self.buyer(200, 20)
        self.refresh_all()
        months = self.months(partner)
        partner.company_id = self.other_company
        self.make_order(partner, 3, 55, company=self.other_company)
        for company in self.company + self.other_company:
            self.refresh_all(company)
            self.assertFigures(company)
        self.assertEqual(self.months(partner), months)
        there = self.relationship(partner, self.other_company)
        self.assertEqual((there.order_count, there.revenue), (1, 55))
        self.assertFalse(self.snapshots(there))

    # -- merged

    def test_snapshots_go_along(self):
        kept, gone = self.buyer(100, 10), self.buyer(300, 20)
        self.refresh_all()
        own = self.months(kept)
        theirs = self.months(gone)
        dates = theirs.mapped("date")
        earlier = theirs.filtered(lambda row: row.date < own[0].date)
        self.assertTrue(earlier)
        self.merge(kept, gone)
        rows = self.months(kept)
        self.assertLessEqual(own, rows, "the kept one's own months stay")
        self.assertEqual(rows.mapped("date"), dates)
        self.assertEqual(rows - own, earlier)
        self.refresh_all()
        self.assertRowsRight()
        self.assertEqual(self.relationship(kept).order_count, 4)

    def test_snapshots_of_one_who_was_not_known(self):
        kept, gone = self.make_customer(), self.buyer(300, 20)
        self.refresh_all()
        months = self.months(gone)
        self.merge(kept, gone)
        self.assertEqual(self.months(kept), months)

    def test_three_at_once(self):
        kept, *gone = (self.buyer(days, 10) for days in (60, 200, 400))
        self.refresh_all()
        dates = self.months(gone[1]).mapped("date")
        self.merge(kept, *gone)
        self.assertEqual(self.months(kept).mapped("date"), dates)
        self.refresh_all()
        self.assertRowsRight()

    def test_lock_and_good_bye_go_along(self):
        segment = self.make_segment("Kept")
        kept, gone = self.buyer(100), self.buyer(300)
        self.refresh_all()
        self.relationship(gone).write(
            {
                "locked_segment_id": segment.id,
                "lock_reason": "Promised",
                "defection_date": "2026-03-01",
            }
        )
        self.merge(kept, gone)
        found = self.relationship(kept)
        self.assertEqual(found.locked_segment_id, segment)
        self.assertEqual(found.lock_reason, "Promised")
        self.assertEqual(str(found.defection_date), "2026-03-01")
        self.refresh()
        self.assertEqual(found.lifecycle_stage, "lost")
