"""The first morning of a young company: its administrator goes live, in a browser."""

from odoo import Command, fields
from odoo.tests import HttpCase, tagged

from .common import make_tour_user


@tagged("post_install", "-at_install", "crm_relationship_tour")
class TestGoingLiveTour(HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for model in ("crm.program", "crm.segment", "crm.touchpoint"):
            cls.env[model].search([]).active = False
        cls.company = cls.env["res.company"].create({"name": "Tour Young"})
        cls.company.contact_cap_ids.unlink()
        cls.company.write(
            {"relationship_ramp_days": 1, "quiet_hour_from": 0, "quiet_hour_to": 0}
        )
        here = {
            "company_id": cls.company.id,
            "company_ids": [Command.set(cls.company.ids)],
        }
        cls.administrator = make_tour_user(
            cls.env, "tour_admin", "group_sale_manager", **here
        )
        cls.salesperson = make_tour_user(
            cls.env, "tour_sales", "group_sale_salesman", **here
        )
        cls.call, cls.email = cls.env["crm.touchpoint"].create(
            [
                {"name": "Tour call", "kind": "call", "duration": 15},
                {"name": "Tour email", "kind": "email", "mode": "automated"},
            ]
        )
        template = cls.env["mail.template"].create(
            {
                "name": "Tour hello",
                "model_id": cls.env.ref("base.model_res_partner").id,
                "subject": "Hello {{ object.name }}",
                "body_html": "<p>How are you?</p>",
                "partner_to": "{{ object.id }}",
                "use_default_to": False,
            }
        )
        segment = cls.env["crm.segment"].create({"name": "Tour segment"})
        cls.called = cls._make_customer("Tour Called", segment, cls.call)
        cls.mailed = cls._make_customer(
            "Tour Mailed", segment, cls.email, mail_template_id=template.id
        )

    @classmethod
    def _make_customer(cls, name, segment, touchpoint, **values):
        """Return a customer whose contact, once in two months, is due today."""
        partner = cls.env["res.partner"].create(
            {"name": name, "email": f"{touchpoint.kind}@example.com"}
        )
        line = {
            "name": name,
            "every": 2,
            "touchpoint_ids": [Command.set(touchpoint.ids)],
            **values,
        }
        plan = cls.env["crm.contact.plan"].create(
            {"name": name, "line_ids": [Command.create(line)]}
        )
        relationship = cls.env["crm.relationship"]._ensure(partner, cls.company)
        relationship.write(
            {
                "user_id": cls.salesperson.id,
                "segment_id": segment.id,
                "plan_id": plan.id,
            }
        )
        relationship.interaction_ids.date_planned = fields.Datetime.now()
        return relationship

    def release(self):
        job = self.env.ref("crm_relationship.ir_cron_release")
        with self.enter_registry_test_mode():
            job.method_direct_trigger()

    def test_the_first_queues_fill(self):
        ledger = self.called.interaction_ids + self.mailed.interaction_ids
        self.release()
        self.assertEqual(set(ledger.mapped("state")), {"scheduled"})
        self.start_tour(
            "/odoo/going-live",
            "crm_relationship_going_live",
            login=self.administrator.login,
        )
        self.assertEqual(self.company.relationship_state, "live")
        self.assertEqual(self.company.live_touchpoint_ids, self.email)
        self.assertEqual(self.company.relationship_first_count, 3)
        self.release()
        self.assertEqual(self.called.interaction_ids.mapped("state"), ["open"])
        self.assertIn("done", self.mailed.interaction_ids.mapped("state"))
