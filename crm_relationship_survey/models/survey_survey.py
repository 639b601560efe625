from odoo import models


class SurveySurvey(models.Model):
    _name = "survey.survey"
    _inherit = ["survey.survey", "crm.approved.mixin"]

    _step_field = "survey_id"

    def _is_noticed(self, name):
        return name in ("title", "description", "description_done")

    def _get_obstacle(self):
        """Return why customers cannot answer this survey now, else False."""
        self.ensure_one()
        if not self.active:
            return self.env._("The survey “%s” is closed.", self.title)
        if not self.question_ids:
            return self.env._("The survey “%s” asks nothing yet.", self.title)
        if self.users_login_required:
            return self.env._(
                "The survey “%s” can be answered by those alone who log in: customers"
                " come by a link. Do not require a login.",
                self.title,
            )
        return False
