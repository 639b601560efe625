"""Odoo's digest emails tell who was looked after, each recipient what he may read."""

from datetime import timedelta

from lxml import html

from odoo.exceptions import AccessError
from odoo.tests import freeze_time, new_test_user, tagged

from .common import NOW, TODAY, RelationshipCase, own_login

NAMES = ("reached", "complaints", "lost", "at_fault")


def table_links(table):
    return " ".join(link.get("href") for link in table.iter("a"))


@freeze_time(NOW)
@tagged("post_install", "-at_install")
class TestDigest(RelationshipCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.digest = cls.env["digest.digest"].create(
            {"name": "Ours", **{f"kpi_crm_{name}": True for name in NAMES}}
        )
        for user, outcome in ((cls.sari, "reached"), (cls.budi, "complaint")):
            relationship = cls.make_relationship(user_id=user.id)
            cls.make_interaction(
                relationship,
                touchpoint_id=cls.call.id,
                user_id=user.id,
                state="done",
                outcome=outcome,
                date_planned=NOW,
                date_done=NOW - timedelta(hours=5),
            )
        cls.env["crm.defection"].create(
            {
                "relationship_id": relationship.id,
                "date": TODAY - timedelta(days=1),
                "declared": True,
            }
        )
        cls.env["crm.care.day"].create(
            [
                {
                    "company_id": cls.company.id,
                    "date": TODAY - timedelta(days=ago),
                    "care_state": state,
                    "care_reason": reason,
                    "customer_count": count,
                }
                for ago, state, reason, count in (
                    (2, "fault", "no_plan", 9),
                    (1, "fault", "no_plan", 3),
                    (1, "fault", "overdue", 2),
                    (1, "planned", False, 50),
                )
            ]
        )
        cls.env.flush_all()

    def get_figures(self, user):
        """Return the figures of the last day that a recipient gets, by name."""
        kpis = self.digest.with_user(user)._compute_kpis(self.company, user)
        return {
            kpi["kpi_name"].removeprefix("kpi_crm_"): kpi["kpi_col1"]["value"]
            for kpi in kpis
        }

    def test_a_manager_reads_all(self):
        self.assertEqual(
            self.get_figures(self.manager),
            {"reached": 2, "complaints": 1, "lost": 1, "at_fault": 5},
        )

    def test_salespeople_read_of_their_own(self):
        self.assertEqual(self.get_figures(self.sari)["reached"], 1)
        self.assertEqual(self.get_figures(self.sari)["complaints"], 0)
        self.assertNotIn("at_fault", self.get_figures(self.sari))

    def test_others_read_nothing(self):
        login = own_login("clerk")
        clerk = new_test_user(self.env, login, groups="base.group_user")
        self.assertFalse(self.get_figures(clerk).keys() & set(NAMES))
        with self.assertRaises(AccessError):
            self.digest.with_user(clerk)._compute_kpi_crm_reached_value()

    def test_figures_open_what_they_count(self):
        actions = self.digest._compute_kpis_actions(self.company, self.manager)
        for name in NAMES:
            action, menu = actions[f"kpi_crm_{name}"].split("?menu_id=")
            self.assertTrue(self.env.ref(action))
            self.assertTrue(self.env["ir.ui.menu"].browse(int(menu)).exists())

    def test_the_default_digest_has_them(self):
        digest = self.env.ref("digest.digest_digest_default")
        self.assertTrue(all(digest[f"kpi_crm_{name}"] for name in NAMES))

    def test_more_complaints_are_no_success(self):
        """The email has all figures, and no green arrow where fewer are better."""
        customer = self.make_relationship(user_id=self.budi.id)
        for hours in (30, 4):
            self.make_interaction(
                customer,
                touchpoint_id=self.call.id,
                user_id=self.budi.id,
                state="done",
                outcome="complaint",
                date_planned=NOW,
                date_done=NOW - timedelta(hours=hours),
            )
        self.manager.email = "rina@example.com"
        self.digest._action_send_to_user(self.manager, tips_count=0)
        mail = self.env["mail.mail"].search([], order="id desc", limit=1)
        tables = {
            table.get("data-field"): table
            for table in html.fromstring(mail.body_html).iter("table")
            if table.get("data-field")
        }
        for name in NAMES:
            table = tables[f"kpi_crm_{name}"]
            arrows = table.text_content().count("⬆")
            with self.subTest(figure=name):
                self.assertIn("/odoo/action-crm_relationship.", table_links(table))
                self.assertEqual(bool(arrows), name == "reached")
