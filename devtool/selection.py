"""What `./dev test NAME` means: which parts, Odoo test tags or pytest arguments."""

import re
from dataclasses import dataclass, field

from .errors import SetupError
from .paths import REPO, addons_on_disk

DEFAULT_PARTS = ("lint", "engine", "tool", "odoo", "tour")
PARTS = (*DEFAULT_PARTS, "core")
TOUR_TAG = "crm_relationship_tour"
_CLASS = re.compile(r"^([A-Z]\w*)(?:\.(\w+))?$")


@dataclass
class Selection:
    """The parts to run; tags and pytest arguments for those named one by one."""

    parts: list = field(default_factory=list)
    tags: list = field(default_factory=list)
    pytest: list = field(default_factory=list)


def select(words, root=REPO):
    """Return the Selection for the words of the command line; none means all."""
    if not words:
        return Selection(parts=list(DEFAULT_PARTS))
    chosen = Selection()
    for word in words:
        if word in PARTS:
            chosen.parts.append(word)
        else:
            _add_name(chosen, word, root)
    return chosen


def _add_name(chosen, word, root):
    if word.startswith(("/", "+", "-")) or re.match(r"^[\w*]*/\w+(:|\.|$)", word):
        path = root / word.split("::")[0]
        if not path.exists():
            chosen.tags.append(word)
            return
    found = _pytest_arguments(word, root)
    tags = _odoo_tags(word, root)
    if not found and not tags:
        raise SetupError(
            f"No part, test module, class or method is called {word}. Parts: "
            f"{', '.join(PARTS)}. Modules lie in tests/ and crm_relationship/tests/."
        )
    chosen.pytest += found
    chosen.tags += tags


def _pytest_arguments(word, root):
    """Return pytest node ids for a file (with ::test), a class or a function name."""
    file_name, _, rest = word.partition("::")
    for path in (
        root / file_name,
        root / "tests" / file_name,
        _with_py(root, file_name),
    ):
        if path.is_file() and (root / "tests") in path.parents:
            return [f"{path}::{rest}" if rest else str(path)]
    parts = word.split(".")
    pattern = re.compile(rf"^\s*(?:def|class) {re.escape(parts[0])}\b", re.M)
    return [
        "::".join([str(path), *_enclosing(path, parts[0]), *parts[1:]])
        for path in sorted((root / "tests").glob("test_*.py"))
        if pattern.search(path.read_text())
    ]


def _with_py(root, name):
    return root / "tests" / f"{name}.py"


def _enclosing(path, name):
    """Return ['Class', 'method'] or ['function'] for a definition in a test file."""
    current = None
    for line in path.read_text().splitlines():
        top = re.match(r"class (\w+)", line)
        if top:
            current = top[1]
        elif re.match(r"def ", line):
            current = None
        if re.match(rf"\s*(?:def|class) {re.escape(name)}\b", line):
            inside = line[:1].isspace() and current
            return [current, name] if inside else [name]
    return [name]


def _odoo_tags(word, root):
    """Return Odoo's test tags for a module, `Class`, `Class.method` or method name.

    Odoo reads a tag as [tag][/module][:class][.method]; a file is given by its path.
    """
    tags = []
    for addon in addons_on_disk(root):
        folder = root / addon / "tests"
        stem = word.removesuffix(".py").rsplit("/", 1)[-1]
        if (folder / f"{stem}.py").is_file():
            tags.append(f"/{addon}/tests/{stem}.py")
            continue
        sources = "\n".join(path.read_text() for path in folder.glob("test_*.py"))
        is_class = _CLASS.match(word)
        if is_class and re.search(rf"^class {is_class[1]}\b", sources, re.M):
            tags.append(f"/{addon}:{word}")
        elif re.search(rf"^\s+(?:async )?def {re.escape(word)}\b", sources, re.M):
            tags.append(f"/{addon}:.{word}")
    return tags


def addon_tags(addons, tours):
    """Return the tags for all tests of `addons`: the tours, or all but the tours."""
    if tours:
        return ",".join(f"{TOUR_TAG}/{addon}" for addon in addons)
    return ",".join([*(f"/{addon}" for addon in addons), f"-{TOUR_TAG}"])
