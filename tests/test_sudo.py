"""Every `sudo()` says why: in a comment of the function or in its docstring.

`sudo()` lets code see and write what the user may not. Whoever reads it must be able to
tell what for; what nobody can tell, goes.
"""

import ast
import tokenize
from pathlib import Path

import pytest

REPO = Path(__file__).parent.parent
FOLDERS = ("controllers", "models", "report", "wizard")
# Judged by their own tests: every call there begins at the gate of the portal.
OTHERS = tuple(
    f"crm_relationship/{folder}"
    for folder in ("controllers", "models/courtesy", "models/portal", "models/privacy")
)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def find_files():
    addons = [path.parent for path in REPO.glob("*/__manifest__.py")]
    files = (
        path
        for addon in addons
        for name in FOLDERS
        for path in (addon / name).rglob("*.py")
    )
    return sorted(
        path
        for path in files
        if not path.relative_to(REPO).as_posix().startswith(OTHERS)
    )


def find_functions(tree):
    """Yield the functions of a module and the methods of its classes."""
    for owner in ast.walk(tree):
        if isinstance(owner, ast.Module | ast.ClassDef):
            yield from (item for item in owner.body if isinstance(item, FUNCTIONS))


def is_sudo(node):
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "sudo"
        # with an argument, it takes the rights away again
        and not node.args
    )


def find_unexplained(path):
    """Return "path:line function" of each function whose `sudo()` gives no reason."""
    tree = ast.parse(path.read_text())
    with path.open() as file:
        comments = {
            token.start[0]: token.string
            for token in tokenize.generate_tokens(file.readline)
            if token.type == tokenize.COMMENT
        }
    unexplained = []
    for function in find_functions(tree):
        if not any(is_sudo(node) for node in ast.walk(function)):
            continue
        reasons = [ast.get_docstring(function)]
        first, last = function.lineno, function.end_lineno
        reasons += [text for line, text in comments.items() if first <= line <= last]
        if not any("sudo" in reason for reason in reasons if reason):
            place = path.relative_to(REPO)
            unexplained.append(f"{place}:{function.lineno} {function.name}")
    return unexplained


@pytest.mark.parametrize("path", find_files(), ids=lambda p: str(p.relative_to(REPO)))
def test_sudo_says_why(path):
    assert not find_unexplained(path)


def test_something_is_looked_at():
    """The test itself: a function without a reason is found."""
    used = [path for path in find_files() if ".sudo()" in path.read_text()]
    assert len(used) > 20
