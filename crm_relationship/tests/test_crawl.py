"""Each role opens every menu, view, filter and group, and presses every button."""

from odoo.tests import TransactionCase, tagged

from .common_crawl import Crawler, make_roles, make_world


@tagged("post_install", "-at_install")
class TestCrawl(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users = make_roles(cls.env)
        cls.customers = make_world(cls.env, cls.users["salesperson"])

    def crawlers(self):
        for role, user in self.users.items():
            yield role, Crawler(self.env(user=user))

    def test_every_menu_with_every_filter_and_group(self):
        for role, crawler in self.crawlers():
            actions = crawler.get_actions()
            self.assertGreater(len(actions), 4)
            for name, action in actions.items():
                with self.subTest(role=role, menu=name):
                    crawler.open(action)

    def test_every_button_of_every_form_and_row(self):
        for role, crawler in self.crawlers():
            pressed, seen = 0, set()
            for name, action in crawler.get_actions().items():
                model, domain, trees = crawler.get_views(action)
                for kind in {"form", "list"} & trees.keys():
                    for record in crawler.pick(model, domain):
                        for node in crawler.get_buttons(
                            model, trees[kind], record, kind
                        ):
                            key = crawler.get_press(record, node, kind)
                            if key in seen:
                                continue
                            seen.add(key)
                            pressed += 1
                            with self.subTest(
                                role=role,
                                menu=name,
                                record=record.display_name,
                                button=node.get("name"),
                            ):
                                self.press(crawler, model, record, node)
            self.assertGreater(pressed, 5)

    def press(self, crawler, model, record, node):
        with self.env.cr.savepoint() as savepoint:
            wrong = crawler.press(model, record, node)
            savepoint.rollback()
        self.assertFalse(wrong)
