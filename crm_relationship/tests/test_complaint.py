"""A complaint stays open, seen by everybody, until somebody says that it is solved."""

from datetime import timedelta
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.modules.migration import load_script
from odoo.tests import Form, freeze_time, tagged
from odoo.tools import mute_logger

from ..models.ledger import complaints
from ..models.ledger.release import Release
from .common import NOW, TODAY
from .common_gate import GateCase

SELLING = {"objective": "retention", "kind": "selling"}
SCRIPT = "crm_relationship/migrations/19.0.1.3.0/post-complaints.py"
WORDS = "The guitar came\nwith a crack"


@tagged("post_install", "-at_install")
class ComplaintCase(GateCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.contact_cap_ids = [Command.clear()]

    def complain(self, **values):
        """Return the service interaction of a complaint made just now."""
        made = self.contact(feedback=WORDS, **values)
        made._release()
        made.with_user(self.sari).with_context(outcome="complaint").action_done()
        return self.bearer()

    def bearer(self):
        return self.relationship.interaction_ids.filtered("is_complaint_open")

    def sells(self):
        """Tell whether selling no longer waits for a complaint."""
        contact = self.contact(**SELLING)
        contact._release()
        return contact.reason_code != "complaint_open"

    def close(self, interaction, outcome, user=None):
        user = user or self.sari
        interaction.with_user(user).with_context(outcome=outcome).action_done()

    def solve(self, interaction, user=None):
        self.close(interaction, "solved", user)

    def escalations(self):
        return self.env["mail.activity"].search(
            [
                ("res_model", "=", "res.partner"),
                ("res_id", "=", self.partner.id),
                ("summary", "=", "A complaint is not solved"),
            ]
        )


@tagged("post_install", "-at_install")
class TestComplaint(ComplaintCase):
    def test_it_carries_the_customers_words_and_a_name_that_makes_sense(self):
        service = self.complain()
        self.assertRecordValues(
            service,
            [
                {
                    "state": "open",
                    "kind": "service",
                    "is_complaint": True,
                    "feedback": WORDS,
                    "name": "Complaint of 03/31/2026",
                    "date_due": TODAY,
                }
            ],
        )
        self.assertEqual(service.complaint_id.feedback, WORDS)

    def test_it_names_the_order_that_it_is_about(self):
        order = self.make_order(self.partner)
        service = self.complain(sale_order_id=order.id)
        self.assertEqual(service.name, f"Complaint about {order.name}")

    def test_only_solved_frees_selling(self):
        for outcome in ("reached", "ordered", "not_now", "complaint"):
            with self.subTest(outcome=outcome):
                service = self.complain()
                self.close(service, outcome)
                self.assertFalse(self.sells())
                self.assertEqual(len(self.bearer()), 1)
                self.solve(self.bearer())
                self.assertFalse(self.bearer())
                self.assertTrue(self.sells())

    def test_what_does_not_take_place_frees_nothing(self):
        for state in ("missed", "cancelled", "skipped"):
            with self.subTest(state=state):
                service = self.complain()
                service.write({"state": state})
                self.assertEqual(self.bearer(), service)
                self.assertFalse(self.sells())
                service.with_user(self.sari).action_solve_complaint()
                self.assertTrue(self.sells())

    def test_done_in_the_clock_menu_frees_nothing(self):
        service = self.complain()
        service.activity_id.with_user(self.sari).action_done()
        self.assertEqual(service.state, "done")
        self.assertFalse(self.sells())

    def test_it_goes_on_until_it_is_solved(self):
        service = self.complain()
        self.close(service, "reached")
        following = self.bearer()
        self.assertRecordValues(
            following,
            [
                {
                    "name": service.name,
                    "complaint_id": service.complaint_id.id,
                    "date_complaint": service.date_complaint,
                    "user_id": service.user_id.id,
                    "state": "open",
                    "date_due": TODAY + timedelta(days=2),
                }
            ],
        )
        self.assertIn("crack", following.complaint_note)

    def test_what_waited_for_it_is_looked_at_again(self):
        service = self.complain()
        waiting = self.contact(**SELLING)
        waiting._release()
        self.assert_state(waiting, "scheduled", "complaint_open")
        self.assertTrue(waiting.date_retry)
        self.solve(service)
        self.assertFalse(waiting.date_retry)

    def test_only_a_complaint_is_solved(self):
        contact = self.contact()
        contact._release()
        with self.assertRaisesRegex(UserError, "Only a complaint"):
            self.solve(contact)
        self.close(contact, "reached")
        with self.assertRaisesRegex(UserError, "Only a complaint"):
            contact.with_user(self.sari).outcome = "solved"

    def test_corrections(self):
        service = self.complain()
        self.close(service, "reached")
        following = self.bearer()
        service.with_user(self.sari).outcome = "solved"
        self.assertEqual(following.state, "cancelled")
        self.assertFalse(self.bearer())
        service.with_user(self.sari).outcome = "not_now"
        self.assertEqual(len(self.bearer()), 1)
        self.assertEqual(self.bearer().state, "open")

    def test_correction_of_what_is_over_begins_nothing(self):
        service = self.complain()
        self.close(service, "reached")
        self.solve(self.bearer())
        service.with_user(self.sari).outcome = "not_now"
        self.assertFalse(self.bearer())

    def test_a_complaint_by_mistake_is_taken_back(self):
        service = self.complain()
        service.complaint_id.with_user(self.sari).outcome = "reached"
        self.assertEqual(service.state, "cancelled")
        self.assertFalse(self.bearer())
        self.assertTrue(self.sells())

    def test_two_complaints_are_solved_one_by_one(self):
        first = self.complain()
        both = self.complain()
        second = both - first
        self.assertEqual(len(second), 1)
        self.solve(first)
        self.assertFalse(self.sells())
        self.solve(second)
        self.assertTrue(self.sells())

    def test_nobody_ends_it_by_writing(self):
        service = self.complain()
        for user in (self.sari, self.all_documents, self.manager):
            for vals in (
                {"is_complaint_open": False},
                {"is_complaint": False},
                {"complaint_id": False},
                {"date_escalated": NOW},
            ):
                with self.assertRaises(AccessError):
                    service.with_user(user).write(vals)
        other = self.make_relationship()
        with self.assertRaises(AccessError):
            self.env["crm.interaction"].with_user(self.manager).create(
                {
                    "name": "Invented",
                    "relationship_id": other.id,
                    "is_complaint_open": True,
                }
            )

    def test_who_may_solve_it(self):
        for user in (self.sari, self.all_documents, self.manager):
            self.solve(self.complain(), user)
        service = self.complain()
        with self.assertRaises(AccessError):
            self.solve(service, self.budi)
        service.write({"state": "cancelled"})
        with self.assertRaises(AccessError):
            service.with_user(self.budi).action_solve_complaint()


@tagged("post_install", "-at_install")
class TestComplaintShown(ComplaintCase):
    def test_on_customer_contact_and_every_row(self):
        greeting = self.contact()
        for record in (self.relationship, self.partner, greeting):
            self.assertFalse(record.with_user(self.sari).complaint_note)
        service = self.complain()
        for record in (self.relationship, self.partner, greeting, service):
            with self.subTest(model=record._name):
                note = (
                    record.with_user(self.sari)
                    .with_company(self.company)
                    .complaint_note
                )
                self.assertIn("“The guitar came with a crack”", note)
                self.assertIn("03/31/2026", note)
        self.solve(service)
        self.env.invalidate_all()
        for record in (self.relationship, self.partner, greeting):
            self.assertFalse(record.with_user(self.sari).complaint_note)

    def test_employees_of_the_customer_show_it_too(self):
        self.complain()
        employee = self.make_customer(parent_id=self.partner.id)
        self.assertTrue(employee.with_company(self.company).complaint_note)

    def test_not_to_another_company(self):
        self.complain()
        partner = self.partner.with_user(self.stranger).with_context(
            allowed_company_ids=self.other_company.ids
        )
        self.assertFalse(partner.complaint_note)

    def test_views(self):
        for xmlid in (
            "crm_interaction_view_list_queue",
            "crm_interaction_view_kanban",
            "crm_interaction_view_form",
            "crm_interaction_view_form_outcome",
            "crm_relationship_view_form",
        ):
            view = self.env.ref(f"crm_relationship.{xmlid}")
            arch = self.env[view.model].get_view(view.id, view.type)["arch"]
            self.assertIn('name="complaint_note"', arch)
            self.assertIn("danger", arch)

    def test_opened_from_customer_and_contact(self):
        with self.assertRaisesRegex(UserError, "No complaint"):
            self.relationship.action_view_complaint()
        service = self.complain()
        for record in (self.relationship, self.partner):
            action = (
                record.with_user(self.sari)
                .with_company(self.company)
                .action_view_complaint()
            )
            self.assertEqual(action["res_id"], service.id)

    def test_a_queue_costs_one_query(self):
        def count(rows):
            self.env.flush_all()
            self.env.invalidate_all()
            rows.mapped("relationship_id.company_id.partner_id.tz")
            before = self.env.cr.sql_log_count
            rows.mapped("complaint_note")
            return self.env.cr.sql_log_count - before

        rows = self.env["crm.interaction"]
        for _number in range(12):
            rows += self.env["crm.interaction"].create(
                {"name": "Hello", "relationship_id": self.make_relationship().id}
            )
        count(rows[:2])
        self.assertEqual(count(rows[:2]), count(rows))
        self.assertLessEqual(count(rows), 1)


@tagged("post_install", "-at_install")
class TestComplaintToManager(ComplaintCase):
    def run_job(self):
        """Run the job of the queues, without the releases that it commits."""
        with patch.object(Release, "run"):
            self.env["crm.interaction"]._cron_release()

    def test_not_solved_in_time(self):
        service = self.complain()
        self.run_job()
        self.assertFalse(self.escalations())
        with freeze_time(NOW + timedelta(days=3)):
            self.run_job()
            activity = self.escalations()
            self.assertTrue(activity.user_id.has_group("sales_team.group_sale_manager"))
            self.assertIn("crack", activity.note)
            self.assertEqual(service.escalation_id, activity)
            self.run_job()
            self.assertEqual(self.escalations(), activity, "once")
        with freeze_time(NOW + timedelta(days=30)):
            self.close(service, "reached")
            self.run_job()
            self.assertEqual(self.escalations(), activity, "once, however it goes on")
            self.solve(self.bearer())
        self.assertFalse(activity.exists() and activity.active)

    def test_the_companys_days(self):
        self.company.relationship_complaint_days = 10
        self.complain()
        for days, told in ((9, False), (10, True)):
            with freeze_time(NOW + timedelta(days=days)):
                self.run_job()
                self.assertEqual(bool(self.escalations()), told)

    def test_days_within_bounds(self):
        for days in (0, -1, 10**6):
            with self.assertRaises(ValidationError):
                self.company.relationship_complaint_days = days
        with Form(self.env["res.config.settings"]) as form:
            form.relationship_complaint_days = 7
        form.record.execute()
        self.assertEqual(self.env.company.relationship_complaint_days, 7)

    def test_with_nothing_planned_at_once(self):
        for state in ("missed", "cancelled", "skipped"):
            with self.subTest(state=state):
                self.complain().write({"state": state})
                self.run_job()
                self.assertEqual(len(self.escalations()), 1)
                self.bearer().with_user(self.sari).action_solve_complaint()
                self.assertFalse(self.escalations())

    def test_leader_of_the_team(self):
        self.env["crm.team"].create(
            {
                "name": "Guitars",
                "user_id": self.all_documents.id,
                "member_ids": [Command.set(self.sari.ids)],
                "company_id": self.company.id,
            }
        )
        self.assertEqual(complaints.find_manager(self.complain()), self.all_documents)

    def test_nobody_of_another_company(self):
        manager = complaints.find_manager(self.complain())
        self.assertIn(self.company, manager.company_ids)

    def test_a_manager_of_the_own_team_is_not_told_by_herself(self):
        service = self.complain()
        service.user_id = self.manager
        self.assertEqual(complaints.find_manager(service), self.manager, "alone")
        self.stranger.company_ids = self.company + self.other_company
        self.assertNotEqual(complaints.find_manager(service), self.manager)

    def test_customers_out_of_use_are_left_out(self):
        self.complain()
        self.relationship.active = False
        with freeze_time(NOW + timedelta(days=9)):
            self.run_job()
        self.assertFalse(self.escalations())

    def test_one_that_fails_stops_no_other(self):
        failing = self.complain()
        others = self.make_relationship()
        other = self.env["crm.interaction"].create(
            {
                "name": "Complaint",
                "relationship_id": others.id,
                "kind": "service",
                "is_complaint": True,
                "is_complaint_open": True,
                "date_complaint": NOW - timedelta(days=9),
            }
        )
        tell = complaints._tell_managers

        def break_for_one(bearers):
            if failing in bearers:
                raise ValueError("broken")
            return tell(bearers)

        with (
            freeze_time(NOW + timedelta(days=9)),
            patch.object(complaints, "_tell_managers", break_for_one),
            mute_logger("odoo.addons.crm_relationship.models.base.apart"),
        ):
            self.run_job()
        self.assertFalse(failing.date_escalated)
        self.assertTrue(other.date_escalated)

    def test_words_are_text(self):
        made = self.contact(feedback="<script>alert(1)</script>")
        made._release()
        self.close(made, "complaint")
        with freeze_time(NOW + timedelta(days=9)):
            self.run_job()
        self.assertIn("&lt;script&gt;", self.escalations().note)


@tagged("post_install", "-at_install")
class TestComplaintMigration(ComplaintCase):
    def test_closed_ones_stay_over_and_pending_ones_open(self):
        """As version 19.0.1.2.0 left them."""
        states = ("scheduled", "open", "done", "missed", "cancelled", "skipped")
        made = {
            state: self.env["crm.interaction"].create(
                {
                    "name": state,
                    "relationship_id": self.make_relationship().id,
                    "kind": "service",
                    "is_complaint": True,
                    "state": state,
                }
            )
            for state in states
        }
        self.env.flush_all()
        self.env.invalidate_all()
        script = load_script(SCRIPT, "complaints")
        script.migrate(self.env.cr, "19.0.1.2.0")
        self.env.invalidate_all()
        for state, interaction in made.items():
            pending = state in ("scheduled", "open")
            self.assertEqual(interaction.is_complaint_open, pending, state)
            self.assertEqual(bool(interaction.date_complaint), pending, state)
            self.assertEqual(bool(interaction.complaint_note), pending, state)
