from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged

from .common import own_login
from .common_wishes import WishesCase


@tagged("post_install", "-at_install")
class TestWishesStatement(WishesCase):
    def _statement(self, user, **values):
        Statement = self.env["crm.preference.statement"].with_user(user)
        return Statement.create(
            {"partner_id": self.person.id, "wording": "I said so", **values}
        )

    def test_manager_takes_back_a_refusal_for_the_customer(self):
        self.person._change_preferences({"consent_selling": "refused"}, "portal")
        Statement = (
            self.env["crm.preference.statement"]
            .with_user(self.manager)
            .with_context(default_partner_id=self.person.id)
        )
        with Form(Statement) as form:
            form.subject = "consent_selling"
            form.consent = "granted"
            form.wording = "Send me offers again, please"
        form.record.action_record()
        self.assertRecordValues(
            self.person,
            [
                {
                    "consent_selling": "granted",
                    "consent_selling_source": "statement",
                    "consent_selling_wording": "Send me offers again, please",
                    "consent_selling_user_id": self.manager.id,
                }
            ],
        )

    def test_every_subject(self):
        window = self.env.ref("crm_relationship.resource_calendar_lunch")
        for values, field, expected in (
            (
                {"subject": "channel", "touchpoint_id": self.call.id},
                "refused_touchpoint_ids",
                self.call,
            ),
            (
                {"subject": "consent_relationship", "consent": "refused"},
                "consent_relationship",
                "refused",
            ),
            ({"subject": "do_not_contact"}, "do_not_contact", True),
            (
                {"subject": "do_not_contact", "do_not_contact": "no"},
                "do_not_contact",
                False,
            ),
            ({"subject": "snooze"}, "contact_snooze_until", False),
            (
                {"subject": "window", "window_id": window.id},
                "contact_window_id",
                window,
            ),
        ):
            with self.subTest(values=values):
                self._statement(self.manager, **values).action_record()
                self.assertEqual(self.person[field], expected)

    def test_statement_about_a_channel_names_it(self):
        statement = self._statement(self.manager, subject="channel")
        with self.assertRaisesRegex(UserError, "Choose the channel"):
            statement.action_record()

    def test_blank_words_are_no_words(self):
        statement = self._statement(self.manager, wording=" \n ")
        with self.assertRaisesRegex(UserError, "own words"):
            statement.action_record()

    def test_only_managers_record_statements(self):
        for user in (self.salesperson, self.all_documents):
            with self.assertRaises(AccessError):
                self._statement(user)

    def test_salesperson_changes_wishes_on_the_contact(self):
        with Form(self.person.with_user(self.salesperson)) as form:
            form.consent_selling = "granted"
            form.do_not_contact = True
            form.do_not_contact_reason = "Moved abroad"
            form.refusal_by = "company"
        self.assertEqual(self.person.consent_selling, "granted")

    def test_form_does_not_turn_round_a_refusal(self):
        self.person._change_preferences({"consent_selling": "refused"}, "link")
        form = Form(self.person.with_user(self.manager))
        form.consent_selling = "granted"
        with self.assertRaisesRegex(UserError, "only the customer"):
            form.save()

    def test_filters(self):
        self.person.write(
            {
                "do_not_contact": True,
                "contact_snooze_until": "2100-01-01",
                "consent_selling": "refused",
            }
        )
        view = self.env["res.partner"].get_view(
            self.env.ref("base.view_res_partner_filter").id, "search"
        )
        for name in ("do_not_contact", "snoozed", "refuses_selling"):
            self.assertIn(f'name="{name}"', view["arch"])

    def test_staff_without_sales_access_reads_only(self):
        tag = self.env["crm.staff.tag"].create({"name": "Patient"})
        requirement = self.env["crm.staff.requirement"].create(
            {"partner_id": self.person.id, "tag_id": tag.id}
        )
        reader = new_test_user(self.env, own_login("wishes_reader"))
        self.assertEqual(requirement.with_user(reader).level, "prefer")
        with self.assertRaises(AccessError):
            self.person.with_user(reader).consent_selling = "granted"
        with self.assertRaises(AccessError):
            requirement.with_user(reader).level = "must"
