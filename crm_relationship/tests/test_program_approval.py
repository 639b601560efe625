"""A program is published before customers enter, with four eyes if that is wanted."""

from datetime import timedelta

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common import NOW, TODAY, own_login
from .test_program_timing import TimingCase


class ApprovalCase(TimingCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.company"].search([]).program_four_eyes = False
        cls.company.program_four_eyes = True
        cls.other_manager = new_test_user(
            cls.env,
            own_login("rudi"),
            "sales_team.group_sale_manager",
            name="Rudi",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )
        cls.relationship = cls.make_relationship(cls.partner)

    def draft(self, *steps, user=None, **values):
        """Return a program that the manager made, as the manager."""
        return (
            self.env["crm.program"]
            .with_user(user or self.manager)
            .create(
                {
                    "name": "Drafted",
                    "trigger": "manual",
                    "company_id": self.company.id,
                    "step_ids": [
                        Command.create(
                            {
                                "name": f"Step {rank}",
                                "touchpoint_ids": [Command.set(self.call.ids)],
                                **step,
                            }
                        )
                        for rank, step in enumerate(steps or ({},))
                    ],
                    **values,
                }
            )
        )

    def approved(self, *steps, **values):
        program = self.draft(*steps, **values)
        program.action_publish()
        program.with_user(self.other_manager).action_approve()
        return program


@tagged("post_install", "-at_install")
class TestPublishing(ApprovalCase):
    def test_without_four_eyes(self):
        self.company.program_four_eyes = False
        program = self.draft(state="draft")
        self.assertEqual(program.state, "draft")
        program.action_publish()
        self.assertRecordValues(
            program,
            [
                {
                    "state": "running",
                    "approved_by_id": self.manager.id,
                    "date_approved": NOW,
                    "date_published": NOW,
                }
            ],
        )
        self.assertTrue(program._enroll(self.relationship))

    def test_as_before_where_nothing_is_said(self):
        self.company.program_four_eyes = False
        self.assertEqual(self.draft().state, "running")
        self.assertEqual(self.program_of({}).state, "running")

    def test_another_manager_approves(self):
        program = self.draft()
        self.assertEqual(program.state, "draft")
        program.action_publish()
        self.assertEqual(program.state, "to_approve")
        activity = program.activity_ids
        self.assertEqual(activity.user_id, self.other_manager)
        self.assertIn("Approve", activity.summary)
        with self.assertRaisesRegex(UserError, "another sales manager"):
            program.action_approve()
        program.with_user(self.other_manager).action_approve()
        self.assertEqual(program.state, "running")
        self.assertEqual(program.approved_by_id, self.other_manager)
        self.assertFalse(program.activity_ids)
        told = " ".join(map(str, program.message_ids.mapped("body")))
        self.assertIn("Approved by Rudi. Last changed by Rina.", told)

    def test_responsible_is_asked_first(self):
        responsible = new_test_user(
            self.env,
            own_login("zaki"),
            "sales_team.group_sale_manager",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        program = self.draft(user_id=responsible.id)
        program.action_publish()
        self.assertEqual(program.activity_ids.user_id, responsible)

    def test_another_manager_publishes(self):
        program = self.draft()
        program.with_user(self.other_manager).action_publish()
        self.assertEqual(program.state, "running")

    def test_who_changed_it_last_does_not_approve(self):
        program = self.draft()
        program.action_publish()
        theirs = program.with_user(self.other_manager)
        theirs.step_ids.delay = 2
        self.assertEqual(program.state, "draft")
        self.assertFalse(program.activity_ids)
        theirs.action_publish()
        with self.assertRaisesRegex(UserError, "another sales manager"):
            theirs.action_approve()
        program.action_approve()
        self.assertEqual(program.state, "running")

    def test_nobody_else(self):
        self.other_manager.active = False
        program = self.draft()
        with self.assertRaisesRegex(UserError, "there is none"):
            program.action_publish()

    def test_faults_are_found(self):
        benefit = self.env["crm.benefit"].create({"name": "Strings"})
        program = self.draft(benefit_ids=benefit.ids)
        program.action_publish()
        benefit.active = False
        with self.assertRaisesRegex(UserError, "“Strings”, which is archived"):
            program.with_user(self.other_manager).action_approve()
        program.action_back_to_draft()
        with self.assertRaisesRegex(UserError, "“Strings”, which is archived"):
            program.action_publish()

    def test_approved_already(self):
        program = self.approved()
        with self.assertRaisesRegex(UserError, "does not wait for approval"):
            program.with_user(self.other_manager).action_approve()
        program.action_publish()
        self.assertEqual(program.state, "running")

    def test_end(self):
        program = self.approved()
        run = program._enroll(self.relationship)
        program.action_end()
        self.assertEqual((program.state, run.state), ("ended", "running"))
        program.action_publish()
        self.assertEqual(program.state, "to_approve")

    def test_last_day_is_past(self):
        program = self.approved(date_end=TODAY + timedelta(days=1))
        for day, state in ((2, "running"), (3, "ended")):
            with self.in_days(day):
                self.run_cron("schedule")
                self.assertEqual(program.state, state)

    def test_rights(self):
        program = self.draft()
        for name in ("publish", "approve", "back_to_draft", "end", "move_runs"):
            for user in (self.sari, self.all_documents, self.stranger):
                with self.subTest(name=name), self.assertRaises(AccessError):
                    getattr(program.with_user(user), f"action_{name}")()


@tagged("post_install", "-at_install")
class TestApprovalHolds(ApprovalCase):
    """Whatever people send."""

    def assertRefused(self, work, *args):
        with self.assertRaisesRegex(UserError, "set by its buttons"):
            work(*args)

    def test_write(self):
        program = self.draft()
        for vals in (
            {"state": "running"},
            {"approved_by_id": self.other_manager.id},
            {"edited_by_id": self.other_manager.id},
            {"date_approved": NOW},
        ):
            with self.subTest(vals=vals):
                self.assertRefused(program.write, vals)

    def test_unchanged_values_are_no_matter(self):
        program = self.approved()
        program.write({"state": "running", "edited_by_id": self.manager.id})
        self.assertEqual(program.state, "running")

    def test_create(self):
        self.assertRefused(lambda: self.draft(state="running"))
        self.assertRefused(lambda: self.draft(state="ended"))
        programs = self.env["crm.program"].with_context(default_state="running")
        self.assertRefused(
            programs.with_user(self.manager).create,
            {"name": "P", "step_ids": [Command.create({"name": "S"})]},
        )

    def test_create_in_the_name_of_another(self):
        program = self.draft(
            edited_by_id=self.other_manager.id, approved_by_id=self.other_manager.id
        )
        self.assertEqual(program.edited_by_id, self.manager)
        self.assertFalse(program.approved_by_id)

    def test_import(self):
        rows = self.env["crm.program"].with_user(self.manager)
        result = rows.load(
            ["name", "trigger", "state", "company_id/.id", "step_ids/name"],
            [["P", "manual", "running", str(self.company.id), "S"]],
        )
        self.assertFalse(result["ids"])
        self.assertIn("set by its buttons", str(result["messages"]))

    def test_copy(self):
        self.assertEqual(self.approved().copy().state, "draft")

    def test_of_all_companies(self):
        program = self.draft(company_id=False)
        self.assertEqual(program.state, "draft")

    def test_of_another_company(self):
        program = self.env["crm.program"].create(
            {
                "name": "P",
                "company_id": self.other_company.id,
                "step_ids": [Command.create({"name": "S"})],
            }
        )
        self.assertEqual(program.state, "running")

    def test_moved_from_a_company_that_does_not_ask(self):
        both = (self.company + self.other_company).ids
        self.manager.company_ids = [Command.set(both)]
        programs = self.env["crm.program"].with_user(self.manager)
        program = programs.with_context(allowed_company_ids=both).create(
            {
                "name": "P",
                "company_id": self.other_company.id,
                "step_ids": [Command.create({"name": "S"})],
            }
        )
        self.assertEqual(program.state, "running")
        program.company_id = self.company
        self.assertEqual(program.state, "draft")

    def test_edits(self):
        changes = {
            "step": lambda p: p.step_ids.write({"delay": 3}),
            "text": lambda p: p.step_ids.write({"talk_text": "Buy!"}),
            "channel": lambda p: p.step_ids.write(
                {"touchpoint_ids": [Command.set(self.visit.ids)]}
            ),
            "translation": lambda p: p.step_ids[0].update_field_translations(
                "talk_text", {"en_US": "Buy!"}
            ),
            "row of a channel": lambda p: p.step_ids.channel_ids.write(
                {"touchpoint_id": self.visit.id}
            ),
            "row less": lambda p: p.step_ids.channel_ids.unlink(),
            "step more": lambda p: p.write(
                {"step_ids": [Command.create({"name": "More"})]}
            ),
            "step less": lambda p: p.step_ids[1].unlink(),
            "target": lambda p: p.write({"partner_domain": "[]"}),
            "trigger": lambda p: p.write({"trigger": "referral"}),
            "budget": lambda p: p.write({"budget": 1000}),
        }
        for name, change in changes.items():
            with self.subTest(name=name):
                program = self.approved({}, {})
                change(program)
                self.assertEqual(program.state, "draft")
                self.assertFalse(program.approved_by_id)
                told = " ".join(map(str, program.message_ids.mapped("body")))
                self.assertIn("Changed by Rina: nobody enters", told)

    def test_harmless_edits(self):
        program = self.approved()
        program.write({"name": "N", "sequence": 3, "user_id": self.other_manager.id})
        program.step_ids.name = "Another name"
        program.write(
            {"step_ids": [Command.update(program.step_ids.id, {"name": "A"})]}
        )
        program.active = False
        self.assertEqual(program.state, "running")

    def test_taken_from_the_archive(self):
        program = self.approved()
        program.active = False
        program.active = True
        self.assertEqual(program.state, "draft")

    def test_corrections_of_the_system(self):
        program = self.approved({"user_id": self.budi.id})
        self.budi.sudo().active = False
        self.assertFalse(program.step_ids.user_id)
        self.assertEqual(program.state, "running")

    def test_edit_without_four_eyes(self):
        self.company.program_four_eyes = False
        program = self.draft()
        program.step_ids.delay = 3
        self.assertEqual(program.state, "running")
        self.company.program_four_eyes = True
        self.assertEqual(program.state, "running")
        program.step_ids.delay = 4
        self.assertEqual(program.state, "draft")


@tagged("post_install", "-at_install")
class TestNobodyEnters(ApprovalCase):
    def test_by_hand(self):
        program = self.draft()
        with self.assertRaisesRegex(UserError, "is not running"):
            program._enroll(self.relationship)
        wizard = self.env["crm.program.enroll"].with_user(self.manager)
        wizard = wizard.create(
            {
                "program_id": program.id,
                "relationship_ids": [Command.set(self.relationship.ids)],
            }
        )
        with self.assertRaisesRegex(UserError, "is not running"):
            wizard.action_enroll()
        self.assertFalse(program.sudo().enrollment_ids)

    def test_by_an_order(self):
        program = self.draft(trigger="sale_confirmed")
        order = self.make_quotation(self.partner)
        order.action_confirm()
        self.env["crm.program.enrollment"]._enroll_orders(
            program.sudo(), {program: order}
        )
        self.run_cron("schedule")
        self.assertFalse(program.sudo().enrollment_ids)

    def test_orders_of_before_are_not_made_up_for(self):
        program = self.draft(trigger="sale_confirmed")
        self.make_quotation(self.partner).action_confirm()
        with self.at(NOW + timedelta(hours=2)):
            program.action_publish()
            program.with_user(self.other_manager).action_approve()
            self.run_cron("schedule")
            self.assertFalse(program.sudo().enrollment_ids)
            self.make_quotation(self.partner).action_confirm()
        self.assertTrue(program.sudo().enrollment_ids)

    def test_by_the_night_and_by_other_modules(self):
        program = self.draft(trigger="referral")
        programs = self.env["crm.program"]
        programs._start("referral", self.partner, self.company)
        programs._enroll_by("referral", self.company)
        self.assertFalse(program.sudo().enrollment_ids)
        program.with_user(self.other_manager).action_publish()
        programs._start("referral", self.partner, self.company)
        self.assertTrue(program.sudo().enrollment_ids)

    def test_approval_is_taken_back(self):
        program = self.approved(trigger="sale_confirmed")
        program.step_ids.delay = 5
        self.make_quotation(self.partner).action_confirm()
        self.assertFalse(program.sudo().enrollment_ids)
