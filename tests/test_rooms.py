"""Which room of the addon's models may name what of which other room.

The rooms are layers. Imports are held to that by import-linter; here the same is asked
of names: a room may name the models of its own and of the rooms to its left, in Python
and in SQL. Where a room to the left has to know one to its right, it offers a hook.
"""

import ast
import re
from functools import cache
from pathlib import Path

import pytest
import tomllib

REPO = Path(__file__).parent.parent
MODELS = REPO / "crm_relationship" / "models"

# From right to left, as import-linter reads them; "a | b" do not know each other.
CONTRACT = next(
    contract
    for contract in tomllib.loads((REPO / "pyproject.toml").read_text())["tool"][
        "importlinter"
    ]["contracts"]
    if contract.get("containers") == ["crm_relationship.models"]
)
RANK = {
    room.strip(): rank
    for rank, layer in enumerate(reversed(CONTRACT["layers"]))
    for room in layer.split("|")
}

# Ties that remain, {(room, model named there): why}. Take out what is mended; add
# nothing without a reason.
TIES = {}
# The same for fields, {(room, field named there): why}.
FIELD_TIES = {
    ("touch", "channel_ids"): "each model of touches brings it; the mixin says so",
    ("plan", "first_order_date"): "an anniversary is that of the first purchase",
    ("courtesy", "reason_code"): "the engine's decision has one of this name",
    ("segment", "relationship_bins"): "scores are read on the company's scale",
    ("segment", "order_count"): "a frequency score is told by its purchases",
    ("segment", "relationship_monetary"): "a monetary score is told by its figure",
    ("segment", "relationship_loyal_orders"): "how a customer comes to be loyal",
}
# So many lines of one concern can be held in mind.
MOST_LINES = 800
# Fields of core models that this addon has as well, or extends.
AMBIGUOUS = {"partner_id", "team_id", "view_mode"}


def sources(room):
    return sorted((MODELS / room).glob("*.py"))


@cache
def find_homes():
    """Return the room in which each model of the addon is made, by its name."""
    homes = {}
    for room in RANK:
        for path in sources(room):
            text = path.read_text()
            extended = re.findall(r"^    _inherit = \[(.*?)\]", text, re.M | re.S)
            for name in re.findall(r'^    _name = "([\w.]+)"', text, re.M):
                # a model of Odoo's that takes in a mixin keeps its name
                if not any(f'"{name}"' in names for names in extended):
                    homes[name] = room
    return homes


HOMES = find_homes()


def find_named(room):
    """Return the models of this addon that a room names, as model or as table."""
    named = set()
    tables = {name.replace(".", "_"): name for name in HOMES}
    for path in sources(room):
        for text in find_strings(ast.parse(path.read_text())):
            if text == "crm_relationship":
                continue  # the addon, not its table
            for word in re.findall(r"[a-z][a-z_.]*[a-z]", text):
                model = word if word in HOMES else tables.get(word)
                if model:
                    named.add(model)
    return named


def find_strings(tree):
    """Yield the strings of a module that are no docstrings."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    docstrings = {
        node.body[0].value
        for node in ast.walk(tree)
        if isinstance(node, documented)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and node not in docstrings
        ):
            yield node.value


@cache
def find_ties():
    """Return {(room, model)} of the names that point to the right, or sideways."""
    return {
        (room, model)
        for room in RANK
        for model in find_named(room)
        if HOMES[model] != room and RANK[HOMES[model]] >= RANK[room]
    }


@cache
def find_field_homes():
    """Return the rooms that define a field, by its name.

    Names without an underscore are left out: they are words of every language.
    """
    homes = {}
    for room in RANK:
        for path in sources(room):
            for name in re.findall(r"^    (\w+) = fields\.", path.read_text(), re.M):
                if "_" in name and name not in AMBIGUOUS:
                    homes.setdefault(name, set()).add(room)
    return homes


@cache
def find_words(room):
    """Return the attributes that a room reads, and the words in its strings."""
    words = set()
    for path in sources(room):
        tree = ast.parse(path.read_text())
        words |= {
            node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)
        }
        for text in find_strings(tree):
            words |= set(re.findall(r"\w+", text))
    return words


@cache
def find_field_ties():
    """Return {(room, field)} of the fields that all lie to the right, or sideways."""
    homes = find_field_homes()
    return {
        (room, name)
        for room in RANK
        for name in find_words(room) & homes.keys()
        if all(home != room and RANK[home] >= RANK[room] for home in homes[name])
    }


def test_every_folder_is_a_room():
    folders = {path.parent.name for path in MODELS.glob("*/__init__.py")}
    assert folders == set(RANK)
    assert len(folders) <= 16


def test_rooms_are_loaded_from_left_to_right():
    """An extension needs the model that it extends."""
    loaded = re.findall(
        r"^from \. import (\w+)", (MODELS / "__init__.py").read_text(), re.M
    )
    assert [RANK[room] for room in loaded] == sorted(RANK.values())


@pytest.mark.parametrize("room", RANK)
def test_a_room_names_only_what_lies_to_its_left(room):
    new = {tie for tie in find_ties() if tie[0] == room} - TIES.keys()
    assert not new, f"{new}: offer a hook, or give a reason in TIES"


@pytest.mark.parametrize("room", RANK)
def test_a_room_names_only_fields_that_lie_to_its_left(room):
    new = {tie for tie in find_field_ties() if tie[0] == room} - FIELD_TIES.keys()
    assert not new, f"{new}: offer a hook, or give a reason in FIELD_TIES"


def test_ties_that_are_gone_are_taken_out():
    assert not TIES.keys() - find_ties()
    assert not FIELD_TIES.keys() - find_field_ties()
    assert all((TIES | FIELD_TIES).values())


def test_a_model_keeps_its_plain_name():
    """``portfolio/crm_relationship.py`` extends ``crm.relationship``.

    A model that does much in a room has a module a topic beside it, named for both:
    ``ledger/crm_interaction_gate.py``.
    """
    for room in RANK:
        stems = {path.stem for path in sources(room)}
        for path in sources(room):
            text = path.read_text()
            models = set(re.findall(r'^    _(?:name|inherit) = "([\w.]+)"', text, re.M))
            for name in models:
                plain = name.replace(".", "_")
                assert path.stem == plain or (
                    path.stem.startswith(f"{plain}_") and plain in stems
                ), f"{room}/{path.name} is about {name}"


def test_no_rule_of_a_table_takes_the_name_of_another():
    """Of two indexes of one name, or two constraints, only the last one is made."""
    made = re.compile(
        r"^    (_\w+) = (?:models\.(?:Constraint|\w*Index)|Bounds|\w+_bounds)\(",
        re.M,
    )
    homes = {}
    for path in (path for room in RANK for path in sources(room)):
        for text in path.read_text().split("\nclass ")[1:]:
            models = re.findall(r'^    _(?:name|inherit) = "([\w.]+)"', text, re.M)
            for name in made.findall(text):
                homes.setdefault((*models[:1], name), []).append(path.name)
    assert homes
    assert not {key: paths for key, paths in homes.items() if len(paths) > 1}


def test_a_module_can_be_held_in_mind():
    """What is longer has two concerns."""
    long = {
        path.name
        for path in MODELS.parent.rglob("*.py")
        if "tests" not in path.parts and len(path.read_text().splitlines()) > MOST_LINES
    }
    assert not long
