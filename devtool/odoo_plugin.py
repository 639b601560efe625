"""A plugin for pytest: what pytest-odoo leaves to Odoo's own runner.

That is Odoo's test tags, errors in the log, which are bugs even if no assertion saw
them, the taps that tours count, and `test_lint`, made to judge our addons alone.
"""

import contextlib
import logging
import os
import shutil

import pytest
import pytest_odoo

from devtool.parts import TAPS


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


class Console(logging.Handler):
    """Hands on the lines of a browser's console that tell what a tour has tapped."""

    def __init__(self, tell):
        super().__init__(logging.INFO)
        self.tell = tell

    def emit(self, record):
        line = record.getMessage().partition("\n")[0]
        if line.startswith(TAPS):
            self.tell("taps", line)


@pytest.fixture(autouse=True)
def taps_of_tours(request, record_property):
    """Keep the lines with the report, which comes back from workers, too."""
    cls = request.cls
    name = f"{cls.__module__}.{cls.__name__}.{request.node.name}.browser"
    logger, console = logging.getLogger(name), Console(record_property)
    logger.addHandler(console)
    logger.setLevel(logging.INFO)  # the rest of Odoo tells warnings
    yield
    logger.removeHandler(console)


def pytest_terminal_summary(terminalreporter):
    """Print the taps below the results, each with the class of its tour."""
    for reports in terminalreporter.stats.values():
        for report in reports:
            if getattr(report, "when", "") == "call":
                where = report.nodeid.split("::")[1]
                for name, line in report.user_properties:
                    if name == "taps":
                        terminalreporter.write_line(f"{line} [{where}]")


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
