"""Figures in sentences follow the reader's language, and have a minus that is one.

Odoo's own formatting writes a hyphen after the currency ("$ -11.40"), Python's a point
in every language. So everything that is told goes through ``models/base/figures.py``.
"""

import ast
import re
from pathlib import Path

import pytest

REPO = Path(__file__).parent.parent
FOLDERS = ("controllers", "models", "report", "wizard")
OWN = "crm_relationship/models/base/figures.py"
ODOOS = {"formatLang", "format_amount"}
# Where a number in a text is read by no person.
READ_BY_NOBODY = {"SQL"}
# What a sentence is told about how many there are, if nobody formats it.
COUNTS = ("count", "size", "total")
NUMBERS = ("e", "f", "g", "n", "%", "d", ",")
NUMBER_IN_TEXT = re.compile(r"%(\(\w+\))?[.\d]*[dfg]")
PICTURES = ("crm_relationship/models/program/picture.py",)


def find_files():
    addons = [path.parent for path in REPO.glob("*/__manifest__.py")]
    files = (p for a in addons for name in FOLDERS for p in (a / name).rglob("*.py"))
    return sorted(p for p in files if p.relative_to(REPO).as_posix() != OWN)


def find_imports(tree):
    """Yield the lines that take Odoo's own formatting."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("odoo"):
            if ODOOS & {alias.name for alias in node.names}:
                yield node.lineno
        elif isinstance(node, ast.Attribute) and node.attr in ODOOS:
            yield node.lineno


def find_numbers(tree):
    """Yield the lines of f-strings that format a number for a person."""
    spared = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in READ_BY_NOBODY
        for part in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.FormattedValue) and id(node) not in spared:
            parts = node.format_spec.values if node.format_spec else []
            spec = "".join(getattr(part, "value", "") for part in parts)
            if spec.endswith(NUMBERS):
                yield node.lineno


def find_counts(tree):
    """Yield the lines of sentences that are told a number as Python writes it.

    A thousand has no separator then, and half a day a point in every language.
    """
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "_"):
            continue
        text, *told = node.args
        told += [keyword.value for keyword in node.keywords]
        if NUMBER_IN_TEXT.search(getattr(text, "value", "")):
            yield node.lineno
        elif any(map(is_count, told)):
            yield node.lineno


def is_count(value):
    """Tell whether what a sentence is told is a number, and not yet a text."""
    if isinstance(value, ast.Call):
        return getattr(value.func, "id", "") == "len"
    if isinstance(value, ast.BinOp):
        return is_count(value.left) or is_count(value.right)
    own = getattr(value, "attr", getattr(value, "id", ""))
    if own.isupper():  # a bound of ours, which is small
        return False
    return own.endswith(COUNTS)


@pytest.mark.parametrize("path", find_files(), ids=lambda p: p.stem)
def test_figures_are_told_in_one_way(path):
    tree = ast.parse(path.read_text())
    found = [*find_imports(tree), *find_counts(tree)]
    if not path.as_posix().endswith(PICTURES):
        found += find_numbers(tree)
    assert not found, f"{path.name}: lines {found}"


@pytest.mark.parametrize(
    "text, lines",
    [
        ("from odoo.tools.misc import formatLang", 1),
        ("misc.format_amount(env, 1, currency)", 1),
        ("from .figures import format_amount", 0),
        ('f"{share:.4g}"', 1),
        ('f"{extra:+,.0f}"', 1),
        ('SQL("%s", f"{rate:.4f}")', 0),
        ('f"{name}"', 0),
        ('f"{name:>12}"', 0),
        ('env._("Customers: %s", len(customers))', 1),
        ('env._("%(count)s more", count=left_count - 3)', 1),
        ('env._("Done: %s", row.done_count)', 1),
        ('env._("Every %(days)g days", days=days)', 1),
        ('env._("Customers: %s", format_count(env, len(customers)))', 0),
        ('env._("At least %(count)s", count=MIN_BASE)', 0),
    ],
)
def test_it_sees_what_it_looks_for(text, lines):
    tree = ast.parse(text)
    found = [*find_imports(tree), *find_numbers(tree), *find_counts(tree)]
    assert len(found) == lines
