from odoo import models


class SurveyQuestion(models.Model):
    _name = "survey.question"
    _inherit = ["survey.question", "crm.approved.part.mixin"]

    _whole_field = "survey_id"
