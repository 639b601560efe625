"""What every screen of ours has, so that it can be used on a phone and read at once.

What can be seen in the definitions of views and actions is asked of all of them here;
the tours measure what only a browser shows.
"""

import re
from pathlib import Path

from lxml import etree

from odoo.tests import TransactionCase, new_test_user, tagged
from odoo.tools.misc import file_path
from odoo.tools.safe_eval import safe_eval

from .common import own_login

MODULE = "crm_relationship"
# So many columns fit 390 pixels.
COLUMNS = 2
TAPPED = ("form", "kanban")


@tagged("post_install", "-at_install")
class TestPhoneViews(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = new_test_user(
            cls.env, own_login("phone_manager"), "sales_team.group_sale_manager"
        )

    def get_own(self, model):
        """Return the records of a model that this module brings, by name."""
        data = self.env["ir.model.data"].search(
            [("module", "=", MODULE), ("model", "=", model)]
        )
        return {d.name: self.env[model].browse(d.res_id).exists() for d in data}

    def get_arch(self, model, kind, view=None):
        views = self.env[model].with_user(self.manager).get_views([(view, kind)])
        return etree.fromstring(views["views"][kind]["arch"])

    def get_phone_kind(self, action):
        """Return the kind of view that the client opens on a phone."""
        kinds = action.view_mode.split(",")
        phone = action.mobile_view_mode or "kanban"
        return phone if phone in kinds else kinds[0]

    def test_no_action_opens_a_table_wider_than_a_phone(self):
        for action in self.get_own("ir.actions.act_window").values():
            if self.get_phone_kind(action) != "list":
                continue
            views = {kind: view for view, kind in action.views}
            tree = self.get_arch(action.res_model, "list", views.get("list"))
            columns = [
                node
                for node in tree.findall("field")
                if not node.get("column_invisible")
                and node.get("optional") != "hide"
                and node.get("widget") != "handle"
            ]
            with self.subTest(action=action.name):
                self.assertLessEqual(len(columns), COLUMNS)

    def test_an_empty_page_says_so_on_a_phone(self):
        """Cards grouped by a record show nothing at all where there is no group."""
        for action in self.get_own("ir.actions.act_window").values():
            if self.get_phone_kind(action) != "kanban":
                continue
            model = self.env[action.res_model]
            search = self.get_arch(action.res_model, "search", action.search_view_id.id)
            groups = [
                safe_eval(node.get("context"))["group_by"].partition(":")[0]
                for name in re.findall(r"search_default_(\w+)", action.context)
                for node in search.xpath(f"//filter[@name='{name}'][@context]")
            ]
            with self.subTest(action=action.name):
                kinds = {model._fields[name].type for name in groups}
                self.assertNotIn("many2one", kinds)

    def test_a_report_opens_as_a_graph_and_not_as_single_records(self):
        for name in ("crm_balance_report_action", "crm_interaction_action_report"):
            with self.subTest(action=name):
                action = self.env.ref(f"{MODULE}.{name}")
                self.assertEqual(self.get_phone_kind(action), "graph")

    def test_what_is_tapped_has_the_size_of_a_finger(self):
        for name, view in self.get_own("ir.ui.view").items():
            if view.type not in TAPPED or view.mode != "primary":
                continue
            root = etree.fromstring(view.arch_db)
            if root.tag in TAPPED:
                with self.subTest(view=name):
                    self.assertIn("o_crm_touch", (root.get("class") or "").split())

    def test_what_is_tapped_on_pages_has_the_size_of_a_finger(self):
        for path in sorted(Path(file_path(f"{MODULE}/static/src")).rglob("*.xml")):
            for page in etree.parse(path).xpath("//*[contains(@class, 'o_action ')]"):
                with self.subTest(page=path.name):
                    self.assertIn("o_crm_touch", page.get("class").split())

    def test_a_header_of_a_narrow_column_is_not_cut(self):
        """In other languages the words are longer: they may take a second line."""
        for view in (
            "crm_defection_view_list",
            "crm_interaction_view_list",
            "crm_interaction_view_list_queue",
            "crm_recognition_view_list",
            "crm_relationship_view_list",
            "crm_segment_report_view_list",
        ):
            tree = etree.fromstring(self.env.ref(f"{MODULE}.{view}").arch_db)
            with self.subTest(view=view):
                self.assertIn("o_crm_heads", (tree.get("class") or "").split())

    def test_an_amount_has_its_currency(self):
        """Without the field of the currency beside it, an amount is a bare number."""
        for name, view in self.get_own("ir.ui.view").items():
            if view.type not in ("form", "list", "kanban") or view.inherit_id:
                continue
            model = self.env[view.model]
            tree = self.get_arch(view.model, view.type, view.id)
            names = set(tree.xpath("//field[not(ancestor::field)]/@name"))
            for field in map(model._fields.get, names):
                if field is not None and field.type == "monetary":
                    with self.subTest(view=name, field=field.name):
                        self.assertIn(field.get_currency_field(model), names)

    def test_a_menu_is_called_as_the_screen_that_it_opens(self):
        """Whoever chose "Customers Not Covered" is not shown "Coverage"."""
        menu = self.env.ref(f"{MODULE}.crm_relationship_menu_not_covered")
        self.assertEqual(menu.action.name, menu.name)
