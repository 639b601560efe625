"""The parts of `./dev test` that run tests: Odoo's runner and pytest.

Each part is a function that takes a running step and returns an Outcome.
"""

import re
import socket
from dataclasses import dataclass

from . import chromium
from .odoo_log import TestLog
from .paths import ADDON, REPO, RUNTIME, addons_on_disk
from .process import stream, tail
from .selection import addon_tags

MAX_SHOWN_LINES = 200
_COUNT = re.compile(r"(\d+) (passed|failed|errors?|skipped|xfailed|xpassed)\b")


@dataclass
class Outcome:
    """What a part found; `report` is shown when something failed."""

    name: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    report: str = ""
    seconds: float = 0.0


def pytest_part(runtime, running, name, args):
    """Run pytest with `args` and count what its closing line says."""
    lines = []

    def keep(line):
        lines.append(line)
        if line.strip():
            running.note = line.strip()[:60]

    command = [runtime.python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-rfE"]
    stream(
        [*command, *args],
        keep,
        log=RUNTIME / "log" / f"{name}.log",
        env=runtime.env(),
        cwd=REPO,
    )
    return pytest_outcome(name, lines)


def pytest_outcome(name, lines):
    """Return the Outcome for pytest's output; none of its counts means failure."""
    last = next((line for line in reversed(lines) if _COUNT.search(line)), "")
    counts = {}
    for number, what in _COUNT.findall(last):
        what = "errors" if what == "error" else what
        counts[what] = int(number)
    passed = counts.get("passed", 0) + counts.get("xfailed", 0)
    failed = sum(counts.get(key, 0) for key in ("failed", "errors", "xpassed"))
    if not counts:
        failed = 1
    report = "\n".join(lines[-MAX_SHOWN_LINES:]) if failed else ""
    return Outcome(name, passed, failed, counts.get("skipped", 0), report)


def odoo_part(runtime, running, name, tags, need_chromium=False):
    """Install the addons in a fresh copy of the template and run the tests `tags`."""
    addons = addons_on_disk()
    if not addons:
        return Outcome(
            name, 0, 1, 0, f"There is no addon to test: {ADDON}/ is missing."
        )
    if need_chromium:
        chromium.ensure()
    running.note = "preparing the template database"
    template = runtime.template_db()
    log, lines = TestLog(running), []

    def feed(line):
        lines.append(line)
        log.feed(line)

    with runtime.scratch_db(f"test_{name}", template) as db:
        running.note = "installing the addon"
        code = runtime.run_odoo(
            *("-i", ",".join(addons), "--test-tags", tags, "--stop-after-init"),
            *("--http-port", free_port()),
            db=db,
            log=RUNTIME / "log" / f"{name}.log",
            on_line=feed,
            check=False,
        )
    return odoo_outcome(name, log, code, lines)


def odoo_outcome(name, log, code, lines):
    """Return the Outcome of an Odoo test run from its log and its exit code."""
    passed, failed = log.counts()
    report = ""
    if code and not failed:
        failed = 1
    if failed:
        report = "\n".join(log.failure_text[:MAX_SHOWN_LINES]) or tail("\n".join(lines))
        report += f"\n(the whole log: {RUNTIME / 'log' / f'{name}.log'})"
    elif not log.total:
        failed, report = 1, f"No test ran in part {name}: were its tests not found?"
    return Outcome(name, passed, failed, log.skipped, report)


def odoo_tests(runtime, running):
    return odoo_part(
        runtime, running, "odoo", addon_tags(addons_on_disk(), tours=False)
    )


def tours(runtime, running):
    tags = addon_tags(addons_on_disk(), tours=True)
    return odoo_part(runtime, running, "tour", tags, need_chromium=True)


def tool_tests():
    """Return the pytest files about the tool and the packaging, not the addon."""
    folder = REPO / "tests"
    return [*sorted(folder.glob("test_devtool*.py")), folder / "test_packaging.py"]


def engine_args():
    """Return the arguments that make pytest run all but the tool's own tests."""
    ignored = [f"--ignore={path}" for path in tool_tests()]
    return [REPO / "tests", *ignored]


def free_port():
    """Return a port nobody uses now, so that runs side by side do not clash."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
