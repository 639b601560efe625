"""What `./dev test NAME` means: which parts, Odoo test tags or pytest arguments."""

import ast
import re
from pathlib import Path
from types import SimpleNamespace

from .paths import ADDON, BESIDE, REPO, addons_on_disk
from .process import SetupError

DEFAULT_PARTS = ("lint", "engine", "tool", "odoo", "glue", "tour")
PARTS = (*DEFAULT_PARTS, "core")
_TAG = re.compile(r"[+-]|[\w*]*/\w+(:|\.|/|$)")


def select(words, root=REPO):
    """Return what the words of the command line name; no word means all parts.

    That is `parts`; pytest's names, `plain` and Odoo's, `named` where they are the
    addon's and `glued` where they need another app; Odoo's tags, `tagged`.
    """
    chosen = SimpleNamespace(parts=[], plain=[], named=[], glued=[], tagged=[])
    chosen.parts += [] if words else DEFAULT_PARTS
    for word in words:
        if word in PARTS:
            chosen.parts.append(word)
        elif _TAG.match(word) and not (root / word.split("::")[0]).exists():
            chosen.tagged.append(word)
        else:
            plain = find(root / "tests", word, root)
            found = {
                addon: find(root / addon / "tests", word, root)
                for addon in addons_on_disk(root)
            }
            named = found.pop(ADDON, [])
            glued = sum(found.values(), [name for name in named if _is_beside(name)])
            named = [name for name in named if name not in glued]
            if not (plain or named or glued):
                raise SetupError(
                    f"No part, test module, class or method is called {word}. Parts: "
                    f"{', '.join(PARTS)}. Modules lie in tests/ and */tests/."
                )
            chosen.plain += plain
            chosen.named += named
            chosen.glued += glued
    return chosen


def _is_beside(name):
    """Tell whether a test of the addon needs an app that only the part `glue` has."""
    return Path(name.split("::")[0]).name in BESIDE.values()


def find(folder, word, root):
    """Return pytest's names for a file[::test], module, Class[.method], or test."""
    name, colons, test = word.partition("::")
    if "/" in name:
        return [f"{root / name}{colons}{test}"] * (folder in (root / name).parents)
    files = folder.rglob(f"{name.removesuffix('.py')}.py")
    return [f"{path}{colons}{test}" for path in files] or [
        f"{path}::{test}"
        for path in sorted(folder.rglob("test_*.py"))
        for test in definitions(path.read_text(), *word.split("."))
    ]


def definitions(text, name, *method):
    """Yield Class::method or function for what is called `name` in a test file."""
    for node in ast.parse(text).body if name in text else []:
        inside = node.body if isinstance(node, ast.ClassDef) else []
        if getattr(node, "name", None) == name:
            yield "::".join([name, *method])
        elif name in (getattr(test, "name", None) for test in inside):
            yield f"{node.name}::{name}"
