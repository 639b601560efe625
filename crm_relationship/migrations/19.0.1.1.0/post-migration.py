"""Delete the views that `pre-migration.py` archived; their translations live on."""

from pathlib import Path

from odoo import SUPERUSER_ID, api
from odoo.modules.module import load_script

MERGED = load_script(str(Path(__file__).with_name("pre-migration.py")), "pre").MERGED


def migrate(cr, version):
    env = api.Environment(cr, SUPERUSER_ID, {})
    for remains, merged in MERGED.items():
        view = env.ref(f"crm_relationship.{remains}")
        for name in merged:
            old = env.ref(f"crm_relationship.{name}", raise_if_not_found=False)
            if old:
                _take_over_translations(view, old)
                old.unlink()


def _take_over_translations(view, old):
    """Give the view what was translated in the old one and is not in its own texts.

    The addon's own file brings Indonesian; other languages, and corrections, are work
    that somebody did in this database only.
    """
    known = _terms(view)
    found = {}
    for term, values in _terms(old).items():
        for lang, value in values.items():
            if value != term and known.get(term, {}).get(lang) == term:
                found.setdefault(lang, {})[term] = value
    if found:
        view.update_field_translations("arch_db", found)


def _terms(view):
    """Return {English term: {language: translation, or the term where none is}}."""
    field = view._fields["arch_db"]
    stored = field._get_stored_translations(view)
    source = stored["en_US"]
    langs = [code for code, _name in view.env["res.lang"].get_installed()]
    return field.get_translation_dictionary(
        source, {lang: stored.get(lang, source) for lang in langs if lang != "en_US"}
    )
