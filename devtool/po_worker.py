"""The part of `./dev i18n` that needs polib: a program of its own, run in the
environment that has it. The task comes as JSON on standard input, the report goes
to standard output.
"""

import json
import sys
from pathlib import Path

import polib

# Odoo writes them anew at each export; they say nothing about the terms.
VOLATILE = ("POT-Creation-Date", "PO-Revision-Date")


def terms(catalog):
    """Return what makes two catalogs equal: the terms and where they come from."""
    return {
        (entry.msgid, entry.comment, tuple(sorted(entry.occurrences)))
        for entry in catalog
        if not entry.obsolete
    }


def describe(name, catalog, template):
    """Return lines about terms of `catalog` that are missing or untranslated."""
    wanted = {entry.msgid for entry in template}
    known = {entry.msgid for entry in catalog if not entry.obsolete}
    lines = [f"{name}: missing term {msgid!r}" for msgid in sorted(wanted - known)]
    lines += [f"{name}: unknown term {msgid!r}" for msgid in sorted(known - wanted)]
    for kind, entries in (
        ("untranslated", catalog.untranslated_entries()),
        ("fuzzy", catalog.fuzzy_entries()),
    ):
        lines += [f"{name}: {kind} term {entry.msgid!r}" for entry in entries]
    return lines


def check(task, template):
    """Return the complaints about the files, first lines first."""
    folder = Path(task["folder"])
    pot = folder / f"{task['addon']}.pot"
    lines = []
    if not pot.exists():
        return [f"{pot.name} is missing: run ./dev i18n"]
    if terms(polib.pofile(str(pot))) != terms(template):
        lines.append(f"{pot.name} is out of date: run ./dev i18n")
    for language in task["languages"]:
        path = folder / f"{language}.po"
        if path.exists():
            lines += describe(path.name, polib.pofile(str(path)), template)
        else:
            lines.append(f"{path.name} is missing: run ./dev i18n, then translate it")
    return lines


def refresh(task, template):
    """Write the template and merge it into the languages; return what was done."""
    folder = Path(task["folder"])
    folder.mkdir(exist_ok=True)
    pot = folder / f"{task['addon']}.pot"
    if not pot.exists() or terms(polib.pofile(str(pot))) != terms(template):
        pot.write_text(task["exported"])
    lines = [f"{pot.name}: {len(template)} terms"]
    for language in task["languages"]:
        path = folder / f"{language}.po"
        catalog = merged(path, language, template)
        catalog.save(str(path))
        left = len(catalog.untranslated_entries()) + len(catalog.fuzzy_entries())
        lines.append(f"{path.name}: {left} terms to translate")
    return lines


def merged(path, language, template):
    """Return the language's catalog with the terms of `template`, translations kept.

    Terms that are gone are dropped: git remembers them.
    """
    catalog = polib.pofile(str(path)) if path.exists() else polib.POFile()
    if not catalog.metadata:
        catalog.metadata = {**template.metadata, "Language": language}
    catalog.header = catalog.header or template.header
    catalog.merge(template)
    for entry in catalog.obsolete_entries():
        catalog.remove(entry)
    order = {entry.msgid: number for number, entry in enumerate(template)}
    catalog.sort(key=lambda entry: order[entry.msgid])
    return catalog


def main():
    task = json.load(sys.stdin)
    template = polib.pofile(task["exported"])
    for name in VOLATILE:
        template.metadata.pop(name, None)
    action = {"check": check, "refresh": refresh}[task["action"]]
    print("\n".join(action(task, template)))


if __name__ == "__main__":
    main()
