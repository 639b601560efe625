"""The wheels odoo-addon-crm_relationship… hold all that the addons need.

Odoo's data, views, translations and assets are files that a Python build leaves out
unless told otherwise; a wheel without them installs and then fails.
"""

import configparser
import email
import subprocess
import zipfile

import pytest

from devtool import lint, venv
from devtool.paths import REPO, addons_on_disk

# Read by the build; of no use once installed.
LEFT_OUT = "pyproject.toml"


@pytest.fixture(scope="module", params=addons_on_disk())
def addon(request):
    return request.param


@pytest.fixture(scope="module")
def wheel(addon, tmp_path_factory):
    """The wheel, built without network by the backend of the linters' environment."""
    target = tmp_path_factory.mktemp("wheel")
    command = [venv.python("lint"), "-m", "build", "--wheel", "--no-isolation"]
    result = subprocess.run(
        [*map(str, command), "--outdir", str(target), str(REPO / addon)],
        capture_output=True,
        text=True,
    )
    assert not result.returncode, result.stdout + result.stderr
    [path] = target.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        yield archive


def test_every_file_is_in_it(addon, wheel):
    packed = {name.removeprefix("odoo/addons/") for name in wheel.namelist()}
    wanted = {*lint.tracked(addon)} - {f"{addon}/{LEFT_OUT}"}
    assert wanted, "git knows no file of the addon"
    assert sorted(wanted - packed) == []


def test_files_are_unchanged(addon, wheel):
    for name in lint.tracked(addon):
        if not name.endswith((".xml", ".csv", ".js", ".po", ".sql")):
            continue
        packed = wheel.read(f"odoo/addons/{name}")
        assert packed == (REPO / name).read_bytes(), name


def test_metadata(addon, wheel):
    [name] = [n for n in wheel.namelist() if n.endswith(".dist-info/METADATA")]
    metadata = email.message_from_bytes(wheel.read(name))
    assert metadata["Name"].replace("-", "_") == f"odoo_addon_{addon}"
    assert metadata["Version"].startswith("19.0.")
    assert any(req.startswith("odoo") for req in metadata.get_all("Requires-Dist"))


def test_build_needs_nothing_but_whool(addon):
    parser = configparser.ConfigParser()
    parser.read(REPO / addon / LEFT_OUT)
    assert parser["build-system"]["requires"] == '["whool"]'
