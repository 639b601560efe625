"""Can we keep our promises? What is asked, what there is time for, what would help."""

import random
from datetime import timedelta

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, freeze_time, tagged

from ..models.people.promises import NOBODY, Promises
from ..models.people.remedies import Remedies
from .common import NOW, TODAY, RelationshipCase

WEEKS = 13


@freeze_time(NOW)
@tagged("post_install", "-at_install")
class PromisesCase(RelationshipCase):
    """A plan of 12 calls a year, 200 minutes each; Sari serves, with 240 minutes."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.call.duration = 200
        cls.whatsapp.duration = 50
        cls.template = cls.env["mail.template"].create(
            {"name": "Word", "model_id": cls.env.ref("base.model_res_partner").id}
        )
        cls.plan = cls.make_plan()
        cls.line = cls.plan.line_ids
        cls.segment = cls.make_segment("Gold", plan_id=cls.plan.id)

    @classmethod
    def make_customers(cls, count, staff=None, **values):
        partners = cls.env["res.partner"].create(
            [{"name": f"Customer {n}"} for n in range(count)]
        )
        customers = cls.env["crm.relationship"]._ensure(partners, cls.company)
        customers.write(
            {"user_id": staff.id if staff else False, "segment_id": cls.segment.id}
            | values
        )
        return customers

    def allow(self, *users, minutes=240):
        """Let only these people have time, so many minutes a day."""
        tag = self.env["crm.staff.tag"].sudo()
        people = self.env["res.users"].union(*users)
        self.patch(type(tag), "_get_salespeople", lambda tags, company: people)
        self.company.relationship_minutes_day = minutes

    def page(self, user=None):
        return self.env["crm.feasibility"].with_user(user or self.manager).get_page()

    def pending(self, customers):
        """Return what their plans have scheduled."""
        self.schedule()
        return self.env["crm.interaction"].search(
            [("relationship_id", "in", customers.ids), ("state", "=", "scheduled")]
        )

    def apply(self, remedy, confirmed=True):
        pages = self.env["crm.feasibility"].with_user(self.manager)
        return pages.apply_remedy(remedy["key"], confirmed)

    def remedy(self, text):
        [found] = [r for r in self.page()["remedies"] if text in r["title"]]
        return found


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestPromises(PromisesCase):
    # -- the sentence

    def test_sentence_of_what_cannot_be_kept(self):
        """65 customers × 12 × 200 minutes ÷ 260 days are 3 interactions, 10 hours."""
        self.allow(self.sari)
        self.make_customers(65, self.sari)
        page = self.page()
        self.assertFalse(page["is_kept"])
        self.assertIn("3 interactions (10 hours) a day", page["sentences"][0])
        self.assertIn("one person can do 1.2 (4 hours)", page["sentences"][0])
        self.assertIn("6 hours a day are missing", page["sentences"][1])

    def test_sentence_of_what_can_be_kept(self):
        self.allow(self.sari, self.budi)
        self.make_customers(13, self.sari)
        page = self.page()
        self.assertTrue(page["is_kept"])
        self.assertIn("0.6 interactions (2 hours) a day", page["sentences"][0])
        self.assertIn("2 people can do 2.4 (8 hours)", page["sentences"][0])
        self.assertIn("6 hours a day are free", page["sentences"][1])
        self.assertFalse(page["remedies"])

    def test_messages_take_nobodys_time(self):
        self.allow(self.sari)
        self.make_customers(65, self.sari)
        self.line.write(
            {
                "touchpoint_ids": [Command.set(self.email.ids)],
                "mail_template_id": self.template.id,
            }
        )
        page = self.page()
        self.assertTrue(page["is_kept"])
        self.assertIn("asks anything of people", page["sentences"][0])
        self.assertIn("3 automatic messages", " ".join(page["notes"]))

    def test_an_automated_channel_without_a_message_takes_time(self):
        self.email.duration = 200
        self.line.touchpoint_ids = [Command.set(self.email.ids)]
        self.allow(self.sari)
        self.make_customers(65, self.sari)
        self.assertFalse(self.page()["is_kept"])

    def test_customers_whom_nobody_serves_are_counted_apart(self):
        self.allow(self.sari)
        self.make_customers(13, self.sari)
        self.make_customers(65)
        page = self.page()
        self.assertTrue(page["is_kept"])
        self.assertIn("3 more interactions (10 hours)", " ".join(page["notes"]))
        self.assertEqual(page["nobody"]["customers"], 65)
        self.assertEqual(page["people"][0]["customers"], 13)

    def test_excluded_customers_are_promised_nothing(self):
        self.allow(self.sari)
        customers = self.make_customers(13, self.sari)
        customers.partner_id.write(
            {"do_not_contact": True, "do_not_contact_reason": "Asked us to"}
        )
        customers._judge_care()
        self.assertIn("asks anything of people", self.page()["sentences"][0])

    def test_uneven_load_is_told(self):
        self.allow(self.sari, self.budi)
        self.make_customers(30, self.sari)
        page = self.page()
        self.assertTrue(page["is_kept"])
        self.assertIn("assign salespeople anew", " ".join(page["notes"]))

    # -- capacity

    def test_time_off_and_holidays_are_taken_out(self):
        self.allow(self.sari)
        self.make_customers(1, self.sari)
        whole = self.page()["people"][0]["possible"]
        self.assertEqual(whole, [5 * 240] * WEEKS)
        self.sari._note_absence(
            TODAY + timedelta(days=7), TODAY + timedelta(days=13), "Away", self.company
        )
        possible = self.page()["people"][0]["possible"]
        self.assertEqual(possible, [1200, 0] + [1200] * 11)

    def test_absent_all_the_time(self):
        self.allow(self.sari)
        self.make_customers(1, self.sari)
        self.sari._note_absence(
            TODAY, TODAY + timedelta(days=100), "Away", self.company
        )
        page = self.page()
        self.assertIn("nobody has time for any", page["sentences"][0])
        self.assertFalse(page["is_kept"])
        self.assertEqual(page["more_people"], 1)

    def test_a_calendar_without_hours(self):
        calendar = self.env["resource.calendar"].create(
            {"name": "None", "attendance_ids": [Command.clear()]}
        )
        self.company.resource_calendar_id = calendar
        self.allow(self.sari)
        self.make_customers(13, self.sari)
        self.assertTrue(self.page()["is_kept"])

    def test_no_people_at_all(self):
        self.allow()
        self.make_customers(13)
        page = self.page()
        self.assertEqual(page["people"], [])
        self.assertIn("asks anything of people", page["sentences"][0])

    # -- week by week

    def test_backlog_is_worked_off_first(self):
        """13 overdue calls take 2,600 minutes; Sari has 1,200 a week."""
        self.allow(self.sari)
        customers = self.make_customers(13, self.sari)
        self.pending(customers).sudo().date_planned = NOW - timedelta(days=3)
        [row] = self.page()["people"]
        self.assertEqual(row["asked"][:4], [2600, 0, 0, 0])
        self.assertEqual(row["waiting"][:4], [1400, 200, 0, 0])
        self.assertEqual(row["asked"][4], 2600)

    def test_deferred_counts_on_its_day(self):
        self.allow(self.sari)
        customer = self.make_customers(1, self.sari)
        self.pending(customer).sudo().write(
            {
                "date_due": TODAY - timedelta(days=9),
                "date_planned": NOW + timedelta(days=15),
            }
        )
        [row] = self.page()["people"]
        self.assertEqual(row["asked"][:7], [0, 0, 200, 0, 0, 0, 200])

    def test_least_valuable_wait(self):
        self.allow(self.sari)
        silver = self.make_segment("Silver", plan_id=self.plan.id, sequence=1)
        self.segment.sequence = 99
        gold_customers = self.make_customers(5, self.sari)
        gold_customers.sudo().rfm_monetary = 5
        self.make_customers(40, self.sari, segment_id=silver.id)
        rows = {row["name"]: row for row in self.page()["segments"]}
        self.assertFalse(any(rows["Gold"]["waiting"]))
        self.assertGreater(rows["Silver"]["waiting"][-1], 0)

    def test_who_waits_how_long_is_told(self):
        """Sari has 15,600 minutes in 13 weeks; Gold takes 3,000, Silver 26,000."""
        self.allow(self.sari)
        silver = self.make_segment("Silver", plan_id=self.plan.id, sequence=1)
        self.segment.sequence = 99
        self.make_customers(5, self.sari).sudo().rfm_monetary = 5
        self.make_customers(43, self.sari, segment_id=silver.id)
        told = self.page()["sentences"][-1]
        self.assertRegex(told, r"the least valuable first: Silver \(1\d weeks\)\.")

    def test_nobody_waits_where_there_is_time(self):
        self.allow(self.sari)
        self.make_customers(5, self.sari)
        self.assertEqual(len(self.page()["sentences"]), 2)

    def test_whom_nobody_gets_to_is_told(self):
        self.allow(self.sari)
        silver = self.make_segment("Silver", plan_id=self.plan.id, sequence=1)
        self.make_customers(90, self.sari).sudo().rfm_monetary = 5
        self.make_customers(5, self.sari, segment_id=silver.id)
        told = self.page()["sentences"][-1]
        self.assertIn("Silver (nobody gets to them) and Gold (", told)

    def test_parts_add_up(self):
        self.allow(self.sari, self.budi)
        team = self.env["crm.team"].create(
            {"name": "North", "member_ids": [Command.set(self.sari.ids)]}
        )
        self.make_customers(10, self.sari)
        self.make_customers(10, self.budi)
        page = self.page()
        self.assertIn(team.name, [row["name"] for row in page["teams"]])
        for name in ("asked", "possible", "waiting"):
            for part in ("teams", "people"):
                weeks = zip(*(row[name] for row in page[part]), strict=True)
                self.assertEqual(list(map(sum, weeks)), page["total"][name])

    # -- programs

    def test_program_counts_as_often_as_customers_entered_it(self):
        """13 customers in 13 weeks, three steps of 200 minutes: 10 hours a week."""
        program = self.make_program(date_start=TODAY - timedelta(days=200))
        customers = self.make_customers(13, self.sari, segment_id=False)
        program._enroll(customers)
        needs = Promises(self.company).get_needs()
        self.assertAlmostEqual(needs[self.sari.id].count, 3)
        self.assertAlmostEqual(needs[self.sari.id].minutes, 600)

    def test_program_that_is_over_asks_nothing_more(self):
        program = self.make_program(
            date_start=TODAY - timedelta(days=200),
            date_end=TODAY - timedelta(days=1),
        )
        program._enroll(self.make_customers(13, self.sari, segment_id=False))
        promises = Promises(self.company)
        self.assertEqual(sum(n.minutes for n in promises.get_needs().values()), 0)
        # what was placed is there
        self.assertEqual(sum(promises.get_weeks()[self.sari.id][None]), 13 * 3 * 200)

    # -- others

    def test_plan_of_another_company(self):
        self.plan.company_id = self.other_company
        self.allow(self.sari)
        self.make_customers(7, self.sari)
        page = self.page()
        self.assertIn("asks anything of people", page["sentences"][0])
        self.assertIn(
            "Customers without a plan that this company can use: 7.",
            " ".join(page["notes"]),
        )

    def test_no_plan(self):
        self.segment.plan_id = False
        self.make_customers(7, self.sari)
        self.assertTrue(self.page()["is_kept"])

    def test_who_may_see_it(self):
        self.make_customers(1, self.sari)
        self.assertFalse(self.page(self.all_documents)["may_apply"])
        for user in (self.sari, self.internal, self.portal):
            with self.assertRaises(AccessError):
                self.page(user)

    def test_as_many_queries_for_many_customers(self):
        self.allow(self.sari, self.budi)
        self.make_customers(10, self.sari)
        self.schedule()
        counts = []
        for _turn in range(2):
            for _again in range(2):
                self.env.flush_all()
                self.env.invalidate_all()
                before = self.env.cr.sql_log_count
                self.page()
            counts.append(self.env.cr.sql_log_count - before)
            self.make_customers(20, self.sari)
            self.make_customers(20, self.budi)
            self.schedule()
        self.assertEqual(*counts)


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestRemedies(PromisesCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.silver_plan = cls.make_plan(
            {"name": "Tip", "touchpoints": cls.call + cls.whatsapp, "every": 3}
        )
        cls.silver = cls.make_segment("Silver", plan_id=cls.silver_plan.id, sequence=99)
        cls.segment.sequence = 1

    def overload(self, gold=33, silver=65):
        """Gold asks for 5 hours a day, Silver for 3.3; Sari has 4."""
        self.allow(self.sari)
        self.gold_customers = self.make_customers(gold, self.sari)
        self.silver_customers = self.make_customers(
            silver, self.sari, segment_id=self.silver.id
        )

    def give_values(self, gold, silver):
        for customers, value in (
            (self.gold_customers, gold),
            (self.silver_customers, silver),
        ):
            customers.sudo().write({"value_12m": value})

    def test_least_value_per_hour_first(self):
        self.overload()
        self.give_values(gold=1000, silver=10)
        remedies = self.page()["remedies"]
        self.assertTrue(remedies[0]["title"].startswith("Silver"))
        best = [r for r in remedies if r["is_best"]]
        self.assertGreaterEqual(sum(r["minutes"] for r in best) / 60, 4.4)

    def test_value_at_stake(self):
        """Half of the time of Gold: half of the value."""
        self.overload(silver=0)
        self.give_values(gold=1000, silver=0)
        found = self.remedy("every 2 months")
        self.assertAlmostEqual(found["value"], 16500, delta=2)
        self.assertAlmostEqual(found["minutes"], 152.3, delta=1)

    def test_value_that_is_not_known(self):
        self.overload()
        for remedy in self.page()["remedies"]:
            self.assertIs(remedy["value"], False)
        # then the last segment comes first
        self.assertTrue(self.page()["remedies"][0]["title"].startswith("Silver"))

    def test_more_people(self):
        self.overload()
        self.assertEqual(self.page()["more_people"], 2)

    def test_cadence_is_applied_and_undone(self):
        self.overload()
        self.schedule()
        found = self.remedy("Gold: “How are you?” 1 × every 2 months")
        question = self.apply(found, confirmed=False)["question"]
        self.assertIn("customers who follow it: 33", question)
        self.assertEqual(self.line.every, 1)
        told = self.apply(found)
        self.assertRecordValues(
            self.line, [{"times": 1, "every": 2, "period": "month"}]
        )
        self.assertNotIn(found["key"], [r["key"] for r in self.page()["remedies"]])
        pages = self.env["crm.feasibility"].with_user(self.manager)
        pages.undo_remedy(told["undo"])
        self.assertRecordValues(
            self.line, [{"times": 1, "every": 1, "period": "month"}]
        )

    def test_channel_is_applied_and_undone(self):
        self.overload()
        line = self.silver_plan.line_ids
        found = self.remedy("Whatsapp instead of Call")
        told = self.apply(found)
        self.assertEqual(
            line.channel_ids.touchpoint_id.ids, [self.whatsapp.id, self.call.id]
        )
        pages = self.env["crm.feasibility"].with_user(self.manager)
        pages.undo_remedy(told["undo"])
        self.assertEqual(
            line.channel_ids.touchpoint_id.ids, [self.call.id, self.whatsapp.id]
        )

    def test_message_instead_of_a_call_where_there_is_one(self):
        self.overload()
        self.assertNotIn("Email", str(self.page()["remedies"]))
        self.line.mail_template_id = self.template
        found = self.remedy("Email instead of Call")
        self.assertAlmostEqual(found["minutes"], 304.6, delta=1)
        self.assertNotIn("goes live", self.apply(found, False)["question"])
        self.company.live_touchpoint_ids = False
        self.assertIn("goes live", self.apply(found, False)["question"])

    def test_saves_what_it_says(self):
        self.overload()
        for text in ("Whatsapp instead", "Gold: “How are you?” 1 × every 3 months"):
            before = Promises(self.company).get_needs()[self.sari.id].minutes
            found = self.remedy(text)
            self.apply(found)
            after = Promises(self.company).get_needs()[self.sari.id].minutes
            self.assertAlmostEqual(before - after, found["minutes"] * 5, delta=1)

    def test_those_chosen_close_the_gap(self):
        self.overload()
        self.give_values(gold=1000, silver=10)
        for remedy in self.page()["remedies"]:
            if remedy["is_best"]:
                self.apply(remedy)
        self.assertTrue(self.page()["is_kept"])

    def test_what_cannot_be_used(self):
        self.overload()
        pages = self.env["crm.feasibility"].with_user(self.manager)
        for key in (None, 0, [], {}, "", "1:2", "x", f"{self.line.id}:-1:0:month"):
            with self.assertRaises(UserError):
                pages.apply_remedy(key, True)
        for undo in (None, 7, "x", {}, {"line_id": 1}, []):
            with self.assertRaises(UserError):
                pages.undo_remedy(undo)

    def test_undo_with_channels_that_there_are_not(self):
        self.overload()
        undo = self.apply(self.remedy("Whatsapp instead of Call"))["undo"]
        undo["before"]["channels"] = [self.call.id, 2**31 - 1]
        pages = self.env["crm.feasibility"].with_user(self.manager)
        pages.undo_remedy(undo)
        self.assertEqual(self.silver_plan.line_ids.channel_ids.touchpoint_id, self.call)

    def test_undo_of_what_was_changed_since(self):
        self.overload()
        told = self.apply(self.remedy("Gold: “How are you?” 1 × every 2 months"))
        self.line.every = 5
        pages = self.env["crm.feasibility"].with_user(self.manager)
        with self.assertRaisesRegex(UserError, "has been changed since"):
            pages.undo_remedy(told["undo"])
        self.line.unlink()
        with self.assertRaisesRegex(UserError, "no longer there"):
            pages.undo_remedy(told["undo"])

    def test_who_may_apply(self):
        self.overload()
        key = self.remedy("Gold: “How are you?” 1 × every 2 months")["key"]
        for user in (self.all_documents, self.sari, self.internal, self.portal):
            with self.assertRaises(AccessError):
                self.env["crm.feasibility"].with_user(user).apply_remedy(key, True)


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestPromisesWarnings(PromisesCase):
    def test_plan(self):
        self.allow(self.sari)
        self.make_customers(20, self.sari)
        with Form(self.plan.with_user(self.manager)) as form:
            self.assertFalse(form.feasibility_warning)
            with form.line_ids.edit(0) as line:
                line.times = 4
            self.assertIn("3.7 interactions (12.3 hours)", form.feasibility_warning)
            self.assertIn("one person can do 1.2 (4 hours)", form.feasibility_warning)
        with Form(self.plan.with_user(self.manager)) as form:
            # it is broken, but not by this
            self.assertFalse(form.feasibility_warning)
            with form.line_ids.edit(0) as line:
                line.times = 3
            self.assertFalse(form.feasibility_warning)

    def test_plan_with_another_line_or_channel(self):
        self.allow(self.sari)
        self.make_customers(20, self.sari)
        self.visit.duration = 600
        with Form(self.plan.with_user(self.manager)) as form:
            with form.line_ids.new() as line:
                line.name = "Visit"
                line.touchpoint_ids.add(self.visit)
            self.assertIn("12.3 hours", form.feasibility_warning)
            form.line_ids.remove(1)
            self.assertFalse(form.feasibility_warning)

    def test_plan_that_is_not_complete_yet(self):
        self.allow(self.sari)
        self.make_customers(20, self.sari)
        with Form(self.plan.with_user(self.manager)) as form:
            with form.line_ids.edit(0) as line:
                line.times = 0
                line.every = 0
            self.assertFalse(form.feasibility_warning)
            with form.line_ids.edit(0) as line:
                line.every = 1
                line.times = 1

    def test_plan_whose_customers_nobody_serves(self):
        self.allow(self.sari, minutes=1)
        self.make_customers(20)
        with Form(self.plan.with_user(self.manager)) as form:
            with form.line_ids.edit(0) as line:
                line.times = 30
            self.assertFalse(form.feasibility_warning)

    def test_plan_that_nobody_follows(self):
        self.allow(self.sari, minutes=1)
        plan = self.make_plan()
        with Form(plan.with_user(self.manager)) as form:
            with form.line_ids.edit(0) as line:
                line.times = 30
            self.assertFalse(form.feasibility_warning)

    def test_a_new_plan(self):
        with Form(self.env["crm.contact.plan"].with_user(self.manager)) as form:
            form.name = "New"
            self.assertFalse(form.feasibility_warning)

    def test_new_program_by_the_orders_of_a_quarter(self):
        """26 orders in 13 weeks, two calls each: 4 a week."""
        self.allow(self.sari, minutes=10)
        for customer in self.make_customers(26, self.sari, segment_id=False):
            self.make_order(customer.partner_id, days_ago=20)
        with Form(self.env["crm.program"].with_user(self.manager)) as form:
            form.name = "Follow-up"
            form.trigger = "sale_confirmed"
            for name in ("One", "Two"):
                with form.step_ids.new() as step:
                    step.name = name
                    step.touchpoint_ids.add(self.call)
            self.assertIn("0.8 interactions (2.7 hours)", form.feasibility_warning)
            form.trigger = "manual"
            self.assertFalse(form.feasibility_warning)

    def test_program_with_one_more_step(self):
        self.allow(self.sari, minutes=10)
        program = self.make_program(date_start=TODAY - timedelta(days=200))
        program._enroll(self.make_customers(13, self.sari, segment_id=False))
        with Form(program.with_user(self.manager)) as form:
            self.assertFalse(form.feasibility_warning)
            with form.step_ids.new() as step:
                step.name = "Visit"
                step.touchpoint_ids.add(self.call)
            self.assertTrue(form.feasibility_warning)
            form.date_end = TODAY - timedelta(days=1)
            self.assertFalse(form.feasibility_warning)

    def test_matrix_cell(self):
        self.allow(self.sari)
        self.make_customers(5, self.sari)
        segment = self.segment.with_user(self.manager)
        answer = segment.set_matrix_cell(self.call.id, 13)
        self.assertNotIn("question", answer)
        self.company.relationship_minutes_day = 1
        answer = segment.set_matrix_cell(self.call.id, 14)
        self.assertIn("one person can do", answer["question"])
        self.assertEqual(self.line.times, 13)
        answer = segment.set_matrix_cell(self.call.id, 14, confirmed=True)
        undo = self.env["crm.matrix.undo"].browse(answer["undo"])
        undo.with_user(self.manager).action_undo()
        self.assertEqual(self.line.times, 13)
        # fewer is never warned about
        self.assertNotIn("question", segment.set_matrix_cell(self.call.id, 12))


@freeze_time(NOW)
@tagged("post_install", "-at_install", "crm_relationship_oracle")
class TestPromisesRandom(PromisesCase):
    """Random customers, plans and interactions: as an independent computation says."""

    def make_world(self, dice):
        from oracle import feasibility

        self.visit.duration = 60
        channels = [self.call, self.whatsapp, self.visit, self.email]
        people = [self.sari, self.budi, self.all_documents]
        self.allow(*people)
        segments = [
            self.make_segment(f"S{n}", sequence=n, plan_id=False) for n in range(3)
        ]
        lines = {}
        plans = []
        for _number in range(4):
            plan = self.make_plan(
                *(
                    {
                        "touchpoints": dice.choice(channels),
                        "times": dice.choice((1, 2)),
                        "every": dice.choice((1, 2, 3)),
                        "period": dice.choice(("week", "month", "year")),
                        "user_id": dice.choice((False, False, self.budi.id)),
                        "mail_template_id": self.template.id,
                    }
                    for _line in range(dice.randint(1, 3))
                )
            )
            plans.append(plan)
            for line in plan.line_ids:
                per_year = {"week": 52, "month": 12, "year": 1}[line.period]
                touchpoint = line.touchpoint_ids
                lines[line.id] = feasibility.Line(
                    line.id,
                    plan.id,
                    line.times * per_year / line.every,
                    touchpoint.duration,
                    touchpoint == self.email,
                    line.user_id.id or None,
                )
        for segment in segments:
            segment.plan_id = dice.choice(plans)
        customers = [
            self.draw(dice, segments, plans, people, lines) for _n in range(60)
        ]
        return feasibility, customers, list(lines.values())

    def draw(self, dice, segments, plans, people, lines):
        from oracle.feasibility import Customer, Pending

        segment = dice.choice(segments)
        own = dice.choice([None, None, None, *plans])
        person, deputy = dice.choice([None, *people]), dice.choice([None, self.budi])
        if dice.random() < 0.1:
            # a portal user serves nobody
            person = self.portal
        relationship = self.make_relationship()
        excluded = dice.random() < 0.1
        value = dice.choice([None, 100.0, 2000.0])
        plan = (own or segment.plan_id).id
        pending = []
        followed = [line for line in lines.values() if line.plan == plan]
        for line in followed:
            if dice.random() < 0.6:
                pending.append(self.place(dice, relationship, people, line))
        if dice.random() < 0.3:
            pending.append(self.place(dice, relationship, people))
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_relationship SET user_id = %s, backup_user_id = %s,"
            " segment_id = %s, plan_id = %s, value_12m = %s, care_state = %s,"
            " care_reason = %s WHERE id = %s",
            [
                person and person.id,
                deputy and deputy.id,
                segment.id,
                own and own.id,
                value,
                "excluded" if excluded else "planned",
                "do_not_contact" if excluded else None,
                relationship.id,
            ],
        )
        self.env.invalidate_all()
        serving = person if person in people else deputy
        return Customer(
            segment.id,
            plan,
            serving.id if serving else None,
            excluded,
            value,
            [p for p in pending if isinstance(p, Pending)],
        )

    def place(self, dice, relationship, people, line=None):
        from oracle.feasibility import Pending

        day = dice.choice([-20, -1, 0, 3, 8, 40, 90, 91, 200])
        maker = dice.choice([None, *people])
        queued = dice.random() < 0.3
        touchpoint = self.call if not line or queued else self.env["crm.touchpoint"]
        interaction = self.make_interaction(
            relationship, user_id=False, touchpoint_id=touchpoint.id
        )
        start = self.company._relationship_time(TODAY, hour=9)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_interaction SET user_id = %s, plan_line_id = %s, state = %s,"
            " date_planned = %s WHERE id = %s",
            [
                maker and maker.id,
                line and line.key,
                "open" if queued else "scheduled",
                start + timedelta(days=day),
                interaction.id,
            ],
        )
        self.env.invalidate_all()
        return Pending(
            day + 9 / 24,
            touchpoint.duration if touchpoint else line.minutes,
            maker and maker.id,
            line and line.key,
            bool(line and not queued and line.automatic),
        )

    def assertNear(self, found, right):
        self.assertEqual(found.keys(), right.keys())
        for key, numbers in right.items():
            for one, other in zip(found[key], numbers, strict=True):
                self.assertAlmostEqual(one, other, places=6, msg=key)

    def check(self, seed):
        dice = random.Random(seed)
        feasibility, customers, lines = self.make_world(dice)
        promises = Promises(self.company)
        self.assertNear(
            {k: n for k, n in promises.get_needs().items() if n.count},
            feasibility.needs(customers, lines),
        )
        found = {
            (person, segment): weeks
            for person, by_segment in promises.get_weeks().items()
            for segment, weeks in by_segment.items()
            if any(abs(minutes) > 1e-9 for minutes in weeks)
        }
        right = {
            key: weeks
            for key, weeks in feasibility.weeks(customers, lines).items()
            if any(weeks)
        }
        self.assertNear(found, right)
        self.check_remedies(promises, feasibility, customers, lines)

    def check_remedies(self, promises, feasibility, customers, lines):
        """What a remedy saves and puts at stake is what changes without it."""

        def minutes(of_lines):
            found = feasibility.needs(customers, of_lines)
            return 13 * sum(n for p, (_c, n) in found.items() if p is not NOBODY)

        remedies = Remedies(promises)
        self.assertTrue(remedies.remedies)
        by_key = {line.key: line for line in lines}
        for key, change in remedies.changes.items():
            line = by_key[change.line.id]
            changed = vars(line).copy()
            if change.touchpoint:
                changed["minutes"] = change.touchpoint.duration
                changed["automatic"] = change.touchpoint == self.email
            else:
                per_year = {"day": 365, "week": 52, "month": 12, "year": 1}
                changed["yearly"] = (
                    change.values["times"]
                    * per_year[change.values["period"]]
                    / change.values["every"]
                )
            others = [other for other in lines if other != line]
            saved = minutes(lines) - minutes([*others, feasibility.Line(**changed)])
            remedy = remedies.remedies[key]
            self.assertEqual(remedy.saved, int(saved + 1e-6))
            right = feasibility.stake(customers, lines, line, remedy.saved)
            if right is None:
                self.assertIsNone(remedy.lost)
            else:
                self.assertAlmostEqual(remedy.lost, right, places=4)

    def test_one(self):
        self.check(1)

    def test_two(self):
        self.check(2)

    def test_three(self):
        self.check(3)
