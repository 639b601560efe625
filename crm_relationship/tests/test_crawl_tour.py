"""Every menu of ours in a real browser, every view, first record, page and button."""

from odoo.tests import HttpCase, tagged

from .common_crawl import make_roles, make_world

SECONDS = 500


@tagged("post_install", "-at_install", "crm_relationship_tour")
class TestCrawlTour(HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users = make_roles(cls.env)
        make_world(cls.env, cls.users["salesperson"])

    def crawl(self, role, press):
        self.start_tour(
            "/odoo",
            f"crm_relationship_crawl_{str(press).lower()}",
            login=self.users[role].login,
            timeout=SECONDS,
        )

    def test_as_salesperson(self):
        self.crawl("salesperson", press=True)

    def test_as_whoever_sees_all_documents(self):
        self.crawl("documents", press=False)

    def test_as_system_administrator(self):
        self.crawl("system", press=True)
