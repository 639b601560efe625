from odoo import models

from odoo.addons.crm_relationship.models.base.apart import log_failure, run_apart

# What customers write themselves.
TEXT_TYPES = {"char_box": "value_char_box", "text_box": "value_text_box"}
# Nobody reads more in a queue.
MAX_WORDS = 10_000


class SurveyUserInput(models.Model):
    _inherit = "survey.user_input"

    def _mark_done(self):
        """Note in the ledger what the customer has answered; the survey goes on.

        A customer's answer must never fail because of what follows from it: the nightly
        job makes up for it.
        """
        result = super()._mark_done()
        # sudo: whoever answers need not see what caused the question
        asked = (
            self.env["crm.interaction"]
            .sudo()
            .search([("survey_answer_id", "in", self.ids)])
        )
        error = run_apart(self.env, asked._note_answers)
        if error:
            log_failure(error, "Answers of interactions %s are not noted", asked.ids)
        return result

    def _get_percentage(self):
        """Return how content an answer is, from 0 to 100; None where nothing says it.

        That is the score of the survey, else the average of its scales.
        """
        self.ensure_one()
        if self.scoring_type != "no_scoring":
            return min(self.scoring_percentage, 100)
        values = []
        for line in self.user_input_line_ids:
            question = line.question_id
            if line.answer_type == "scale" and not line.skipped:
                low, high = question.scale_min, question.scale_max
                values.append((line.value_scale - low) / (high - low) * 100)
        return sum(values) / len(values) if values else None

    def _get_words(self):
        """Return what the customer wrote, else False."""
        self.ensure_one()
        texts = (
            line[TEXT_TYPES[line.answer_type]]
            for line in self.user_input_line_ids.sorted("id")
            if line.answer_type in TEXT_TYPES and not line.skipped
        )
        return "\n".join(filter(None, texts))[:MAX_WORDS] or False
