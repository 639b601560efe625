from odoo import models


class SurveyQuestionAnswer(models.Model):
    _name = "survey.question.answer"
    _inherit = ["survey.question.answer", "crm.approved.part.mixin"]

    _whole_field = "question_id"
