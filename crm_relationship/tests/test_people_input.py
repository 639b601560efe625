"""Bad input of the side of the people, line by line; what other files hold is named.

No staff qualified, and a customer who insists on what nobody has: `test_qualified` and
`test_must_that_nobody_meets` (assignment), `test_requirement_that_only_others_fulfil`
(queue). A calendar without hours: `test_a_calendar_without_hours` (promises),
`test_calendar_without_hours_says_nothing` (profile). Two wizards at once:
`test_two_at_once` (assignment), `test_two_managers_at_once` (handover). Staff of
another company: `test_never_who_cannot_serve`, `test_who_cannot_follow`.
"""

from datetime import timedelta
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged
from odoo.tools import SQL

from .common import NOW, TODAY
from .test_staff_assignment import AssignmentCase

MANY = 10_000


@freeze_time(NOW)
@tagged("post_install", "-at_install")
class TestPeopleInput(AssignmentCase):
    def make_due(self, customers):
        interactions = self.env["crm.interaction"]
        for customer in customers:
            interactions += self.make_interaction(
                customer, date_due=TODAY, touchpoint_id=self.call.id
            )
        # as the system plans them: what somebody planned keeps its day
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_interaction SET create_uid = NULL WHERE id = ANY(%s)",
            [interactions.ids],
        )
        self.env.invalidate_all()
        return interactions

    def everybody_on_leave(self):
        for user in self.staff + self.manager:
            user._note_absence(TODAY, TODAY + timedelta(days=400), None, self.company)

    def get_page(self):
        env = self.env(
            user=self.manager.id,
            context={"allowed_company_ids": self.company.ids, "lang": "en_US"},
        )
        return env["crm.feasibility"].get_page()

    # ------------------------------------------------------------------
    # Everybody on leave
    # ------------------------------------------------------------------

    def test_everybody_on_leave(self):
        """Nobody is assigned, nothing is lost, and managers are told."""
        customers = self.make_customers(3, self.sari)
        due = self.make_due(customers)
        self.everybody_on_leave()
        with self.assertRaisesRegex(UserError, "has time"):
            self.propose()
        due._release()
        self.assertEqual(set(due.mapped("reason_code")), {"absent"})
        self.assertEqual(due.user_id, self.sari)
        self.assertEqual(
            self.env["crm.my.day"].with_user(self.sari).get_day()["cards"], []
        )
        self.assertTrue(self.get_page()["sentences"])

    # ------------------------------------------------------------------
    # Capacity 0
    # ------------------------------------------------------------------

    def test_no_minutes_a_day(self):
        """Refused in the settings; in a proposal nobody takes part in it then.

        A day full of meetings: `test_a_day_without_minutes`.
        """
        with self.assertRaises(UserError):
            self.company.relationship_minutes_day = 0
        customers = self.make_customers(3, self.sari)
        assignment = self.propose()
        assignment.person_ids.minutes_day = 0
        with self.assertRaisesRegex(UserError, "has time"):
            assignment.action_compute()
        self.assertEqual(customers.user_id, self.sari)

    def test_the_fewest_minutes_a_day(self):
        """A call is longer than the day: one each day, and the page says so."""
        self.company.relationship_minutes_day = 1
        due = self.make_due(self.make_customers(3, self.sari))
        due._release()
        days = due.filtered(lambda i: i.state == "open").mapped("date_planned")
        self.assertTrue(days)
        self.assertEqual(len({day.date() for day in days}), len(days))
        self.assertTrue(self.get_page()["sentences"])

    # ------------------------------------------------------------------
    # A wizard open while customers change
    # ------------------------------------------------------------------

    def test_a_requirement_that_came_meanwhile(self):
        customers = self.make_customers(3)
        assignment = self.propose(self.budi)
        self.demand(customers[0])
        assignment.action_apply()
        self.assertFalse(customers[0].user_id)
        self.assertEqual(customers[1:].user_id, self.budi)
        left = assignment.line_ids.filtered(lambda line: line.state == "left")
        self.assertIn("requires", left.reason)
        self.assertIn("Female", left.reason)

    def test_customers_who_went_meanwhile(self):
        """Archived, excluded, moved to another segment: each as it should be."""
        archived, excluded, moved = self.make_customers(3)
        assignment = self.propose(self.budi)
        archived.partner_id.active = False
        excluded.partner_id.do_not_contact = True
        moved.segment_id = self.make_segment("Other")
        assignment.action_apply()
        self.assertFalse(archived.user_id)
        self.assertEqual(moved.user_id, self.budi)
        self.assertFalse(
            self.env["crm.interaction"].search(
                [
                    ("relationship_id", "=", excluded.id),
                    ("state", "=", "open"),
                    ("assignment_id", "=", assignment.id),
                ]
            ),
            "nobody introduces himself to who wants none of it",
        )

    def test_a_remedy_open_meanwhile(self):
        """A customer of the list is deleted."""
        customers = self.make_customers(3)
        wizard = (
            self.env["crm.care.remedy"]
            .with_user(self.manager)
            .with_context(active_model=customers._name, active_ids=customers.ids)
            .create({"remedy": "staff", "user_id": self.budi.id})
        )
        self.env["crm.interaction"].search([]).unlink()
        customers[0].unlink()
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(wizard.customer_count, 2)
        wizard.action_apply()
        self.assertEqual(customers[1:].user_id, self.budi)

    def test_a_list_of_customers_who_are_gone(self):
        customers = self.make_customers(2)
        gone, stays = customers[0].id, customers[1]
        self.env["crm.interaction"].search([]).unlink()
        customers[0].unlink()
        wizard = (
            self.env["crm.care.remedy"]
            .with_user(self.manager)
            .with_context(active_model="crm.relationship", active_ids=[gone, stays.id])
            .create({"remedy": "staff", "user_id": self.budi.id})
        )
        wizard.action_apply()
        self.assertEqual(stays.user_id, self.budi)
        for name in ("crm.defection.declare", "crm.program.enroll", "crm.segment.keep"):
            with self.subTest(name):
                dialog = (
                    self.env[name]
                    .with_user(self.manager)
                    .with_context(
                        active_model="crm.relationship", active_ids=[gone, stays.id]
                    )
                )
                self.assertEqual(dialog.new().relationship_ids._origin, stays)

    # ------------------------------------------------------------------
    # Staff turned portal user
    # ------------------------------------------------------------------

    def test_staff_turned_portal_user(self):
        """What was open in the browser answers with a refusal, and nobody waits."""
        customers = self.make_customers(2, self.sari)
        due = self.make_due(customers)
        due._release()
        self.sari.deputy_id = self.budi
        assignment = self.propose(self.budi + self.all_documents)
        self.sari.group_ids = [Command.set(self.env.ref("base.group_portal").ids)]
        my_day = self.env["crm.my.day"].with_user(self.sari)
        for attack in (
            my_day.get_day,
            lambda: my_day.note(due[0].id, "reached", {}),
            lambda: my_day.reach(due[0].id, "call"),
            lambda: customers.with_user(self.sari).read(["care_state"]),
            lambda: due.with_user(self.sari).read(["feedback"]),
        ):
            with self.assertRaises(AccessError):
                attack()
        self.run_cron("care")
        self.assertNotIn(self.sari, due.user_id)
        self.assertNotIn(self.sari, customers.user_id)
        assignment.action_compute()
        assignment.action_apply()
        self.assertEqual(len(customers.filtered("user_id")), 2)
        self.make_customers(6)
        self.assertEqual(
            self.propose().line_ids.new_user_id, self.budi + self.all_documents
        )

    # ------------------------------------------------------------------
    # 10,000 customers selected on a phone
    # ------------------------------------------------------------------

    def make_ten_thousand(self):
        """Return as many customers, made by SQL, which takes a second."""
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO res_partner (
                    id, commercial_partner_id, name, complete_name, active, type,
                    is_company, partner_share, autopost_bills
                )
                SELECT id, id, 'Many ' || id, 'Many ' || id, TRUE, 'contact', FALSE,
                       TRUE, 'ask'
                  FROM (SELECT nextval('res_partner_id_seq') AS id
                          FROM generate_series(1, %s)) numbered
                RETURNING id
                """,
                MANY,
            )
        )
        ids = [id_ for [id_] in self.env.cr.fetchall()]
        partners = self.env["res.partner"].browse(ids)
        customers = self.env["crm.relationship"]._ensure(partners, self.company)
        self.env.cr.execute(
            "UPDATE crm_relationship SET user_id = NULL, segment_id = %s"
            " WHERE id = ANY(%s)",
            [self.segment.id, customers.ids],
        )
        self.env.invalidate_all()
        return customers

    def test_ten_thousand_customers_selected(self):
        """The screen gets a count and a few names, and the job does what takes long."""
        customers = self.make_ten_thousand()
        context = {"active_model": customers._name, "active_ids": customers.ids}
        env = self.env(user=self.manager.id)
        assignment = (
            env["crm.staff.assignment"]
            .with_context(**context)
            .create({"person_ids": [Command.create({"user_id": self.sari.id})]})
        )
        self.assertEqual(assignment.chosen_count, MANY)
        days = dict.fromkeys(self.sari.ids, MANY)
        with patch.object(
            type(self.sari), "_get_working_days_year", lambda self, company: days
        ):
            assignment.action_compute()
        self.assertEqual(assignment.move_count, MANY)
        assignment.action_apply()
        self.assertEqual(assignment.state, "applying", "the job does it")
        self.assertFalse(customers.user_id)
        remedy = env["crm.care.remedy"].with_context(**context)
        wizard = remedy.create({"remedy": "staff", "user_id": self.budi.id})
        shown = wizard.read(["customer_count", "example", "company_id"])
        self.assertEqual(shown[0]["customer_count"], MANY)
        self.assertLess(len(str(shown)), 500)
        queries = self.env.cr.sql_log_count
        wizard.action_apply()
        self.env.flush_all()
        self.assertLess(self.env.cr.sql_log_count - queries, MANY / 20)
        self.env.invalidate_all()
        mine = [("id", "in", customers.ids), ("user_id", "=", self.budi.id)]
        self.assertEqual(customers.search_count(mine), MANY)
