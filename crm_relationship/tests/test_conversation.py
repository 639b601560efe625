"""What falls on one customer within a few days is one conversation, in *My Day* too."""

from datetime import timedelta

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import NOW, TODAY
from .test_my_day import MyDayCase


@tagged("post_install", "-at_install")
class TestConversation(MyDayCase):
    """A plan, a program and a question of the same customer."""

    def setUp(self):
        super().setUp()
        self.first = self.due(name="Ibu Sri")
        self.relationship = self.first.relationship_id
        program = self.make_program(0, trigger="manual")
        self.step = program._enroll(self.relationship).interaction_ids
        self.step.write({"user_id": self.sari.id, "date_planned": NOW})
        self.step._release()
        self.soon = self.again(3)
        self.far = self.again(30)

    def again(self, days):
        return self.make_interaction(
            self.relationship,
            name=f"In {days} days",
            touchpoint_id=self.call.id,
            user_id=self.sari.id,
            state="open",
            date_due=TODAY + timedelta(days=days),
            date_planned=NOW + timedelta(days=days),
        )

    def note(self, what, together):
        return self.my_day().note(self.first.id, what, {"together": together})

    def test_others_are_on_the_card(self):
        self.assertEqual(self.step.state, "open")
        names = [other["name"] for other in self.card(self.first)["also"]]
        self.assertEqual(names, [self.step.name, "In 3 days"])

    def test_nothing_else_is_due(self):
        other = self.due("Somebody else")
        self.assertEqual(self.card(other)["also"], [])

    def test_settled_in_the_same_conversation(self):
        self.note("reached", (self.step + self.soon).ids)
        settled = self.first + self.step + self.soon
        self.assertEqual(set(settled.mapped("state")), {"done"})
        self.assertEqual(set(settled.mapped("outcome")), {"reached"})
        self.assertEqual((self.step + self.soon).along_id, self.first)
        self.assertEqual(self.far.state, "open")
        self.assertEqual(self.step.enrollment_id.state, "completed")

    def test_nobody_answers(self):
        self.note("no_answer", self.soon.ids)
        self.assertEqual(self.soon.attempt_count, 1)

    def test_what_is_put_off_says_nothing_about_the_rest(self):
        self.my_day().note(
            self.first.id, "later", {"until": "tomorrow", "together": self.soon.ids}
        )
        self.assertFalse(self.soon.along_id)

    def test_undone_together(self):
        answer = self.note("reached", self.soon.ids)
        self.env["crm.interaction.undo"].with_user(self.sari).browse(
            answer["undo_id"]
        ).action_undo()
        self.assertEqual((self.first + self.soon).mapped("state"), ["open"] * 2)

    def test_what_is_no_part_of_it_is_left_alone(self):
        other = self.due("Somebody else")
        self.note("reached", [*other.ids, *self.far.ids, 0, "x", True, None])
        self.assertEqual((other + self.far).mapped("state"), ["open"] * 2)

    def test_what_is_no_list(self):
        for together in ("x", 7, {"a": 1}, None):
            with self.subTest(together=together):
                try:
                    self.note("reached", together)
                except UserError as error:
                    self.assertTrue(str(error))
        self.assertEqual(self.soon.state, "open")
