"""The manager's morning and a salesperson's own figures: each number is its list."""

import json
from datetime import timedelta

from odoo import Command
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tests import freeze_time, tagged

from ..models.program.result import ProgramResult
from ..report.morning import ManagerPage
from .common import NOW, TODAY, RelationshipCase

QUERIES = 25


@freeze_time(NOW)
@tagged("post_install", "-at_install")
class MorningCase(RelationshipCase):
    """Two salespeople with customers in every state, and a company beside theirs."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plan = cls.make_plan()
        cls.own = cls._make_customers("Own", cls.sari, 6, value_12m=100)
        cls.foreign = cls._make_customers("Foreign", cls.budi, 4)
        cls.elsewhere = cls.make_relationship(
            cls.make_customer("Elsewhere"), cls.other_company, user_id=False
        )
        cls.own[0].write({"lifecycle_stage": "at_risk", "value_12m": 700})
        cls.foreign[0].lifecycle_stage = "at_risk"
        cls._make_interactions()
        cls._make_talks()
        (cls.own | cls.foreign)._judge_care()
        cls.env.flush_all()

    @classmethod
    def _make_customers(cls, name, user, count, **values):
        partners = cls.env["res.partner"].create(
            [{"name": f"{name} {number}"} for number in range(count)]
        )
        customers = cls.env["crm.relationship"]._ensure(partners, cls.company)
        customers.write({"user_id": user.id, **values})
        return customers

    @classmethod
    def _make_interactions(cls):
        """Promises kept, to come, overdue and tried in vain, of both salespeople."""
        states = [
            ("done", {"outcome": "reached", "date_done": NOW - timedelta(hours=1)}),
            ("open", {"date_planned": NOW + timedelta(days=1)}),
            ("open", {"date_planned": NOW - timedelta(days=2)}),
            ("missed", {"date_attempt": NOW - timedelta(hours=2)}),
            ("scheduled", {"date_planned": NOW + timedelta(days=40)}),
        ]
        for customers, user in ((cls.own, cls.sari), (cls.foreign, cls.budi)):
            for customer, (state, values) in zip(customers, states, strict=False):
                cls.make_interaction(
                    customer,
                    user_id=user.id,
                    touchpoint_id=cls.call.id,
                    plan_line_id=cls.plan.line_ids.id,
                    state=state,
                    **{"date_planned": NOW, **values},
                )

    @classmethod
    def _make_talks(cls):
        """Refusals, other preferences and complaints of customers of both."""
        for customer in cls.own[4] | cls.foreign[3]:
            for values in (
                {"do_not_contact": True},
                {"preferred_touchpoint_id": cls.call.id},
            ):
                customer.partner_id._change_preferences(
                    values, source="told", wording="As I said."
                )
        for customer in cls.own[5] | cls.foreign[3]:
            cls.make_interaction(
                customer,
                user_id=customer.user_id.id,
                touchpoint_id=cls.call.id,
                state="done",
                outcome="complaint",
                date_planned=NOW,
                date_done=NOW - timedelta(days=3),
            )
        cls.env["crm.defection"].create(
            [
                {
                    "relationship_id": cls.own[2].id,
                    "date": TODAY - timedelta(days=1),
                    "declared": True,
                },
                # lost long ago, and known of only since the addon is there
                {
                    "relationship_id": cls.own[3].id,
                    "date": TODAY - timedelta(days=200),
                    "date_noticed": TODAY - timedelta(days=1),
                },
            ]
        )

    def page(self, user=None, method="get_page"):
        morning = self.env["crm.morning"].with_user(user or self.manager)
        return getattr(morning, method)()

    def section(self, page, id_):
        [section] = [s for s in page["sections"] if s["id"] == id_]
        return section

    def numbers(self, page):
        return {n["id"]: n for s in page["sections"] for n in s["numbers"]}

    def values(self, page):
        return {id_: number["value"] for id_, number in self.numbers(page).items()}

    def find(self, user, action):
        """Return the records of the list that a number opens, as its reader sees it."""
        xml = self.env["ir.actions.act_window"]._for_xml_id(action["xml_id"])
        # as it comes back from the client
        domain = json.loads(json.dumps(action["domain"]))
        companies = {"allowed_company_ids": user.company_id.ids}
        records = self.env[xml["res_model"]].with_user(user).with_context(**companies)
        return records.search(domain)

    def check_lists(self, user, page):
        """Check that each number opens exactly what it counts."""
        self.assertTrue(self.numbers(page))
        for id_, number in self.numbers(page).items():
            found = self.find(user, number["action"])
            with self.subTest(user=user.name, number=id_):
                self.assertEqual(found._name, number["model"])
                self.assertTrue(number["help"])
                if number["kind"] == "money":
                    self.assertEqual(len(found), number["count"])
                    known = [v for v in found.mapped("value_12m") if v is not False]
                    if known or not found:
                        self.assertAlmostEqual(sum(known), number["value"])
                    else:
                        self.assertIs(number["value"], False)
                else:
                    self.assertEqual(len(found), number["value"])


@freeze_time(NOW)
@tagged("post_install", "-at_install")
class TestMorning(MorningCase):
    def test_each_number_opens_what_it_counts(self):
        for user in (self.manager, self.all_documents):
            self.check_lists(user, self.page(user))
        for user in (self.sari, self.budi, self.manager):
            self.check_lists(user, self.page(user, "get_own_page"))

    def test_what_a_manager_sees(self):
        values = self.values(self.page())
        self.assertEqual(values["week_kept"], 2)
        self.assertEqual(values["week_overdue"], 2)
        self.assertEqual(values["week_due"], 2)
        self.assertEqual(values["week_missed"], 2)
        # with the talk about a complaint; who refused is not asked about the other
        self.assertEqual(values["queue"], 5)
        self.assertEqual(values["said_refusals"], 2)
        # and why somebody does not want to be contacted
        self.assertEqual(values["said_preferences"], 4)
        self.assertEqual(values["said_complaints"], 2)
        self.assertEqual(values["at_risk"], 2)
        self.assertEqual(values["at_risk_value"], 700)
        self.assertEqual(values["lost"], 1)

    def test_own_figures_are_ones_own(self):
        values = self.values(self.page(self.sari, "get_own_page"))
        self.assertEqual(values["week_kept"], 1)
        self.assertEqual(values["queue"], 3)
        self.assertEqual(values["said_refusals"], 1)
        self.assertEqual(values["said_complaints"], 1)
        self.assertEqual(values["at_risk_value"], 700)
        page = json.dumps(self.page(self.sari, "get_own_page"))
        self.assertNotIn("Foreign", page)
        self.assertNotIn(self.budi.name, page)

    def test_as_a_manager_a_salesperson_sees_oneself_alone(self):
        """Who sees all customers is told of the own ones on the own page."""
        self.own[0].user_id = self.manager
        self.env.flush_all()
        page = self.page(self.manager, "get_own_page")
        care = self.section(page, "care")
        self.assertEqual(sum(n["value"] for n in care["numbers"]), 1)
        self.check_lists(self.manager, page)

    def test_nobody_is_compared_by_selling(self):
        for page in (self.page(), self.page(self.sari, "get_own_page")):
            self.assertNotIn("revenue", json.dumps(page).lower())

    # -- the same as on the screens behind it

    def test_faults_are_those_of_the_board(self):
        care = self.section(self.page(), "care")
        board = self.env["crm.care.report"].with_user(self.manager)
        cards = board.search([("company_id", "=", self.company.id)])
        shown = {n["id"]: n["value"] for n in care["numbers"] if n["value"]}
        self.assertEqual(
            shown,
            {
                f"care_{card.care_reason or card.care_state}": card.customer_count
                for card in cards
                if card.care_state != "total"
            },
        )
        total = cards.filtered(lambda card: card.care_state == "total")
        self.assertIn(str(total.customer_count), care["sentence"])

    def test_who_is_forgotten_and_why(self):
        self.own[0].partner_id.name = "Kartini"
        self.foreign.user_id = False
        self.foreign._judge_care()
        self.env.flush_all()
        care = self.section(self.page(), "care")
        at_fault = self.env["crm.relationship"].search(
            [("company_id", "=", self.company.id), ("care_state", "=", "fault")]
        )
        self.assertEqual(len(care["rows"]), min(len(at_fault), 5))
        told = json.dumps(care["rows"])
        self.assertIn("No dedicated salesperson", told)
        self.assertEqual(care["tone"], "danger")
        amounts = [row["amount"] for row in care["rows"]]
        self.assertEqual(amounts, sorted(amounts, key=lambda v: v or -1, reverse=True))

    def measure(self):
        """Return a program whose result is over, with customers in both groups."""
        program = self.make_program(0, trigger="manual", holdout_share=50)
        partners = self.env["res.partner"].create(
            [{"name": f"Measured {number}"} for number in range(20)]
        )
        program._enroll(self.env["crm.relationship"]._ensure(partners, self.company))
        program.write(
            {"holdout_until": TODAY, "result_days": 30, "name": "Gold program"}
        )
        return program

    def test_verdicts_are_those_of_the_result_page(self):
        program = self.measure()
        unmeasured = self.make_program(0)
        [row] = self.section(self.page(), "programs")["rows"]
        self.assertEqual(row["badge"], "Not decided yet")
        self.assertEqual(row["action"]["res_id"], program.id)
        with self.in_days(60):
            page = self.page()
            [row] = self.section(page, "programs")["rows"]
            result = ProgramResult(program, self.company)
            verdict = result.get_values()["verdicts"][0]
            self.assertEqual(row["detail"], verdict["text"])
            self.assertEqual(row["badge"], "Not proven")
            self.assertEqual(self.values(page)["unmeasured"], 1)
            self.check_lists(self.manager, page)
        self.assertFalse(unmeasured.holdout_from)

    def test_groups_of_several_results_at_once(self):
        programs = self.measure() | self.measure()
        with self.in_days(60):
            rows = self.section(self.page(), "programs")["rows"]
            self.assertEqual(len(rows), 2)
            for program in programs:
                groups = ProgramResult(program, self.company).get_groups()
                self.assertEqual(groups[False]["size"] + groups[True]["size"], 20)

    def test_who_has_more_to_do_than_time(self):
        self.company.relationship_minutes_day = 1
        self.call.duration = 30
        queue = self.section(self.page(), "queue")
        self.assertEqual(queue["tone"], "danger")
        rows = {row["title"]: row for row in queue["rows"]}
        self.assertEqual(rows.keys(), {self.sari.name, self.budi.name})
        found = self.find(self.manager, rows[self.sari.name]["action"])
        self.assertEqual(found.user_id, self.sari)
        self.assertEqual(len(found), 3)
        own = self.section(self.page(self.sari, "get_own_page"), "queue")
        self.assertEqual([row["title"] for row in own["rows"]], [self.sari.name])

    def test_people_are_those_who_sell(self):
        """The page asks for them in one query; they are whom other pages know."""
        tags = self.env["crm.staff.tag"]
        page = ManagerPage(self.env(user=self.manager), NOW)
        self.assertEqual(
            page.get_people().sorted("id"), tags._get_salespeople(self.company)
        )
        self.budi.active = False
        self.sari.company_ids += self.other_company
        self.assertEqual(
            page.get_people().sorted("id"), tags._get_salespeople(self.company)
        )

    def test_overdue_counts_today_and_what_is_done_has_used_up_time(self):
        self.company.relationship_minutes_day = 60
        self.call.duration = 15
        chart = self.section(self.page(self.sari, "get_own_page"), "queue")["chart"]
        queued, free = (one["values"] for one in chart["series"])
        # with the talk about the complaint
        self.assertEqual(queued, [0.5, 0.2, 0, 0, 0, 0, 0])
        done = self.env["crm.interaction"].search(
            [("user_id", "=", self.sari.id), ("state", "=", "done")]
        )
        today = done.filtered(lambda i: i.date_done > NOW - timedelta(days=1))
        spent = sum(today.mapped("duration")) / 60
        self.assertEqual(free[0], round(1 - spent, 1))
        # a Tuesday; nobody works on Saturday and Sunday
        self.assertEqual(free[1:], [1, 1, 1, 0, 0, 1])

    def test_praise_and_help(self):
        for number in range(12):
            self.make_interaction(
                self.own[3],
                user_id=self.sari.id,
                touchpoint_id=self.call.id,
                state="done",
                outcome="reached",
                sentiment="positive",
                plan_line_id=False,
                date_planned=NOW - timedelta(days=number % 5),
                date_done=NOW - timedelta(days=number % 5),
            )
        self.env.flush_all()
        people = self.section(self.page(), "people")
        praised = [row for row in people["rows"] if row["tone"] == "success"]
        self.assertEqual([row["title"] for row in praised], ["Praise: Sari"])
        self.assertIn("happy customers: 100%", praised[0]["detail"])
        own = self.section(self.page(self.sari, "get_own_page"), "people")
        self.assertEqual(own["rows"][-1]["title"], "You can be proud of it")
        own = self.section(self.page(self.budi, "get_own_page"), "people")
        self.assertNotIn("Sari", json.dumps(own))

    def test_all_documents_are_told_of_nobodys_recognition(self):
        ids = [s["id"] for s in self.page(self.all_documents)["sections"]]
        self.assertNotIn("people", ids)
        self.assertIn("care", ids)

    # -- not known yet

    def test_value_that_is_not_known(self):
        numbers = self.numbers(self.page(self.budi, "get_own_page"))
        self.assertIs(numbers["at_risk_value"]["value"], False)
        self.assertIn("known as soon as", numbers["at_risk_value"]["hint"])
        numbers = self.numbers(self.page())
        self.assertEqual(numbers["at_risk_value"]["hint"], "Known of 1 of 2 customers.")

    def test_company_without_anything(self):
        empty = self.env["res.company"].create({"name": "Empty"})
        self.manager.company_ids += empty
        morning = self.env["crm.morning"].with_user(self.manager)
        for method, sentence in (
            ("get_page", "There is no customer yet."),
            ("get_own_page", "You are nobody's dedicated salesperson."),
        ):
            page = getattr(morning.with_company(empty), method)()
            care = self.section(page, "care")
            self.assertEqual(care["sentence"], sentence)
            self.assertEqual(set(self.values(page).values()), {0})
            self.assertIn("Preview", page["notes"][0])
            self.assertFalse(care["rows"])
        programs = self.section(morning.with_company(empty).get_page(), "programs")[
            "sentence"
        ]
        self.assertTrue(programs.startswith("Not known yet"))

    def test_picture_of_the_nights(self):
        care = self.section(self.page(), "care")
        self.assertFalse(care["chart"])
        self.assertIn("second night", care["note"])
        days = self.env["crm.care.day"]
        for ago, state, count in ((2, "fault", 3), (1, "planned", 9), (1, "fault", 4)):
            days.create(
                {
                    "company_id": self.company.id,
                    "date": TODAY - timedelta(days=ago),
                    "care_state": state,
                    "customer_count": count,
                }
            )
        care = self.section(self.page(), "care")
        self.assertEqual(care["chart"]["series"][0]["values"], [3, 4])
        self.assertFalse(care["note"])

    def test_a_count_that_failed_is_told(self):
        self.company.relationship_care_failure = "The disk is full."
        self.assertIn("The disk is full.", self.page()["notes"][0])

    # -- whose eyes

    def test_who_may_read_it(self):
        for user in (self.sari, self.internal, self.portal):
            with self.assertRaises(AccessError):
                self.page(user)
        for user in (self.internal, self.portal, self.env.ref("base.public_user")):
            with self.assertRaises(AccessError):
                self.page(user, "get_own_page")

    def test_another_company(self):
        morning = self.env["crm.morning"].with_user(self.stranger)
        elsewhere = {"allowed_company_ids": self.other_company.ids}
        page = morning.with_context(**elsewhere).get_page()
        values = self.values(page)
        self.assertEqual(values["queue"] + values["week_overdue"], 0)
        self.assertEqual(values["said_refusals"], 0)
        [row] = self.section(page, "care")["rows"]
        self.assertEqual(row["title"], "Elsewhere")
        self.check_lists(self.stranger, page)

    def test_a_company_that_one_may_not_see(self):
        morning = self.env["crm.morning"].with_user(self.manager)
        with self.assertRaises(AccessError):
            morning.with_context(allowed_company_ids=self.other_company.ids).get_page()

    def test_the_current_company_alone(self):
        self.manager.company_ids += self.other_company
        both = self.company + self.other_company
        morning = self.env["crm.morning"].with_user(self.manager)
        page = morning.with_context(allowed_company_ids=both.ids).get_page()
        self.assertEqual(self.values(page), self.values(self.page()))

    def test_rules_of_access_are_a_part_of_each_number(self):
        """A rule of one's own hides customers from lists and numbers alike."""
        self.env["ir.rule"].create(
            {
                "name": "Not that one",
                "model_id": self.env["ir.model"]._get_id("crm.interaction"),
                "domain_force": f"[('relationship_id', '!=', {self.own[1].id})]",
                "groups": [Command.clear()],
            }
        )
        page = self.page()
        self.assertEqual(self.values(page)["queue"], 4)
        self.check_lists(self.manager, page)

    # -- how much it asks for

    def count_queries(self, user, method):
        for _turn in range(2):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.page(user, method)
        return self.env.cr.sql_log_count - before

    def test_few_queries_however_many_customers(self):
        self.measure()
        self.measure()
        counts = []
        for _turn in range(2):
            with self.in_days(60):
                counts.append(
                    [
                        self.count_queries(self.manager, "get_page"),
                        self.count_queries(self.sari, "get_own_page"),
                    ]
                )
            more = self._make_customers("More", self.sari, 30)
            more |= self._make_customers("More", self.budi, 30)
            for customer in more:
                self.make_interaction(
                    customer,
                    user_id=customer.user_id.id,
                    touchpoint_id=self.call.id,
                    state="open",
                    date_planned=NOW + timedelta(days=50),
                )
            self.measure()
        self.assertEqual(*counts)
        self.assertLessEqual(max(counts[0]), QUERIES)

    def test_no_query_is_asked_of_a_domain_that_a_client_cannot_read(self):
        for page in (self.page(), self.page(self.sari, "get_own_page")):
            for number in self.numbers(page).values():
                domain = json.loads(json.dumps(number["action"]["domain"]))
                self.assertTrue(Domain(domain))
