from odoo import api, fields, models

from odoo.addons.crm_relationship.models.base.bounds import Bounds

PERCENT = 100


class CrmProgramStep(models.Model):
    """A step that asks by survey."""

    _inherit = "crm.program.step"

    survey_id = fields.Many2one(
        comodel_name="survey.survey",
        index="btree_not_null",
        ondelete="restrict",
        groups="sales_team.group_sale_manager",
        help="Each customer is asked by a link of their own, in the message or in the"
        " guidance.",
    )
    survey_low = fields.Integer(
        string="Complaint below (%)",
        default=50,
        help="An answer with a lower score is a complaint. 0: none is.",
    )
    survey_high = fields.Integer(
        string="Happy from (%)",
        default=80,
        help="From this score on the customer counts as happy.",
    )
    survey_warning = fields.Char(
        compute="_compute_survey_warning",
        help="Says why customers cannot answer.",
    )

    _survey_low_in_bounds = Bounds("survey_low", 0, PERCENT)
    _survey_high_in_bounds = Bounds("survey_high", 0, PERCENT)
    _survey_low_before_high = models.Constraint(
        "CHECK(survey_low <= survey_high)",
        "Nobody is happy and complains: enter a lower score for complaints than for"
        " happy customers.",
    )

    @api.depends("survey_id")
    def _compute_survey_warning(self):
        for step in self:
            # sudo: whether it can be answered does not depend on who asks
            survey = step.sudo().survey_id
            step.survey_warning = survey._get_obstacle() if survey else False

    def _get_sentiment(self, percentage):
        """Return how a score is felt, as a value of ``sentiment``.

        :param percentage: 0 to 100, or None where nothing says it
        """
        self.ensure_one()
        if percentage is None:
            return False
        if percentage < self.survey_low:
            return "negative"
        return "positive" if percentage >= self.survey_high else "neutral"
