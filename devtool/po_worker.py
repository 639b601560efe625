"""The part of `./dev i18n` that needs polib: says what is wrong with the files.

Arguments: check or refresh, the template as Odoo exports it, the addon, the languages.
"""

import sys
from pathlib import Path

import polib

# Odoo writes them anew at each export; they say nothing about the terms.
VOLATILE = ("POT-Creation-Date", "PO-Revision-Date")
MAX_SHOWN = 40


def terms(catalog):
    """Return what makes two templates equal: the terms and where they come from."""
    return {(e.msgid, e.comment, tuple(sorted(e.occurrences))) for e in catalog}


def merged(path, template):
    """Return the language's catalog with the terms of `template`, translations kept.

    Terms that are gone are dropped: git remembers them.
    """
    catalog = polib.pofile(str(path)) if path.exists() else polib.POFile()
    catalog.metadata = catalog.metadata or {**template.metadata, "Language": path.stem}
    catalog.header = catalog.header or template.header
    catalog.merge(template)
    for entry in catalog.obsolete_entries():
        catalog.remove(entry)
    order = {entry.msgid: number for number, entry in enumerate(template)}
    catalog.sort(key=lambda entry: order[entry.msgid])
    return catalog


def texts(exported, addon, *languages):
    """Yield (path, what it should hold, the entries to translate) for each file."""
    template, folder = polib.pofile(exported), Path(addon) / "i18n"
    pot = folder / f"{Path(addon).name}.pot"
    current = pot.exists() and terms(polib.pofile(str(pot))) == terms(template)
    yield pot, (pot if current else Path(exported)).read_text(), []
    for name in VOLATILE:
        template.metadata.pop(name, None)
    for language in languages:
        path = folder / f"{language}.po"
        catalog = merged(path, template)
        untranslated = catalog.untranslated_entries() + catalog.fuzzy_entries()
        yield path, str(catalog), untranslated


def main(action, *task):
    lines = []
    for path, text, untranslated in texts(*task):
        if action == "refresh":
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            lines.append(f"{path.name} is out of date: run ./dev i18n")
        lines += [f"{path.name}: to translate: {e.msgid!r}" for e in untranslated]
    more = [f"... and {len(lines) - MAX_SHOWN} more"] * (len(lines) > MAX_SHOWN)
    print("\n".join(lines[:MAX_SHOWN] + more))


if __name__ == "__main__":
    main(*sys.argv[1:])
