"""What a browser loads compiles: one bad style takes all styles away."""

from odoo.tests import TransactionCase, tagged


@tagged("post_install", "-at_install")
class TestAssets(TransactionCase):
    def test_styles_compile(self):
        for name in ("web.assets_backend", "web.assets_frontend"):
            with self.subTest(bundle=name):
                bundle = self.env["ir.qweb"]._get_asset_bundle(name, js=False)
                bundle.preprocess_css()
                self.assertFalse(bundle.css_errors)
