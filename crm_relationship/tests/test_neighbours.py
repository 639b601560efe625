"""What this addon must not do to the modules it is installed with."""

import inspect
import sys

from odoo.tests import BaseCase, TransactionCase, tagged

ADDON = "crm_relationship"


@tagged("post_install", "-at_install")
class TestNeighbours(TransactionCase):
    def test_tests_wait_until_all_modules_are_loaded(self):
        """Before, a table may have required columns that no code fills yet."""
        early = {
            f"{case.__module__}.{case.__name__}"
            for name, module in sys.modules.items()
            if name.startswith(f"odoo.addons.{ADDON}.tests.test_")
            for _name, case in inspect.getmembers(module, inspect.isclass)
            if issubclass(case, BaseCase)
            and case.__module__ == name
            and ("post_install" not in case.test_tags or "at_install" in case.test_tags)
        }
        self.assertFalse(early)
