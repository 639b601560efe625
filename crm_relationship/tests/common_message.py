"""What the tests of emails and SMS share."""

from datetime import timedelta

from .common import NOW, TODAY, RelationshipCase


class MessageCase(RelationshipCase):
    """Customers to whom the plan sends an email or SMS, due now."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        model_id = cls.env["ir.model"]._get_id("res.partner")
        cls.mail_template = cls.env["mail.template"].create(
            {
                "name": "Greeting",
                "model_id": model_id,
                "subject": "Hello {{ object.name }}",
                "body_html": '<p>Dear <t t-out="object.name"/>, yours'
                ' <t t-out="object.dedicated_user_id.name"/> of'
                ' <t t-out="user.env.company.name"/></p>',
                "partner_to": "{{ object.id }}",
                "use_default_to": False,
                "auto_delete": False,
            }
        )
        cls.sms_template = cls.env["sms.template"].create(
            {"name": "Hi", "model_id": model_id, "body": "Hi {{ object.name }}!"}
        )

    def planned(self, touchpoints=None, company=None, **partner):
        """Return an automated interaction due now."""
        plan = self.make_plan(
            {
                "touchpoints": touchpoints or self.email,
                "mail_template_id": self.mail_template.id,
                "sms_template_id": self.sms_template.id,
            }
        )
        partner = self.make_customer(
            **{"email": "c@example.com", "phone": "+62 812-1111-2222", **partner}
        )
        relationship = self.make_relationship(partner, company, plan_id=plan.id)
        contact = self.pending(relationship)
        contact.write({"date_due": TODAY, "date_planned": NOW - timedelta(minutes=5)})
        return contact

    def mails(self, contact):
        return self.env["mail.mail"].search(
            [("model", "=", "res.partner"), ("res_id", "=", contact.partner_id.id)]
        )

    def texts(self, contact):
        return self.env["sms.sms"].search([("partner_id", "=", contact.partner_id.id)])
