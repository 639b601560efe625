"""Odoo 19: Debian's package unpacked into the cache, or the folder ODOO_HOME names.

Odoo is not on PyPI, so Debian's package is the one source that a machine with apt alone
can reach. It is unpacked, never installed: no service, no system-wide packages.
"""

import os
import re
from collections import namedtuple
from pathlib import Path

from . import cache
from .console import say, step
from .paths import REPO, cache_dir
from .process import SetupError, run

PINNED = "19.0.0+dfsg-1"
PACKAGES = "usr/lib/python3/dist-packages"
LAYOUT = "2"  # raise when what the script makes changes
FETCH = REPO / "devtool" / "fetch_odoo.sh"
FAILURE = (
    "Odoo 19 could not be fetched from Debian. It takes a Debian with apt, a network, "
    "and 2 GB of disk space; else set ODOO_HOME to the folder of an Odoo 19 source."
)


# An Odoo 19 that can be run: `python_path` goes to PYTHONPATH.
OdooSource = namedtuple("OdooSource", "version python_path addons_paths")


def locate():
    """Return the Odoo to use, fetching Debian's package when there is no other."""
    home = os.environ.get("ODOO_HOME")
    return from_folder(Path(home).expanduser().resolve()) if home else from_debian()


def from_folder(home):
    """Return the Odoo in the source folder `home` (a git checkout, or unpacked)."""
    release = home / "odoo" / "release.py"
    if not release.is_file():
        raise SetupError(
            f"ODOO_HOME is {home}, but there is no odoo/release.py in it. Set it to "
            "the top folder of an Odoo 19 source, or unset it to use Debian's package."
        )
    match = re.search(r"version_info = \((\d+), (\d+)", release.read_text())
    version = ".".join(match.groups()) if match else "unknown"
    if not version.startswith("19."):
        raise SetupError(f"ODOO_HOME holds Odoo {version}; this addon needs Odoo 19.0.")
    paths = [home / "odoo" / "addons", home / "addons"]
    return OdooSource(version, home, tuple(path for path in paths if path.is_dir()))


def from_debian():
    """Return Debian's Odoo 19, out of the cache or fetched now."""

    def fetch(folder):
        with step("Odoo 19 from Debian's package") as running:
            running.note = "122 MB to download, 1.2 GB to unpack"
            output = run(["sh", FETCH, folder.parent / "apt", folder, PINNED], FAILURE)
            running.note = "".join(re.findall("^NOTE .*", output, re.M))
            running.result += f" {running.note}"

    folder, token = cache_dir() / "odoo" / PINNED, f"{PINNED} layout {LAYOUT}"
    return from_folder(cache.build(folder, token, fetch) / PACKAGES)
