from odoo import fields, models

from odoo.addons.crm_relationship.models.ledger.messages import SENDING

from .survey_user_input import TEXT_TYPES

PLACEHOLDERS = ["survey_url"]


class ResPartner(models.Model):
    _inherit = "res.partner"

    survey_url = fields.Char(
        string="Link to the Survey",
        compute="_compute_survey_url",
        groups="base.group_user",
        help="For the templates of messages: the link by which the customer answers"
        " what the message asks. Empty anywhere else.",
    )

    def _compute_survey_url(self):
        # sudo: the message says it, whoever sends it
        sending = self.env["crm.interaction"].sudo().browse(SENDING.get())
        asked = sending.filtered("survey_answer_id").grouped("partner_id")
        for partner in self:
            own = asked.get(partner._origin, sending.browse())[:1]
            partner.survey_url = own._get_survey_url() if own else False

    def _erase_in_apps(self):
        """Take the words out of what these people answered; the figures stay."""
        answers = self.env["survey.user_input"].search([("partner_id", "in", self.ids)])
        unanswered = answers.filtered(lambda answer: answer.state == "new")
        unanswered.unlink()
        answers -= unanswered
        answers.write({"email": False, "nickname": False})
        for kind, name in TEXT_TYPES.items():
            answers.user_input_line_ids.filtered(
                lambda line, kind=kind: line.answer_type == kind
            ).write({name: self.env._("Personal data erased")})
        kept = super()._erase_in_apps()
        if answers:
            kept.append(
                self.env._("Answers to surveys, without words: they are counted.")
            )
        return kept
