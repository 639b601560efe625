"""A plugin for pytest: what pytest-odoo leaves to Odoo's own runner.

That is Odoo's test tags, errors in the log, which are bugs even if no assertion saw
them, and `test_lint`, made to judge our addons alone.
"""

import contextlib
import logging
import os
import shutil

import pytest
import pytest_odoo


def pytest_addoption(parser):
    parser.addoption("--test-tags", help="Odoo's test tags: [-][tag][/module][:class]")
    parser.addoption("--lint-addons", help="the addons that test_lint is to judge")


@contextlib.contextmanager
def own_filestore(original, name):
    """Give a worker files of its own: where two share them, they collide."""
    from odoo.tools import config

    own = config.filestore(name)
    if original != name:
        # what a run that was killed has left
        shutil.rmtree(own, ignore_errors=True)
        shutil.copytree(config.filestore(original), own, copy_function=os.link)
    yield
    if original != name:
        shutil.rmtree(own)


pytest_odoo._shared_filestore = own_filestore


def pytest_collection_modifyitems(config, items):
    """Keep the tests that Odoo's test tags choose."""
    from odoo.tests.tag_selector import TagsSelector

    if tags := config.getoption("test_tags"):
        chosen = TagsSelector(tags)
        left_out = {item for item in items if not chosen.check(item.cls(item.name))}
        config.hook.pytest_deselected(items=list(left_out))
        items[:] = [item for item in items if item not in left_out]


@pytest.fixture(autouse=True)
def no_errors_in_the_log(caplog):
    """Fail on errors that no `assertLogs` and no `mute_logger` expected."""
    yield
    records = caplog.get_records("setup") + caplog.get_records("call")
    errors = [r.getMessage() for r in records if r.levelno >= logging.ERROR]
    if errors:
        pytest.fail("\n".join(["Odoo logged an error:", *errors]), pytrace=False)


@pytest.fixture(scope="session", autouse=True)
def only_our_addons(request, load_registry):
    """Narrow every way in which test_lint lists addons.

    It looks at each one on the path, which takes minutes and finds faults of Odoo's.
    """
    from odoo.modules import Manifest
    from odoo.tools import config

    if addons := request.config.getoption("lint_addons"):
        names = addons.split(",")
        manifests = [Manifest.for_addon(name) for name in names]
        Manifest.all_addon_manifests = lambda: manifests
        for module in {item.module for item in request.session.items}:
            module.get_modules = lambda: names
        # For pylint. A property comes before the path that the configuration remembers.
        type(config).root_path = property(lambda self: manifests[0].path)
