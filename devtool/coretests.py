"""`./dev test core`: Odoo's own tests of sale, sale_crm and crm, with the addon.

An addon that extends core models can break what core promises. Some of Odoo's tests
fail without us (they expect demo data, an optional module, another time zone), so
the same tests run once without the addon, and only what fails with it alone counts.
That baseline depends on Odoo alone and is kept in the cache; while it is not there,
both runs go side by side. Even so it takes many minutes, most of them in a few tests
that compute the taxes of three countries.
"""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from . import cache, chromium
from .console import say
from .errors import SetupError
from .odoo_log import TestLog
from .parts import Outcome, free_port
from .paths import REPO, RUNTIME, addons_on_disk, cache_dir, hash_text
from .process import stream

MODULES = ("sale", "sale_crm", "crm")
TAGS = ",".join(f"/{module}" for module in MODULES)
WORKER = REPO / "devtool" / "odoo_core_worker.py"


@dataclass(frozen=True)
class Result:
    """One run: how many tests, which failed ("logger: Class.method"), the output."""

    total: int
    failed: tuple
    skipped: int = 0
    text: str = ""


def part(runtime, running):
    """Run the tests with the addon, compare with the baseline."""
    chromium.ensure()
    runtime.addon_db()  # made before the two runs, which both need its template
    with ThreadPoolExecutor(max_workers=2) as pool:
        base = pool.submit(baseline, runtime)
        ours = pool.submit(run_tests, runtime, running, "core_with", addons_on_disk())
        base, ours = base.result(), ours.result()
    return compare(base, confirmed(runtime, running, base, ours))


def confirmed(runtime, running, base, ours):
    """Return `ours` without the failures that do not repeat when run alone.

    Odoo's tours give each step ten seconds, which a busy machine may miss. A fault
    of the addon fails every time.
    """
    suspects = sorted(set(ours.failed) - set(base.failed))
    if not suspects:
        return ours
    tags = ",".join(tag_of(name) for name in suspects)
    again = run_tests(runtime, running, "core_again", addons_on_disk(), tags)
    passing = [name for name in suspects if name not in again.failed]
    for name in passing:
        say(f"    failed once, passed when run alone, does not count: {name}")
    failed = tuple(name for name in ours.failed if name not in passing)
    return replace(ours, failed=failed, text=again.text)


def tag_of(name):
    """Return Odoo's test tag for a name of `TestLog.failed`.

    Either "odoo.addons.sale.tests.test_x: Class.method" or, when a whole class failed,
    "odoo.tests.suite: setUpClass (odoo.addons.sale.tests.test_x.Class)".
    """
    logger, _, test = name.partition(": ")
    if "(" in test:
        path = test.partition("(")[2].rstrip(")").split(".")
        return f"/{path[2]}:{path[-1]}"
    return f"/{logger.split('.')[2]}:{test}"


def compare(base, ours):
    """Return the Outcome: failures that the baseline does not show are ours.

    Far fewer tests than in the baseline mean that tests were lost, which is a
    failure too.
    """
    new = [name for name in ours.failed if name not in base.failed]
    lost = base.total - ours.total
    reports = [f"fails only with the addon: {name}" for name in new]
    if lost > 0:
        reports.append(f"{lost} of Odoo's tests did not run with the addon")
    failed = len(new) + (lost > 0)
    known = len(ours.failed) - len(new)
    passed = max(ours.total - len(ours.failed) - ours.skipped, 0)
    if known:
        say(f"    {known} tests fail without the addon too and do not count")
    report = "\n".join([*reports, "", ours.text]) if failed else ""
    return Outcome("core", passed, failed, ours.skipped, report)


def baseline(runtime):
    """Return the Result without the addon, from the cache if it is there."""
    odoo = runtime.odoo
    token = hash_text(odoo.version, str(odoo.python_path), TAGS, WORKER.read_text())
    path = cache_dir() / "core" / f"{token}.json"
    with cache.locked(path.with_suffix(".lock")):
        if path.exists():
            saved = json.loads(path.read_text())
            return Result(saved["total"], tuple(saved["failed"]), saved["skipped"])
        result = run_tests(runtime, None, "core_without", [])
        saved = {
            "total": result.total,
            "failed": result.failed,
            "skipped": result.skipped,
        }
        cache.write_atomic(path, json.dumps(saved, indent=1))
    return result


def run_tests(runtime, running, name, addons, tags=TAGS):
    """Run Odoo's tests in a copy of the template with `addons` installed.

    All of them run after loading, so that the addon is there: see the worker.
    """
    template = runtime.addon_db() if addons else runtime.template_db()
    log = TestLog(running)
    with runtime.scratch_db(name, template) as db:
        args = runtime.odoo_args(db, "--test-tags", tags, "--stop-after-init")
        stream(
            [args[0], WORKER, *args[3:], "--http-port", free_port()],
            log.feed,
            log=RUNTIME / "log" / f"{name}.log",
            env=runtime.env(),
            cwd=REPO,
        )
    if not log.closed:
        raise SetupError(
            f"Odoo's tests did not come to their end; see {RUNTIME}/log/{name}.log."
        )
    failed = sorted({f"{logger}: {test}" for logger, test in log.failed})
    text = "\n".join(log.failure_text[:300])
    return Result(log.total, tuple(failed), log.skipped, text)
