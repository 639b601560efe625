"""The parts of `./dev test`: each takes the runtime and a running step, and returns an
Outcome. pytest runs all tests: plain ones, and Odoo's through pytest-odoo.
"""

import json
import os
import re
from dataclasses import dataclass

from . import cache, i18n, lint, screenshots, venv
from .paths import (
    ADDON,
    BESIDE,
    LOGS,
    REPO,
    RUNTIME,
    addons_on_disk,
    cache_dir,
    glue_on_disk,
    hash_text,
)
from .process import SetupError, stream

TOUR_TAG = "crm_relationship_tour"
CORE = ("sale", "sale_crm", "crm")
TOOL = ("test_devtool*.py", "test_packaging.py")  # about the tool, not the addon
MAX_SHOWN_LINES = 200
TAPS = "Taps: "  # how lines begin in which tours tell what they have tapped
TWO_AT_ONCE = ("--numprocesses=2", "--dist=loadscope")
# Not about an addon of ours: tests of the checkers themselves; conflict markers, which
# reads all of Odoo; localisations; eslint, whose configuration needs an old Node.
LINT_LEFT_OUT = ("test_checkers", "test_markers", "test_l10n", "test_eslint")
_COUNT = re.compile(r"(\d+) (passed|failed|error|skipped)s?\b")
_DETAILS = re.compile(r"=+ (FAILURES|ERRORS) =+$")


@dataclass
class Outcome:
    """What a part found; `report` is shown when something failed, `taps` always."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    report: str = ""
    taps: str = ""
    name: str = ""
    time: str = ""

    def __str__(self):
        text = f"{self.passed} passed, {self.failed} failed"
        return f"{text}, {self.skipped} skipped" if self.skipped else text


def run_pytest(runtime, running, name, args, env=None):
    """Run pytest with `args` and count what it says."""
    lines = []

    def read(line):
        lines.append(line)
        if "::" in line:
            running.note = line.rsplit("/", 1)[-1]

    command = [runtime.python, "-m", "pytest", "-v", "-rfE", "--color=no"]
    command += ["-o", f"cache_dir={RUNTIME / 'pytest'}", "-o", "verbosity_subtests=0"]
    config = ["-c", REPO / "pyproject.toml", "--rootdir", REPO]
    log, env = LOGS / f"{name}.log", env or runtime.env()
    code = stream([*command, *config, *args], read, log=log, env=env, cwd=REPO)
    return pytest_outcome(code, lines)


def pytest_outcome(code, lines):
    """Return the Outcome for pytest's output; no count at all means failure."""
    last = next((line for line in reversed(lines) if _COUNT.search(line)), "")
    counts = {what: int(number) for number, what in _COUNT.findall(last)}
    failed = counts.get("failed", 0) + counts.get("error", 0)
    failed = failed or int(code != 0 or not counts)
    start = next((i for i, line in enumerate(lines) if _DETAILS.match(line)), -40)
    shown = lines[start:] if failed else []
    if len(shown) > MAX_SHOWN_LINES:
        shown[MAX_SHOWN_LINES:-20] = ["(... see the whole log in .runtime/log)"]
    passed, skipped = counts.get("passed", 0), counts.get("skipped", 0)
    taps = sorted({line for line in lines if line.startswith(TAPS)})
    return Outcome(passed, failed, skipped, "\n".join(shown), "\n".join(taps))


def plain(runtime, running, names, name="plain"):
    """Run tests that need no Odoo."""
    return run_pytest(runtime, running, name, ["-p", "no:odoo", *names])


def engine(runtime, running):
    names = [REPO / "tests", *(f"--ignore-glob=*/{name}" for name in TOOL)]
    return plain(runtime, running, [*TWO_AT_ONCE, *names], "engine")


def tool(runtime, running):
    names = [path for name in TOOL for path in (REPO / "tests").glob(name)]
    return plain(runtime, running, names, "tool")


def odoo(runtime, running, name, modules, *args, browser=True, env=None, **copy):
    """Run the tests of addons, or those that pytest names, in a copy of a database."""
    if browser:
        screenshots.chromium()
    running.note = "preparing the database"
    names = [m if "/" in m else runtime.addon(m) / "tests" for m in map(str, modules)]
    with runtime.copy(f"test_{name}", **copy) as db:
        options = [f"--odoo-database={db}", "--odoo-http", "--odoo-log-level=warn"]
        # Else the folder of Odoo's addons would come first: `calendar` is one of them.
        options += ["-p", "devtool.odoo_plugin", "--import-mode=importlib"]
        args = [*options, *args, *names]
        return run_pytest(runtime, running, name, args, env)


def addon_tests(runtime, running):
    """Run the addon's own tests but the tours, on an addon installed from scratch."""
    args = [f"--test-tags=-{TOUR_TAG}", *TWO_AT_ONCE]
    options = {"browser": False, "fresh": True}
    return odoo(runtime, running, "odoo", [ADDON], *args, **options)


def glue(runtime, running):
    """Run the tests of what ties the addon to other apps, where these are installed."""
    options = {"browser": False, "fresh": True, "glue": True}
    beside = [REPO / ADDON / "tests" / name for name in BESIDE.values()]
    names = [*glue_on_disk(), *beside]
    return odoo(runtime, running, "glue", names, *TWO_AT_ONCE, **options)


def tours(runtime, running):
    args = [f"--test-tags={TOUR_TAG}", *TWO_AT_ONCE]
    return odoo(runtime, running, "tour", [ADDON], *args)


def named(runtime, running, names):
    return odoo(runtime, running, "named", names)


def glued(runtime, running, names):
    return odoo(runtime, running, "glued", names, glue=True)


def tagged(runtime, running, names):
    """Run what Odoo's tags name, of our addons or of the modules in the tags."""
    modules = [match[1] for tag in names if (match := re.search(r"/(\w+)", tag))]
    tags = f"--test-tags={','.join(names)}"
    is_glue = bool({*modules} & {*glue_on_disk()})
    return odoo(runtime, running, "tagged", modules or [ADDON], tags, glue=is_glue)


def linters(runtime, running):
    """Run the linters, look at the translations, and run Odoo's own test_lint."""
    passed, failed, complaints = lint.check(running)
    running.note = "translations"
    untranslated = i18n.work(runtime)
    found = test_lint(runtime, running)
    reports = [complaints if failed else "", untranslated, found.report]
    found.report = "\n\n".join(filter(None, reports))
    found.passed += passed + (not untranslated)
    found.failed += failed + bool(untranslated)
    return found


def test_lint(runtime, running):
    """Run test_lint, with pylint from the linters' environment behind Odoo's own."""
    packages, env = venv.packages("lint"), runtime.env()
    env["PYTHONPATH"] += f"{os.pathsep}{packages}"
    env["PATH"] = f"{packages.parents[2] / 'bin'}{os.pathsep}{env['PATH']}"
    folder = runtime.addon("test_lint") / "tests"
    args = [f"--ignore={folder}/{name}.py" for name in LINT_LEFT_OUT]
    args += [f"--lint-addons={','.join(addons_on_disk())}"]
    options = {"browser": False, "env": env, "glue": True}
    return odoo(runtime, running, "lint", [folder], *args, **options)


def core(runtime, running):
    """Run Odoo's own tests of what the addon extends: it must keep their promises.

    Some fail without us (they expect demo data, an optional module, another time zone),
    so they run once without the addon, and only what fails with it alone counts. That
    baseline depends on Odoo alone and is kept in the cache. What fails is run again:
    tours give each step ten seconds, which a busy machine may miss; a fault of ours
    fails every time. Many minutes go into the taxes of three countries.
    """
    requirements = (venv.REQUIREMENTS / "odoo.txt").read_text()
    token = hash_text(str(runtime.odoo), requirements, *CORE)
    base, ours = cache_dir() / "core" / token, RUNTIME / "core"
    cache.build(base, token, lambda path: run_core(runtime, running, path, plain=True))
    cache.discard(ours)
    outcome = run_core(runtime, running, ours)
    if failures(ours) - failures(base):
        outcome.report = run_core(runtime, running, ours, "--last-failed").report
    return compare(failures(base), failures(ours), outcome)


def run_core(runtime, running, folder, *args, plain=False):
    """Run the tests; pytest keeps in `folder` which of them failed."""
    name, cache_dir = "core_without" if plain else "core", f"cache_dir={folder}"
    outcome = odoo(runtime, running, name, CORE, "-o", cache_dir, *args, plain=plain)
    if not outcome.passed and not args:
        raise SetupError("Odoo's tests did not come to their end.", outcome.report)
    return outcome


def failures(folder):
    """Return the names of the tests that failed at last, the same in every clone."""
    path = folder / "v/cache/lastfailed"
    failed = json.loads(path.read_text()) if path.exists() else {}
    return {name.rsplit("/addons/")[-1] for name in failed}


def compare(known, failed, outcome):
    """Return the Outcome: failures that the baseline does not show are ours."""
    new = sorted(failed - known)
    lines = [f"fails only with the addon: {name}" for name in new]
    outcome.failed = len(new)
    outcome.report = "\n".join([*lines, "", outcome.report]) if new else ""
    return outcome
