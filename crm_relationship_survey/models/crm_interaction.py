from markupsafe import Markup

from odoo import api, fields, models

from odoo.addons.crm_relationship.models.base.apart import run_each_apart
from odoo.addons.crm_relationship.models.base.bounds import Bounds
from odoo.addons.crm_relationship.models.base.known import KnownFloat
from odoo.addons.crm_relationship.models.ledger import complaints

from .crm_program_step import PERCENT
from .res_partner import PLACEHOLDERS

# Why a message is not sent: what it asks nobody could answer.
NO_SURVEY = "no_survey"
# What an answer says more than.
LESS_THAN_ANSWERED = (False, "sent", "reached")


class CrmInteraction(models.Model):
    """What the customer was asked by survey, and has answered."""

    _inherit = "crm.interaction"

    reason_code = fields.Selection(
        selection_add=[(NO_SURVEY, "The survey cannot be answered")],
    )
    outcome = fields.Selection(
        selection_add=[("answered", "Answered the survey")],
    )
    survey_answer_id = fields.Many2one(
        comodel_name="survey.user_input",
        string="Answer to the Survey",
        index="btree_not_null",
        ondelete="set null",
        readonly=True,
        copy=False,
        groups="survey.group_survey_user",
    )
    survey_score = KnownFloat(
        string="Score (%)",
        digits=(16, 1),
        aggregator="avg",
        readonly=True,
        copy=False,
        help="What the customer's answer comes to: the score of the survey, else the"
        " average of its scales.",
    )
    survey_noted = fields.Boolean(
        string="Answer Noted",
        readonly=True,
        copy=False,
    )

    _survey_score_in_bounds = Bounds("survey_score", 0, PERCENT)
    _survey_idx = models.Index(
        "(company_id) WHERE survey_answer_id IS NOT NULL AND NOT survey_noted"
    )

    @api.depends("program_step_id")
    def _compute_note(self):
        """Give whoever asks the customer the link, or say why there is none."""
        result = super()._compute_note()
        for interaction in self._filter_pending():
            # sudo: as for the guidance
            own = interaction.sudo()
            survey = own.program_step_id.survey_id
            line = False
            if own.survey_answer_id:
                url = own._get_survey_url()
                line = Markup('<p>%s <a href="%s">%s</a></p>') % (
                    self.env._("Ask by survey:"),
                    url,
                    url,
                )
            elif survey and (obstacle := survey._get_obstacle()):
                line = Markup("<p>%s</p>") % obstacle
            if line:
                interaction.note = (interaction.note or Markup()) + line
        return result

    # ------------------------------------------------------------------
    # Asking
    # ------------------------------------------------------------------

    def _bring_along(self):
        """Prepare for each customer an answer of their own, once.

        ``sudo``: surveys are none of the salespeople's business.
        """
        lacking = super()._bring_along()
        asking = self.sudo().filtered(
            lambda i: i.program_step_id.survey_id and not i.survey_answer_id
        )
        without = self.browse()
        for interaction in asking:
            survey = interaction.program_step_id.survey_id
            if survey._get_obstacle():
                without += interaction.with_env(self.env)
            else:
                interaction.survey_answer_id = survey._create_answer(
                    partner=interaction.partner_id, check_attempts=False
                )
        asking.invalidate_recordset(["note"])
        if without:
            lacking[NO_SURVEY] = lacking.get(NO_SURVEY, self.browse()) | without
        return lacking

    def _get_survey_url(self):
        """Return the link by which this customer answers."""
        self.ensure_one()
        answer = self.survey_answer_id
        return f"{answer.survey_id.get_base_url()}{answer.get_start_url()}"

    def _before_sending(self):
        super()._before_sending()
        self.partner_id.invalidate_recordset(PLACEHOLDERS)

    def _follow_closing(self):
        """Let nobody answer what was never asked."""
        super()._follow_closing()
        self.filtered(lambda i: i.state != "done")._drop_question()

    def _take_back(self, vals):
        result = super()._take_back(vals)
        self.filtered(lambda i: i.state not in ("scheduled", "open"))._drop_question()
        return result

    def _drop_question(self):
        """Delete answers that nobody has begun; ``sudo``: as for asking."""
        answers = self.sudo().survey_answer_id
        answers.filtered(lambda answer: answer.state == "new").unlink()

    # ------------------------------------------------------------------
    # The answer
    # ------------------------------------------------------------------

    @api.model
    def _before_scheduling(self, company):
        """Make up for answers that could not be noted when they came.

        ``sudo``: for all companies, whoever the job works as.
        """
        super()._before_scheduling(company)
        missed = self.sudo().search(
            [
                ("company_id", "=", company.id),
                ("survey_answer_id.state", "=", "done"),
                ("survey_noted", "=", False),
            ]
        )
        run_each_apart(
            missed, lambda those: those._note_answers(), "The answer of %s is not noted"
        )

    def _note_answers(self):
        """Note what customers have answered; a low score is a complaint.

        As superuser. Whatever became of the interaction since: what customers say
        counts.
        """
        for interaction in self.filtered(lambda i: not i.survey_noted):
            answer = interaction.survey_answer_id
            percentage = answer._get_percentage()
            sentiment = interaction.program_step_id._get_sentiment(percentage)
            score = False if percentage is None else percentage
            interaction.write({"survey_noted": True, "survey_score": score})
            interaction._note_answer(sentiment, answer._get_words())

    def _note_answer(self, sentiment, words):
        """Note one answer.

        :param sentiment: value of ``sentiment``, or False
        :param words: what the customer wrote, or False
        """
        known = self.outcome == "complaint"
        outcome = self.outcome
        if sentiment == "negative":
            outcome = "complaint"
        elif outcome in LESS_THAN_ANSWERED:
            outcome = "answered"
        values = {"feedback": "\n".join(filter(None, (self.feedback, words))) or False}
        if sentiment:
            values["sentiment"] = sentiment
        if self._filter_pending():
            # what a complaint opens follows from closing
            closing = {"state": "done", "outcome": outcome, "reason_code": False}
            self.write({**values, **closing})
            return
        if self.state == "done":
            values["outcome"] = outcome
        self.write(values)
        if outcome == "complaint" and not known:
            complaints.open_service(self)
