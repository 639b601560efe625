"""A step asks by survey: with a link of the customer's own, or not at all."""

from psycopg2.errors import CheckViolation

from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import SurveyCase


@tagged("post_install", "-at_install")
class TestAsking(SurveyCase):
    def test_link_stands_in_the_email(self):
        self.make_asking()
        asked = self.ask()
        answer = asked.survey_answer_id
        self.assertEqual((asked.state, asked.outcome), ("done", "sent"))
        self.assertEqual(answer.partner_id, asked.partner_id)
        self.assertIn(answer.access_token, self.mails(asked).body_html)
        self.assertIn("/survey/start/", self.mails(asked).body_html)

    def test_link_stands_in_the_text_message(self):
        self.make_asking(self.sms)
        asked = self.ask()
        self.assertIn(asked.survey_answer_id.access_token, self.texts(asked).body)

    def test_salesperson_reads_the_link(self):
        self.make_asking(self.call)
        asked = self.ask()
        token = asked.survey_answer_id.access_token
        self.assertIn(token, asked.activity_id.note)
        self.assertIn(token, asked.with_user(self.sari).note)

    def test_whatsapp_has_the_link(self):
        self.make_asking(self.whatsapp)
        asked = self.ask()
        token = asked.survey_answer_id.access_token
        self.assertIn(token, asked._get_whatsapp_text())

    def test_asked_once_whatever_is_tried(self):
        self.make_asking(self.call)
        asked = self.ask()
        answer = asked.survey_answer_id
        asked.with_user(self.sari).action_no_answer()
        asked.write({"state": "scheduled", "activity_id": False})
        asked._release()
        self.assertEqual(asked.survey_answer_id, answer)
        self.assertEqual(self.survey.user_input_ids, answer)

    def test_refusal_is_respected(self):
        self.make_asking()
        partner = {"do_not_contact": True}
        asked = self.ask(**partner)
        self.assertEqual(asked.state, "skipped")
        self.assertFalse(self.survey.user_input_ids)

    def test_nobody_answers_what_was_recalled(self):
        self.make_asking()
        asked = self.ask()
        asked.sale_order_id._action_cancel()
        self.assertEqual(asked.state, "cancelled")
        self.assertFalse(self.survey.user_input_ids)

    def refused(self):
        program = self.make_asking()
        asked = self.ask()
        self.assertEqual((asked.state, asked.reason_code), ("skipped", "no_survey"))
        self.assertFalse(self.mails(asked))
        return program.step_ids.survey_warning

    def test_closed_survey(self):
        self.survey.active = False
        self.assertIn("is closed", self.refused())

    def test_survey_without_questions(self):
        self.survey.question_and_page_ids.unlink()
        self.assertIn("asks nothing", self.refused())

    def test_survey_for_those_who_log_in(self):
        self.survey.users_login_required = True
        self.assertIn("log in", self.refused())

    def test_person_reads_why_there_is_no_link(self):
        self.make_asking(self.call)
        self.survey.active = False
        asked = self.ask()
        self.assertEqual(asked.state, "open")
        self.assertIn("is closed", asked.activity_id.note)

    def test_scores_in_order(self):
        with mute_logger("odoo.sql_db"), self.assertRaises(CheckViolation):
            self.make_asking(survey_low=90, survey_high=50)
            self.env.flush_all()
