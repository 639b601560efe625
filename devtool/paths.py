"""Where things are kept, and content hashes that tell whether they are current.

Two places: what was downloaded or unpacked and is the same for every clone goes
to the user's cache folder; what belongs to this clone (databases, logs, file
store) goes to the git-ignored `.runtime/`.
"""

import hashlib
import os
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent
ADDON = "crm_relationship"
ADDON_DIR = REPO / ADDON
RUNTIME = REPO / ".runtime"
REQUIREMENTS = REPO / "requirements"


def cache_dir():
    """Return the user's cache folder for this project (not yet created)."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base).expanduser().resolve() / "crm_relationship"


def repo_id():
    """Return a short name for this clone, to keep two of them apart."""
    return hashlib.sha256(str(REPO).encode()).hexdigest()[:8]


def hash_text(*parts):
    """Return a hash of the given strings, for the names of cached folders."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.encode())
        digest.update(b"\0")
    return digest.hexdigest()[:16]


def hash_tree(folder, skip=("__pycache__",)):
    """Return a hash over names and contents of all files below `folder`.

    Bytecode is left out: running the code must not make it look changed.
    """
    digest = hashlib.sha256()
    for root, dirs, files in os.walk(folder):
        dirs[:] = sorted(name for name in dirs if name not in skip)
        for name in sorted(files):
            if name.endswith((".pyc", ".pyo")):
                continue
            path = Path(root) / name
            digest.update(str(path.relative_to(folder)).encode() + b"\0")
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def addons_on_disk(root=REPO):
    """Return the names of the Odoo addons that lie directly below `root`."""
    return sorted(path.parent.name for path in root.glob("*/__manifest__.py"))
