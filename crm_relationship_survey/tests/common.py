"""What the tests of this addon share."""

from odoo import Command

from odoo.addons.crm_relationship.tests.common_message import MessageCase


class SurveyCase(MessageCase):
    """A program that asks after a purchase, by email, from 0 to 10 and in words."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.survey = cls.env["survey.survey"].create(
            {
                "title": "How did we do?",
                "access_mode": "public",
                "question_and_page_ids": [
                    Command.create({"title": "Score", "question_type": "scale"}),
                    Command.create({"title": "Why?", "question_type": "text_box"}),
                ],
            }
        )
        cls.scale, cls.why = cls.survey.question_ids
        cls.mail_template.body_html = '<a t-att-href="object.survey_url">Tell us</a>'
        cls.sms_template.body = "Tell us: {{ object.survey_url }}"

    @classmethod
    def make_asking(cls, touchpoint=None, **values):
        """Return a program of one step after each order, which asks."""
        step = {
            "name": "How did we do?",
            "delay": 0,
            "touchpoint_ids": [Command.set((touchpoint or cls.email).ids)],
            "use_preferred_touchpoint": False,
            "mail_template_id": cls.mail_template.id,
            "sms_template_id": cls.sms_template.id,
            "survey_id": cls.survey.id,
            **values,
        }
        return cls.env["crm.program"].create(
            {
                "name": "Asking",
                "trigger": "sale_confirmed",
                "company_id": cls.company.id,
                "step_ids": [Command.create(step)],
            }
        )

    def ask(self, **partner):
        """Return the released interaction in which a new customer is asked."""
        partner = self.make_customer(
            **{"email": "c@example.com", "phone": "+62 812-1111-2222", **partner}
        )
        order = self.make_quotation(partner)
        self.make_relationship(partner)
        order.action_confirm()
        interaction = self.env["crm.interaction"].search(
            [("sale_order_id", "=", order.id)]
        )
        interaction._release()
        return interaction

    def answer(self, asked, score=None, words=None):
        """Answer as the customer does."""
        answer = asked.survey_answer_id
        if score is not None:
            answer._save_lines(self.scale, str(score))
        if words is not None:
            answer._save_lines(self.why, words)
        answer._mark_done()
        self.env.flush_all()
        return asked

    def service(self, asked):
        """Return what a complaint has put into the queue."""
        return self.env["crm.interaction"].search(
            [
                ("relationship_id", "=", asked.relationship_id.id),
                ("is_complaint", "=", True),
            ]
        )
