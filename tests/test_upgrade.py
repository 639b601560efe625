"""A database of the version that landed before keeps everything when it is updated."""

import ast
import re
import subprocess
from xml.etree import ElementTree

import pytest

from devtool.paths import ADDON, REPO, RUNTIME
from devtool.runtime import Runtime
from scratch import Database

LANDED = {
    "19.0.1.0.0": "9aa014fd8a18e82a9c0b9808ed6e5a59314e18f2",
    "19.0.1.1.0": "14b970bbc15296f2bc9560a7c4f1d5ee258e898e",
    "19.0.1.2.0": "4f2b439948cf0ce44d217788a817d803f11f54a9",
    "19.0.1.3.0": "f7a9aa4c811ec44d0f9973503490e3eba196fa1d",
    "19.0.1.4.0": "e8e7a657bd91f10e13ab50f54be351d01ba040c5",
    "19.0.1.5.0": "03b0a5830bb2e63c3ffe49b517323b87876bf355",
    "19.0.1.6.0": "afb2ea89e02cab9e38770a900a2d5aaed946b2a8",
    "19.0.1.7.0": "4b5d3f809391b453d545f838f08e4c997bb7e735",
}
"""The last commit of each version that may be installed somewhere."""
SCRIPT = REPO / "tests" / "upgrade" / "month_of_work.py"
# They change by being updated.
VOLATILE = {"write_date", "write_uid"}
# Drawn in the browser since 19.0.1.8.0. Odoo keeps a view that another one inherits.
DRAWN = {"readiness_findings"}
# Figures that mean something else from 19.0.1.6.0 on, so that the update computes them.
COMPUTED_ANEW = {"value_12m"}
KEYS = """
    SELECT key || '=' || value FROM ir_config_parameter
     WHERE key = 'database.secret' OR key LIKE 'crm_relationship.suppression_key.%'
"""
# Each company with each channel.
LIVE = """
    SELECT res_company_id, crm_touchpoint_id FROM crm_live_touchpoint_rel ORDER BY 1, 2
"""
AUTOMATED = """
    SELECT c.id, t.id FROM res_company c CROSS JOIN crm_touchpoint t
     WHERE t.mode = 'automated' ORDER BY 1, 2
"""
OWN_VIEWS = "SELECT name FROM ir_ui_view WHERE name LIKE 'own.%' AND active"


@pytest.fixture(scope="module", params=LANDED)
def states(request):
    """Return (before, after): the database as it landed, and updated."""
    runtime = Runtime.prepare()
    landed = RUNTIME / "landed" / request.param
    landed.mkdir(parents=True, exist_ok=True)
    archive = subprocess.run(
        ["git", "-c", "safe.directory=*", "archive", LANDED[request.param], ADDON],
        cwd=REPO,
        capture_output=True,
        check=True,
    ).stdout
    subprocess.run(["tar", "-x", "-C", landed], input=archive, check=True)
    with runtime.copy("upgrade", plain=True) as name:
        database = Database(runtime, name)
        database.odoo(landed, "-i", ADDON, "--stop-after-init")
        database.odoo(landed, stdin=SCRIPT.read_text())
        before = snapshot(database)
        database.odoo(REPO, "-u", ADDON, "--stop-after-init")
        yield before, snapshot(database)


def snapshot(database):
    return {
        "columns": database.columns(),
        "xmlids": database.xmlids(),
        "records": database.records(),
        "own views": set(database.lines(OWN_VIEWS)),
        "live": optional(database, LIVE),
        "automated": optional(database, AUTOMATED),
        "keys": dict(line.split("=", 1) for line in database.lines(KEYS)),
    }


def optional(database, sql):
    """Return what a query finds, nothing where the version has no such table."""
    [there] = database.lines("SELECT to_regclass('crm_live_touchpoint_rel')")
    return database.lines(sql) if there else []


def test_the_month_of_work_is_there(states):
    before, _after = states
    tables = {table for table, _id in before["records"]}
    for table in (
        "crm_interaction",
        "crm_defection",
        "crm_preference_change",
        "crm_program_enrollment",
        "crm_relationship_snapshot",
        "crm_segment_move",
    ):
        assert table in tables
    assert len(before["own views"]) == 2


def test_hashes_of_erased_addresses_keep_their_key(states):
    """At first it was the secret of the database, which a duplicate renews."""
    before, after = states
    erased = {
        key: row.get("key_version", 1)
        for key, row in before["records"].items()
        if key[0] == "crm_suppression"
    }
    assert erased
    assert erased == {key: after["records"][key]["key_version"] for key in erased}
    name = "crm_relationship.suppression_key"
    keys, secret = after["keys"], before["keys"]["database.secret"]
    assert keys.items() >= before["keys"].items()
    if 1 in erased.values():
        assert keys[f"{name}.1"] == secret
    assert keys[f"{name}.2"] not in ("", secret)


def test_companies_that_work_already_are_live(states):
    _before, after = states
    companies = [
        row for (table, _id), row in after["records"].items() if table == "res_company"
    ]
    assert {row["relationship_state"] for row in companies} == {"live"}
    assert after["live"]
    assert after["live"] == after["automated"]


def test_channels_that_customers_were_offered_stay_so(states):
    _before, after = states
    rows = [
        r for (table, _id), r in after["records"].items() if table == "crm_touchpoint"
    ]
    assert rows
    assert all(row["is_offered"] for row in rows)


def test_all_that_is_installed_is_there_after_an_update(states):
    """`forcecreate="0"` keeps away what was deleted, and what is new in a version: a
    migration has to make that.
    """
    _before, after = states
    assert not find_kept() - after["xmlids"]


def find_kept():
    """Return the names of our records in `noupdate` data."""
    found = {
        record.get("id")
        for folder in ("data", "security")
        for path in (REPO / ADDON / folder).glob("*.xml")
        for record in ElementTree.parse(path).iterfind("data[@noupdate='1']/record")
    }
    # those with a dot are other modules' own
    return {name for name in found if "." not in name}


def test_no_column_is_lost(states):
    before, after = states
    assert not before["columns"] - after["columns"]


def test_no_record_or_value_is_lost(states):
    before, after = states
    renamed = find_renamed()
    lost = {}
    for key, row in before["records"].items():
        now = after["records"].get(key)
        if now is None:
            lost[key] = "deleted"
            continue
        changed = {
            column: (value, now.get(column))
            for column, value in row.items()
            if column not in VOLATILE | COMPUTED_ANEW
            and now.get(column) != value
            and (english(value), english(now.get(column))) not in renamed
            and not is_of_the_gallery(key[0], row, column, value, now.get(column))
        }
        if changed:
            lost[key] = changed
    assert not lost


def test_value_by_a_rule_of_former_times_is_not_kept(states):
    """Too few have bought for a forecast: nothing is known, and margin × retention is
    not shown under its name.
    """
    _before, after = states
    values = [
        row["value_12m"]
        for (table, _id), row in after["records"].items()
        if table == "crm_relationship"
    ]
    assert values
    assert set(values) == {None}


def english(value):
    """Return the English of a translated value, else the value as text."""
    return value.get("en_US") if isinstance(value, dict) else str(value)


def is_of_the_gallery(table, row, column, value, now):
    """Tell whether the days were corrected that a ready-made program counts."""
    known = read_scope("19.0.1.7.0", "post-result_days")
    return (
        (table, column, value) == ("crm_program", "result_days", known["DEFAULT"])
        and row["is_ready_made"]
        and now in known["DAYS"].values()
    )


def find_renamed():
    """Return {(former name, present name)} of installed records that nobody renamed."""
    source = REPO / ADDON / "migrations" / "19.0.1.1.0" / "post-migration.py"
    pairs = (
        tuple(ast.literal_eval(node))
        for node in ast.walk(ast.parse(source.read_text()))
        if isinstance(node, ast.Tuple)
        and all(isinstance(part, ast.Constant) for part in node.elts)
    )
    found = {pair for pair in pairs if len(pair) == 2}
    return found | corrected_days().items()


def corrected_days():
    """Return {former day: present day} of big days that were installed wrongly."""
    source = REPO / ADDON / "migrations" / "19.0.1.2.0" / "post-migration.py"
    [moved] = re.findall(r"^MOVED = (.+)$", source.read_text(), flags=re.M)
    return ast.literal_eval(moved)


def test_no_xmlid_is_lost_but_of_views_that_became_part_of_others(states):
    before, after = states
    merged = read_scope("19.0.1.1.0", "pre-migration")["MERGED"]
    renamed = read_scope("19.0.1.6.0", "pre-views")["RENAMED"]
    gone = {name for names in merged.values() for name in names} | renamed.keys()
    assert before["xmlids"] - after["xmlids"] <= gone | DRAWN
    assert {renamed.get(name, name) for name in before["xmlids"]} & set(
        renamed.values()
    ) <= after["xmlids"]


def read_scope(version, script):
    """Return what a migration script defines."""
    scope = {}
    source = REPO / ADDON / "migrations" / version / f"{script}.py"
    exec(source.read_text(), scope)
    return scope


def test_what_administrators_built_on_views_is_kept(states):
    before, after = states
    assert before["own views"] == after["own views"]
