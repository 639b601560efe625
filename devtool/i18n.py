"""Translations: the template from Odoo's own export, merged into the languages.

`./dev i18n` writes `i18n/<addon>.pot` and brings every `.po` file up to date,
keeping its translations. The check says what is missing without writing anything.
"""

import json
import subprocess
import tempfile
from pathlib import Path

from .console import say, step
from .errors import SetupError
from .paths import REPO, addons_on_disk
from .process import tail
from .runtime import Runtime

LANGUAGES = ("id",)
MAX_SHOWN_LINES = 40
WORKER = Path(__file__).with_name("po_worker.py")


def run(check=False):
    """`./dev i18n`: refresh the files, or with `check` say what is out of date."""
    runtime = Runtime.prepare()
    if check:
        text = complaints(runtime)
        say(text or "translations: up to date")
        return 1 if text else 0
    for addon in addons_on_disk():
        with step(f"translations of {addon}"):
            exported = _export(runtime, addon)
            say(_worker(runtime, "refresh", addon, exported).strip())
    return 0


def complaints(runtime):
    """Return what is out of date or untranslated, empty when all is well."""
    found = []
    for addon in addons_on_disk():
        lines = _worker(runtime, "check", addon, _export(runtime, addon)).split("\n")
        lines = [line for line in lines if line]
        more = len(lines) - MAX_SHOWN_LINES
        found += [*lines[:MAX_SHOWN_LINES], f"... {more} more"] if more > 0 else lines
    return "\n".join(found)


def _export(runtime, addon):
    """Return the text of the translation template Odoo makes of the addon."""
    db = runtime.addon_db()
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / f"{addon}.pot"
        args = ["i18n", "export", "-c", runtime.config, "-d", db, "-o", target, addon]
        result = subprocess.run(
            [str(part) for part in (runtime.python, "-m", "odoo", *args)],
            env=runtime.env(),
            cwd=REPO,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode or not target.exists():
            raise SetupError("Odoo could not export the terms.", tail(result.stderr))
        return target.read_text()


def _worker(runtime, action, addon, exported):
    """Run the part that needs polib in the environment that has it."""
    task = {
        "action": action,
        "folder": str(REPO / addon / "i18n"),
        "addon": addon,
        "languages": LANGUAGES,
        "exported": exported,
    }
    result = subprocess.run(
        [str(runtime.python), str(WORKER)],
        input=json.dumps(task),
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        raise SetupError("The translation files are damaged.", tail(result.stderr))
    return result.stdout
