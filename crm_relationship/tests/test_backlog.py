"""What is in a queue and has no room on its day leaves it again."""

from datetime import datetime, timedelta

from odoo.tests import tagged

from .common import NOW, TODAY
from .test_capacity import CapacityCase

# Two o'clock in the night in Jakarta, before the day of `NOW` begins, and the next one.
NIGHT = datetime(2026, 3, 30, 19)
NEXT_NIGHT = NIGHT + timedelta(days=1)


@tagged("post_install", "-at_install")
class TestBacklog(CapacityCase):
    """As in `CapacityCase`: Sari has time for four calls a day."""

    def make_queue(self, count, **values):
        """Return calls that were put into the queue in the night, for today."""
        calls = self.plan_calls(count, **values)
        with self.at(NIGHT):
            self.run_cron("release")
        return calls

    def run_night(self):
        with self.at(NEXT_NIGHT):
            self.run_cron("release")

    def test_what_was_left_undone_takes_room_from_the_least_urgent(self):
        poor = self.make_queue(4, rfm_monetary=1)
        tomorrow = TODAY + timedelta(days=1)
        rich = self.make_queue(
            4,
            rfm_monetary=5,
            date_due=tomorrow,
            date_planned=NOW + timedelta(days=1),
        )
        self.run_night()
        self.assertEqual(self.get_days(rich), {tomorrow: 4})
        self.assertEqual(self.get_days(poor), {self.days[2]: 4})
        self.assertEqual(set(poor.mapped("reason_code")), {"over_capacity"})

    def test_beyond_the_horizon_they_wait(self):
        with self.at(NIGHT):
            calls = self.plan_calls(24)
            self.run_cron("release")
        self.sari.contact_minutes_day = 30
        with self.at(NIGHT + timedelta(hours=1)):
            self.run_cron("release")
        waiting = calls.filtered(lambda i: i.state == "scheduled")
        self.assertEqual(set(waiting.mapped("reason_code")), {"over_capacity"})
        self.assertFalse(waiting.activity_id)
        self.assertEqual(set(self.get_days(calls).values()), {2})

    def test_a_stand_in_takes_what_does_not_fit(self):
        self.sari.deputy_id = self.budi
        calls = self.make_queue(20)
        self.sari.contact_minutes_day = 45
        with self.at(NIGHT + timedelta(hours=1)):
            self.run_cron("release")
        taken = calls.filtered(lambda i: i.user_id == self.budi)
        self.assertEqual(len(taken), 5)
        self.assertEqual(taken.activity_id.user_id, self.budi)
        self.assertEqual(set(calls.mapped("state")), {"open"})

    def test_nothing_leaves_a_day_on_which_work_has_begun(self):
        calls = self.make_queue(4)
        activities = calls.activity_id
        self.sari.contact_minutes_day = 15
        self.run_cron("release")
        self.assertEqual(calls.activity_id, activities)
        self.run_night()
        self.assertEqual(len(calls.activity_id & activities), 1)

    def test_a_queue_that_fits_stays_as_it_is(self):
        calls = self.make_queue(12)
        before = calls.mapped("activity_id.id")
        with self.at(NIGHT + timedelta(hours=1)):
            self.run_cron("release")
        self.assertEqual(calls.mapped("activity_id.id"), before)

    def test_what_somebody_chose_and_complaints_stay(self):
        tomorrow = TODAY + timedelta(days=1)
        calls = self.make_queue(4, date_planned=NOW + timedelta(days=1))
        chosen = self.make_queue(2)
        chosen._postpone(tomorrow)
        complaint = self.make_open(
            touchpoint_id=self.call.id,
            kind="service",
            is_complaint=True,
            date_planned=NOW + timedelta(days=1),
        )
        self.run_night()
        self.assertEqual(self.get_days(chosen + complaint), {tomorrow: 3})
        self.assertEqual(len(calls.filtered(lambda i: i.state == "open")), 4)
        self.assertEqual(self.get_days(calls)[tomorrow], 1)

    def test_of_a_company_in_preview_everything_stays(self):
        calls = self.make_queue(4)
        self.company.relationship_state = "preview"
        self.sari.contact_minutes_day = 15
        self.run_night()
        self.assertEqual(self.get_days(calls), {TODAY: 4})

    # -- where more is due than there is time for

    def fill_queue(self, **values):
        """Return calls, more than Sari has time for within the horizon."""
        with self.at(NIGHT):
            calls = self.plan_calls(40, **values)
            self.run_cron("release")
        self.assertEqual(set(calls.mapped("state")), {"open", "scheduled"})
        return calls

    def run_hours(self, *hours):
        for hour in hours:
            with self.at(NIGHT + timedelta(hours=hour)):
                self.run_cron("release")

    def test_the_more_valuable_takes_the_place_of_the_less_valuable(self):
        poor = self.fill_queue(rfm_monetary=1)
        rich = self.plan_calls(4, rfm_monetary=5)
        open_before = len(poor.filtered(lambda i: i.state == "open"))
        self.run_hours(1, 2)
        self.assertEqual(self.get_days(rich), {TODAY: 4})
        self.assertEqual(set(rich.mapped("state")), {"open"})
        open_now = len(poor.filtered(lambda i: i.state == "open"))
        self.assertEqual(open_now, open_before - 4)

    def test_the_more_valuable_of_somebody_absent_takes_a_place_at_the_stand_in(self):
        self.sari.deputy_id = self.budi
        self.sari._note_absence(TODAY, TODAY + timedelta(days=20), None, self.company)
        poor = self.make_queue(20, rfm_monetary=1, user_id=self.budi.id)
        self.assertEqual(set(poor.mapped("state")), {"open"})
        rich = self.plan_calls(1, rfm_monetary=5)
        self.run_hours(1, 2)
        self.assertEqual(rich.state, "open")
        self.assertEqual(rich.user_id, self.budi)
        self.assertEqual(rich.for_user_id, self.sari)
        self.assertEqual(rich.activity_id.date_deadline, TODAY)

    def test_what_waits_does_not_wait_for_the_end_of_an_absence(self):
        self.sari.deputy_id = self.budi
        first = TODAY + timedelta(days=8)
        last = first + timedelta(days=20)
        self.sari._note_absence(first, last, None, self.company)
        with self.at(NIGHT):
            calls = self.plan_calls(60)
            self.run_cron("release")
        waiting = calls.filtered(lambda i: i.state == "scheduled")
        self.assertEqual(len(waiting), 20)
        self.assertEqual({m.date() for m in waiting.mapped("date_planned")}, {first})

    def test_the_less_valuable_takes_nobodys_place(self):
        rich = self.fill_queue(rfm_monetary=5)
        before = rich.mapped("activity_id.id")
        poor = self.plan_calls(4, rfm_monetary=1)
        self.run_hours(1, 2)
        self.assertEqual(rich.mapped("activity_id.id"), before)
        self.assertEqual(set(poor.mapped("state")), {"scheduled"})

    def test_of_a_day_on_which_work_has_begun_no_place_is_taken(self):
        poor = self.fill_queue(rfm_monetary=1)
        today = poor.filtered(lambda i: i.state == "open").sorted("date_planned")[:4]
        rich = self.plan_calls(4, rfm_monetary=5)
        self.run_cron("release")
        self.run_cron("release")
        self.assertEqual(set(today.mapped("state")), {"open"})
        self.assertEqual(self.get_days(today), {TODAY: 4})
        self.assertEqual(self.get_days(rich), {TODAY + timedelta(days=1): 4})

    def test_who_waits_asks_no_more_often_than_needed(self):
        """Nothing moves back and forth from hour to hour."""
        self.fill_queue(rfm_monetary=1)
        self.plan_calls(4, rfm_monetary=5)
        self.run_hours(1, 2, 3)
        queue = self.env["mail.activity"].search([("user_id", "=", self.sari.id)])
        self.run_hours(4, 5)
        again = self.env["mail.activity"].search([("user_id", "=", self.sari.id)])
        self.assertEqual(again, queue)

    # -- never earlier than asked for

    def test_later_never_comes_earlier(self):
        """Though it was moved on, and a place has become free since."""
        calls = self.make_queue(1)
        day = TODAY + timedelta(days=2)
        calls._postpone(day)
        calls.write(
            {
                "state": "scheduled",
                "activity_id": False,
                "reason_code": "over_capacity",
                "date_planned": NOW + timedelta(days=3),
            }
        )
        self.run_night()
        self.assertEqual(self.get_days(calls), {day: 1})

    def test_a_day_chosen_in_the_form_or_on_the_activity(self):
        form, activity = self.make_queue(2)
        moment = NOW + timedelta(days=2)
        form.with_user(self.sari).write({"date_planned": moment})
        activity.activity_id.with_user(self.sari).write(
            {"date_deadline": moment.date()}
        )
        full = self.make_queue(4, date_planned=moment)
        self.run_night()
        self.assertEqual(self.get_days(form + activity), {moment.date(): 2})
        self.assertEqual(self.get_days(full)[moment.date()], 2)

    def test_another_attempt_is_never_made_too_soon(self):
        calls = self.make_queue(8)
        first = calls.filtered(lambda i: i.activity_id.date_deadline == TODAY)
        first.action_no_answer()
        again = TODAY + timedelta(days=2)
        self.assertEqual(self.get_days(first), {again: 4})
        self.make_queue(2, rfm_monetary=5, date_planned=NOW + timedelta(days=2))
        self.sari.contact_minutes_day = 30
        self.run_night()
        self.assertGreaterEqual(min(self.get_days(first)), again)
        self.assertIn("over_capacity", first.mapped("reason_code"))

    def test_what_is_late_since_a_day_off_takes_its_minutes(self):
        """Saturday's follow-ups are found on Monday, and Monday is not overbooked."""
        saturday, monday = datetime(2026, 4, 4, 2), datetime(2026, 4, 5, 19)
        with self.at(monday):
            calls = self.plan_calls(6, date_planned=saturday, date_due=saturday.date())
            self.run_cron("release")
        self.assertEqual(
            self.get_days(calls),
            {monday.date() + timedelta(days=n): m for n, m in ((1, 4), (2, 2))},
        )
        on_monday = calls.filtered(
            lambda i: i.activity_id.date_deadline == monday.date() + timedelta(days=1)
        )
        self.assertNotIn("over_capacity", on_monday.mapped("reason_code"))

    # -- reported

    def test_who_is_late_for_want_of_time_is_at_fault(self):
        calls = self.plan_calls(25)
        self.run_cron("release")
        [waiting] = calls.filtered(lambda i: i.state == "scheduled")
        customer = waiting.relationship_id
        calls.relationship_id._judge_care()
        others = calls.relationship_id - customer
        self.assertNotIn("over_capacity", others.mapped("care_reason"))
        self.assertRecordValues(
            customer, [{"care_state": "fault", "care_reason": "over_capacity"}]
        )
        cards = self.env["crm.care.report"].search(
            [("company_id", "=", self.company.id)]
        )
        [card] = cards.filtered(lambda c: c.care_reason == "over_capacity")
        self.assertEqual(card.customer_count, 1)
        self.assertTrue(card.note)

    def test_a_stand_in_is_told_what_moved(self):
        """Though it goes back to the customer's own salesperson."""
        calls = self.make_queue(1)
        calls.user_id = self.budi
        calls.relationship_id.plan_id = self.make_plan(
            {"touchpoints": self.call}, {"touchpoints": self.call, "name": "Again"}
        )
        action = (
            calls.with_user(self.budi).with_context(outcome="reached").action_done()
        )
        self.assertEqual(calls.state, "done")
        self.assertTrue(action)

    # -- cost

    def test_number_of_queries_of_the_backlog(self):
        def queries(count):
            self.make_queue(count)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.env["crm.interaction"]._make_room()
            return self.env.cr.sql_log_count - before

        queries(2)
        self.assertLessEqual(queries(12), queries(2) + 5)
