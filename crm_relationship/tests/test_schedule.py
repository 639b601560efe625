"""Planning by intervals: what is missing, and only that."""

from datetime import date, timedelta

from dateutil.relativedelta import relativedelta

from odoo.tests import tagged

from .common import TODAY, RelationshipCase


@tagged("post_install", "-at_install")
class TestSchedule(RelationshipCase):
    def test_own_plan_before_the_segments(self):
        segment_plan = self.make_plan(name="Segment")
        own_plan = self.make_plan(name="Own")
        segment = self.make_segment("S", plan_id=segment_plan.id)
        both = self.make_relationship(segment_id=segment.id, plan_id=own_plan.id)
        one = self.make_relationship(segment_id=segment.id)
        self.schedule()
        self.assertEqual(self.pending(both).plan_line_id, own_plan.line_ids)
        self.assertEqual(self.pending(one).plan_line_id, segment_plan.line_ids)
        self.assertEqual(both.effective_plan_id, own_plan)
        self.assertEqual(one.effective_plan_id, segment_plan)

    def test_without_plan_nothing_is_planned_and_it_shows(self):
        relationship = self.make_relationship()
        self.assertEqual(self.schedule(), 0)
        self.assertEqual(relationship.coverage_state, "no_plan")

    def test_every_line_once_and_again_nothing(self):
        plan = self.make_plan({"name": "One"}, {"name": "Two"}, {"name": "Three"})
        segment = self.make_segment("S", plan_id=plan.id)
        relationships = [self.make_relationship() for _n in range(4)]
        for relationship in relationships:
            self.env.cr.execute(
                "UPDATE crm_relationship SET segment_id = %s WHERE id = %s",
                [segment.id, relationship.id],
            )
        self.env.invalidate_all()
        self.assertEqual(self.schedule(), 12)
        self.assertEqual(self.schedule(), 0)
        for relationship in relationships:
            self.assertEqual(self.pending(relationship).plan_line_id, plan.line_ids)

    def test_only_missing_contacts_are_planned(self):
        plan = self.make_plan({"name": "One"}, {"name": "Two"})
        relationship = self.make_relationship(plan_id=plan.id)
        kept = self.pending(relationship)[0]
        lost = self.pending(relationship) - kept
        line = lost.plan_line_id
        lost.unlink()
        self.assertEqual(self.schedule(), 1)
        self.assertEqual((self.pending(relationship) - kept).plan_line_id, line)
        self.assertTrue(kept.exists())

    def test_what_a_planned_contact_holds(self):
        plan = self.make_plan({"name": "Offer", "objective": "retention"})
        relationship = self.make_relationship(plan_id=plan.id, user_id=self.budi.id)
        contact = self.pending(relationship)
        self.assertRecordValues(
            contact,
            [
                {
                    "name": "Offer",
                    "state": "scheduled",
                    "partner_id": relationship.partner_id.id,
                    "company_id": self.company.id,
                    "user_id": self.budi.id,
                    "objective": "retention",
                    "kind": "selling",
                    "touchpoint_id": False,
                    "activity_id": False,
                }
            ],
        )
        # nine in the morning in Jakarta
        self.assertEqual(
            contact.date_planned.strftime("%H:%M"), "02:00", "company time zone"
        )
        # which day it is depends on the customer; on a Sunday it waits for Monday
        is_late = max(contact.date_due.weekday() - 4, 0)
        shift = timedelta(days=3 - is_late if is_late else 0)
        self.assertEqual(contact.date_planned.date(), contact.date_due + shift)

    def test_a_line_may_name_who_does_it(self):
        plan = self.make_plan({"user_id": self.budi.id})
        relationship = self.make_relationship(plan_id=plan.id)
        self.assertEqual(self.pending(relationship).user_id, self.budi)

    def test_stand_in_serves_a_customer_without_staff(self):
        plan = self.make_plan()
        relationship = self.make_relationship(
            user_id=False, backup_user_id=self.budi.id, plan_id=plan.id
        )
        self.assertEqual(self.pending(relationship).user_id, self.budi)

    def test_never_contacted_customers_are_spread_over_the_interval(self):
        plan = self.make_plan({"times": 1, "every": 10, "period": "day"})
        segment = self.make_segment("S", plan_id=plan.id)
        relationships = [self.make_relationship() for _n in range(10)]
        for relationship in relationships:
            relationship.segment_id = segment
        days = {self.pending(relationship).date_due for relationship in relationships}
        self.assertEqual(days, {TODAY + timedelta(days=n) for n in range(10)})

    def test_clock_restarts_at_the_last_contact(self):
        plan = self.make_plan({"times": 1, "every": 1, "period": "month"})
        relationship = self.make_relationship()
        self.make_interaction(
            relationship,
            state="done",
            date_done="2026-03-20 03:00:00",
            date_due="2026-03-20",
        )
        self.assertEqual(relationship.last_contact_date, date(2026, 3, 20))
        relationship.plan_id = plan
        self.assertEqual(self.pending(relationship).date_due, date(2026, 4, 20))

    def test_clock_restarts_when_done_early(self):
        plan = self.make_plan({"times": 1, "every": 1, "period": "month"})
        relationship = self.make_relationship(plan_id=plan.id)
        contact = self.pending(relationship)
        contact.date_due = TODAY + timedelta(days=5)
        contact.action_done()
        self.assertEqual(
            self.pending(relationship).date_due, TODAY + relativedelta(months=1)
        )

    def test_a_long_silence_ends_today(self):
        plan = self.make_plan()
        relationship = self.make_relationship()
        self.make_interaction(
            relationship,
            state="done",
            date_done="2025-06-20 03:00:00",
            date_due="2025-06-20",
        )
        relationship.plan_id = plan
        self.assertEqual(self.pending(relationship).date_due, TODAY)

    def next_after(self, action):
        """Return the day of the next contact, in days after the closed one's."""
        plan = self.make_plan({"times": 1, "every": 10, "period": "day"})
        relationship = self.make_relationship(plan_id=plan.id)
        contact = self.pending(relationship)
        contact.date_due = TODAY
        action(contact)
        self.assertNotIn(contact.state, ("scheduled", "open"))
        following = self.pending(relationship)
        self.assertEqual(following.plan_line_id, plan.line_ids)
        self.assertEqual(relationship.next_contact_date, following.date_due)
        return (following.date_due - TODAY).days

    def test_next_is_placed_when_done(self):
        self.assertEqual(self.next_after(lambda c: c.action_done()), 10)

    def test_next_is_placed_when_cancelled(self):
        self.assertEqual(self.next_after(lambda c: c.action_cancel()), 10)

    def test_next_is_placed_when_missed(self):
        def miss(contact):
            for _attempt in range(self.company.relationship_max_attempts):
                contact.action_no_answer()

        self.assertEqual(self.next_after(miss), 10)

    def test_next_is_placed_when_skipped(self):
        def refuse(contact):
            contact.partner_id.refused_touchpoint_ids = self.call
            contact._release()

        self.assertEqual(self.next_after(refuse), 10)

    def test_new_plan_cancels_and_replaces(self):
        old, new = self.make_plan(name="Old"), self.make_plan(name="New")
        relationship = self.make_relationship(plan_id=old.id)
        before = self.pending(relationship)
        relationship.plan_id = new
        self.assertRecordValues(
            before, [{"state": "cancelled", "reason_code": "plan_changed"}]
        )
        self.assertEqual(self.pending(relationship).plan_line_id, new.line_ids)

    def test_new_plan_for_customers_of_two_companies_at_once(self):
        plan = self.make_plan()
        partner = self.make_customer()
        both = self.make_relationship(partner) | self.make_relationship(
            partner, self.other_company
        )
        both.write({"plan_id": plan.id})
        for relationship in both:
            self.assertEqual(len(self.pending(relationship)), 1)

    def test_segment_change_follows_the_new_plan(self):
        old, new = self.make_plan(name="Old"), self.make_plan(name="New")
        first = self.make_segment("A", plan_id=old.id)
        second = self.make_segment("B", plan_id=new.id)
        relationship = self.make_relationship(segment_id=first.id)
        relationship.segment_id = second
        self.assertEqual(self.pending(relationship).plan_line_id, new.line_ids)

    def test_what_is_in_a_queue_stays_there_when_the_plan_changes(self):
        old, new = self.make_plan(name="Old"), self.make_plan(name="New")
        relationship = self.make_relationship(plan_id=old.id)
        contact = self.pending(relationship)
        contact._release()
        relationship.plan_id = new
        self.assertEqual(contact.state, "open")
        self.assertEqual(
            self.pending(relationship).plan_line_id, old.line_ids | new.line_ids
        )

    def test_back_to_the_old_plan(self):
        old, new = self.make_plan(name="Old"), self.make_plan(name="New")
        relationship = self.make_relationship(plan_id=old.id)
        day = self.pending(relationship).date_due
        relationship.plan_id = new
        relationship.plan_id = old
        self.assertEqual(self.pending(relationship).date_due, day, "no day is lost")

    def test_cadence_edit_moves_the_pending_contact(self):
        plan = self.make_plan({"times": 1, "every": 6, "period": "month"})
        relationship = self.make_relationship()
        self.make_interaction(
            relationship, state="done", date_done=self.env.cr.now(), date_due=TODAY
        )
        relationship.plan_id = plan
        before = self.pending(relationship)
        self.assertEqual(before.date_due, date(2026, 9, 30))
        plan.line_ids.write({"every": 1, "period": "week"})
        self.assertEqual(before.reason_code, "plan_changed")
        self.assertEqual(self.pending(relationship).date_due, date(2026, 4, 7))

    def test_archived_line_is_not_planned(self):
        plan = self.make_plan({"name": "One"}, {"name": "Two"})
        relationship = self.make_relationship(plan_id=plan.id)
        plan.line_ids[0].active = False
        self.schedule()
        self.assertEqual(self.pending(relationship).name, "Two")

    def test_deleted_line_takes_its_scheduled_contacts_along(self):
        plan = self.make_plan({"name": "One"}, {"name": "Two"})
        relationship = self.make_relationship(plan_id=plan.id)
        plan.line_ids[0].unlink()
        self.assertEqual(self.pending(relationship).name, "Two")
        gone = self.interactions(relationship, "cancelled")
        self.assertEqual(gone.mapped("reason_code"), ["plan_changed"])

    def test_deleted_plan_takes_its_scheduled_contacts_along(self):
        plan = self.make_plan({"name": "One"})
        relationship = self.make_relationship(plan_id=plan.id)
        relationship.flush_recordset()
        self.env.cr.execute(
            "UPDATE crm_relationship SET plan_id = NULL WHERE id = %s",
            [relationship.id],
        )
        self.env.invalidate_all()
        plan.unlink()
        self.assertFalse(self.pending(relationship))

    def test_cadence_six_times_a_month(self):
        plan = self.make_plan({"times": 6, "every": 1, "period": "month"})
        relationship = self.make_relationship(plan_id=plan.id)
        self.pending(relationship).action_done()
        self.assertEqual(self.pending(relationship).date_due, TODAY + timedelta(days=5))

    def test_cron_plans_all_companies(self):
        plan = self.make_plan()
        segment = self.make_segment("S", plan_id=plan.id)
        partner = self.make_customer()
        relationships = [
            self.make_relationship(partner, company)
            for company in self.company + self.other_company
        ]
        self.env.cr.execute(
            "UPDATE crm_relationship SET segment_id = %s WHERE partner_id = %s",
            [segment.id, partner.id],
        )
        self.env.invalidate_all()
        self.run_cron("schedule")
        for relationship in relationships:
            self.assertEqual(len(self.pending(relationship)), 1)
            self.assertEqual(
                self.pending(relationship).company_id, relationship.company_id
            )

    def test_number_of_queries_does_not_depend_on_the_customers(self):
        plan = self.make_plan({"name": "One"}, {"name": "Two"})
        segment = self.make_segment("S", plan_id=plan.id)

        def queries(count):
            for _n in range(count):
                self.make_relationship()
            self.env.flush_all()
            self.env.cr.execute(
                "UPDATE crm_relationship SET segment_id = %s WHERE company_id = %s",
                [segment.id, self.company.id],
            )
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.assertEqual(self.schedule(), 2 * count)
            return self.env.cr.sql_log_count - before

        queries(1)  # the hours of calendars are read once, and kept in memory
        self.assertLessEqual(queries(40), queries(3))
