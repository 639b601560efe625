"""Packages of Debian's suite `sid`, fetched and unpacked without installing them.

Odoo 19 is in no release of Debian yet, only in `sid`. Mixing suites would break
the machine, so apt is run with a private root: lists, cache and the one source
line are ours, and the machine's own configuration is only read, to learn which
mirror it uses. apt checks the signatures with Debian's own keyring.
"""

import os
import re
from pathlib import Path

from .errors import SetupError
from .process import find, run

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
SUITE = "sid"
FONT_SUITE = "bookworm"
_NOT_ARCHIVE = re.compile(r"security|backports|-updates", re.I)


def parse_list(text):
    """Return [(uri, suite)] of the `deb` lines of a classic sources.list."""
    found = []
    for raw in text.splitlines():
        line = raw.split("#", 1)[0].strip()
        match = re.match(r"deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)", line)
        if match:
            found.append(match.groups())
    return found


def parse_deb822(text):
    """Return [(uri, suite)] of the enabled `deb` stanzas of a .sources file."""
    found = []
    for stanza in re.split(r"\n\s*\n", text):
        fields, key = {}, None
        for line in stanza.splitlines():
            if line.startswith("#"):
                continue
            if line[:1].isspace() and key:
                fields[key] += " " + line.strip()
            elif ":" in line:
                key, value = line.split(":", 1)
                key = key.strip().lower()
                fields[key] = value.strip()
        if fields.get("enabled", "yes").lower() == "no":
            continue
        if "deb" not in fields.get("types", "").split():
            continue
        for uri in fields.get("uris", "").split():
            found.extend((uri, suite) for suite in fields.get("suites", "").split())
    return found


def configured_sources(etc=Path("/etc/apt")):
    """Return [(uri, suite)] of the machine's own apt configuration."""
    found = []
    for path in [etc / "sources.list", *sorted((etc / "sources.list.d").glob("*"))]:
        if not path.is_file():
            continue
        if path.suffix == ".list":
            found += parse_list(path.read_text(errors="replace"))
        elif path.suffix == ".sources":
            found += parse_deb822(path.read_text(errors="replace"))
    return found


def debian_mirror(sources):
    """Return the mirror that serves Debian's main archive, out of [(uri, suite)].

    Security and third-party archives have no `sid`, so the best guess is the one
    whose path ends in /debian; the suite names tell the rest apart.
    """
    candidates = [
        uri
        for uri, suite in sources
        if not _NOT_ARCHIVE.search(suite) and not _NOT_ARCHIVE.search(uri)
    ]
    candidates.sort(key=lambda uri: not uri.rstrip("/").endswith("/debian"))
    if not candidates:
        raise SetupError(
            "No Debian mirror was found in /etc/apt, so Odoo cannot be fetched. Run "
            "this on Debian, or set ODOO_HOME to the folder of an Odoo 19 source."
        )
    return candidates[0].rstrip("/")


class PrivateApt:
    """apt with a root of its own below `root`, for one suite of one mirror."""

    def __init__(self, root, mirror):
        self.root = Path(root)
        for name in ("state/lists/partial", "cache/archives/partial", "debs"):
            (self.root / name).mkdir(parents=True, exist_ok=True)
        self.sources = self.root / "sources.list"
        self.sources.write_text(
            "".join(
                f"deb [signed-by={KEYRING}] {mirror} {suite} main\n"
                for suite in (SUITE, FONT_SUITE)
            )
        )

    def _options(self):
        values = {
            "Dir::Etc::SourceList": self.sources,
            "Dir::Etc::SourceParts": "/dev/null",
            "Dir::State::Lists": self.root / "state/lists",
            "Dir::Cache": self.root / "cache",
            "Dir::Cache::archives": self.root / "cache/archives",
            "APT::Sandbox::User": "",
            "Acquire::Languages": "none",
            "Acquire::Retries": "3",
        }
        return [
            part for key, value in values.items() for part in ("-o", f"{key}={value}")
        ]

    def _run(self, program, *args, failure):
        remedy = "Run this on Debian, or set ODOO_HOME to an Odoo 19 source folder."
        command = [find(program, remedy), *self._options(), *args]
        env = {**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}
        return run(command, failure, cwd=self.root / "debs", env=env)

    def update(self):
        if not Path(KEYRING).exists():
            raise SetupError(
                f"{KEYRING} is missing, so apt cannot check Debian's signature. "
                "Install it: apt install debian-archive-keyring"
            )
        self._run(
            "apt-get",
            *("update", "--error-on=any"),
            failure="apt could not read Debian's package list: is there a network, and "
            "does the mirror in /etc/apt answer? ODOO_HOME avoids the download.",
        )

    def versions(self, package):
        """Return the versions of `package` that the suite offers, newest first."""
        output = self._run(
            "apt-cache", "madison", package, failure=f"apt-cache failed for {package}."
        )
        return [
            line.split("|")[1].strip() for line in output.splitlines() if "|" in line
        ]

    def download(self, *packages):
        """Fetch packages and return the paths of their files.

        Each is given as `name`, `name=version` or `name/suite`. apt keeps a file that
        is there already when its hash is right.
        """
        self._run(
            *("apt-get", "download", *packages),
            failure=f"apt could not download {', '.join(packages)}. Is there a network "
            "and room on the disk?",
        )
        names = [re.split("[=/]", package)[0] for package in packages]
        return [self._newest(name) for name in names]

    def _newest(self, name):
        files = sorted((self.root / "debs").glob(f"{name}_*.deb"), key=os.path.getmtime)
        return files[-1]


def unpack(deb, folder):
    """Unpack one package file into `folder`; nothing of it is run."""
    dpkg = find("dpkg", "Run this on Debian, or set ODOO_HOME to an Odoo 19 source.")
    run([dpkg, "-x", deb, folder], f"{Path(deb).name} could not be unpacked.")
