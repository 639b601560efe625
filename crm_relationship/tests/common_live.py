"""A company in Preview, with customers who are due."""

from .common import NOW, TODAY, RelationshipCase


class PreviewCase(RelationshipCase):
    """A company in Preview, one customer who is to be called and one to be mailed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.template = cls.env["mail.template"].create(
            {
                "name": "Hello",
                "model_id": cls.env.ref("base.model_res_partner").id,
                "subject": "Hello {{ object.name }}",
                "body_html": "<p>Dear <t t-out='object.name'/></p>",
                "partner_to": "{{ object.id }}",
                "use_default_to": False,
            }
        )
        cls.text = cls.env["sms.template"].create(
            {
                "name": "Short hello",
                "model_id": cls.env.ref("base.model_res_partner").id,
                "body": "Hi {{ object.name }}",
            }
        )
        cls.to_call, cls.to_mail = cls.make_two(cls.company)
        cls.company._go_back_to_preview()
        cls.company.relationship_ramp_days = 1

    @classmethod
    def make_two(cls, company):
        """Return two customers who are due: one for a call, one for an email."""
        made = []
        for name, line in (
            ("Ani", {"touchpoints": cls.call}),
            (
                "Wati",
                {"touchpoints": cls.email, "mail_template_id": cls.template.id},
            ),
        ):
            partner = cls.make_customer(
                f"{name} of {company.name}", email=f"{name.lower()}@example.com"
            )
            made.append(
                cls.make_relationship(
                    partner,
                    company,
                    user_id=cls.sari.id if company == cls.company else cls.stranger.id,
                    plan_id=cls.make_plan(line).id,
                )
            )
        return made

    def make_due(self, relationship, day=TODAY):
        interactions = self.pending(relationship)
        interactions.write({"date_due": day, "date_planned": NOW})
        return interactions

    def activities(self, relationship):
        return self.env["mail.activity"].search(
            [
                ("res_model", "=", "res.partner"),
                ("res_id", "=", relationship.partner_id.id),
            ]
        )

    def messages(self, relationship):
        ledger = self.interactions(relationship)
        found = [("crm_interaction_id", "in", ledger.ids)]
        return self.env["mail.mail"].search(found).mapped("state") + self.env[
            "sms.sms"
        ].search(found).mapped("state")

    def run_jobs(self):
        for job in ("refresh", "schedule", "release"):
            self.run_cron(job)
