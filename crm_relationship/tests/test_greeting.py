"""Messages that come with the addon greet somebody, whoever the address belongs to."""

from odoo.tests import tagged

from .common import RelationshipCase


@tagged("post_install", "-at_install")
class TestGreeting(RelationshipCase):
    def find_templates(self):
        """Yield (template, field) of all messages that the addon brings."""
        for model, field in (("mail.template", "body_html"), ("sms.template", "body")):
            ids = self.env["ir.model.data"].search(
                [("module", "=", "crm_relationship"), ("model", "=", model)]
            )
            for template in self.env[model].browse(ids.mapped("res_id")):
                yield template, field

    def test_address_without_a_name(self):
        firm = self.make_customer("Cemara & Sons", is_company=True)
        address = self.make_customer(
            False, type="delivery", parent_id=firm.id, email="depot@example.com"
        )
        templates = list(self.find_templates())
        self.assertGreaterEqual(len(templates), 7)
        for template, field in templates:
            with self.subTest(template=template.name):
                text = template._render_field(field, address.ids)[address.id]
                self.assertIn("Cemara", text)
                self.assertNotRegex(text, "Dear *,|, *!|, *[.]")

    def test_person(self):
        anna = self.make_customer("Anna")
        for template, field in self.find_templates():
            with self.subTest(template=template.name):
                text = template._render_field(field, anna.ids)[anna.id]
                self.assertRegex(text, "Anna")
