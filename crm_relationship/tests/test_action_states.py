"""Every action says from which state it starts; clicked twice, it happens once."""

from datetime import timedelta

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.service.model import get_public_method
from odoo.tests import tagged

from .common import NOW, TODAY, RelationshipCase
from .common_defection import DefectionCase

CLOSED = ("done", "missed", "cancelled", "skipped")


@tagged("post_install", "-at_install")
class TestInteractionActions(RelationshipCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.relationship = cls.make_relationship(
            cls.make_customer(email="a@example.com")
        )

    def activities(self):
        return self.env["mail.activity"].search_count(
            [
                ("res_model", "=", "res.partner"),
                ("res_id", "=", self.relationship.partner_id.id),
            ]
        )

    def mails(self):
        return self.env["mail.mail"].search_count(
            [("crm_interaction_id.relationship_id", "=", self.relationship.id)]
        )

    def make_message(self):
        """Return a step of a program that the system sends."""
        template = self.env["mail.template"].create(
            {
                "name": "Hello",
                "subject": "Hello",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "use_default_to": True,
            }
        )
        plan = self.make_plan(
            {"touchpoints": self.email, "mail_template_id": template.id}
        )
        return self.make_interaction(
            self.relationship, plan_line_id=plan.line_ids.id, date_planned=NOW
        )

    # -- plan

    def test_plan_twice(self):
        interaction = self.make_interaction(self.relationship).with_user(self.sari)
        for _click in range(3):
            interaction.action_plan()
        self.assertEqual((interaction.state, self.activities()), ("open", 1))

    def test_plan_a_message_twice(self):
        interaction = self.make_message().with_user(self.sari)
        interaction.action_plan()
        self.assertEqual((interaction.state, self.mails()), ("done", 1))
        with self.assertRaisesRegex(UserError, "closed already"):
            interaction.action_plan()
        self.assertEqual(self.mails(), 1)

    def test_plan_what_is_closed(self):
        for state in CLOSED:
            interaction = self.make_interaction(self.relationship, state=state)
            with self.assertRaisesRegex(UserError, "closed already"):
                interaction.with_user(self.sari).action_plan()
            self.assertEqual(interaction.state, state)
        self.assertFalse(self.activities())

    def test_plan_later_twice(self):
        interaction = self.make_interaction(
            self.relationship, date_planned=NOW + timedelta(days=30)
        ).with_user(self.sari)
        interaction.action_plan()
        interaction.action_plan()
        self.assertEqual((interaction.state, self.activities()), ("scheduled", 0))

    # -- done

    def test_done_twice(self):
        interaction = self.make_open(self.relationship).with_user(self.sari)
        interaction.with_context(outcome="complaint").action_done()
        with self.assertRaisesRegex(UserError, "closed already"):
            interaction.with_context(outcome="complaint").action_done()
        services = self.interactions(self.relationship).filtered("is_complaint")
        self.assertEqual(len(services), 1)

    def test_done_from_each_state(self):
        for state in CLOSED:
            interaction = self.make_interaction(self.relationship, state=state)
            with self.assertRaisesRegex(UserError, "closed already"):
                interaction.with_user(self.sari).action_done()
        scheduled = self.make_interaction(self.relationship).with_user(self.sari)
        scheduled.action_done()
        self.assertEqual(scheduled.state, "done")

    def test_done_with_an_outcome_of_no_kind(self):
        interaction = self.make_open(self.relationship).with_user(self.sari)
        for outcome in ("sent", "nonsense", 7, ["reached"]):
            with self.assertRaisesRegex(UserError, "outcome"):
                interaction.with_context(outcome=outcome).action_done()
        self.assertEqual(interaction.state, "open")

    # -- no answer

    def test_no_answer_twice_counts_once(self):
        interaction = self.make_open(self.relationship).with_user(self.sari)
        for _click in range(5):
            interaction.action_no_answer()
        self.assertRecordValues(
            interaction,
            [
                {
                    "attempt_count": 1,
                    "state": "open",
                    # at three in the afternoon, after ten in the morning
                    "date_planned": NOW + timedelta(days=2, hours=5),
                }
            ],
        )

    def test_no_answer_again_later(self):
        interaction = self.make_open(self.relationship).with_user(self.sari)
        interaction.action_no_answer()
        with self.at(NOW + timedelta(hours=3)):
            interaction.action_no_answer()
        self.assertEqual(interaction.attempt_count, 2)

    def test_no_answer_to_what_is_closed(self):
        for state in CLOSED:
            interaction = self.make_interaction(self.relationship, state=state)
            interaction.with_user(self.sari).action_no_answer()
            self.assertRecordValues(interaction, [{"state": state, "attempt_count": 0}])

    # -- cancel, outcome

    def test_cancel_twice(self):
        interaction = self.make_open(self.relationship).with_user(self.sari)
        interaction.action_cancel()
        interaction.action_cancel()
        self.assertEqual(interaction.state, "cancelled")

    def test_cancel_what_is_closed(self):
        for state in CLOSED:
            interaction = self.make_interaction(self.relationship, state=state)
            reason = interaction.reason_code
            interaction.with_user(self.sari).action_cancel()
            self.assertRecordValues(
                interaction, [{"state": state, "reason_code": reason}]
            )

    def test_open_outcome_changes_nothing(self):
        interaction = self.make_open(self.relationship).with_user(self.sari)
        for _click in range(2):
            self.assertEqual(
                interaction.action_open_outcome()["res_id"], interaction.id
            )
        self.assertEqual(interaction.state, "open")

    def test_activity_done_twice(self):
        interaction = self.make_open(self.relationship)
        activity = interaction.activity_id.with_user(self.sari)
        activity.action_feedback(feedback="Once")
        messages = self.relationship.partner_id.message_ids
        activity.action_feedback(feedback="Twice")
        self.assertEqual((interaction.feedback, activity.feedback), ("Once", "Once"))
        self.assertEqual(self.relationship.partner_id.message_ids, messages)

    # -- the customer

    def test_plan_contact_needs_a_salesperson(self):
        partner = self.make_customer()
        for user in (self.internal, self.portal, self.env.ref("base.public_user")):
            with self.assertRaises(AccessError):
                partner.with_user(user).action_plan_contact()
        self.assertFalse(
            self.env["crm.relationship"].search([("partner_id", "=", partner.id)])
        )

    def test_plan_contact_twice(self):
        partner = self.make_customer()
        for _click in range(2):
            partner.with_user(self.sari).action_plan_contact()
        self.assertEqual(
            self.env["crm.relationship"].search_count(
                [("partner_id", "=", partner.id)]
            ),
            1,
        )

    def test_refresh_is_for_administrators(self):
        relationships = self.env["crm.relationship"]
        for user in (self.sari, self.all_documents, self.internal, self.portal):
            with self.assertRaises(AccessError):
                relationships.with_user(user).action_refresh()
        for _click in range(2):
            relationships.with_user(self.manager).action_refresh()

    # -- methods without a button

    def test_nothing_else_can_be_called(self):
        """What the jobs and methods do is out of reach of a request."""
        for model, names in (
            ("crm.interaction", ("_release", "_close_done", "_schedule")),
            ("crm.relationship", ("_ensure", "_merge_into", "_lock_segment")),
            ("crm.program.enrollment", ("_stop", "_place_steps")),
            ("crm.program", ("_enroll",)),
        ):
            for name in names:
                with self.subTest(model=model, name=name):
                    with self.assertRaises(AccessError):
                        get_public_method(self.env[model], name)


@tagged("post_install", "-at_install")
class TestOtherActions(DefectionCase):
    # -- programs

    def enroll(self, program, relationships, user):
        return (
            self.env["crm.program.enroll"]
            .with_user(user)
            .create(
                {
                    "program_id": program.id,
                    "relationship_ids": [Command.set(relationships.ids)],
                }
            )
        )

    def test_enroll_twice(self):
        program = self.make_program(trigger="manual")
        wizard = self.enroll(program, self.customer, self.all_documents)
        for _click in range(3):
            wizard.action_enroll()
        self.assertEqual(len(program.enrollment_ids), 1)
        self.assertEqual(len(self.pending(self.customer)), 3)

    def test_enroll_elsewhere(self):
        there = self.make_relationship(self.make_customer(), self.other_company)
        program = self.make_program(trigger="manual")
        with self.assertRaises(UserError):
            self.enroll(program, there, self.all_documents).action_enroll()
        theirs = self.make_program(trigger="manual", company_id=self.other_company.id)
        with self.assertRaises(UserError):
            self.enroll(theirs, self.customer, self.all_documents).action_enroll()
        self.assertFalse((program + theirs).enrollment_ids)

    def test_enroll_in_a_program_of_one_company(self):
        """Whoever works in two companies does not mix them up."""
        self.manager.company_ids += self.other_company
        theirs = self.make_program(trigger="manual", company_id=self.other_company.id)
        wizard = self.enroll(theirs, self.customer, self.manager).with_context(
            allowed_company_ids=self.manager.company_ids.ids
        )
        with self.assertRaisesRegex(UserError, self.other_company.name):
            wizard.action_enroll()
        self.assertFalse(theirs.enrollment_ids)

    def test_stop_twice(self):
        program = self.make_program(trigger="manual")
        enrollment = program._enroll(self.customer).with_user(self.all_documents)
        enrollment.action_stop()
        enrollment.action_stop()
        self.assertRecordValues(
            enrollment, [{"state": "stopped", "stop_reason": "by_hand"}]
        )

    def test_stop_what_is_over(self):
        program = self.make_program(trigger="manual")
        for state in ("completed", "control"):
            enrollment = program._enroll(self.make_loyal(state))
            enrollment.state = state
            enrollment.with_user(self.all_documents).action_stop()
            self.assertRecordValues(
                enrollment, [{"state": state, "stop_reason": False}]
            )

    def test_stop_is_not_for_everybody(self):
        enrollment = self.make_program(trigger="manual")._enroll(self.customer)
        for user in (self.sari, self.internal, self.portal, self.stranger):
            with self.assertRaises(AccessError):
                enrollment.with_user(user).action_stop()
        self.assertEqual(enrollment.state, "running")

    # -- customers who leave

    def test_declare_twice(self):
        wizard = self.dialog(self.customer, plan_interview=True)
        for _click in range(3):
            wizard.action_declare()
        defection = self.defections(self.customer)
        self.assertEqual(len(defection), 1)
        self.assertEqual(len(self.interactions(self.customer)), 1, "asked once only")

    def test_declare_after_the_customer_returned(self):
        """The same dialog, still open in another tab, says goodbye once more."""
        wizard = self.dialog(self.customer)
        wizard.action_declare()
        defection = self.defections(self.customer)
        defection.date_returned = TODAY
        self.env.flush_all()
        wizard.action_declare()
        self.assertEqual(len(self.defections(self.customer)), 2)

    def test_interview_is_not_planned_for_2030(self):
        with self.assertRaisesRegex(UserError, "years"):
            self.dialog(
                self.customer,
                plan_interview=True,
                interview_date="2030-01-01 09:00:00",
            ).action_declare()

    def test_ask_why_twice(self):
        defection = self.make_silent().with_user(self.sari)
        for _click in range(3):
            defection.action_ask_why()
        self.assertEqual(len(self.interactions(self.customer)), 1)

    def test_ask_why_after_the_return(self):
        defection = self.make_silent(date_returned=TODAY).with_user(self.sari)
        defection.action_ask_why()
        self.assertFalse(self.interactions(self.customer))

    def test_take_back_twice(self):
        self.dialog(self.customer).action_declare()
        defection = self.defections(self.customer).with_user(self.sari)
        defection.action_take_back()
        with self.assertRaises(UserError):
            defection.action_take_back()
        self.assertEqual(self.customer.lifecycle_stage, "loyal")

    def test_take_back_what_was_noticed(self):
        defection = self.make_silent()
        with self.assertRaisesRegex(UserError, "cannot be undone"):
            defection.with_user(self.sari).action_take_back()
        self.dialog(self.customer).action_declare()
        defection.with_user(self.sari).action_take_back()
        with self.assertRaisesRegex(UserError, "cannot be undone"):
            defection.with_user(self.sari).action_take_back()
        self.assertEqual(self.customer.lifecycle_stage, "lost")

    def test_take_back_is_for_those_who_serve(self):
        self.dialog(self.customer).action_declare()
        defection = self.defections(self.customer)
        for user in (self.budi, self.internal, self.portal, self.stranger):
            with self.assertRaises(AccessError):
                defection.with_user(user).action_take_back()
            with self.assertRaises(AccessError):
                defection.with_user(user).action_ask_why()
        self.assertTrue(defection.exists())

    # -- segments kept

    def keep(self, user=None, **values):
        return (
            self.env["crm.segment.keep"]
            .with_user(user or self.all_documents)
            .create(
                {
                    "relationship_ids": [Command.set(self.customer.ids)],
                    "segment_id": self.rest.id,
                    "reason": "Old friends",
                    **values,
                }
            )
        )

    @property
    def rest(self):
        return self.env["crm.segment"].search([("name", "=", "Rest")]) or (
            self.make_segment("Rest", sequence=99)
        )

    def test_keep_twice(self):
        wizard = self.keep()
        for _click in range(3):
            wizard.action_keep()
        self.assertEqual(len(self.customer.segment_move_ids), 1)

    def test_keep_elsewhere(self):
        there = self.make_relationship(self.make_customer(), self.other_company)
        with self.assertRaises(UserError):
            self.keep(relationship_ids=[Command.set(there.ids)]).action_keep()
        self.assertFalse(there.locked_segment_id)

    def test_release_twice(self):
        self.keep().action_keep()
        customer = self.customer.with_user(self.all_documents)
        customer.action_release_segment()
        moves = len(self.customer.segment_move_ids)
        customer.action_release_segment()
        self.assertEqual(len(self.customer.segment_move_ids), moves)

    def test_release_who_was_not_kept(self):
        """Else anybody with "all documents" moves customers ahead of the refresh."""
        segment = self.rest
        self.customer.segment_id = segment
        self.customer.with_user(self.all_documents).action_release_segment()
        self.assertEqual(self.customer.segment_id, segment)
        self.assertFalse(self.customer.segment_move_ids)

    def test_release_is_not_for_everybody(self):
        self.keep().action_keep()
        for user in (self.sari, self.internal, self.portal, self.stranger):
            with self.assertRaises(AccessError):
                self.customer.with_user(user).action_release_segment()
        self.assertTrue(self.customer.locked_segment_id)
