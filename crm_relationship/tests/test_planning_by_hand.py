from datetime import timedelta

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import NOW, RelationshipCase


@tagged("post_install", "-at_install")
class TestPlanningByHand(RelationshipCase):
    """What people do besides plans: plan an interaction, enroll customers."""

    def plan(self, relationship, staff=None, **values):
        """Plan one as the dialog does; return it and what the client gets."""
        relationship = relationship.with_user(staff or self.sari)
        context = relationship.action_plan_contact()["context"]
        interaction = (
            self.env["crm.interaction"]
            .with_user(staff or self.sari)
            .with_context(**context)
            .create({"name": "A word", **values})
        )
        return interaction, interaction.action_plan()

    def test_enters_the_queue_at_once_when_due_soon(self):
        interaction, action = self.plan(self.make_relationship())
        self.assertEqual(interaction.state, "open")
        self.assertEqual(interaction.user_id, self.sari)
        self.assertEqual(
            interaction.date_planned, NOW.replace(hour=2) + timedelta(days=1)
        )
        self.assertTrue(interaction.activity_id)
        self.assertEqual(action["type"], "ir.actions.act_window_close")

    def test_waits_when_due_later(self):
        later = NOW + timedelta(days=30)
        interaction, _action = self.plan(self.make_relationship(), date_planned=later)
        self.assertEqual(interaction.state, "scheduled")
        self.assertEqual(interaction.date_due, later.date())
        self.assertEqual(interaction.date_planned, later)

    def test_goes_to_the_dedicated_staff(self):
        relationship = self.make_relationship(user_id=self.budi.id)
        interaction, _action = self.plan(relationship, staff=self.all_documents)
        self.assertEqual(interaction.user_id, self.budi)

    def test_goes_to_whoever_plans_without_dedicated_staff(self):
        relationship = self.make_relationship(user_id=False)
        interaction, _action = self.plan(relationship, staff=self.all_documents)
        self.assertEqual(interaction.user_id, self.all_documents)

    def test_refused_channel_is_told(self):
        relationship = self.make_relationship()
        relationship.partner_id.refused_touchpoint_ids = self.call
        interaction, action = self.plan(relationship, touchpoint_id=self.call.id)
        self.assertEqual(interaction.state, "skipped")
        self.assertEqual(action["tag"], "display_notification")
        self.assertIn("refused", action["params"]["message"])

    def test_history_shows_the_last_contacts_made(self):
        relationship = self.make_relationship()
        made = self.make_interaction(relationship, state="done", outcome="reached")
        self.make_interaction(relationship, state="cancelled")
        self.make_interaction(state="done", outcome="reached")
        planned = self.make_interaction(relationship)
        self.assertEqual(planned.history_ids, made)
        self.assertFalse(made.history_ids)

    def enroll(self, program, relationships, user):
        return (
            self.env["crm.program.enroll"]
            .with_user(user)
            .with_context(active_model="crm.relationship", active_ids=relationships.ids)
            .create({"program_id": program.id})
        )

    def test_enroll_selected_customers(self):
        program = self.make_program(trigger="manual")
        relationships = self.make_relationship() + self.make_relationship()
        action = self.enroll(program, relationships, self.all_documents).action_enroll()
        self.assertEqual(program.enrollment_ids.relationship_id, relationships)
        self.assertIn("”: 2.", action["params"]["message"])
        self.assertEqual(program.running_count, 2)
        self.assertEqual(program.interaction_count, 6)

    def test_enroll_again_leaves_out_who_is_in_it(self):
        program = self.make_program(trigger="manual")
        relationship = self.make_relationship()
        self.enroll(program, relationship, self.manager).action_enroll()
        action = self.enroll(program, relationship, self.manager).action_enroll()
        self.assertEqual(program.enrollment_count, 1)
        self.assertIn("Going through it already: 1", action["params"]["message"])

    def test_salesperson_does_not_enroll(self):
        with self.assertRaises(AccessError):
            self.enroll(self.make_program(), self.make_relationship(), self.sari)
