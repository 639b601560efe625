"""Start Odoo so that all tests run after loading, also those marked at_install.

Run by `devtool.coretests` with the Python that has Odoo. Odoo runs an at_install test
while its module is loaded, when the addons that build on it are not there yet: it
cannot see what they break, and in a database that has their columns it fails on them.
"""

import odoo.cli
import odoo.tests.loader
from odoo.tests.suite import OdooSuite

_make_suite = odoo.tests.loader.make_suite


def make_suite(module_names, position="at_install"):
    """Return no tests at installation, and the tests of both kinds afterwards."""
    if position == "at_install":
        return OdooSuite([])
    kinds = ("at_install", "post_install")
    return OdooSuite(
        [test for kind in kinds for test in _make_suite(module_names, kind)]
    )


if __name__ == "__main__":
    odoo.tests.loader.make_suite = make_suite
    odoo.cli.main()
