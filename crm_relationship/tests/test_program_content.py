"""What steps say: placeholders, previewed for a real customer, missing ones found."""

from psycopg2.extras import Json

from odoo import Command
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import SQL

from .test_program_timing import TimingCase


@tagged("post_install", "-at_install")
class TestWords(TimingCase):
    """Words in braces, in the guidance and in the text for WhatsApp and calls."""

    def test_filled_in(self):
        benefit = self.env["crm.benefit"].create({"name": "Free strings"})
        self.program.step_ids[1].write(
            {
                "talk_text": "{customer}: {product}, {staff}, {benefit}. {{ kept }}",
                "note": "<p>Ask {customer} about {product}.</p>",
                "benefit_id": benefit.id,
            }
        )
        self.partner.name = "Buyer <b>"
        order = self.confirmed()
        step = self.follow_ups(order)[1]
        self.assertEqual(
            step._get_whatsapp_text(),
            f"Buyer <b>: {self.product.name}, {self.sari.name}, Free strings."
            " {{ kept }}",
        )
        self.assertIn(f"Ask Buyer &lt;b&gt; about {self.product.name}.", step.note)

    def test_product_where_the_program_began_without_an_order(self):
        """It is what the customer bought last, as the preview shows."""
        step = self.enroll(self.program_of({"talk_text": "Content with {product}?"}))
        self.assertEqual(step._get_whatsapp_text(), "Content with ?")
        self.confirmed()
        self.assertEqual(
            step._get_whatsapp_text(), f"Content with {self.product.name}?"
        )

    def test_in_my_day(self):
        program = self.program_of({"talk_text": "Hello {customer}"})
        step = self.enroll(program)
        step._release()
        texts = self.env["crm.my.day"].with_user(self.sari).get_texts(step.ids)
        self.assertEqual(texts[step.id]["text"], "Hello Buyer")

    def test_without_text_whatsapp_gets_the_text_message(self):
        program = self.program_of({"sms_template_id": self.sms_template.id})
        step = self.enroll(program)
        self.assertTrue(step._get_whatsapp_text())

    def test_word_that_nobody_fills_in(self):
        for name in ("talk_text", "note"):
            with self.subTest(name=name):
                program = self.program_of({})
                with self.assertRaisesRegex(ValidationError, "{custommer}"):
                    program.step_ids[name] = "Dear {custommer}"


@tagged("post_install", "-at_install")
class TestTemplates(TimingCase):
    def template(self, body, subject="Hello", lang="en_US"):
        """Return a template as one whose field an app has taken along since.

        Odoo refuses to save what cannot be filled in at present.
        """
        template = self.env["mail.template"].create(
            {
                "name": "Message",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "subject": "Hello",
                "body_html": "<p>Hi</p>",
            }
        )
        self.change(template, lang, subject=subject, body_html=body)
        return template

    def change(self, template, lang="en_US", **values):
        self.env.flush_all()
        for name, value in values.items():
            self.env.cr.execute(
                SQL(
                    "UPDATE mail_template SET %s = %s || %s WHERE id = %s",
                    SQL.identifier(name),
                    SQL.identifier(name),
                    Json({lang: value}),
                    template.id,
                )
            )
        self.env.invalidate_all()

    def assertRefused(self, words, **values):
        with self.assertRaisesRegex(ValidationError, words):
            self.program_of(values)

    def test_placeholder_that_leads_nowhere(self):
        wrong = self.template("<p><t t-out='object.nickname'/></p>")
        self.assertRefused("object.nickname", mail_template_id=wrong.id)

    def test_in_the_subject(self):
        wrong = self.template("<p>Hi</p>", subject="Hi {{ object.user_id.shoe }}")
        self.assertRefused("object.user_id.shoe", mail_template_id=wrong.id)

    def test_in_a_text_message(self):
        wrong = self.env["sms.template"].create(
            {
                "name": "Text",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "body": "Hi {{ object.nickname }}",
            }
        )
        self.assertRefused("object.nickname", sms_template_id=wrong.id)

    def test_in_another_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        wrong = self.template("<p>Hi</p>", "Salut {{ object.surnom }}", "fr_FR")
        self.assertRefused("object.surnom", mail_template_id=wrong.id)

    def test_that_cannot_be_filled_in(self):
        wrong = self.template("<p>Hi</p>", subject="{{ 1 / len(object.name[:0]) }}")
        self.make_relationship(self.partner)
        self.assertRefused("cannot be filled in", mail_template_id=wrong.id)

    def test_archived_program_may_hold_it_until_it_is_switched_on(self):
        wrong = self.template("<p><t t-out='object.nickname'/></p>")
        program = self.program_of({})
        program.active = False
        program.step_ids.mail_template_id = wrong
        with self.assertRaisesRegex(ValidationError, "object.nickname"):
            program.active = True

    def test_template_that_is_changed_later(self):
        template = self.template("<p>Hi</p>")
        program = self.program_of({"mail_template_id": template.id})
        self.assertFalse(program.problem)
        self.change(template, body_html="<p><t t-out='object.nickname'/></p>")
        self.assertIn("object.nickname", program.problem)

    def test_templates_that_come_along_lack_nothing(self):
        for name in ("mail_template_thanks", "sms_template_thanks"):
            template = self.env.ref(f"crm_relationship.{name}")
            kind = "mail" if "mail_" in name else "sms"
            self.assertTrue(self.program_of({f"{kind}_template_id": template.id}))


@tagged("post_install", "-at_install")
class TestPreview(TimingCase):
    def preview(self, trigger="manual", **step):
        program = self.program_of(step, trigger=trigger)
        action = program.step_ids.action_preview()
        form = Form(self.env["crm.program.preview"].with_context(**action["context"]))
        form.relationship_id = self.make_relationship(self.partner)
        return form

    def test_all_that_is_said(self):
        self.make_order(self.partner)
        template = self.env.ref("crm_relationship.mail_template_thanks")
        form = self.preview(
            "sale_confirmed",
            mail_template_id=template.id,
            sms_template_id=self.sms_template.id,
            talk_text="{customer} {product}",
            note="<p>{staff}</p>",
        )
        self.assertIn("Buyer", str(form.body))
        self.assertIn(self.product.name, str(form.body))
        self.assertEqual(form.subject, template.subject)
        self.assertTrue(form.text)
        self.assertEqual(form.talk_text, f"Buyer {self.product.name}")
        self.assertIn(self.sari.name, str(form.note))
        self.assertFalse(form.empty)

    def test_message_that_follows_up_no_order_names_none(self):
        self.make_order(self.partner)
        template = self.env.ref("crm_relationship.mail_template_thanks")
        form = self.preview(mail_template_id=template.id)
        self.assertNotIn(self.product.name, str(form.body))

    def test_nothing_stays_behind(self):
        self.make_order(self.partner)
        self.preview(talk_text="Hi")
        self.assertFalse(self.partner.follow_up_orders)

    def test_steps_of_another_company_are_not_told(self):
        program = self.program_of({"talk_text": "Our secret offer"})
        program.company_id = self.company
        theirs = self.make_relationship(company=self.other_company)
        preview = self.env["crm.program.preview"].with_user(self.stranger)
        preview = preview.with_context(allowed_company_ids=self.other_company.ids)
        with self.assertRaises(AccessError):
            preview.create(
                {"step_id": program.step_ids.id, "relationship_id": theirs.id}
            ).read(["talk_text"])

    def test_without_a_value(self):
        template = self.env["mail.template"].create(
            {
                "name": "M",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "subject": "Hi {{ object.city }}",
                "body_html": "<p>Hi</p>",
            }
        )
        form = self.preview(
            mail_template_id=template.id, talk_text="{benefit} {customer}"
        )
        self.assertEqual(form.empty, "object.city, {benefit}")

    def test_salesperson_sees_no_more_than_before(self):
        program = self.program_of({"touchpoint_ids": [Command.clear()]})
        self.assertFalse(
            self.env["crm.program.preview"].with_user(self.portal).has_access("create")
        )
        self.assertTrue(program)
