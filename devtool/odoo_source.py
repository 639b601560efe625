"""Odoo 19: Debian's package unpacked into the cache, or the folder ODOO_HOME names.

Odoo is not on PyPI and there is no other registry that carries it, so Debian's
package is the one source that a machine with apt alone can reach. It is unpacked,
never installed: no service, no system user, no system-wide Python packages.
"""

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from . import apt, cache
from .console import say, step
from .errors import SetupError
from .paths import cache_dir

PACKAGE = "odoo-19"
PINNED = "19.0.0+dfsg-1"
# What the package's links lead to: fonts and JavaScript libraries. Two fonts come
# from the older suite: sid's newer versions lack the file names Odoo asks for.
LIBRARIES = (
    "libjs-jquery",
    "libjs-underscore",
    "libjs-jquery-form",
    "fonts-montserrat",
    "fonts-ocr-b",
    "fonts-roboto-unhinted",
    f"fonts-font-awesome/{apt.FONT_SUITE}",
    f"fonts-inconsolata/{apt.FONT_SUITE}",
)
# Debian leaves this file out (no free source); the web client's assets name it, and
# every browser test fails on the 404. Only video calls would use what it does.
STUB = "mail/static/lib/selfie_segmentation/selfie_segmentation.js"
STUB_TEXT = "/* Left out by Debian; an empty stub keeps the asset bundle whole. */\n"
LAYOUT = "2"  # raise when what `_unpack` makes changes


@dataclass(frozen=True)
class OdooSource:
    """An Odoo 19 that can be run: `python_path` goes to PYTHONPATH."""

    version: str
    python_path: Path
    addons_paths: tuple

    @property
    def test_modules(self):
        """The folder that holds Odoo's own `test_*` addons, when there is one."""
        for path in self.addons_paths:
            if (path / "test_lint").is_dir():
                return path
        return None


def locate():
    """Return the Odoo to use, fetching Debian's package when there is no other."""
    home = os.environ.get("ODOO_HOME")
    return from_folder(Path(home)) if home else from_debian()


def from_folder(home):
    """Return the Odoo in the source folder `home` (a git checkout, or unpacked)."""
    home = home.expanduser().resolve()
    release = home / "odoo" / "release.py"
    if not release.is_file():
        raise SetupError(
            f"ODOO_HOME is {home}, but there is no odoo/release.py in it. Set it to "
            "the top folder of an Odoo 19 source, or unset it to use Debian's package."
        )
    version = read_version(release)
    if not version.startswith("19."):
        raise SetupError(f"ODOO_HOME holds Odoo {version}; this addon needs Odoo 19.0.")
    paths = [home / "odoo" / "addons", home / "addons"]
    return OdooSource(version, home, tuple(path for path in paths if path.is_dir()))


def read_version(release):
    """Return '19.0' out of Odoo's release.py, without importing Odoo."""
    match = re.search(r"version_info = \((\d+), (\d+)", release.read_text())
    return ".".join(match.groups()) if match else "unknown"


def from_debian():
    """Return Debian's Odoo 19, out of the cache or fetched now."""
    root = cache_dir() / "odoo"
    known = _complete_copy(root)
    if known:
        return known
    with (
        cache.locked(root / "apt.lock"),
        step("Odoo 19 from Debian's package") as running,
    ):
        sources = apt.configured_sources()
        private = apt.PrivateApt(root / "apt", apt.debian_mirror(sources))
        running.note = "reading the package list"
        private.update()
        version = choose_version(private.versions(PACKAGE))
        running.note = "downloading (122 MB)"
        debs = private.download(f"{PACKAGE}={version}", *LIBRARIES)
        running.note = "unpacking (1.2 GB)"
        folder = root / version
        cache.build(folder, _token(version), lambda path: _unpack(debs, path))
    return _source(version, folder)


def choose_version(offered):
    """Return the pinned version if it is offered, else the newest 19.0, saying so."""
    if PINNED in offered:
        return PINNED
    usable = [version for version in offered if version.startswith("19.0")]
    if not usable:
        raise SetupError(
            f"The mirror offers no {PACKAGE} of series 19.0 in {apt.SUITE} (it offers: "
            f"{', '.join(offered) or 'none'}). Set ODOO_HOME to an Odoo 19 source."
        )
    say(f"    note: {PACKAGE} {PINNED} is gone from the mirror, using {usable[0]}")
    return usable[0]


def _token(version):
    return f"{version} layout {LAYOUT}"


def _complete_copy(root):
    """Return a copy in the cache: the pinned version, else any other 19.0."""
    folders = sorted(root.glob("19.0*"), reverse=True) if root.is_dir() else []
    folders.sort(key=lambda folder: folder.name != PINNED)
    for folder in folders:
        if cache.is_complete(folder, _token(folder.name)):
            return _source(folder.name, folder)
    return None


def _source(version, folder):
    packages = folder / "usr/lib/python3/dist-packages"
    return OdooSource(version, packages, (packages / "odoo" / "addons",))


def _unpack(debs, folder):
    for deb in debs:
        apt.unpack(deb, folder)
    packages = folder / "usr/lib/python3/dist-packages"
    for clutter in ("addons", "doc", "setup"):
        # Half copies of the addons, without their data: importable, of no use.
        shutil.rmtree(packages / clutter, ignore_errors=True)
    stub = packages / "odoo/addons" / STUB
    stub.parent.mkdir(parents=True, exist_ok=True)
    if not stub.exists():
        stub.write_text(STUB_TEXT)
    _relink(folder)


def _relink(folder):
    """Point absolute links (/usr/share/...) into the folder itself.

    The packages are not installed, so the places they link to are empty or, on
    another machine, hold another version.
    """
    for root, dirs, files in os.walk(folder):
        for name in dirs + files:
            path = Path(root) / name
            if path.is_symlink() and os.readlink(path).startswith("/usr/"):
                target = folder / os.readlink(path).lstrip("/")
                path.unlink()
                path.symlink_to(os.path.relpath(target, path.parent))
