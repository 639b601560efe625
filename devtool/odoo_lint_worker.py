"""Start Odoo so that its module `test_lint` sees no addons but ours.

Run by `devtool.testlint` with the Python that has Odoo. Only while tests run is the
list of addons narrowed; the registry is loaded as ever.
"""

import contextlib
import os
import sys
from pathlib import Path
from unittest.mock import PropertyMock, patch

import odoo.cli
import odoo.tests.loader
from odoo.modules import Manifest
from odoo.tools import config

ADDONS = [Path(path) for path in os.environ["LINTED_ADDONS"].split(",")]
NAMES = [path.name for path in ADDONS]
_run_suite = odoo.tests.loader.run_suite


def our_manifests():
    """Stand in for Manifest.all_addon_manifests()."""
    return [Manifest.for_addon(name) for name in NAMES]


def run_suite(*args, **kwargs):
    """Run tests with every way to list addons narrowed to ours."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(
            patch.object(Manifest, "all_addon_manifests", our_manifests)
        )
        for name, module in list(sys.modules.items()):
            if name.startswith("odoo.addons.test_lint.tests") and hasattr(
                module, "get_modules"
            ):
                stack.enter_context(patch.object(module, "get_modules", lambda: NAMES))
        # pylint is given this folder, besides the addons outside of it.
        root = PropertyMock(return_value=str(ADDONS[0]))
        stack.enter_context(patch.object(type(config), "root_path", root))
        return _run_suite(*args, **kwargs)


if __name__ == "__main__":
    odoo.tests.loader.run_suite = run_suite
    odoo.cli.main()
