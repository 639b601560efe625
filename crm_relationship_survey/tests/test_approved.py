"""What an approved program asks stays as it was approved."""

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import SurveyCase

REFUSED = "was approved along with"


@tagged("post_install", "-at_install")
class TestApproved(SurveyCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.program_four_eyes = True
        cls.manager.group_ids |= cls.env.ref("survey.group_survey_manager")
        cls.why.write(
            {
                "question_type": "simple_choice",
                "suggested_answer_ids": [Command.create({"value": "Slow"})],
            }
        )
        cls.own = cls.survey.with_user(cls.manager)
        cls.program = cls.make_asking()
        cls.program.state = "running"

    def changes(self):
        question = self.own.question_ids[0]
        answer = self.own.question_ids.suggested_answer_ids
        new = {"title": "And?", "question_type": "text_box"}
        return {
            "title": lambda: self.own.write({"title": "Buy more"}),
            "question": lambda: question.write({"title": "Buy more?"}),
            "translation": lambda: question.update_field_translations(
                "title", {"en_US": "Buy more?"}
            ),
            "answer": lambda: answer.write({"value": "Cheap"}),
            "new": lambda: self.own.write(
                {"question_and_page_ids": [Command.create(new)]}
            ),
            "deleted": question.unlink,
        }

    def test_kept(self):
        for what, change in self.changes().items():
            with self.subTest(what=what), self.assertRaisesRegex(UserError, REFUSED):
                with self.env.cr.savepoint():
                    change()

    def test_of_a_draft(self):
        self.program.state = "draft"
        for what, change in self.changes().items():
            with self.subTest(what=what), self.env.cr.savepoint() as point:
                change()
                point.rollback()
                self.env.invalidate_all()

    def test_customers_answer(self):
        asked = self.ask()
        self.answer(asked, 9)
        self.assertEqual(asked.sentiment, "positive")
