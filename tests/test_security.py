"""Each test that `docs/security.md` names is there, and each file it counts on."""

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "security.md"
TESTS = ROOT / "crm_relationship" / "tests"
NAMED = re.compile(r"`((?:tests/)?test_\w+\.py)::(test_\w+)`")
ROW = re.compile(r"^\|(?! who | threat |---).*\|$", re.MULTILINE)


def find_named():
    return sorted(set(NAMED.findall(PAGE.read_text())))


@cache
def find_tests(file):
    path = ROOT / file if file.startswith("tests/") else TESTS / file
    return set(re.findall(r"^ *def (test_\w+)\(", path.read_text(), re.MULTILINE))


@pytest.mark.parametrize(("file", "name"), find_named(), ids="::".join)
def test_named_test_is_there(file, name):
    assert name in find_tests(file)


def test_each_threat_names_one():
    threats = PAGE.read_text().partition("## Threats")[2].partition("\n## ")[0]
    rows = ROW.findall(threats)
    assert len(rows) > 25
    assert not [row for row in rows if not NAMED.search(row)]
