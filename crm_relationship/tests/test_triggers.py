"""What starts a program, each trigger by itself."""

from datetime import date, timedelta

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import SQL

from ..models.program.triggers import TRIGGERS
from .common import NOW, TODAY, RelationshipCase

DAY = timedelta(days=1)


@tagged("post_install", "-at_install")
class TriggerCase(RelationshipCase):
    def entered(self, program):
        """Return who entered, and on which day: ``[(contact, day)]``."""
        enrollments = self.env["crm.program.enrollment"].search(
            [("program_id", "=", program.id)], order="id"
        )
        return [(e.partner_id, e.date) for e in enrollments]

    def night(self):
        """Let the nightly triggers look twice: whom they found, they find no more."""
        for _turn in range(2):
            self.env["crm.program"]._enroll_occasions(self.company)


@tagged("post_install", "-at_install")
class TestSegmentTrigger(TriggerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.silver, cls.gold = cls.make_segment("Silver"), cls.make_segment("Gold")
        cls.relationship = cls.make_relationship(cls.make_customer("Ani"))
        cls.program = cls.make_program(
            0, trigger="segment", to_segment_ids=cls.gold.ids, date_start=TODAY
        )

    def move(self, before, after, day=TODAY):
        self.env["crm.segment.move"].create(
            {
                "relationship_id": self.relationship.id,
                "company_id": self.company.id,
                "date": day,
                "from_segment_id": before.id,
                "to_segment_id": after.id,
            }
        )
        self.relationship.sudo().segment_id = after

    def test_entering_a_segment(self):
        self.move(self.silver, self.gold)
        self.night()
        self.assertEqual(
            self.entered(self.program), [(self.relationship.partner_id, TODAY)]
        )

    def test_another_segment(self):
        self.move(self.gold, self.silver)
        self.night()
        self.assertFalse(self.entered(self.program))

    def test_gone_again(self):
        self.move(self.silver, self.gold)
        self.move(self.gold, self.silver)
        self.night()
        self.assertFalse(self.entered(self.program))

    def test_before_the_program_began(self):
        self.move(self.silver, self.gold, TODAY - DAY)
        self.night()
        self.assertFalse(self.entered(self.program))

    def test_coming_from_a_segment(self):
        self.program.write({"to_segment_ids": False, "from_segment_ids": self.gold.ids})
        self.move(self.gold, self.silver)
        self.night()
        self.assertTrue(self.entered(self.program))

    def test_entering_again_starts_it_again(self):
        self.move(self.silver, self.gold)
        self.night()
        self.pending(self.relationship).action_done()
        with self.in_days(30):
            self.move(self.gold, self.silver, TODAY + 30 * DAY)
            self.move(self.silver, self.gold, TODAY + 30 * DAY)
            self.night()
        self.assertEqual(len(self.entered(self.program)), 2)

    def test_needs_a_segment(self):
        with self.assertRaisesRegex(ValidationError, "Choose the segments"):
            self.program.to_segment_ids = False

    def test_segment_that_starts_a_program_is_not_deleted(self):
        with self.assertRaisesRegex(UserError, "in use"):
            self.gold.unlink()


@tagged("post_install", "-at_install")
class TestQuotationTrigger(TriggerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.program = cls.make_program(0, trigger="quotation", wait_days=5)
        cls.partner = cls.make_customer("Ani")
        cls.relationship = cls.make_relationship(cls.partner)
        cls.quotation = cls.make_quotation(cls.partner)
        cls.quotation.state = "sent"

    def test_not_answered(self):
        with self.in_days(4):
            self.night()
            self.assertFalse(self.entered(self.program))
        with self.in_days(5):
            self.night()
        enrollment = self.quotation.enrollment_ids
        self.assertEqual(enrollment.date, TODAY + 5 * DAY)
        self.assertEqual(self.pending(self.relationship).sale_order_id, self.quotation)

    def test_answered_in_time(self):
        for state in ("sale", "cancel", "draft"):
            with self.subTest(state=state), self.in_days(6):
                self.quotation.state = state
                self.night()
                self.assertFalse(self.entered(self.program))

    def test_answered_while_it_runs(self):
        with self.in_days(5):
            self.night()
            self.quotation.action_confirm()
        enrollment = self.quotation.enrollment_ids
        self.assertEqual(
            (enrollment.state, enrollment.stop_reason), ("stopped", "answered")
        )
        self.assertFalse(self.pending(self.relationship))

    def test_cancelled_while_it_runs(self):
        with self.in_days(5):
            self.night()
            self.quotation._action_cancel()
        self.assertEqual(self.quotation.enrollment_ids.stop_reason, "order_cancelled")

    def test_moved_to_another_customer(self):
        other = self.make_customer("Budi")
        self.make_relationship(other)
        with self.in_days(5):
            self.night()
            self.quotation.partner_id = other
            self.env["crm.interaction"]._before_scheduling(self.company)
        runs = self.quotation.enrollment_ids.sorted("id")
        self.assertEqual(runs.mapped("state"), ["stopped", "running"])
        self.assertEqual(runs[0].stop_reason, "order_changed")
        self.assertEqual(runs[1].partner_id, other)

    def test_two_quotations_one_after_the_other(self):
        other = self.make_quotation(self.partner)
        other.state = "sent"
        with self.in_days(5):
            self.night()
            self.assertEqual(len(self.entered(self.program)), 1)
            self.pending(self.relationship).action_done()
            self.night()
        self.assertEqual(len(self.entered(self.program)), 2)

    def test_order_filter(self):
        self.program.order_domain = "[('amount_untaxed', '>', 1000)]"
        with self.in_days(5):
            self.night()
        self.assertFalse(self.entered(self.program))

    def test_old_quotations_start_nothing(self):
        self.program.date_start = TODAY + 6 * DAY
        with self.in_days(7):
            self.night()
        self.assertFalse(self.entered(self.program))


@tagged("post_install", "-at_install")
class TestDateTrigger(TriggerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partner = cls.make_customer("Ani", birthdate=date(1990, 4, 20))
        cls.make_relationship(cls.partner)
        cls.program = cls.make_program(
            0, trigger="date", date_field="birthdate", date_yearly=True
        )
        cls.company.relationship_horizon_days = 7

    def test_every_year(self):
        self.night()
        self.assertFalse(self.entered(self.program))
        with self.at(NOW.replace(month=4, day=14)):
            self.night()
        self.assertEqual(
            self.entered(self.program), [(self.partner, date(2026, 4, 20))]
        )

    def test_days_before(self):
        self.program.days_before = 14
        self.night()
        self.assertEqual(self.entered(self.program), [(self.partner, date(2026, 4, 6))])

    def test_days_before_at_the_turn_of_the_year(self):
        self.partner.birthdate = date(1990, 1, 3)
        self.program.days_before = 10
        with self.at(NOW.replace(month=12, day=20)):
            self.night()
        self.assertEqual(
            self.entered(self.program), [(self.partner, date(2026, 12, 24))]
        )

    def test_29_february(self):
        self.partner.birthdate = date(1992, 2, 29)
        with self.at(NOW.replace(year=2027, month=2, day=25)):
            self.night()
        self.assertEqual(
            self.entered(self.program), [(self.partner, date(2027, 2, 28))]
        )

    def test_once(self):
        self.program.date_yearly = False
        with self.at(NOW.replace(month=4, day=14)):
            self.night()
            self.assertFalse(self.entered(self.program))
            self.partner.birthdate = date(2026, 4, 14)
            self.night()
        self.assertEqual(
            self.entered(self.program), [(self.partner, date(2026, 4, 14))]
        )

    def test_moment_on_the_companys_clock(self):
        self.program.write({"date_field": "create_date", "date_yearly": False})
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE res_partner SET create_date = '2026-04-02 20:00' WHERE id = %s",
            [self.partner.id],
        )
        self.night()
        day = self.entered(self.program)[0][1]
        self.assertEqual(day, date(2026, 4, 3), "Jakarta is seven hours ahead")

    def test_only_dates_are_offered(self):
        offered = dict(self.program._select_date_fields())
        self.assertIn("birthdate", offered)
        self.assertNotIn("name", offered)
        with self.assertRaisesRegex(ValidationError, "no longer a field"):
            self.program.date_field = "name"

    def test_field_that_is_gone(self):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_program SET date_field = 'x_gone' WHERE id = %s",
            [self.program.id],
        )
        self.program.invalidate_recordset()
        other = self.make_program(
            0, trigger="date", date_field="birthdate", date_yearly=True, name="Other"
        )
        with self.at(NOW.replace(month=4, day=14)), self.assertNoLogs(level="ERROR"):
            self.night()
        self.assertTrue(self.entered(other), "the other program goes on")
        self.assertIn("no longer a field", self.program.problem)

    def test_needs_a_date(self):
        with self.assertRaisesRegex(ValidationError, "Choose the date"):
            self.program.date_field = False


@tagged("post_install", "-at_install")
class TestComplaintTrigger(TriggerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.program = cls.make_program(2, trigger="complaint", objective="recovery")
        cls.relationship = cls.make_relationship()

    def complain(self):
        talk = self.make_open(self.relationship)
        talk._close_done({"outcome": "complaint"})
        return self.env["crm.interaction"].search(
            [
                ("relationship_id", "=", self.relationship.id),
                ("is_complaint_open", "=", True),
            ],
        )

    def test_solved(self):
        bearer = self.complain()
        self.night()
        self.assertFalse(self.entered(self.program))
        bearer[:1]._close_done({"outcome": "solved"})
        self.assertEqual(
            self.entered(self.program), [(self.relationship.partner_id, TODAY)]
        )
        self.night()
        self.assertEqual(len(self.entered(self.program)), 1)

    def test_salesperson_solves(self):
        bearer = self.complain()
        self.relationship.sudo().user_id = self.sari
        bearer.sudo().user_id = self.sari
        bearer.with_user(self.sari)._close_done({"outcome": "solved"})
        self.assertTrue(self.entered(self.program))

    def test_not_solved_yet(self):
        self.complain()._close_done({"outcome": "reached"})
        self.night()
        self.assertFalse(self.entered(self.program))

    def test_another_one_is_open(self):
        first = self.complain()
        second = self.complain() - first
        first._close_done({"outcome": "solved"})
        self.assertFalse(self.entered(self.program))
        second._close_done({"outcome": "solved"})
        self.assertTrue(self.entered(self.program))


@tagged("post_install", "-at_install")
class TestOccasionTrigger(TriggerCase):
    """The days ahead are looked up, and are those that the ledger tells."""

    def make(self, **occasion):
        made = self.env["crm.occasion"].create({"name": "Day", **occasion})
        program = self.make_program(0, trigger="occasion", occasion_id=made.id)
        program.days_before = 3
        return program

    def find(self, program):
        return TRIGGERS["occasion"].find(program, self.company)

    def told_by_the_ledger(self, program):
        """Return rows (relationship, day) of the days ahead, told of each customer."""
        first = TODAY + 3 * DAY
        return self.env.execute_query(
            SQL(
                """
                SELECT r.id, next.day - 3
                  FROM crm_relationship r
                  JOIN crm_occasion o ON o.id = %s
            CROSS JOIN LATERAL (%s) next
                 WHERE r.active AND r.company_id = %s AND next.day < %s
                """,
                program.occasion_id.id,
                program.occasion_id._get_occurrences_sql(SQL("%s", first)),
                self.company.id,
                first + self.company._get_queue_horizon() + program._get_lead(),
            )
        )

    def assert_told(self, program, least):
        self.env.flush_all()
        found = [row[:2] for row in self.env.execute_query(self.find(program))]
        self.assertEqual(sorted(found), sorted(self.told_by_the_ledger(program)))
        self.assertGreaterEqual(len(found), least)

    def make_days(self, field=None):
        """Return days of this and other years, and customers who have them."""
        days = [TODAY + number * DAY for number in range(1, 7)]
        days += [day.replace(year=day.year - 30) for day in days]
        days += [date(1988, 2, 29), TODAY.replace(year=TODAY.year + 1), None]
        for day in days:
            customer = self.make_customer()
            relationship = self.make_relationship(customer)
            if field == "birthdate" and (not day or day < TODAY):
                customer.birthdate = day
            if field == "first_order_date":
                relationship.sudo().first_order_date = day
        return days

    def test_birthdays(self):
        self.make_days("birthdate")
        firm = self.make_customer("Firm", is_company=True)
        self.make_relationship(firm)
        for person in ("Ani", "Budi"):
            self.make_customer(
                person, parent_id=firm.id, birthdate=TODAY.replace(year=1990) + 4 * DAY
            )
        program = self.make(kind="birthday")
        self.assert_told(program, 5)

    def test_birthdays_of_29_february(self):
        for year in (2027, 2028):
            with self.at(NOW.replace(year=year, month=2, day=24)):
                customer = self.make_customer(birthdate=date(1988, 2, 29))
                self.make_relationship(customer)
                program = self.make(kind="birthday")
                self.env.flush_all()
                rows = self.env.execute_query(self.find(program))
                last = date(year, 2, 28 + (year == 2028))
                self.assertEqual({day for _id, day, _order in rows}, {last - 3 * DAY})

    def test_anniversaries(self):
        self.make_days("first_order_date")
        program = self.make(kind="anniversary")
        self.assert_told(program, 3)

    def test_big_days(self):
        days = [day for day in self.make_days() if day]
        program = self.make(
            kind="big_day",
            date_ids=[
                Command.create({"date": day, "recurring": number % 2 == 0})
                for number, day in enumerate(days)
            ],
        )
        self.assert_told(program, 16)

    def test_nobody_s_next_day_is_worked_out(self):
        for number in range(40):
            self.make_relationship(
                self.make_customer(birthdate=date(1990, 1, 1) + number * DAY)
            )
        program = self.make(kind="birthday")
        self.env.flush_all()
        [[[plan]]] = self.env.execute_query(
            SQL("EXPLAIN (ANALYZE, FORMAT JSON) %s", self.find(program))
        )
        nodes, calls = [plan["Plan"]], 0
        while nodes:
            node = nodes.pop()
            nodes += node.get("Plans", [])
            # the few days ahead may be looked through for each customer
            if node.get("Function Name", "unnest") != "unnest":
                calls += node["Actual Loops"]
        self.assertEqual(calls, 0, "whatever the number of customers")
