"""Answers of a person who is forgotten."""

from odoo.tests import tagged

from .common import SurveyCase


@tagged("post_install", "-at_install")
class TestErasure(SurveyCase):
    def test_words_go_and_figures_stay(self):
        self.make_asking()
        asked = self.answer(self.ask(name="Ratna Dewanti"), 8, "Ask for Ratna.")
        answer = asked.survey_answer_id
        kept = asked.partner_id.with_user(self.manager)._erase_contact_data()
        self.assertEqual((answer.email, answer.nickname), (False, False))
        texts = answer.user_input_line_ids.filtered("value_text_box")
        self.assertNotIn("Ratna", texts.value_text_box)
        self.assertFalse(asked.feedback)
        self.assertEqual(asked.survey_score, 80)
        self.assertTrue(any("surveys" in line for line in kept))

    def test_nobody_can_answer_any_more(self):
        self.make_asking()
        asked = self.ask(name="Ratna Dewanti")
        asked.partner_id.with_user(self.manager)._erase_contact_data()
        self.assertFalse(self.survey.user_input_ids)
