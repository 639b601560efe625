"""What is computed in words depends on the language of whoever reads it.

Odoo keeps a computed value by what it depends on. One in words that does not depend on
the language is given to the next reader in that of the one before: in one spreadsheet,
one digest, one activity for several managers.
"""

import ast
from pathlib import Path

import pytest

REPO = Path(__file__).parent.parent
FOLDERS = ("models", "report", "wizard")
# Calls by which a compute makes words.
TELLING = {
    "_",
    "_describe",
    "_description_selection",
    "_get_notes",
    "_render",
    "format_amount",
    "format_count",
    "format_date",
    "format_datetime",
    "format_number",
    "render",
}


def find_files():
    addons = [path.parent for path in REPO.glob("*/__manifest__.py")]
    files = (p for a in addons for name in FOLDERS for p in (a / name).rglob("*.py"))
    return sorted(files)


def find_computes(body):
    """Return the computes of a class whose values are not stored, by name."""
    computes = set()
    for node in body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            given = {keyword.arg: keyword.value for keyword in node.value.keywords}
            if isinstance(given.get("compute"), ast.Constant) and "store" not in given:
                computes.add(given["compute"].value)
    return computes


def find_forgetful(tree):
    """Yield the computes that tell something and do not depend on the language."""
    for cls in (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)):
        computes = find_computes(cls.body)
        for method in cls.body:
            if getattr(method, "name", None) in computes and is_forgetful(method):
                yield f"{cls.name}.{method.name}"


def is_forgetful(method):
    constants = {
        node.value
        for decorator in method.decorator_list
        for node in ast.walk(decorator)
        if isinstance(node, ast.Constant)
    }
    called = {
        getattr(node.func, "attr", getattr(node.func, "id", ""))
        for node in ast.walk(method)
        if isinstance(node, ast.Call)
    }
    return bool(called & TELLING) and "lang" not in constants


@pytest.mark.parametrize("path", find_files(), ids=lambda p: p.stem)
def test_words_depend_on_the_language(path):
    assert not list(find_forgetful(ast.parse(path.read_text())))


@pytest.mark.parametrize(
    "decorator, call, count",
    [
        ("@api.depends('a')", "self.env._('Words')", 1),
        ("@api.depends_context('lang')", "self.env._('Words')", 0),
        ("@api.depends_context('uid')", "format_date(self.env, day)", 1),
        ("@api.depends('a')", "len(self)", 0),
    ],
)
def test_it_sees_what_it_looks_for(decorator, call, count):
    source = f"""
class Model:
    told = fields.Char(compute="_compute_told")

    {decorator}
    def _compute_told(self):
        self.told = {call}
"""
    assert len(list(find_forgetful(ast.parse(source)))) == count
