"""The answer is what came of the interaction; a low score is a complaint."""

from unittest.mock import patch

from odoo import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import SurveyCase


@tagged("post_install", "-at_install")
class TestAnswers(SurveyCase):
    def assertNoted(self, asked, outcome, sentiment, score):
        self.assertEqual(
            (asked.state, asked.outcome, asked.sentiment, asked.survey_score),
            ("done", outcome, sentiment, score),
        )

    def test_happy(self):
        self.make_asking()
        asked = self.answer(self.ask(), 9, "Lovely people.")
        self.assertNoted(asked, "answered", "positive", 90)
        self.assertEqual(asked.feedback, "Lovely people.")
        self.assertFalse(self.service(asked))

    def test_neutral(self):
        self.make_asking()
        asked = self.answer(self.ask(), 6)
        self.assertNoted(asked, "answered", "neutral", 60)

    def test_low_score_is_a_complaint(self):
        self.make_asking()
        asked = self.answer(self.ask(), 2, "It broke on the first day.")
        self.assertNoted(asked, "complaint", "negative", 20)
        service = self.service(asked)
        self.assertEqual((service.state, service.kind), ("open", "service"))
        self.assertEqual(service.feedback, "It broke on the first day.")
        self.assertEqual(service.complaint_id, asked)
        self.assertEqual(service.user_id, self.sari)
        self.assertTrue(service.is_complaint_open)

    def test_threshold_of_the_step(self):
        for low, high, score, sentiment in (
            (50, 80, 5, "neutral"),
            (51, 80, 5, "negative"),
            (0, 80, 0, "neutral"),
            (50, 50, 5, "positive"),
        ):
            with self.subTest(low=low, high=high, score=score):
                program = self.make_asking(survey_low=low, survey_high=high)
                asked = self.answer(self.ask(), score)
                self.assertEqual(asked.sentiment, sentiment)
                program.active = False

    def test_selling_waits_after_a_low_score(self):
        self.make_asking()
        asked = self.answer(self.ask(), 0)
        selling = self.make_interaction(
            asked.relationship_id, kind="selling", touchpoint_id=self.call.id
        )
        selling._release()
        self.assertEqual(selling.reason_code, "complaint_open")

    def test_words_alone_have_no_score(self):
        self.make_asking()
        asked = self.answer(self.ask(), words="Fine.")
        self.assertNoted(asked, "answered", False, False)
        self.assertEqual(asked.feedback, "Fine.")

    def test_score_of_the_survey_comes_first(self):
        choice = self.env["survey.question"].create(
            {
                "survey_id": self.survey.id,
                "title": "Again?",
                "question_type": "simple_choice",
                "suggested_answer_ids": [
                    Command.create(
                        {"value": "Yes", "answer_score": 4, "is_correct": True}
                    ),
                    Command.create({"value": "Maybe", "answer_score": 1}),
                ],
            }
        )
        self.survey.scoring_type = "scoring_without_answers"
        self.make_asking()
        asked = self.ask()
        maybe = choice.suggested_answer_ids[1]
        asked.survey_answer_id._save_lines(choice, str(maybe.id))
        self.answer(asked, 10)
        self.assertNoted(asked, "complaint", "negative", 25)

    def test_answered_while_it_is_in_the_queue(self):
        self.make_asking(self.call)
        asked = self.ask()
        asked.reason_code = "outside_work"
        self.answer(asked, 10)
        self.assertNoted(asked, "answered", "positive", 100)
        self.assertFalse(asked.reason_code)
        self.assertFalse(asked.activity_id.active)

    def test_complaint_while_it_is_in_the_queue(self):
        self.make_asking(self.call)
        asked = self.answer(self.ask(), 1, "No.")
        self.assertNoted(asked, "complaint", "negative", 10)
        self.assertEqual(self.service(asked).feedback, "No.")

    def test_what_the_salesperson_noted_stays(self):
        self.make_asking(self.call)
        asked = self.ask()
        asked.with_user(self.sari)._close_done(
            {"outcome": "ordered", "feedback": "Took two."}
        )
        self.answer(asked, 9, "Great.")
        self.assertEqual(asked.outcome, "ordered")
        self.assertEqual(asked.feedback, "Took two.\nGreat.")

    def test_complaint_that_is_known_is_one(self):
        self.make_asking(self.call)
        asked = self.ask()
        asked.with_user(self.sari)._close_done({"outcome": "complaint"})
        self.answer(asked, 0, "As I said.")
        self.assertEqual(len(self.service(asked)), 1)

    def test_customer_complains_about_what_was_cancelled(self):
        """The answer was begun before."""
        self.make_asking(self.call)
        asked = self.ask()
        asked.survey_answer_id._mark_in_progress()
        asked.with_user(self.sari).action_cancel()
        self.answer(asked, 0, "Never called.")
        self.assertEqual((asked.state, asked.sentiment), ("cancelled", "negative"))
        self.assertEqual(self.service(asked).feedback, "Never called.")

    def test_answered_twice_counts_once(self):
        self.make_asking()
        asked = self.answer(self.ask(), 0, "No.")
        asked.survey_answer_id._mark_done()
        self.assertEqual(len(self.service(asked)), 1)
        self.assertEqual(asked.feedback, "No.")

    def test_bounce_after_an_answer_changes_nothing(self):
        self.make_asking()
        asked = self.answer(self.ask(), 9)
        asked._follow_failure("email")
        self.assertEqual((asked.state, asked.outcome), ("done", "answered"))

    def test_answer_is_taken_whatever_fails(self):
        self.make_asking()
        asked = self.ask()
        ledger = type(self.env["crm.interaction"])
        with (
            patch.object(ledger, "_note_answers", side_effect=ValueError("broken")),
            mute_logger("odoo.addons.crm_relationship.models.base.apart"),
        ):
            self.answer(asked, 0, "No.")
        self.assertEqual(asked.survey_answer_id.state, "done")
        self.assertEqual(asked.outcome, "sent")
        self.env["crm.interaction"]._before_scheduling(self.company)
        self.assertEqual(asked.outcome, "complaint")
        self.assertEqual(len(self.service(asked)), 1)

    def test_other_surveys_are_none_of_ours(self):
        answer = self.survey._create_answer(partner=self.make_customer())
        answer._mark_done()
        self.assertFalse(
            self.env["crm.interaction"].search([("survey_noted", "=", True)])
        )
