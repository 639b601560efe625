"""Translations: the template from Odoo's own export, merged into the languages.

`./dev i18n` writes `i18n/<addon>.pot` and brings every `.po` file up to date,
keeping its translations. The check says what is missing without writing anything.
"""

from .console import say, step
from .paths import REPO, RUNTIME, addons_on_disk
from .process import run as run_program
from .runtime import Runtime

LANGUAGES = ("id",)
WORKER = REPO / "devtool" / "po_worker.py"


def run(args):
    """`./dev i18n`: refresh the files, or with `check` say what is out of date."""
    runtime = Runtime.prepare()
    with step("translations"):
        complaints = work(runtime, "check" if args.check else "refresh")
    say(complaints or "translations: up to date")
    return 1 if args.check and complaints else 0


def work(runtime, action="check"):
    """Export the addons' terms and look at the files; return the complaints."""
    found, odoo = [], [runtime.python, "-m", "odoo", "i18n", "export"]
    with runtime.copy("i18n", glue=True) as db:
        for addon in addons_on_disk():
            pot = RUNTIME / f"{addon}.pot"
            command = [*odoo, "-c", runtime.config, "-d", db, "-o", pot, addon]
            run_program(command, "Odoo could not export the terms.", env=runtime.env())
            command = [runtime.python, WORKER, action, pot, REPO / addon, *LANGUAGES]
            found.append(run_program(command, "A translation file is damaged."))
    return "\n".join(filter(None, map(str.strip, found)))
