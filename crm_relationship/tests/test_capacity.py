"""The release fills days that can be done, and says what does not fit."""

from datetime import date, timedelta

from odoo.tests import tagged

from .common import NOW, TODAY, RelationshipCase


@tagged("post_install", "-at_install")
class CapacityCase(RelationshipCase):
    """Sari has an hour a day, a call takes a quarter of one: four calls."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.relationship_first_count = 0
        cls.call.duration = 15
        cls.sari.contact_minutes_day = 60
        cls.budi.contact_minutes_day = 60
        cls.plan = cls.make_plan({"touchpoints": cls.call})
        cls.days = [TODAY + timedelta(days=day) for day in (0, 1, 2, 3, 6, 7)]

    def plan_calls(self, count, **values):
        """Return interactions that the system has planned, one a customer."""
        score = values.pop("rfm_monetary", 0)
        company = values.pop("company", self.company)
        interactions = self.env["crm.interaction"]
        for _n in range(count):
            relationship = self.make_relationship(company=company)
            interactions += self.make_interaction(
                relationship,
                **{
                    "plan_line_id": self.plan.line_ids.id,
                    "date_due": TODAY,
                    "date_planned": NOW,
                    **values,
                },
            )
            self.env.flush_all()
            self.env.cr.execute(
                "UPDATE crm_relationship SET rfm_monetary = %s WHERE id = %s",
                [score, relationship.id],
            )
        self.env.cr.execute(
            "UPDATE crm_interaction SET create_uid = NULL WHERE id = ANY(%s)",
            [interactions.ids],
        )
        self.env.invalidate_all()
        return interactions

    def get_days(self, interactions):
        """Return the deadlines of those in a queue, ``{day: number}``."""
        activities = interactions.activity_id
        return {
            day: len(own) for day, own in activities.grouped("date_deadline").items()
        }


@tagged("post_install", "-at_install")
class TestCapacity(CapacityCase):
    # -- days

    def test_days_are_filled_one_after_the_other(self):
        calls = self.plan_calls(10)
        self.run_cron("release")
        self.assertEqual(
            self.get_days(calls), dict(zip(self.days, [4, 4, 2], strict=False))
        )
        moved = calls.filtered(lambda i: i.activity_id.date_deadline > TODAY)
        self.assertEqual(set(moved.mapped("reason_code")), {"over_capacity"})
        self.assertFalse(any((calls - moved).mapped("reason_code")))

    def test_the_queue_never_holds_more_than_the_horizon(self):
        calls = self.plan_calls(30)
        for _run in range(3):
            self.run_cron("release")
            self.assertEqual(self.get_days(calls), dict.fromkeys(self.days, 4))
        waiting = calls.filtered(lambda i: i.state == "scheduled")
        self.assertEqual(len(waiting), 6)
        self.assertEqual(set(waiting.mapped("reason_code")), {"over_capacity"})
        self.assertEqual(set(waiting.mapped("user_id")), {self.sari})
        # the first working day that is not within the horizon yet
        self.assertEqual(
            {self.company._relationship_day(i.date_planned) for i in waiting},
            {date(2026, 4, 8)},
        )

    def test_what_waits_comes_when_there_is_room(self):
        calls = self.plan_calls(28)
        self.run_cron("release")
        for contact in calls.filtered(lambda i: i.activity_id.date_deadline == TODAY):
            contact._close_done({"outcome": "reached"})
        with self.at(NOW + timedelta(days=1)):
            self.run_cron("release")
        self.assertFalse(calls.filtered(lambda i: i.state == "scheduled"))

    def test_what_was_done_today_has_used_up_the_day(self):
        first = self.plan_calls(4)
        self.run_cron("release")
        for contact in first:
            contact._close_done({"outcome": "reached"})
        later = self.plan_calls(1)
        self.run_cron("release")
        self.assertEqual(self.get_days(later), {self.days[1]: 1})

    def test_what_is_overdue_takes_the_next_days(self):
        self.plan_calls(8)
        self.run_cron("release")
        with self.at(NOW + timedelta(days=1)):
            calls = self.plan_calls(1)
            self.run_cron("release")
        self.assertEqual(self.get_days(calls), {self.days[3]: 1})

    def test_a_day_without_minutes(self):
        self.sari._note_absence(TODAY, self.days[1], None, self.company)
        calls = self.plan_calls(5)
        self.run_cron("release")
        self.assertEqual(self.get_days(calls), {self.days[2]: 4, self.days[3]: 1})

    def test_calls_of_no_length_always_fit(self):
        self.call.duration = 0
        calls = self.plan_calls(30)
        self.run_cron("release")
        self.assertEqual(self.get_days(calls), {TODAY: 30})

    def test_a_visit_longer_than_a_day_takes_a_whole_one(self):
        self.call.duration = 300
        calls = self.plan_calls(2)
        self.run_cron("release")
        self.assertEqual(self.get_days(calls), {TODAY: 1, self.days[1]: 1})

    def test_what_somebody_planned_stays_on_its_day(self):
        calls = self.plan_calls(4)
        self.run_cron("release")
        own = [
            self.make_open(touchpoint_id=self.call.id, date_planned=NOW)
            for _n in range(2)
        ]
        self.assertEqual({i.activity_id.date_deadline for i in own}, {TODAY})
        self.assertEqual(self.get_days(calls), {TODAY: 4})
        later = self.plan_calls(3)
        self.run_cron("release")
        self.assertEqual(self.get_days(later), {self.days[1]: 2, self.days[2]: 1})

    # -- who comes first

    def test_service_first_then_occasions_then_value(self):
        poor = self.plan_calls(3, rfm_monetary=1)
        rich = self.plan_calls(3, rfm_monetary=5)
        occasion = self.env["crm.occasion"].search([], limit=1)
        plan = self.make_plan({"touchpoints": self.call, "occasion_id": occasion.id})
        greeting = self.plan_calls(
            1, rfm_monetary=1, plan_line_id=plan.line_ids.id, date_due=TODAY
        )
        service = self.plan_calls(1, kind="service")
        self.run_cron("release")
        today = (poor + rich + greeting + service).filtered(
            lambda i: i.activity_id.date_deadline == TODAY
        )
        self.assertEqual(len(today), 4)
        self.assertLessEqual(service + greeting, today)
        self.assertEqual(len(today & rich), 2)

    def test_whoever_waits_gains_but_not_for_ever(self):
        new = self.plan_calls(4, rfm_monetary=4)
        waiting = self.plan_calls(
            4, rfm_monetary=3, date_due=TODAY - timedelta(days=29)
        )
        least = self.plan_calls(4, rfm_monetary=1, date_due=TODAY - timedelta(days=300))
        self.run_cron("release")
        self.assertEqual(self.get_days(waiting), {TODAY: 4})
        self.assertEqual(self.get_days(new), {self.days[1]: 4})
        self.assertEqual(self.get_days(least), {self.days[2]: 4})

    def test_whoever_is_most_valuable_is_never_overtaken_by_waiting(self):
        new = self.plan_calls(4, rfm_monetary=5)
        waiting = self.plan_calls(
            4, rfm_monetary=4, date_due=TODAY - timedelta(days=40)
        )
        self.run_cron("release")
        self.assertEqual(self.get_days(new), {TODAY: 4})
        self.assertEqual(self.get_days(waiting), {self.days[1]: 4})

    def test_what_the_most_valuable_have_waited_for_is_about_to_be_late(self):
        order = self.make_order(self.make_customer("Buyer"))
        follow_ups = self.plan_calls(4, rfm_monetary=4, sale_order_id=order.id)
        new = self.plan_calls(4, rfm_monetary=5, date_due=TODAY)
        waiting = self.plan_calls(4, rfm_monetary=5, date_due=TODAY - timedelta(days=2))
        self.run_cron("release")
        self.assertEqual(self.get_days(waiting), {TODAY: 4})
        self.assertEqual(self.get_days(follow_ups), {self.days[1]: 4})
        self.assertEqual(self.get_days(new), {self.days[2]: 4})

    # -- the deputy

    def test_what_does_not_fit_goes_to_the_deputy(self):
        self.sari.deputy_id = self.budi
        calls = self.plan_calls(26)
        self.run_cron("release")
        taken = calls.filtered(lambda i: i.user_id == self.budi)
        self.assertEqual(self.get_days(taken), {TODAY: 2})
        self.assertEqual(taken.activity_id.user_id, self.budi)
        self.assertEqual(taken.relationship_id.user_id, self.sari)
        self.assertEqual(set(calls.mapped("state")), {"open"})

    def test_a_deputy_who_is_full_too(self):
        self.sari.deputy_id = self.budi
        self.budi.deputy_id = self.sari
        calls = self.plan_calls(50)
        self.run_cron("release")
        self.assertEqual(len(calls.filtered(lambda i: i.state == "open")), 48)
        waiting = calls.filtered(lambda i: i.state == "scheduled")
        self.assertEqual(set(waiting.mapped("reason_code")), {"over_capacity"})
        self.assertEqual(waiting.user_id, self.sari)

    def test_the_deputy_of_somebody_who_is_absent(self):
        self.sari.deputy_id = self.budi
        self.sari._note_absence(TODAY, TODAY + timedelta(days=20), None, self.company)
        calls = self.plan_calls(2)
        self.run_cron("release")
        self.assertEqual(calls.user_id, self.budi)
        self.assertEqual(self.get_days(calls), {TODAY: 2})

    def test_absent_and_nobody_stands_in(self):
        self.sari._note_absence(TODAY, TODAY + timedelta(days=20), None, self.company)
        calls = self.plan_calls(1)
        self.run_cron("release")
        self.assertRecordValues(
            calls,
            [{"state": "scheduled", "reason_code": "absent"}],
        )
        self.assertEqual(
            self.company._relationship_day(calls.date_planned), date(2026, 4, 21)
        )

    def test_a_deputy_who_may_not(self):
        """Who works elsewhere, or is not what the customer requires."""
        self.sari.deputy_id = self.stranger
        calls = self.plan_calls(25)
        self.run_cron("release")
        self.assertEqual(calls.user_id, self.sari)
        self.sari.deputy_id = self.budi
        waiting = calls.filtered(lambda i: i.state == "scheduled")
        tag = self.env["crm.staff.tag"].create(
            {"name": "Plays the violin (test)", "user_ids": self.sari.ids}
        )
        waiting.partner_id.staff_requirement_ids = [
            (0, 0, {"tag_id": tag.id, "level": "must"})
        ]
        waiting.date_planned = NOW
        self.run_cron("release")
        self.assertEqual(waiting.user_id, self.sari)
        tag.user_ids += self.budi
        waiting.date_planned = NOW
        self.run_cron("release")
        self.assertEqual(waiting.user_id, self.budi)

    def test_a_person_has_the_minutes_once_in_all_companies(self):
        self.sari.company_ids += self.other_company
        self.other_company.partner_id.tz = "Asia/Jakarta"
        ours = self.plan_calls(3)
        theirs = self.plan_calls(3, company=self.other_company)
        self.run_cron("release")
        self.assertEqual(self.get_days(ours + theirs), {TODAY: 4, self.days[1]: 2})
        later = self.plan_calls(3, company=self.other_company)
        self.run_cron("release")
        self.assertEqual(self.get_days(later), {self.days[1]: 2, self.days[2]: 1})

    # -- cost

    def test_number_of_queries(self):
        def queries(count):
            calls = self.plan_calls(count)
            return self.count_queries(calls._release)

        queries(5)
        self.sari.contact_minutes_day = 1440
        self.assertLessEqual(queries(60), queries(10) + 5)

    def test_number_of_queries_of_what_does_not_fit(self):
        self.sari.write({"contact_minutes_day": 15, "deputy_id": self.budi.id})
        self.budi.contact_minutes_day = 1440
        self.plan_calls(6)._release()

        def queries(count):
            calls = self.plan_calls(count)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            calls._release()
            self.env.flush_all()
            self.assertEqual(calls.user_id, self.budi)
            return self.env.cr.sql_log_count - before

        self.assertLessEqual(queries(60), queries(10) + 5)
