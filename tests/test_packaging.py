"""The wheel odoo-addon-crm_relationship holds all that the addon needs.

Odoo's data, views, translations and assets are files that a Python build leaves out
unless told otherwise; a wheel without them installs and then fails.
"""

import configparser
import email
import subprocess
import zipfile

import pytest

from devtool import lint, venv
from devtool.paths import ADDON, REPO

ADDON_DIR = REPO / ADDON
# Read by the build; of no use once installed.
LEFT_OUT = {f"{ADDON}/pyproject.toml"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built without network by the backend of the linters' environment."""
    if not (ADDON_DIR / "__manifest__.py").exists():
        pytest.fail(f"{ADDON_DIR} is missing")
    target = tmp_path_factory.mktemp("wheel")
    command = [venv.python("lint"), "-m", "build", "--wheel", "--no-isolation"]
    result = subprocess.run(
        [*map(str, command), "--outdir", str(target), str(ADDON_DIR)],
        capture_output=True,
        text=True,
    )
    assert not result.returncode, result.stdout + result.stderr
    [path] = target.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        yield archive


def test_every_file_is_in_it(wheel):
    packed = {name.removeprefix("odoo/addons/") for name in wheel.namelist()}
    wanted = {name for name in lint.tracked(ADDON)} - LEFT_OUT
    assert wanted, "git knows no file of the addon"
    assert sorted(wanted - packed) == []


def test_files_are_unchanged(wheel):
    for name in lint.tracked(ADDON):
        if not name.endswith((".xml", ".csv", ".js", ".po", ".sql")):
            continue
        packed = wheel.read(f"odoo/addons/{name}")
        assert packed == (ADDON_DIR.parent / name).read_bytes(), name


def test_metadata(wheel):
    [name] = [n for n in wheel.namelist() if n.endswith(".dist-info/METADATA")]
    metadata = email.message_from_bytes(wheel.read(name))
    assert metadata["Name"].replace("-", "_") == f"odoo_addon_{ADDON}"
    assert metadata["Version"].startswith("19.0.")
    assert any(req.startswith("odoo") for req in metadata.get_all("Requires-Dist"))


def test_build_needs_nothing_but_whool():
    parser = configparser.ConfigParser()
    parser.read(ADDON_DIR / "pyproject.toml")
    assert parser["build-system"]["requires"] == '["whool"]'
