"""What a browser loads compiles: one bad style takes all styles away."""

import re
from pathlib import Path

from odoo.tests import TransactionCase, tagged
from odoo.tools.misc import file_path

FIXED_COLOR = re.compile(r"#[0-9a-fA-F]{3,8}\b(?!\{)|rgba?\(\s*\d|:\s*(white|black)\b")


@tagged("post_install", "-at_install")
class TestAssets(TransactionCase):
    def test_styles_compile(self):
        """Odoo Community never chooses the dark bundle; Enterprise and others do."""
        names = ("web.assets_backend", "web.assets_frontend", "web.assets_web_dark")
        for name in names:
            with self.subTest(bundle=name):
                bundle = self.env["ir.qweb"]._get_asset_bundle(name, js=False)
                bundle.preprocess_css()
                self.assertFalse(bundle.css_errors)

    def test_colors_are_those_of_the_theme(self):
        """In the dark, a color of our own would shine, or be text that nobody reads."""
        root = Path(file_path("crm_relationship/static/src"))
        for path in sorted(
            f for kind in ("scss", "xml") for f in root.rglob(f"*.{kind}")
        ):
            with self.subTest(file=path.name):
                self.assertFalse(FIXED_COLOR.search(path.read_text()))
