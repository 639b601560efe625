"""What the tests of the gate share."""

from datetime import timedelta

from .common import NOW, TODAY, RelationshipCase

SELLING = {"objective": "retention", "kind": "selling"}


class GateCase(RelationshipCase):
    """A customer with all addresses, and a due interaction on each path."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.relationship_first_count = 0
        cls.partner = cls.make_customer(
            email="customer@example.com", phone="+6281234567890", tz="Asia/Jakarta"
        )
        cls.relationship = cls.make_relationship(cls.partner)
        cls.mail_template = cls.env["mail.template"].create(
            {
                "name": "Hello",
                "model_id": cls.env["ir.model"]._get_id("res.partner"),
                "subject": "Hello",
                "body_html": "<p>Hello</p>",
                "partner_to": "{{ object.id }}",
                "use_default_to": False,
            }
        )
        cls.sms_template = cls.env["sms.template"].create(
            {
                "name": "Hello",
                "model_id": cls.env["ir.model"]._get_id("res.partner"),
                "body": "Hello",
            }
        )

    # ------------------------------------------------------------------
    # Makers
    # ------------------------------------------------------------------

    def contact(self, touchpoints=None, **values):
        """Return an interaction that is due now, from a plan line of its own."""
        touchpoints = touchpoints or self.call
        plan = self.make_plan(
            {
                "touchpoints": touchpoints,
                "objective": values.get("objective", "relationship"),
                "mail_template_id": self.mail_template.id,
                "sms_template_id": self.sms_template.id,
            }
        )
        return self.env["crm.interaction"].create(
            {
                "name": "How are you?",
                "relationship_id": self.relationship.id,
                "plan_line_id": plan.line_ids.id,
                "objective": "relationship",
                "date_due": TODAY,
                "date_planned": NOW,
                **values,
            }
        )

    def past(self, days, **values):
        """Return an interaction done that many days ago."""
        return self.env["crm.interaction"].create(
            {
                "name": "Earlier",
                "relationship_id": self.relationship.id,
                "state": "done",
                "outcome": "reached",
                "date_due": TODAY - timedelta(days=days),
                "date_done": NOW - timedelta(days=days),
                **values,
            }
        )

    def assert_state(self, contact, state, reason):
        self.assertEqual((contact.state, contact.reason_code), (state, reason))

    def each_path(self):
        """Yield, for each kind of channel, a function that makes and releases one."""
        for name, touchpoint in (
            ("activity", self.call),
            ("email", self.email),
            ("sms", self.sms),
        ):
            with self.subTest(path=name):
                yield touchpoint
