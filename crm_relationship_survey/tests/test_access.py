"""Who sees and changes what of surveys."""

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import SurveyCase


@tagged("post_install", "-at_install")
class TestAccess(SurveyCase):
    def test_auto_installed(self):
        module = self.env.ref("base.module_crm_relationship_survey")
        self.assertEqual((module.state, module.auto_install), ("installed", True))

    def test_sales_administrator_chooses(self):
        program = self.make_asking()
        step = program.step_ids.with_user(self.manager)
        step.survey_id = False
        step.survey_id = self.survey
        self.assertEqual(step.survey_id.title, "How did we do?")

    def test_not_among_those_for_others(self):
        self.survey.restrict_user_ids = self.sari
        found = self.env["survey.survey"].with_user(self.manager).search([])
        self.assertNotIn(self.survey, found)

    def test_salesperson_sees_no_survey(self):
        step = self.make_asking().step_ids
        with self.assertRaises(AccessError):
            step.with_user(self.sari).read(["survey_id"])
        self.assertFalse(step.with_user(self.sari).survey_warning)

    def test_nobody_writes_what_was_answered(self):
        self.make_asking(self.call)
        asked = self.ask()
        for values in ({"survey_score": 100}, {"survey_noted": True}):
            with self.subTest(values), self.assertRaises(AccessError):
                asked.with_user(self.manager).write(values)

    def test_portal_users_see_nothing(self):
        program = self.make_asking()
        asked = self.answer(self.ask(), 9)
        for record, name in (
            (asked, "survey_score"),
            (program.step_ids, "survey_low"),
            (self.portal.partner_id, "survey_url"),
        ):
            with self.subTest(name), self.assertRaises(AccessError):
                record.with_user(self.portal).read([name])

    def test_other_company_sees_no_answer(self):
        self.make_asking()
        asked = self.answer(self.ask(), 9)
        with self.assertRaises(AccessError):
            asked.with_user(self.stranger).read(["survey_score"])

    def test_customer_with_an_account_answers(self):
        self.make_asking()
        order = self.make_quotation(self.portal.partner_id)
        self.portal.partner_id.email = "p@example.com"
        self.make_relationship(self.portal.partner_id)
        order.action_confirm()
        asked = self.env["crm.interaction"].search([("sale_order_id", "=", order.id)])
        asked._release()
        answer = asked.survey_answer_id.with_user(self.portal).sudo()
        answer._save_lines(self.scale, "0")
        answer._mark_done()
        self.assertEqual(asked.outcome, "complaint")
