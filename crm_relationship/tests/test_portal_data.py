"""What customers download about themselves: all that is theirs, nothing of others."""

import json

from odoo import Command, fields
from odoo.tests import tagged

from .common_portal import PortalCase

KEYS = {
    "generated",
    "person",
    "staff",
    "wishes",
    "history",
    "contacts",
    "planned",
    "benefits",
    "companies",
    "programs",
    "goodbyes",
    "logic",
    "purposes",
    "recipients",
    "sources",
    "retention",
    "rights",
}
# What staff typed, and what it is only theirs to know.
INTERNAL = (
    "LOCKED BECAUSE",
    "MOVED BECAUSE",
    "WENT ON BECAUSE",
    "BLOCKED BECAUSE",
    "SKIPPED BECAUSE",
    "CHATTER",
    "Rina",
    "Anna",
    "Colleague",
    "negative",
    "3719",
)


@tagged("post_install", "-at_install")
class TestPortalData(PortalCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        company = cls.env.company
        company.relationship_margin_rate = 0.3719
        company.customer_properties_definition = [
            {"name": "family", "string": "Family", "type": "char"}
        ]
        cls.relationship = cls.env["crm.relationship"]._ensure(cls.bima, company)
        cls.relationship.write(
            {
                "rfm_recency": 5,
                "rfm_frequency": 4,
                "rfm_monetary": 3,
                "lifecycle_stage": "loyal",
                "order_count": 6,
                "revenue": 600,
                "value_12m": 123,
                "lifetime_value": 456,
                "first_order_date": "2025-01-02",
                "last_order_date": "2026-03-04",
                "purchase_interval": 30,
                "customer_properties": {"family": "Two dogs"},
            }
        )
        segment = cls.env["crm.segment"].create({"name": "Best friends"})
        cls.relationship._lock_segment(segment, "LOCKED BECAUSE")
        cls.benefit = cls.env["crm.benefit"].create(
            {"name": "Free tuning", "kind": "emotional"}
        )
        cls._make_contact(
            cls.bima,
            "Visit",
            feedback="I want jazz",
            outcome="reached",
            override_reason="WENT ON BECAUSE",
            given_benefit_id=cls.benefit.id,
        )
        cls._make_contact(
            cls.bima,
            "Call next week",
            state="scheduled",
            date_done=False,
            feedback=False,
        )
        cls._make_program()
        cls.env["crm.defection"].create(
            {
                "relationship_id": cls.relationship.id,
                "note": "Too far away",
                "date_returned": fields.Date.today(),
            }
        )
        cls.bima.message_post(body="CHATTER")
        cls.bima.with_user(cls.manager).write(
            {"do_not_contact": True, "do_not_contact_reason": "BLOCKED BECAUSE"}
        )

    @classmethod
    def _make_program(cls):
        program = cls.env["crm.program"].create(
            {
                "name": "Welcome",
                "trigger": "manual",
                "benefit": "You learn to play",
                "skip_relationship_first": True,
                "skip_relationship_first_reason": "SKIPPED BECAUSE",
                "step_ids": [
                    Command.create(
                        {"name": "Hello", "touchpoint_ids": [Command.set(cls.call.ids)]}
                    )
                ],
            }
        )
        cls.env["crm.program.enrollment"].create(
            {"program_id": program.id, "relationship_id": cls.relationship.id}
        )

    def download(self, by="link"):
        if by == "portal":
            self.authenticate(self.user_b.login, self.user_b.login)
            url = "/my/contact-preferences/data"
        else:
            url = f"{self.url_b}/data"
            self._confirm(self.url_b)
        response = self.url_open(url)
        self.assertEqual(response.status_code, 200)
        return json.loads(response.text)

    def test_keys(self):
        for by in ("portal", "link"):
            with self.subTest(by=by):
                self.assertEqual(set(self.download(by)), KEYS)

    def test_contacts_made_and_planned(self):
        data = self.download()
        visit = next(c for c in data["contacts"] if c["purpose"] == "Visit")
        self.assertEqual(visit["feedback"], "I want jazz")
        self.assertEqual(visit["outcome"], "Reached")
        self.assertEqual(visit["benefit"], "Free tuning")
        self.assertEqual([b["name"] for b in data["benefits"]], ["Free tuning"])
        self.assertIn("Call next week", [p["purpose"] for p in data["planned"]])
        self.assertNotIn("Call next week", [c["purpose"] for c in data["contacts"]])

    def test_figures_and_what_they_mean(self):
        data = self.download()
        (figures,) = data["companies"]
        self.assertEqual(
            figures["scores"], {"recency": 5, "frequency": 4, "monetary": 3}
        )
        self.assertEqual(figures["segment"], "Best friends")
        self.assertEqual(figures["segment_chosen_by"], "person")
        self.assertEqual(figures["former_segments"][0]["to"], "Best friends")
        self.assertEqual(figures["life_cycle_stage"], "Loyal")
        self.assertEqual(figures["value_12_months"], 123)
        self.assertEqual(figures["lifetime_value"], 456)
        self.assertEqual(figures["purchases"], 6)
        self.assertEqual(figures["last_purchase"], "2026-03-04")
        self.assertEqual(figures["properties"], {"Family": "Two dogs"})
        self.assertLessEqual(
            {"scores", "segment", "value_12_months", "lifetime_value"},
            set(data["logic"]),
        )

    def test_programs_and_goodbyes(self):
        data = self.download()
        (program,) = data["programs"]
        self.assertEqual(program["name"], "Welcome")
        self.assertEqual(program["benefit"], "You learn to play")
        self.assertEqual(program["state"], "Running")
        self.assertEqual(data["goodbyes"][0]["words"], "Too far away")

    def test_what_the_law_wants_told(self):
        data = self.download()
        for key in ("purposes", "recipients", "sources", "retention", "rights"):
            self.assertTrue(all(data[key]), key)
        purposes = {p["purpose"] for p in data["purposes"]}
        self.assertEqual(purposes, {"Service", "Staying in touch", "Offers"})
        offers = next(p for p in data["purposes"] if p["purpose"] == "Offers")
        self.assertIn("until you refuse", offers["ground"])
        self.env.company.consent_policy_selling = "opt_in"
        offers = next(
            p for p in self.download()["purposes"] if "Offers" in p["purpose"]
        )
        self.assertEqual(offers["ground"], "Your consent")

    def test_no_internal_reasons_and_nobody_else(self):
        for by in ("portal", "link"):
            data = self.download(by)
            data.pop("generated")
            for entry in data["contacts"] + data["planned"] + data["benefits"]:
                entry.pop("date")
            text = json.dumps(data, ensure_ascii=False)
            self.assertTrue(data["wishes"]["do_not_contact"])
            for secret in INTERNAL:
                with self.subTest(by=by, secret=secret):
                    self.assertNotIn(secret, text)

    def test_own_reason_is_told(self):
        self.bima._change_preferences(
            {"do_not_contact": True, "do_not_contact_reason": "I am traveling"}, "link"
        )
        data = self.download()
        self.assertEqual(data["wishes"]["do_not_contact_reason"], "I am traveling")
        self.assertNotIn("BLOCKED", json.dumps(data))
        self.bima.with_user(self.manager).do_not_contact_reason = "BLOCKED BECAUSE 2"
        data = self.download()
        self.assertIsNone(data["wishes"]["do_not_contact_reason"])
        self.assertNotIn("BLOCKED", json.dumps(data))
        self.assertIn("I am traveling", json.dumps(data["history"]))

    def test_employee_does_not_download_the_figures_of_the_company(self):
        """They tell about colleagues."""
        self.authenticate(self.user_a.login, self.user_a.login)
        data = json.loads(self.url_open("/my/contact-preferences/data").text)
        self.assertEqual(data["companies"], [])
        self.assertEqual(data["programs"], [])
        self.assertTrue(data["contacts"])
