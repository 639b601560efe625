"""A database of the version that landed before keeps everything when it is updated."""

import ast
import json
import re
import subprocess

import pytest

from devtool.paths import ADDON, REPO, RUNTIME
from devtool.runtime import Runtime

LANDED = {
    "19.0.1.0.0": "9aa014fd8a18e82a9c0b9808ed6e5a59314e18f2",
    "19.0.1.1.0": "14b970bbc15296f2bc9560a7c4f1d5ee258e898e",
}
"""The last commit of each version that may be installed somewhere."""
SCRIPT = REPO / "tests" / "upgrade" / "month_of_work.py"
# They change by being updated.
VOLATILE = {"write_date", "write_uid"}
TABLES = """
    SELECT table_name FROM information_schema.tables
     WHERE table_schema = 'public' AND table_type = 'BASE TABLE'
       AND (table_name LIKE 'crm\\_%' OR table_name LIKE 'res\\_%'
            OR table_name IN ('mail_activity', 'mail_mail', 'sms_sms', 'sale_order'))
"""
KEYS = """
    SELECT key || '=' || value FROM ir_config_parameter
     WHERE key = 'database.secret' OR key LIKE 'crm_relationship.suppression_key.%'
"""
OWN_VIEWS = "SELECT name FROM ir_ui_view WHERE name LIKE 'own.%' AND active"


class Database:
    """A scratch database with the landed addon or today's."""

    def __init__(self, runtime, name):
        self.runtime = runtime
        self.name = name

    def odoo(self, folder, *args, stdin=None):
        addons = [*self.runtime.odoo.addons_paths, folder]
        result = subprocess.run(
            self.runtime.odoo_args(
                self.name,
                f"--addons-path={','.join(map(str, addons))}",
                "--no-http",
                "--log-level=warn",
                *args,
                command="shell" if stdin else None,
            ),
            input=stdin,
            capture_output=True,
            text=True,
            env={
                **self.runtime.env(),
                "PYTHONPATH": str(self.runtime.odoo.python_path),
            },
            cwd=folder,
            check=False,
        )
        assert not result.returncode, result.stderr[-4000:]
        assert " ERROR " not in result.stderr, result.stderr[-4000:]

    def lines(self, sql):
        return self.runtime.psql(sql, self.name).splitlines()

    def columns(self):
        return set(
            self.lines(
                "SELECT table_name || '.' || column_name"
                "  FROM information_schema.columns WHERE table_schema = 'public'"
            )
        )

    def xmlids(self):
        return set(
            self.lines(f"SELECT name FROM ir_model_data WHERE module = '{ADDON}'")
        )

    def records(self):
        """Return {(table, id): {column: value}} of all that people work with."""
        found = {}
        for table in self.lines(TABLES):
            for line in self.lines(f'SELECT to_jsonb(t) FROM "{table}" t'):
                row = json.loads(line)
                if "id" in row:
                    found[table, row["id"]] = row
        return found


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
        "keys": dict(line.split("=", 1) for line in database.lines(KEYS)),
    }


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
            if column not in VOLATILE
            and now.get(column) != value
            and (english(value), english(now.get(column))) not in renamed
        }
        if changed:
            lost[key] = changed
    assert not lost


def english(value):
    """Return the English of a translated value, else the value as text."""
    return value.get("en_US") if isinstance(value, dict) else str(value)


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
    source = REPO / ADDON / "migrations" / "19.0.1.1.0" / "pre-migration.py"
    scope = {}
    exec(source.read_text(), scope)
    merged = {name for names in scope["MERGED"].values() for name in names}
    assert before["xmlids"] - after["xmlids"] <= merged


def test_what_administrators_built_on_views_is_kept(states):
    before, after = states
    assert before["own views"] == after["own views"]
