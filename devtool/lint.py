"""The linters: `./dev lint`, and the part `lint` of `./dev test`.

Each check is a function that returns the text of its complaints, empty when it has
none. All run, so that one run shows everything there is to repair.
"""

import os
import subprocess
from dataclasses import dataclass, replace

from . import i18n, node, testlint, venv
from .console import say, step
from .parts import Outcome
from .paths import REPO, RUNTIME, addons_on_disk

MAX_SHOWN_LINES = 150  # of one linter
PRETTY = (".xml", ".js", ".mjs", ".css", ".scss")


@dataclass(frozen=True)
class Check:
    """A linter: `command(fix)` returns its command line, None when it has no work."""

    name: str
    command: object


def tracked(*suffixes, folder=""):
    """Return the repository's files with these suffixes, ignored ones left out.

    Files not yet added to git count too: they are what is being worked on.
    """
    # A clone made by another user (CI's, say) is ours to read all the same.
    git = ["git", "-c", "safe.directory=*", "ls-files"]
    listing = subprocess.run(
        [*git, "-z", "-co", "--exclude-standard", "--", folder or "."],
        cwd=REPO,
        capture_output=True,
        text=True,
        check=True,
    )
    names = sorted(filter(None, listing.stdout.split("\0")))
    return [n for n in names if n.endswith(suffixes) and (REPO / n).is_file()]


def _tool(name):
    return venv.environment("lint") / "bin" / name


def _ruff_check(fix):
    return [_tool("ruff"), "check", "--no-cache", *(["--fix"] if fix else []), "."]


def _ruff_format(fix):
    return [_tool("ruff"), "format", "--no-cache", *([] if fix else ["--diff"]), "."]


def _pylint(fix):
    addons = addons_on_disk()
    return addons and [_tool("pylint"), "--rcfile=.pylintrc", *addons]


def _oca_module(fix):
    addons = addons_on_disk()
    options = ["--fix"] if fix else []
    return addons and [_tool("oca-checks-odoo-module"), *options, *addons]


def _oca_po(fix):
    files = tracked(".po", ".pot")
    return files and [_tool("oca-checks-po"), *files]


def _prettier(fix):
    files = tracked(*PRETTY)
    if not files:
        return None
    modules = node.modules()
    return [
        *(*node.programs()[0], modules / "prettier/bin/prettier.cjs"),
        *("--plugin", modules / "@prettier/plugin-xml/src/plugin.js"),
        *("--log-level=warn", "--write" if fix else "--check", *files),
    ]


CHECKS = (
    Check("ruff check", _ruff_check),
    Check("ruff format", _ruff_format),
    Check("pylint-odoo", _pylint),
    Check("oca-checks-odoo-module", _oca_module),
    Check("oca-checks-po", _oca_po),
    Check("prettier", _prettier),
)


def run_check(check, fix=False):
    """Return what the linter complains about; empty when it is content."""
    command = check.command(fix)
    if not command:
        return ""
    result = subprocess.run(
        [str(part) for part in command],
        cwd=REPO,
        env=_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if not result.returncode:
        return ""
    lines = result.stdout.strip().splitlines()
    if len(lines) > MAX_SHOWN_LINES:
        lines[MAX_SHOWN_LINES:] = [f"... and {len(lines) - MAX_SHOWN_LINES} lines more"]
    return "\n".join(lines) or f"exit code {result.returncode}"


def _environment():
    """Return the environment for linters; prettier is kept from making node_modules."""
    own = {"NO_COLOR": "1", "PYTHONPATH": "", "CACHE_DIR": str(RUNTIME / "cache")}
    return {**os.environ, **own}


def check_all(on_check, fix=False):
    """Run the linters; return {name: complaints}, empty text for the content ones."""
    found = {}
    for check in CHECKS:
        on_check(check.name)
        found[check.name] = run_check(check, fix)
    return found


def part(runtime, running):
    """The part `lint` of `./dev test`: linters, translations, Odoo's own test_lint."""

    def note(name):
        running.note = name

    found = check_all(note)
    outcome = Outcome("lint")
    if addons_on_disk():
        note("translations")
        found["translations"] = i18n.complaints(runtime)
        note("Odoo's test_lint")
        outcome = replace(testlint.run(runtime), name="lint")
    reports = [f"{name}:\n{text}" for name, text in found.items() if text]
    outcome.passed += len(found) - len(reports)
    outcome.failed += len(reports)
    outcome.report = "\n\n".join([*reports, *filter(None, [outcome.report])])
    return outcome


def run(fix=False):
    """`./dev lint`: the linters without Odoo, which take seconds."""
    with step("linters") as running:

        def note(name):
            running.note = name

        found = check_all(note, fix)
    for name, text in found.items():
        say(f"{name}: {text or 'ok'}")
    failed = sum(map(bool, found.values()))
    say(f"{len(found) - failed} passed, {failed} failed")
    return 1 if failed else 0
