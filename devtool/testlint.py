"""Odoo's own `test_lint`, made to judge our addons alone.

Its tests look at every addon on the path, which takes minutes and finds faults of
Odoo's. `odoo_lint_worker.py` starts Odoo with that list narrowed to ours. Tests of
the linters themselves, and those that need programs we do not have, are left out.
"""

import os

from . import venv
from .odoo_log import TestLog
from .parts import Outcome, free_port, odoo_outcome
from .paths import REPO, RUNTIME, addons_on_disk
from .process import stream

# Not about an addon of ours: tests of the checkers themselves; conflict markers, which
# reads all of Odoo; localisations; eslint, whose configuration needs an old Node.
LEFT_OUT = ("test_checkers", "test_markers", "test_l10n", "test_eslint")


def tags():
    """Return the tags for the tests of test_lint that say something about an addon."""
    out = [f"-/test_lint/tests/{name}.py" for name in LEFT_OUT]
    return ",".join(["/test_lint", *out])


def run(runtime):
    """Run test_lint in a copy of the database with the addon; return the Outcome."""
    if not runtime.odoo.test_modules:
        return Outcome("lint")
    log, lines = TestLog(), []

    def feed(line):
        lines.append(line)
        log.feed(line)

    worker = REPO / "devtool" / "odoo_lint_worker.py"
    with runtime.scratch_db("test_lint", runtime.addon_db()) as db:
        args = runtime.odoo_args(
            *(db, "-i", "test_lint", "--test-tags", tags(), "--stop-after-init"),
            *("--http-port", free_port()),
        )
        code = stream(
            [args[0], worker, *args[3:]],
            feed,
            log=RUNTIME / "log" / "test_lint.log",
            env=environment(runtime),
            cwd=REPO,
        )
    return odoo_outcome("test_lint", log, code, lines)


def environment(runtime):
    """Return Odoo's environment with pylint, from the linters', behind its own."""
    lint = venv.environment("lint")
    packages = next(lint.glob("lib/python3*/site-packages"))
    env = runtime.env()
    env["PYTHONPATH"] += os.pathsep + str(packages)
    env["PATH"] = f"{lint / 'bin'}{os.pathsep}{env['PATH']}"
    env["LINTED_ADDONS"] = ",".join(str(REPO / addon) for addon in addons_on_disk())
    return env
