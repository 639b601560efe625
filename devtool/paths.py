"""Where things are kept, and content hashes that tell whether they are current.

Two places: what was downloaded or unpacked and is the same for every clone goes
to the user's cache folder; what belongs to this clone (databases, logs, file
store) goes to the git-ignored `.runtime/`.
"""

import ast
import hashlib
import os
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent
ADDON = "crm_relationship"
# What nothing ties to the addon and yet concerns it: an app whose records it goes by,
# and the tests that need the app. The part `glue` has both.
BESIDE = {"hr_holidays": "test_time_off.py"}
RUNTIME = REPO / ".runtime"
LOGS = RUNTIME / "log"


def cache_dir():
    """Return the user's cache folder for this project (not yet created)."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base).expanduser().resolve() / ADDON


def repo_id():
    """Return a short name for this clone, to keep two of them apart."""
    return hash_text(str(REPO))[:8]


def hash_text(*parts):
    """Return a hash of the given strings, for the names of cached folders."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def hash_tree(folder, skip=()):
    """Return a hash over names and contents of all files below `folder`.

    Folders named in `skip` are left out, and bytecode: running code changes nothing.
    """
    found = []
    for path in sorted(Path(folder).rglob("*")):
        name = path.relative_to(folder)
        if path.is_file() and not {"__pycache__", *skip} & {*name.parts}:
            found += [str(name), hashlib.sha256(path.read_bytes()).hexdigest()]
    return hash_text(*found)


def addons_on_disk(root=REPO):
    """Return the names of the Odoo addons that lie directly below `root`.

    The addon itself comes first, then those that tie it to other apps.
    """
    found = {path.parent.name for path in root.glob("*/__manifest__.py")}
    return sorted(found, key=lambda name: (name != ADDON, name))


def glue_on_disk(root=REPO):
    """Return the names of the addons that tie ours to another app."""
    return [name for name in addons_on_disk(root) if name != ADDON]


def glued_apps(root=REPO):
    """Return the apps of Odoo's that those addons need."""
    own, apps = {*addons_on_disk(root)}, set()
    for name in glue_on_disk(root):
        apps |= {*read_manifest(name, root)["depends"]} - own
    return sorted(apps)


def read_manifest(addon, root=REPO):
    """Return what the manifest of an addon says, as a dictionary."""
    return ast.literal_eval((root / addon / "__manifest__.py").read_text())
